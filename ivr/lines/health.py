"""Whether a line can be used, and if not why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LineState(StrEnum):
    """Whether the line can be used."""

    STARTING = "starting"
    READY = "ready"
    DOWN = "down"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LineHealth:
    """The state of the line and, unless it is ready, why."""

    state: LineState
    cause: str = ""
