"""An hour of real calls, one after the other and several at once: nothing may be lost, nothing may grow.

Usage: make soak ARGS="--seconds 3600 --calls 6"

Elders of all manners (most talk; others press keys, hang up half-way, are busy, are out) are rung over SIP on
loopback by the product's line, media loop, ears and voice, without a pause. Every call is on record on both
sides and must have come to what its elder does; whoever answers is sent sound all the time, and no packet may
get lost; memory, open files and tasks must be at the end what they were after the first third, and nothing of
any call may be left in memory then. Prints a verdict; exit code 1 when anything is wrong.

``--deaf`` does without speech models: ears that hear nothing and a voice of tones, for a quick look.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from benchmarks.telephony.elders import EVERYBODY, Manner, manner_of, numbers
from benchmarks.telephony.gateway import Gateway, Placed, Vitals, keep_voices, load
from benchmarks.telephony.leftovers import left_behind
from ivr.brief import Brief
from ivr.call import Senses
from ivr.gaps import quantile, summary
from ivr.lines.sip import SipLine
from ivr.script import load_script, sentences_for
from ivr.warming import warm_up
from speech.lexicon import load_lexicon
from speech.prompts import PromptStore
from speech.recognizers.scripted import ScriptedRecognizer
from speech.synthesizers.tones import ToneSynthesizer
from speech.types import FRAME_SECONDS
from speech.vad import EnergyActivity
from wenan.logs import set_up_logs
from wenan.settings import load_settings
from wenan.village.switchboard import Switchboard
from wenan.wiring import open_prompts, open_senses, open_voice

TELEPHONES = "benchmarks.telephony.telephones"
GROWTH_MB = 25.0
"""What a heap may seem to grow by while nothing leaks: fragments, and the longest recordings at once."""
LEFT_OVER = 4
"""Files and tasks more than before that a moment's difference in what is under way explains."""
LOST_SHARE = 0.001
SENT_SHARE = 0.9
"""Of a call's time, the least that is filled with our packets."""
_FIRST_WORDS_S = 1.0
"""From the answer until the first packet, at most."""
_SETTLING_S = 1.5
_OUTCOMES: Mapping[Manner, tuple[str, frozenset[str]]] = {
    Manner.TALKS: ("answered", frozenset({"hung up there"})),
    Manner.PRESSES_KEYS: ("answered", frozenset({"hung up there"})),
    Manner.HANGS_UP: ("answered", frozenset({"hung up here", "hung up there"})),
    Manner.IS_BUSY: ("busy", frozenset({"busy"})),
    Manner.IS_OUT: ("no_answer", frozenset({"cancelled"})),
}
"""What a call to each must come to, here and at their telephone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a soak."""

    calls: int
    call_seconds: float
    by_disposition: Mapping[str, int]
    memory_mb: tuple[float, float, float]
    """When it had begun, after the first third, and at the end."""
    gaps: Mapping[str, float]
    """Between what elders said and the reply, see ``ivr.gaps.summary``."""
    lateness_p99_ms: float
    """How late the event loop came round."""
    faults: tuple[str, ...]


def faults_of(
    placed: Sequence[Placed],
    ended: Sequence[Mapping[str, Any]],
    vitals: Vitals,
    left: Mapping[str, int] | None = None,
) -> Iterator[str]:
    """Everything that is not as it must be; ``left`` is what there still is of calls that are over. Pure."""
    if not any(call.disposition == "answered" for call in placed):
        yield "nobody was talked with"
    there = Counter(str(each["reference"]) for each in ended)
    seen = {str(each["reference"]): each for each in ended}
    for call in placed:
        disposition, ends = _OUTCOMES[manner_of(call.number)]
        if there[call.reference] != 1:
            yield f"{call.reference} was seen {there[call.reference]} times at the telephone"
            continue
        if call.disposition != disposition:
            yield f"{call.reference} came to {call.disposition} ({call.cause}), not {disposition}"
        if seen[call.reference]["ended"] not in ends:
            yield f"{call.reference} ended by {seen[call.reference]['ended']} at the telephone"
        if call.ended_early:
            yield f"{call.reference} was ended by the robot: {call.cause}"
    if strangers := there.keys() - {call.reference for call in placed}:
        yield f"{len(strangers)} calls rang that nobody here knows of"
    yield from _silences(ended)
    yield from _growth(vitals)
    yield from (f"{count} of {what} are left of calls that are over" for what, count in (left or {}).items())


def _silences(ended: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Sound that did not arrive, or was never sent."""
    for each in ended:
        sent_s = (int(each["packets"]) + int(each["lost"])) * FRAME_SECONDS
        if each["answered"] and sent_s < SENT_SHARE * float(each["seconds"]) - _FIRST_WORDS_S:
            yield f"{each['reference']} was sent sound for {sent_s:.0f} of {each['seconds']:.0f} s"
    packets, lost = (sum(int(each[what]) for each in ended) for what in ("packets", "lost"))
    if lost > LOST_SHARE * packets:
        yield f"{lost} of {packets} packets were lost"


def _growth(vitals: Vitals) -> Iterator[str]:
    before, after = halves(vitals.resident_mb)
    if after > before + GROWTH_MB:
        yield f"memory grew from {before:.0f} to {after:.0f} MB"
    for what, values in (("open files", vitals.files), ("tasks", vitals.tasks)):
        early, late = halves([float(each) for each in values])
        if late > early + LEFT_OVER:
            yield f"{what} grew from {early:.0f} to {late:.0f}"


def begun(values: Sequence[float]) -> float:
    """The usual value of the first twentieth."""
    return median(values[: max(1, len(values) // 20)])


def halves(values: Sequence[float]) -> tuple[float, float]:
    """The usual value in the second and in the last third; the first is for warming up."""
    third = max(1, len(values) // 3)
    return median(values[third : 2 * third] or values), median(values[-third:])


def deaf_senses(engines: ThreadPoolExecutor, folder: Path) -> tuple[Senses, PromptStore]:
    """Ears that hear nothing and a voice of tones."""
    prompts = PromptStore(ToneSynthesizer(), cache_dir=folder / "prompts")
    senses = Senses(
        recognizer=ScriptedRecognizer(()),
        lexicon=load_lexicon,
        prompts=prompts,
        executor=engines,
        detector=EnergyActivity,
    )
    return senses, prompts


async def soak(
    senses: Senses, prompts: PromptStore, folder: Path, *, seconds: float, calls: int, longest: float
) -> Outcome:
    """Keep so many calls up for so long."""
    settings = load_settings()
    brief = Brief("王桂英", "王奶奶", settings.organisation, settings.callback_number, "zh-CN")
    for sentence in sentences_for(load_script("standard"), brief):
        prompts.get(sentence, language="zh-CN")
    voices = folder / "voices"
    voices.mkdir()
    keep_voices(voices, lambda words: prompts.get(words, language="zh-CN").pcm)
    await warm_up(senses, "zh-CN")
    vitals = Vitals()
    with Switchboard({"folder": str(voices), "intervals": False}, TELEPHONES) as telephones:
        async with SipLine(telephones.line_settings) as line:
            gateway = Gateway(line, senses, brief)
            watching = asyncio.create_task(vitals.watch())
            try:
                await gateway.keep_calling(
                    numbers(EVERYBODY), at_once=calls, seconds=seconds, longest=longest
                )
            finally:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching
            await asyncio.sleep(_SETTLING_S)  # the telephones tell of the last calls
        ended = list(telephones.ended)
    left = left_behind()
    return Outcome(
        calls=len(gateway.placed),
        call_seconds=sum(each.seconds for each in gateway.placed),
        by_disposition=Counter(each.disposition for each in gateway.placed),
        memory_mb=(begun(vitals.resident_mb), *halves(vitals.resident_mb)),
        gaps=summary(gap for each in gateway.placed for gap in each.gaps),
        lateness_p99_ms=quantile(vitals.lateness_ms, 0.99),
        faults=tuple(faults_of(gateway.placed, ended, vitals, left)),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long (3600)")
    parser.add_argument("--calls", type=int, default=6, help="calls at the same time (6)")
    parser.add_argument("--longest", type=float, default=60.0, help="end every call after this long (60)")
    parser.add_argument("--deaf", action="store_true", help="without speech models")
    options = parser.parse_args()
    settings = load_settings(log_level="error")
    set_up_logs(settings)
    console = Console()
    console.print(f"{load()}; {options.calls} calls at once for {options.seconds:.0f} s")
    with ThreadPoolExecutor(2, "engines") as engines, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.deaf:
            senses, prompts = deaf_senses(engines, folder)
        else:
            prompts = open_prompts(settings, open_voice(settings))
            senses = open_senses(settings, prompts, engines)
        outcome = asyncio.run(
            soak(
                senses,
                prompts,
                folder,
                seconds=options.seconds,
                calls=options.calls,
                longest=options.longest,
            )
        )
    came_to = ", ".join(f"{times} {what}" for what, times in sorted(outcome.by_disposition.items()))
    first, before, after = outcome.memory_mb
    console.print(f"{outcome.calls} calls ({came_to}), {outcome.call_seconds / 60:.0f} minutes of talk")
    console.print(
        f"memory {first:.0f} MB at first, {before:.0f} MB after the first third, {after:.0f} MB at the end"
    )
    if outcome.gaps["gaps"]:
        delay = " / ".join(f"{outcome.gaps[f'delay_p{share}_s']:.2f}" for share in (50, 95, 99))
        console.print(
            f"{outcome.gaps['gaps']:.0f} replies; the machine's own delay {delay} s (p50 / p95 / p99)"
        )
    console.print(f"the event loop came round {outcome.lateness_p99_ms:.1f} ms late (p99); {load('after')}")
    for fault in outcome.faults:
        console.print(f"WRONG: {fault}")
    console.print("nothing lost, nothing grew" if not outcome.faults else f"{len(outcome.faults)} faults")
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main())
