"""The small chart of an elder's scores over time: geometry only, the template draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from speech.weights import Bands, Level

WIDTH = 640.0
HEIGHT = 160.0
_MARGIN = 18.0
_WORST = 100.0


@dataclass(frozen=True)
class Point:
    """One visit on the chart."""

    x: float
    y: float
    at: datetime
    score: float
    level: str


@dataclass(frozen=True)
class Band:
    """The strip of one level."""

    level: str
    y: float
    height: float


@dataclass(frozen=True)
class ScoreChart:
    """Everything to draw, in a box of WIDTH x HEIGHT; well is at the bottom."""

    points: list[Point]
    bands: list[Band]
    line: str
    """SVG path through the points; empty for a single one."""


def score_chart(scores: Sequence[tuple[datetime, float, str]], bands: Bands) -> ScoreChart | None:
    """Lay out (moment, score, level), oldest first; None when there is nothing to show.

    Visits stand at equal distances: what matters is the course from visit to visit.
    """
    if not scores:
        return None
    step = (WIDTH - 2 * _MARGIN) / max(1, len(scores) - 1)
    first = _MARGIN if len(scores) > 1 else WIDTH / 2
    points = [
        Point(round(first + place * step, 1), _y(score), at, score, level)
        for place, (at, score, level) in enumerate(scores)
    ]
    line = "M" + "L".join(f"{point.x} {point.y}" for point in points) if len(points) > 1 else ""
    return ScoreChart(points, _strips(bands), line)


def _y(score: float) -> float:
    """Height on the chart of a score of 0..100."""
    inside = HEIGHT - 2 * _MARGIN
    return round(HEIGHT - _MARGIN - min(max(score, 0.0), _WORST) / _WORST * inside, 1)


def _strips(bands: Bands) -> list[Band]:
    """One strip a level, without gaps, from edge to edge."""
    tops = [HEIGHT, *(_y(bands.floor(level)) for level in list(Level)[1:]), 0.0]
    return [Band(level.label, tops[level + 1], round(tops[level] - tops[level + 1], 1)) for level in Level]
