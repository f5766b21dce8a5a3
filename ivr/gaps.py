"""The answer gap: from an elder's last sound to the robot's first, as frames pass through the line.

People judge a telephone partner by it: up to about a second and a half is comfortable, over three is not.
It has two parts that are mended differently. The *wait* is kept on purpose, in case more comes; see ``Pace``.
The *delay* after it is the machine's own: recognition, understanding and synthesis that were not done yet.
What a network and a telephone add on top cannot be seen from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from speech.audio import level_dbfs
from speech.types import FRAME_SECONDS, Pcm

AUDIBLE_DBFS = -50.0
"""Softer frames are a voice drawing breath, or the hiss that keeps a line from sounding dead."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One answer gap, in seconds."""

    wait_s: float
    """Kept on purpose."""
    delay_s: float
    """The machine's own, after that."""

    @property
    def total_s(self) -> float:
        """What the elder noticed."""
        return round(self.wait_s + self.delay_s, 2)


class Gaps:
    """Measures the gaps of one call."""

    def __init__(self) -> None:
        self._since: tuple[int, float] | None = None
        self._before_prompt: Gap | None = None
        self.all: list[Gap] = []
        self.replied_at: int | None = None
        """The frame with which the robot began its latest reply."""

    def answered(self, frame: int, waited_s: float) -> None:
        """The elder's words (or key) ended before ``frame``; ``waited_s`` were then kept on purpose."""
        self._since = frame, waited_s

    def sent(self, frame: int, pcm: Pcm) -> None:
        """The robot's frame of this number has been sent."""
        if self._since is None or level_dbfs(pcm) < AUDIBLE_DBFS:
            return
        (since, waited_s), self._since = self._since, None
        total_s = max(0, frame - since) * FRAME_SECONDS
        wait_s = min(waited_s, total_s)
        self.replied_at = frame
        gap = Gap(round(wait_s, 2), round(total_s - wait_s, 2))
        self.all.append(gap)
        self._before_prompt = gap

    def before_prompt(self) -> Gap | None:
        """The gap before what was said last; None if it answered nothing. Each is given out once."""
        gap, self._before_prompt = self._before_prompt, None
        return gap


def quantile(values: Sequence[float], share: float) -> float:
    """The value that a ``share`` (0..1) of these do not exceed. Raises ValueError if there are none."""
    if not values:
        raise ValueError("There is no quantile of no values")
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def summary(gaps: Iterable[Gap]) -> Mapping[str, float]:
    """How many gaps, and p50, p95, p99 of their parts and their sum, for logs and benchmarks."""
    found = list(gaps)
    figures: dict[str, float] = {"gaps": len(found)}
    for part, values in (
        ("wait", [gap.wait_s for gap in found]),
        ("delay", [gap.delay_s for gap in found]),
        ("total", [gap.total_s for gap in found]),
    ):
        if values:
            figures |= {f"{part}_p{share}_s": quantile(values, share / 100) for share in (50, 95, 99)}
    return figures
