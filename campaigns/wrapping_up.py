"""After the call: its recording, then its outcome, kept whatever stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.orm import Session

from campaigns.aftercare import Aftercare, ToldLater
from campaigns.attempts import Ready
from campaigns.claims import LeaseLostError
from campaigns.desk import Desk, problem_of, settled
from campaigns.outcomes import record_facts, record_outcome
from campaigns.retries import End, Retry
from ivr.report import CallReport
from records.sealed_files import seal_file
from records.sealing import keyring
from records.sessions import LedgerError
from speech.audio import wav_bytes
from speech.files import write_atomically

log = structlog.get_logger(__name__)

PAUSES_S = (1.0, 2.0, 5.0, 10.0, 20.0)
"""How long to wait before trying again to write to a ledger that cannot be written to."""


async def keep_recording(desk: Desk, ready: Ready, report: CallReport) -> str:
    """Store the recording of a visit's call; see ``store_recording``."""
    return await store_recording(desk, ready.recording, report)


async def store_recording(desk: Desk, name: str, report: CallReport) -> str:
    """Store the recording, sealed; returns its path below the recordings folder, empty if there is none.

    ``name`` is that path, empty where nothing is to be kept. A recording that cannot be stored is no reason
    to lose the outcome.
    """
    pcm = report.recording
    if pcm is None or not name or not len(pcm):
        return ""
    path = desk.recordings_dir / name

    def store() -> None:
        write_atomically(path, seal_file(keyring(), wav_bytes(pcm)))

    error = (await settled(desk.do(store))).exception()
    if error is not None:
        log.error("a recording was not stored", file=name, problem=problem_of(error))
        return ""
    return name


async def record(desk: Desk, ready: Ready, report: CallReport, recording: str) -> Retry | End | None:
    """Write down what the call came to.

    None when that was not possible: then at least the call itself is written down, so that the elder is not
    called again for it, and the visit is left to ``campaigns.recovery``.
    """
    ending = _Ending(ready, report, recording, desk.aftercare)
    for pause in (*PAUSES_S, 0.0):
        written = await settled(desk.write(partial(ending.write_outcome, now=desk.clock.now())))
        error = written.exception()
        if error is None:
            return written.result()
        if not isinstance(error, LedgerError) or not pause:
            break
        log.warning("an outcome waits for the ledger", attempt=ready.attempt_id, problem=str(error))
        await desk.clock.sleep(pause)
    log.error("a visit is left to recovery", attempt=ready.attempt_id, problem=problem_of(error))
    if not isinstance(error, LeaseLostError):
        ending = _Ending(ready, report, recording, ToldLater())
    lost = (await settled(desk.write(partial(ending.write_facts, now=desk.clock.now())))).exception()
    if lost is not None:
        log.error("a call was not written down", attempt=ready.attempt_id, problem=problem_of(lost))
    return None


@dataclass(frozen=True, slots=True)
class _Ending:
    ready: Ready
    report: CallReport
    recording: str
    aftercare: Aftercare

    def write_outcome(self, session: Session, now: datetime) -> Retry | End:
        return record_outcome(
            session,
            self.ready.lease,
            self.ready.attempt_id,
            self.report,
            recording=self.recording,
            aftercare=self.aftercare,
            now=now,
        )

    def write_facts(self, session: Session, now: datetime) -> None:
        record_facts(
            session,
            self.ready.attempt_id,
            self.report,
            recording=self.recording,
            aftercare=self.aftercare,
            now=now,
        )
