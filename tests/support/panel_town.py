"""When the panel's tests take place, and what their town is called by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

NOW = datetime(2026, 3, 4, 2, 40, tzinfo=UTC)
"""Wednesday, 10:40 in China."""
PASSWORD = "teapot-and-tangerines"  # noqa: S105 - of accounts that live for one test


@dataclass
class Town:
    """Ids of what was made, by the name of whom it is about."""

    folder: Path
    elders: dict[str, int] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    turns: dict[str, list[int]] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    areas: dict[str, int] = field(default_factory=dict)
    campaign: int = 0
