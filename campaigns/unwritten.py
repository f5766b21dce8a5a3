"""What was heard while the ledger could not be written to: kept on the disk, sealed, until it can.

A process that dies before the ledger is back would take along a cry for help that is in its memory only, or
that somebody called at all. Each such thing is a file of its own beside the data; whoever takes calls there
writes it down as soon as the ledger takes it, also after a start. Twice written is written once.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Annotated, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from campaigns.aftercare import Aftercare
from campaigns.call_in_care import CallInCare
from campaigns.calling_back import CallOf
from campaigns.desk import Books, problem_of, settled
from campaigns.hearing import store_flags
from campaigns.unheard import note_unheard
from ivr.report import FlagRaised
from records.call_ins import CallIn
from records.keyring import KeyringError
from records.sealing import keyring
from records.sessions import LedgerError
from speech.files import write_atomically
from speech.types import Understanding

log = structlog.get_logger(__name__)

LOOK_S = 5.0
SEALED = ".sealed"
_COUNTED = count()
"""Where somebody is follows what they cried, also within one tick of the clock."""


class Kept(BaseModel):
    """One thing that could not be written."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CallerUnheard(Kept):
    """Somebody called and heard that we are busy."""

    kind: Literal["caller_unheard"] = "caller_unheard"
    line: str
    provider_call_id: str
    number: str
    came_at: datetime

    @classmethod
    def of(cls, call: CallOf, came_at: datetime) -> CallerUnheard:
        """As the line tells it."""
        return cls(
            line=call.line, provider_call_id=call.provider_call_id, number=call.number, came_at=came_at
        )


class FlagsOfVisit(Kept):
    """Raised in the call of a visit."""

    kind: Literal["flags_of_visit"] = "flags_of_visit"
    visit_id: int
    flags: tuple[FlagRaised, ...]


class FlagsOfTalk(Kept):
    """Raised in the call of an elder for whom no visit was waiting."""

    kind: Literal["flags_of_talk"] = "flags_of_talk"
    call_in_id: int
    flags: tuple[FlagRaised, ...]


class StrangerHeard(Kept):
    """Somebody unknown cried for help, said where they are, or asked for a person."""

    kind: Literal["stranger_heard"] = "stranger_heard"
    call_in_id: int
    what: Literal["cried", "told", "wants_person"]
    heard: Understanding | None = None
    words: str = ""


Thing = CallerUnheard | FlagsOfVisit | FlagsOfTalk | StrangerHeard
_THINGS: TypeAdapter[Thing] = TypeAdapter(Annotated[Thing, Field(discriminator="kind")])


@dataclass(frozen=True, slots=True)
class Spool:
    """The folder in which such things wait."""

    folder: Path

    def keep(self, thing: Thing, now: datetime) -> bool:
        """Put it on the disk; False if that cannot be done either. Blocking, for a few milliseconds."""
        moment, place = int(now.timestamp() * 1e6), next(_COUNTED)
        name = f"{moment:020d}-{place:08d}-{secrets.token_hex(4)}{SEALED}"
        try:
            write_atomically(
                self.folder / name, keyring().seal_bytes(_THINGS.dump_json(thing, ensure_ascii=False))
            )
        except OSError as error:
            log.error("what could not be written was not kept", what=thing.kind, problem=problem_of(error))  # noqa: TRY400
            return False
        log.warning("kept until the ledger is back", what=thing.kind)
        return True

    def waiting(self) -> list[Path]:
        """The files that wait, the oldest first."""
        return sorted(self.folder.glob(f"*{SEALED}"))


def read(path: Path) -> Thing:
    """Open a file of the spool. Raises OSError, KeyringError, ValidationError."""
    return _THINGS.validate_json(keyring().open_bytes(path.read_bytes()))


def write_down(session: Session, thing: Thing, aftercare: Aftercare, care: CallInCare, now: datetime) -> None:
    """Write it to the ledger, with everything that follows; what stands there already changes nothing."""
    match thing:
        case CallerUnheard():
            call = CallOf(thing.line, thing.provider_call_id, thing.number)
            note_unheard(session, call, thing.came_at)
        case FlagsOfVisit():
            store_flags(session, thing.visit_id, thing.flags, aftercare, now)
        case FlagsOfTalk():
            care.flags_raised(session, session.get_one(CallIn, thing.call_in_id), thing.flags, now)
        case StrangerHeard():
            call_in = session.get_one(CallIn, thing.call_in_id)
            if thing.what == "told":
                care.stranger_told(session, call_in, thing.words, now)
            elif thing.what == "cried":
                care.stranger_cried(session, call_in, thing.heard, now)
            else:
                care.stranger_wants_person(session, call_in, thing.heard, now)


@dataclass(frozen=True, slots=True)
class WrittenLater:
    """Brings the spool to the ledger. Any number of processes may do so with one folder."""

    books: Books
    care: CallInCare
    spool: Spool
    _unreadable: set[str] = field(default_factory=set)
    """Names of files that were spoken of already."""

    async def run(self) -> None:
        """Until cancelled: first of all what an earlier process has left."""
        while True:
            await self.make_round()
            await self.books.clock.sleep(LOOK_S)

    async def make_round(self) -> int:
        """Write down what waits; returns how much was written. Raises nothing but cancellation.

        What cannot be read or written stays where it is, and holds up nothing else.
        """
        written = 0
        for path, thing in self._readable():
            work = partial(
                write_down,
                thing=thing,
                aftercare=self.books.aftercare,
                care=self.care,
                now=self.books.clock.now(),
            )
            error = (await settled(self.books.write(work))).exception()
            if isinstance(error, LedgerError):
                break
            if error is not None:
                self._speak_of(path, error)
                continue
            path.unlink(missing_ok=True)
            written += 1
        return written

    def _readable(self) -> Iterator[tuple[Path, Thing]]:
        for path in self.spool.waiting():
            try:
                yield path, read(path)
            except FileNotFoundError:
                continue  # another process has written it down
            except (OSError, KeyringError, ValidationError) as error:
                self._speak_of(path, error)

    def _speak_of(self, path: Path, error: BaseException) -> None:
        if path.name not in self._unreadable:
            self._unreadable.add(path.name)
            log.error("what was kept cannot be written down", file=path.name, problem=problem_of(error))
