"""What a live display is told while calls go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

CallState = Literal["ringing", "talking", "question", "ended", "not_called", "campaign_paused"]


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """Something happened to a visit, or to a whole campaign (then ``visit_id`` is 0)."""

    at: datetime
    campaign_id: int
    state: CallState
    visit_id: int = 0
    elder: str = ""
    """The elder's name, for people who may see it: never to be logged."""
    attempt: int = 0
    """Number of the attempt within the visit."""
    question: str = ""
    """With ``question``: the script's id of what was just answered."""
    disposition: str = ""
    """With ``ended``: how the attempt ended, as ``ivr.lines.Disposition``."""
    outcome: str = ""
    """Outcome of the visit, once it is over."""
    next_attempt_at: datetime | None = None
    """When the elder is called again, if the visit is not over."""
    reason: str = ""
    """With ``campaign_paused``: why."""


OnEvent = Callable[[ProgressEvent], None]
"""Called on the event loop, between the frames of calls: must return at once."""
