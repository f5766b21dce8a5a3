"""What follows a call that came in: the border to the room that makes work orders, as in ``aftercare``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from ivr.report import CallOutcome, FlagRaised
from records.call_ins import CallIn
from speech.types import Understanding


@dataclass(frozen=True, slots=True)
class TalkResult:
    """What a talk came to for which no visit was waiting."""

    outcome: CallOutcome | None
    """None: it was lost with its process, nobody knows what was said."""
    elder_known: bool = False
    """They said that it was them."""
    flags: tuple[FlagRaised, ...] = ()
    wants_person: bool = False
    """They asked for a person, or said something that a person should know."""
    hung_up: bool = False
    """They ended the call, not the robot."""
    do_not_call: bool = False
    words: str = ""
    """What they wanted to have passed on."""


class CallInCare(Protocol):
    """Is told within the transaction that records it. Told again of the same, it must change nothing."""

    def flags_raised(
        self, session: Session, call_in: CallIn, flags: Sequence[FlagRaised], now: datetime
    ) -> None:
        """An elder whom no visit waits for said something for a person to look at; they are still there."""

    def talk_ended(self, session: Session, call_in: CallIn, result: TalkResult, now: datetime) -> None:
        """Such a talk is over."""

    def never_heard(self, session: Session, call_in: CallIn, now: datetime) -> None:
        """An elder heard that we are busy, and could not be rung back: a person is to call them."""

    def elder_heard(self, session: Session, elder_id: int, heard_at: datetime, now: datetime) -> None:
        """An elder was on the line themselves and well enough: nobody needs to go because of silence."""

    def stranger_cried(
        self, session: Session, call_in: CallIn, heard: Understanding | None, now: datetime
    ) -> None:
        """Somebody unknown calls for help; None: by a key."""

    def stranger_told(self, session: Session, call_in: CallIn, words: str, now: datetime) -> None:
        """They have said who and where they are."""

    def stranger_wants_person(
        self, session: Session, call_in: CallIn, heard: Understanding | None, now: datetime
    ) -> None:
        """Somebody unknown asks to be called by a person."""
