"""What a language's sound model must offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

BREAK = " "
"""The unit that stands for a pause between two clauses."""


class Spelt(NamedTuple):
    """One unit of sound and the characters ``start:end`` of the text that it came from."""

    unit: str
    start: int
    end: int


class Sounds(Protocol):
    """Spells and compares. A unit is a syllable in Chinese and a word in Spanish or English."""

    extra: float
    """Cost of a unit heard between two units of a phrase."""

    def spell(self, text: str) -> tuple[Spelt, ...]:
        """Units of a folded text, in order; spaces between clauses come out as BREAK in Chinese."""

    def compare(self, unit: str, others: Sequence[str]) -> NDArray[np.float32]:
        """Cost, 0..1, of having heard ``unit`` where each of ``others`` was said; shape (len(others),)."""

    def skipped(self, unit: str) -> float:
        """Cost of a phrase's unit that was not heard at all."""

    def weight(self, unit: str) -> float:
        """How much of a phrase the unit is: 1 for a syllable of Chinese, more for a long word elsewhere."""
