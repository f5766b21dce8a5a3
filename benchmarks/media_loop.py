"""What one frame of one call costs: both directions, recording and listening, without speech engines.

Usage: python benchmarks/media_loop.py [calls] [seconds]

Calls that talk and listen for some minutes share one virtual loop, as the demo's do. Voice activity is a
constant here and recognition an empty answer, so what is left is the media path itself: the loop, the line
with mu-law both ways, the pumps, the ear and the recording. Prints microseconds per call and frame.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ivr.call import Senses, converse
from ivr.clock import LoopClock
from ivr.dialogue import Action, Event, HangUp, HungUp, Listen, PromptFinished, Say
from ivr.lines.simulated import FarEndFrame, Ring, SimulatedLine
from ivr.report import CallOutcome, FlagRaised, TurnTaken
from ivr.virtual_time import run_virtual
from speech.lexicon import load_lexicon
from speech.prompts import Prompt
from speech.types import FRAME_SAMPLES, SAMPLE_RATE, Heard, Language, Pcm

ONE_CALL_US = 60.0
"""What a frame may cost at most for the demo's 24 calls to leave nearly all of the time to recognition."""


class _Listener:
    """A far end that sends a soft noise and never a word."""

    def __init__(self) -> None:
        noise = np.random.default_rng(1).normal(0, 20, FRAME_SAMPLES)
        self._frame = FarEndFrame(noise.astype(np.int16))

    def ring(self, number: str, moment: datetime) -> Ring:
        del number, moment
        return Ring(answers_after_s=1.0)

    def frame(self, heard: Pcm) -> FarEndFrame:
        del heard
        return self._frame


class _Questions:
    """A dialogue that asks until its time is over."""

    def __init__(self, seconds: float) -> None:
        self._left = round(seconds / 8)
        self.outcome: CallOutcome | None = None

    def tell(self, event: Event) -> tuple[Action, ...]:
        if isinstance(event, (PromptFinished, HungUp)):
            return ()
        self._left -= 1
        if self._left < 0:
            self.outcome = CallOutcome.COMPLETED
            return (HangUp(CallOutcome.COMPLETED),)
        return Say(("您今天好吗？", "吃得好不好？")), Listen("any", "any", no_input_s=4.0)

    def as_json(self) -> Mapping[str, Any]:
        return {}

    def parting_words(self, *, help_is_coming: bool) -> Say:
        del help_is_coming
        return Say(())


class _Voices:
    """Prompts of two seconds."""

    def __init__(self) -> None:
        moments = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
        self._pcm = (8000 * np.sin(2 * np.pi * 300 * moments)).astype(np.int16)

    def get(self, sentence: str, *, language: Language, speed: float = 1.0, voice: str = "") -> Prompt:
        del speed, voice
        return Prompt(sentence, language, self._pcm, "benchmark")


class _Nobody:
    """Voice activity and recognition that cost nothing, and an observer that does not look."""

    name = "nobody"
    languages: tuple[Language, ...] = ("zh-CN",)

    def probability(self, frame: Pcm) -> float:
        del frame
        return 0.0

    def recognize(
        self, pcm: Pcm, *, language: Language, candidates: tuple[str, ...] = (), asked: str = ""
    ) -> Heard:
        del candidates, asked
        return Heard((), language, self.name, len(pcm) / SAMPLE_RATE, 0.0)

    def stream(self, *, language: Language, candidates: tuple[str, ...] = ()) -> None:
        del language, candidates

    def turn_taken(self, turn: TurnTaken, state: Mapping[str, Any]) -> None:
        del turn, state

    def flag_raised(self, flag: FlagRaised) -> None:
        del flag


def calls(count: int, seconds: float) -> Callable[[LoopClock], Awaitable[int]]:
    async def main(clock: LoopClock) -> int:
        nobody = _Nobody()
        with ThreadPoolExecutor(1) as executor:
            senses = Senses(nobody, load_lexicon, _Voices(), executor, lambda: nobody)
            line = SimulatedLine(lambda _number: _Listener(), clock)

            async def one(index: int) -> float:
                call = await line.dial(f"+86{index}", reference=str(index))
                report = await converse(
                    call,
                    partner=_Questions(seconds),
                    language="zh-CN",
                    senses=senses,
                    clock=clock,
                    observer=nobody,
                )
                return report.duration_s

            return round(sum(await asyncio.gather(*map(one, range(count)))) * 50)

    return main


def bench(count: int, seconds: float) -> float:
    began = time.process_time()
    frames = run_virtual(calls(count, seconds), datetime(2024, 3, 5, 1, 0, tzinfo=UTC))
    microseconds = (time.process_time() - began) / frames * 1e6
    print(f"{count:4} calls of {frames / count / 50:5.0f} s: {microseconds:5.1f} us per call and frame")
    return microseconds


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 150.0  # noqa: PLR2004 - command line
    bench(1, seconds)
    worst = bench(count, seconds)
    print(f"the limit is {ONE_CALL_US:.0f} us: {'kept' if worst <= ONE_CALL_US else 'NOT KEPT'}")
    return 0 if worst <= ONE_CALL_US else 1


if __name__ == "__main__":
    sys.exit(main())
