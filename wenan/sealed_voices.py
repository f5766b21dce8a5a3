"""Recordings as the command line opens them: sealed ones with the ledger's key, and never without a trace."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ivr.clock import SystemClock
from records.audit import audit
from records.call_ins import CallIn
from records.sealed_files import MARK, open_file
from records.sealing import keyring
from records.sessions import Ledger
from records.visits import CallAttempt
from speech.audio import pcm_of
from speech.types import AudioUnreadableError, Pcm
from wenan.settings import Settings
from wenan.wiring import open_ledger

ACTOR = "cli"


class Voices:
    """Opens recordings; the ledger is opened only once one of its own is asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def open(self, file: Path) -> Pcm:
        """A recording as 8 kHz mono. Whoever hears one of the product's own is in the audit trail first.

        Raises AudioUnreadableError; of sealed ones KeyringError for another key or a changed file, and
        LedgerError when the hearing cannot be noted: nothing is heard then.
        """
        try:
            with file.open("rb") as head:
                sealed = head.read(len(MARK)) == MARK
            name = self._name(file)
            if not sealed and name is None:
                return pcm_of(file.read_bytes(), file)
            with self._ledger.session() as session:
                _note_hearing(session, name or "", file, SystemClock().now())
            with open_file(keyring(), file) as sound:
                return pcm_of(sound.read(), file)
        except OSError as error:
            raise AudioUnreadableError(f"{file} cannot be read: {error.strerror or error}") from error

    @cached_property
    def _ledger(self) -> Ledger:
        return open_ledger(self._settings)

    def _name(self, file: Path) -> str | None:
        """What rows call a file of the recordings folder; None for one that lies elsewhere."""
        folder, there = self._settings.recordings_dir.resolve(), file.resolve()
        return there.relative_to(folder).as_posix() if there.is_relative_to(folder) else None


def _note_hearing(session: Session, name: str, file: Path, now: datetime) -> None:
    """As the panel notes it: the call where a row names the file, else the file."""
    attempt = session.scalar(select(CallAttempt.id).where(CallAttempt.recording == name)) if name else None
    talk = session.scalar(select(CallIn.id).where(CallIn.recording == name)) if name else None
    known = attempt is not None or talk is not None
    audit(
        session,
        at=now,
        actor=ACTOR,
        action="heard_recording",
        subject_type="recording" if not known else "call_in" if attempt is None else "call_attempt",
        subject_id=talk if attempt is None else attempt,
        **({} if known else {"file": file.name}),
    )
