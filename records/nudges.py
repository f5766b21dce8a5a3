"""Nudges: a transaction says what it leaves to be done, and whoever does it looks at once instead of soon.

A nudge carries ids only and comes after the commit. It may be lost, doubled or late: the rows are the truth,
and whoever works on them looks at them again and again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

_KEPT = "nudges"


class Work(StrEnum):
    """What there may be to do."""

    CALLS = "calls"
    """Visits have become due."""
    MESSAGES = "messages"
    """Messages stand in the outbox."""


@dataclass(frozen=True, slots=True)
class Nudge:
    """There is something to do, about the campaign or work order with this id."""

    work: Work
    subject_id: int


OnCommit = Callable[[Sequence[Nudge]], None]
"""Told after a commit, in the thread that committed: it neither waits nor raises."""


def nudge(session: Session, work: Work, subject_id: int) -> None:
    """Let others know once the session's transaction is committed; never, if it is not."""
    asked: dict[Nudge, None] = session.info.setdefault(_KEPT, {})
    asked[Nudge(work, subject_id)] = None


def nudges_of(session: Session) -> Sequence[Nudge]:
    """What others are to know of a transaction, each once."""
    return tuple(session.info.get(_KEPT, ()))
