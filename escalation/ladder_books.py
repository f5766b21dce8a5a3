"""The book of ladders in force: the newest saved in the panel, else the deployment's file.

What was saved is never changed, and orders keep the ladder they were opened under. A stored book that this
program cannot read is passed over for the file's: an order without a ladder would be told to nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import structlog
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.ladders import LadderBook, LadderError, ladders_from
from records.audit import audit
from records.ladders import LadderBookVersion
from records.locks import take_turns

log = structlog.get_logger(__name__)
FROM_FILE = 0
"""What a first version follows: the deployment's file."""


class BookChangedError(LadderError):
    """Somebody else has saved ladders since this book was begun."""

    def __init__(self, newest: LadderBookVersion) -> None:
        super().__init__(f"{newest.created_by} has saved the ladders {newest.version} in the meantime")
        self.newest = newest


def newest_book(session: Session) -> LadderBookVersion | None:
    """The newest version saved; None while the file's book is in force."""
    return session.scalar(select(LadderBookVersion).order_by(LadderBookVersion.id.desc()).limit(1))


def book_in_force(session: Session, of_file: LadderBook) -> LadderBook:
    """The book by which new orders are put on a ladder; never raises for a stored one."""
    newest = newest_book(session)
    if newest is None:
        return of_file
    try:
        return book_of(newest)
    except LadderError as error:
        log.error("stored ladders cannot be read", problem=str(error))  # noqa: TRY400 - it is said
        return of_file


def book_of(version: LadderBookVersion) -> LadderBook:
    """What a stored version says. Raises LadderError."""
    return ladders_from(version.document, origin=f"version {version.version} in the ledger")


def save_book(
    session: Session,
    book: LadderBook,
    *,
    follows: int,
    channels: Iterable[str],
    now: datetime,
    actor: str,
    note: str = "",
) -> LadderBookVersion:
    """Store a book; it is in force for orders from now on.

    ``follows`` is the id of the version it was made from, ``FROM_FILE`` for the file's. Raises
    BookChangedError when another has been saved since, LadderError for a version that exists or a channel
    that is not configured.
    """
    take_turns(session, "ladders")
    newest = newest_book(session)
    if newest is not None and newest.id != follows:
        raise BookChangedError(newest)
    document = document_of(book)
    ladders_from(document, origin=book.version, channels=channels)
    if session.scalar(select(LadderBookVersion.id).where(LadderBookVersion.version == book.version)):
        raise LadderError(f"There are ladders {book.version} already: give the changed ones another version")
    version = LadderBookVersion(
        version=book.version,
        follows=follows,
        document=document,
        note=note[:200],
        created_by=actor,
        created_at=now,
    )
    session.add(version)
    session.flush()
    audit(
        session,
        at=now,
        actor=actor,
        action="ladders_saved",
        subject_type="ladders",
        subject_id=version.id,
        version=book.version,
        areas=len(book.areas),
    )
    return version


def excerpt(book: LadderBook, names: Collection[str]) -> LadderBook:
    """A book without what areas have of their own whose names are not given."""
    kept = {name: own for name, own in book.areas.items() if name in names}
    return book.model_copy(update={"areas": kept})


def document_of(book: LadderBook) -> dict[str, Any]:
    """A book as JSON-ready data that says the same wherever it is written."""
    data: dict[str, Any] = book.model_dump(mode="json", exclude_defaults=True)
    hours = [data["working_hours"], *(area.get("working_hours") for area in data.get("areas", {}).values())]
    for each in hours:
        if each is not None:
            each["days"] = sorted(each["days"])
            each["hours"] = [[begin[:5], end[:5]] for begin, end in each["hours"]]
    return data


def yaml_of(book: LadderBook) -> str:
    """A book as YAML that ``load_ladders`` reads back the same."""
    text: str = yaml.safe_dump(document_of(book), allow_unicode=True, sort_keys=False, width=100)
    return text
