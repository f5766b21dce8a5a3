"""How tests share workers that run side by side (``pytest -n auto --dist loadgroup``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import merge
from typing import TypeVar

T = TypeVar("T")

MOST_WORKERS = 8
"""Each has a PostgreSQL, the whole product and what it tests in memory."""
_END_FOR_THE_QUICK = 0.8
"""No call begins in the last part of the run: a long one would have all other workers wait for it."""


def workers_for(processors: int) -> int:
    """Two for each processor: calls in real time only wait."""
    return max(2, min(2 * processors, MOST_WORKERS))


def spread(waiting: Sequence[T], busy: Sequence[T]) -> list[T]:
    """Put those that wait evenly between those that compute, each kind in its order.

    One after the other, the processors would first have nothing to do, and then too much.
    """
    return [item for _, _, item in merge(_placed(waiting, _END_FOR_THE_QUICK, 0), _placed(busy, 1.0, 1))]


def _placed(items: Sequence[T], until: float, rank: int) -> Iterable[tuple[float, tuple[int, int], T]]:
    """Each with its place in the run, from 0 to 1, and what decides between two at the same place."""
    return ((until * number / len(items), (rank, number), item) for number, item in enumerate(items))
