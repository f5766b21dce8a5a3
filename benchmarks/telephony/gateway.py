"""A gateway as the product runs one, reduced to its calls: the SIP line, the media loop, ears and voice.

Everything is the product's own but what is written down: visits come from nowhere and go nowhere.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from ivr.brief import Brief
from ivr.call import Senses, hold_conversation
from ivr.clock import SystemClock
from ivr.dialogue import begin
from ivr.gaps import Gap
from ivr.lines import CallNotConnectedError
from ivr.lines.sip import SipLine
from ivr.report import CallReport, FlagRaised, TurnTaken
from ivr.script import load_script
from speech.audio import write_wav
from speech.types import Pcm

GREETING = "喂？"
ANSWERS = (
    "是，我是。",
    "好着呢。",
    "没有。",
    "吃得挺好的，一顿一碗饭。",
    "都挺好，就是腿有点疼。",
    "不用了，谢谢。",
)
RING_S = 6.0
_LOOK_S = 0.02
_PAGE = 4096
_SAMPLE_EVERY = 50


@dataclass(frozen=True, slots=True)
class Placed:
    """What the gateway knows of one call."""

    reference: str
    number: str
    disposition: str
    cause: str = ""
    seconds: float = 0.0
    gaps: tuple[Gap, ...] = ()
    ended_early: bool = False
    """By the robot, for a reason of its own other than the time that is set for calls here."""


class _Unwatched:
    """An observer that writes nothing."""

    def turn_taken(self, turn: TurnTaken, state: Mapping[str, Any]) -> None:
        del turn, state

    def flag_raised(self, flag: FlagRaised) -> None:
        del flag


class Gateway:
    """Places calls, so many at once, and remembers what came of them."""

    def __init__(self, line: SipLine, senses: Senses, brief: Brief) -> None:
        self._line = line
        self._senses = senses
        self._brief = brief
        self._script = load_script("standard")
        self._serial = count(1)
        self.placed: list[Placed] = []
        self.under_way = 0
        self.most_under_way = 0

    async def keep_calling(
        self, numbers: Iterator[str], *, at_once: int, seconds: float, longest: float
    ) -> None:
        """Have so many calls under way for so long; each ends after ``longest`` seconds at the latest."""
        until = asyncio.get_running_loop().time() + seconds
        spread = min(seconds / 4, 10.0)

        async def one_line(index: int) -> None:
            await asyncio.sleep(spread * index / at_once)
            while (left := until - asyncio.get_running_loop().time()) > RING_S:
                await self.call(next(numbers), min(left, longest))

        await asyncio.gather(*(one_line(index) for index in range(at_once)))

    async def call(self, number: str, seconds: float) -> None:
        """Place one call and hold the visit."""
        reference = f"bench-{next(self._serial)}"
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            call = await self._line.dial(number, reference=reference, ring_seconds=RING_S)
            report = await hold_conversation(
                call,
                state=begin(self._script, self._brief),
                script=self._script,
                senses=self._senses,
                clock=SystemClock(),
                observer=_Unwatched(),
                max_seconds=seconds,
            )
            self.placed.append(_answered(reference, number, report))
        except CallNotConnectedError as error:
            self.placed.append(Placed(reference, number, str(error.disposition), error.cause))
        finally:
            self.under_way -= 1


def _answered(reference: str, number: str, report: CallReport) -> Placed:
    return Placed(
        reference,
        number,
        "answered",
        report.cause,
        report.duration_s,
        report.gaps,
        ended_early=report.ended_early and "limit" not in report.cause,
    )


@dataclass
class Vitals:
    """What this process takes, looked at again and again while it works."""

    lateness_ms: array[float] = field(default_factory=lambda: array("f"))
    """How much later than it was due the event loop came round."""
    resident_mb: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    note: Callable[[float], None] = lambda _: None
    """Told of the memory at every look at it."""

    async def watch(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        for number in count():
            due = loop.time() + _LOOK_S
            await asyncio.sleep(_LOOK_S)
            self.lateness_ms.append((loop.time() - due) * 1000)
            if number % _SAMPLE_EVERY == 0:
                self.resident_mb.append(resident_mb())
                self.files.append(open_files())
                self.tasks.append(len(asyncio.all_tasks()))
                self.note(self.resident_mb[-1])


def resident_mb() -> float:
    """Memory of this process now; where the system does not say, the most it ever had."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text(encoding="ascii").split()[1]) * _PAGE / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def open_files() -> int:
    """File descriptors of this process, sockets included; 0 where the system does not say."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def keep_voices(folder: Path, speak: Callable[[str], Pcm]) -> None:
    """Put what the elders say into a folder for their telephones."""
    write_wav(folder / "greeting.wav", speak(GREETING))
    for index, words in enumerate(ANSWERS):
        write_wav(folder / f"answer-{index}.wav", speak(words))


def load(when: str = "before this began") -> str:
    """What else the machine is busy with, for whoever reads the figures."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores {when}"
