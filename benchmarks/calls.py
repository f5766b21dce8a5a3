"""How real calls feel when several go on at once: answer gaps, pacing of frames, processor time.

Usage: make bench-calls ARGS="--calls 10 --seconds 60"

Elders on the simulated line, in real time, hold the standard visit with the real ears, voice and media loop.
Each is a scripted far end with a synthesised voice that answers some time after the robot has fallen silent.
Reported are the answer gap in its two parts (the wait kept on purpose, the machine's own delay after it),
as the calls themselves measured it; the time between two frames at the far end, which should be 20 ms; and
the processor time that a second of a call costs. What the robot may say is spoken beforehand, as a deployment
does, and a first call is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from ivr.brief import Brief
from ivr.call import Senses, hold_conversation
from ivr.clock import SystemClock
from ivr.dialogue import begin
from ivr.gaps import quantile, summary
from ivr.lines.simulated import FarEndFrame, Ring, SimulatedLine
from ivr.report import CallReport, FlagRaised, TurnTaken
from ivr.script import load_script, sentences_for
from ivr.script_model import Script
from speech.audio import level_dbfs
from speech.prompts import PromptStore
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm
from wenan.settings import Settings
from wenan.wiring import open_prompts, open_senses, open_voice

GREETING = "喂？"
ANSWERS = (
    "是，我是。",
    "好着呢。",
    "没有。",
    "吃得挺好的，一顿一碗饭。",
    "都挺好，就是腿有点疼。",
    "不用了，谢谢。",
)
LOUD_DBFS = -45.0
SILENT_FRAMES = 60
"""The robot has finished when it has been silent for 1.2 s; a breath between sentences is shorter."""


@dataclass
class _Elder:
    """Greets, and then answers whenever the robot has finished."""

    greeting: Sequence[Pcm]
    answers: Sequence[Sequence[Pcm]]
    dice: random.Random
    intervals: list[float] = field(default_factory=list)
    """Seconds between two frames."""
    _saying: list[Pcm] = field(default_factory=list)
    _silent: int = 0
    _spoken_to: bool = False
    _patience: int = SILENT_FRAMES
    _last: float = 0.0

    def ring(self, number: str, moment: datetime) -> Ring:
        del number, moment
        self._saying = list(self.greeting)
        return Ring(answers_after_s=0.5)

    def frame(self, heard: Pcm) -> FarEndFrame:
        now = time.perf_counter()
        if self._last:
            self.intervals.append(now - self._last)
        self._last = now
        loud = level_dbfs(heard) > LOUD_DBFS
        self._spoken_to |= loud
        self._silent = 0 if loud else self._silent + 1
        if self._spoken_to and self._silent >= self._patience and not self._saying:
            self._spoken_to = False
            self._patience = SILENT_FRAMES + self.dice.randrange(60)
            self._saying = list(self.dice.choice(self.answers))
        return FarEndFrame(self._saying.pop(0)) if self._saying else FarEndFrame()


class _Unwatched:
    """An observer that writes nothing."""

    def turn_taken(self, turn: TurnTaken, state: Mapping[str, Any]) -> None:
        del turn, state

    def flag_raised(self, flag: FlagRaised) -> None:
        del flag


def frames_of(pcm: Pcm) -> list[Pcm]:
    whole = np.pad(pcm, (0, -len(pcm) % FRAME_SAMPLES))
    return list(whole.reshape(-1, FRAME_SAMPLES))


def elders(count: int, prompts: PromptStore) -> list[_Elder]:
    greeting = frames_of(prompts.get(GREETING, language="zh-CN").pcm)
    answers = [frames_of(prompts.get(words, language="zh-CN").pcm) for words in ANSWERS]
    return [_Elder(greeting, answers, random.Random(index)) for index in range(count)]


async def together(
    people: Sequence[_Elder], script: Script, brief: Brief, senses: Senses, seconds: float
) -> list[CallReport]:
    line = SimulatedLine(lambda number: people[int(number)], SystemClock())

    async def hold(index: int) -> CallReport:
        return await hold_conversation(
            await line.dial(str(index), reference=f"bench-{index}"),
            state=begin(script, brief),
            script=script,
            senses=senses,
            clock=SystemClock(),
            observer=_Unwatched(),
            max_seconds=seconds,
        )

    return list(await asyncio.gather(*map(hold, range(len(people)))))


def processor_s() -> float:
    """Processor time of this process and its children so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def show(people: Sequence[_Elder], reports: Sequence[CallReport], cpu_s: float) -> None:
    call_s = sum(report.duration_s for report in reports)
    print(f"calls {len(reports)}, {call_s / len(reports):.0f} s each; load {os.getloadavg()[0]:.1f}")
    figures = summary(gap for report in reports for gap in report.gaps)
    print(f"answer gaps: {figures['gaps']:.0f}; seconds        p50    p95    p99")
    for part, name in (
        ("wait", "waited on purpose"),
        ("delay", "the machine's own"),
        ("total", "as the elder notices"),
    ):
        if figures["gaps"]:
            values = "".join(f"{figures[f'{part}_p{share}_s']:7.2f}" for share in (50, 95, 99))
            print(f"  {name:28}{values}")
    off_ms = [abs(gap - FRAME_SECONDS) * 1000 for person in people for gap in person.intervals]
    late = [gap * 1000 for person in people for gap in person.intervals]
    print(
        f"frames: off their 20 ms by p50 {quantile(off_ms, 0.5):.1f}, p95 {quantile(off_ms, 0.95):.1f}, "
        f"p99 {quantile(off_ms, 0.99):.1f} ms; longest interval {max(late):.0f} ms"
    )
    share = 100 * cpu_s / call_s
    print(f"processor: {cpu_s:.1f} s for {call_s:.0f} s of calls, {share:.0f} % of a core per call")
    ended_early = [report.cause for report in reports if report.ended_early and "limit" not in report.cause]
    for cause in ended_early:
        print(f"a call ended early: {cause}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--calls", type=int, default=10, help="calls at the same time (10)")
    parser.add_argument("--seconds", type=float, default=90.0, help="end every call after this long (90)")
    parser.add_argument("--workers", type=int, default=2, help="threads in which engines work (2)")
    parser.add_argument("--cold", action="store_true", help="nothing is spoken or tried beforehand")
    arguments = parser.parse_args()
    settings = Settings()
    prompts = open_prompts(settings, open_voice(settings))
    brief = Brief("王桂英", "王奶奶", settings.organisation, settings.callback_number, "zh-CN")
    script = load_script("standard")
    with ThreadPoolExecutor(arguments.workers, "engines") as engines:
        senses = open_senses(settings, prompts, engines)
        if not arguments.cold:
            for sentence in sentences_for(script, brief):
                prompts.get(sentence, language="zh-CN")
            asyncio.run(together(elders(1, prompts), script, brief, senses, arguments.seconds))
        people = elders(arguments.calls, prompts)
        began = processor_s()
        reports = asyncio.run(together(people, script, brief, senses, arguments.seconds))
        show(people, reports, processor_s() - began)
    return 0


if __name__ == "__main__":
    sys.exit(main())
