"""How long the demo's calls take, how much memory, and where the time goes: ``make bench-demo``.

Phones the whole village in a fresh data folder with everything already fetched and rendered: a first run,
uncounted, sees to that. Prints wall-clock seconds of the calls, peak memory of the process, and each engine's
share. Exits 1 above the limits of the demo: five minutes, two gigabytes.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

from rich.console import Console

from speech import answering
from speech.prompts import Prompt
from speech.types import Heard
from speech.vad import VoiceActivity
from wenan import demo
from wenan.logs import set_up_logs
from wenan.settings import load_settings

MOST_SECONDS = 300.0
MOST_MEGABYTES = 2000.0


class Stopwatch:
    """Adds up wall-clock seconds by what they were spent on, over all threads."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.times: Counter[str] = Counter()
        self._lock = threading.Lock()

    def timed(self, what: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time noted."""

        @wraps(work)
        def measured(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                with self._lock:
                    self.seconds[what] += time.perf_counter() - started
                    self.times[what] += 1

        return measured


def run(folder: str, report: str) -> int:
    """One demo in this process, measured; writes the figures to ``report``."""
    watch = Stopwatch()
    settings = load_settings(data_dir=Path(folder), organisation="清溪镇社区", callback_number="0533-5550000")
    set_up_logs(settings.model_copy(update={"log_level": "error"}))
    opened = demo.open_senses

    class Ears:
        def __init__(self, engine: Any) -> None:
            self.name, self.languages, self.stream = engine.name, engine.languages, engine.stream
            self.recognize: Callable[..., Heard] = watch.timed("recognition", engine.recognize)

    class Voice:
        def __init__(self, store: Any) -> None:
            self.known = store.known
            self.get: Callable[..., Prompt] = watch.timed("prompts", store.get)

    def measured_senses(*args: Any) -> Any:
        senses = opened(*args)
        return replace(senses, recognizer=Ears(senses.recognizer), prompts=Voice(senses.prompts))

    demo.open_senses = measured_senses
    answering.understand = watch.timed("understanding", answering.understand)
    VoiceActivity.probability = watch.timed("voice activity", VoiceActivity.probability)  # type: ignore[method-assign]  # watched from outside
    demo.run_virtual = watch.timed("all calls", demo.run_virtual)
    wrong = demo.run_demo(settings, Console(), serve=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {
        "seconds": dict(watch.seconds),
        "times": dict(watch.times),
        "megabytes": peak / (1024 * 1024 if sys.platform == "darwin" else 1024),
        "wrong": wrong,
    }
    Path(report).write_text(json.dumps(figures), encoding="utf-8")
    return 0


def main() -> int:
    """Run the demo twice in processes of their own, the first time only to fill the caches."""
    figures: dict[str, Any] = {}
    for round_ in ("warm-up", "measured"):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            print(f"{round_} run ...", flush=True)
            subprocess.run(  # noqa: S603 - this very file
                [sys.executable, __file__, f"{folder}/data", str(report)],
                check=True,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
                stdout=subprocess.DEVNULL,
            )
            figures = json.loads(report.read_text(encoding="utf-8"))
    calls = figures["seconds"]["all calls"]
    print(f"24 elders phoned in {calls:.0f} s (limit {MOST_SECONDS:.0f}), peak {figures['megabytes']:.0f} MB")
    print(f"outcomes not as called for: {figures['wrong']}")
    for what, seconds in sorted(figures["seconds"].items(), key=lambda item: -item[1]):
        if what != "all calls":
            print(f"  {what:<15} {seconds:7.1f} s in {figures['times'][what]} calls, over all threads")
    return int(calls > MOST_SECONDS or figures["megabytes"] > MOST_MEGABYTES)


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]) if len(sys.argv) > 1 else main())
