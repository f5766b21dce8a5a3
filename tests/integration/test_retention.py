"""What was recorded is forgotten in time, and never what somebody may still have to hear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.casebook import MORNING, Village, chat_well, end, plan_visit, raise_flag, settle_village
from support.powercuts import DyingLedger
from support.rows import scored, work_order

from escalation.retention import COMPONENT, Forgotten, KeepFor, forget
from records.audit import AuditEvent, Heartbeat
from records.call_ins import CallIn
from records.orders import WorkOrder
from records.sealed_files import seal_file
from records.sealing import keyring
from records.sessions import Ledger, LedgerError
from records.visits import Assessment, CallAttempt, Visit
from speech.types import Urgency

KEEP = KeepFor(recordings=180, photos=365, words=0)
SOON, LATE = MORNING + timedelta(days=100), MORNING + timedelta(days=200)


@dataclass
class Archive:
    """One elder's visit with its recording, made on a morning in March."""

    ledger: Ledger
    folder: Path
    village: Village = field(init=False)
    visit_id: int = 0

    def __post_init__(self) -> None:
        self.village = settle_village(self.ledger, "grid_worker:li")
        with self.ledger.session() as session:
            visit = plan_visit(session, self.village)
            attempt = chat_well(session, visit)
            attempt.ended_at = MORNING
            attempt.recording = "2026-03/visit-1-attempt-1.wav"
            end(visit, "completed")
            session.flush()
            self.visit_id = visit.id
        self.file.parent.mkdir(parents=True)
        self.file.write_bytes(seal_file(keyring(), b"a voice"))
        self.was_written(self.file, MORNING)

    @property
    def file(self) -> Path:
        return self.folder / "2026-03" / "visit-1-attempt-1.wav"

    def was_written(self, file: Path, at: datetime) -> None:
        import os  # noqa: PLC0415 - for this alone

        os.utime(file, (at.timestamp(), at.timestamp()))

    def change(self, how: Callable[[Session, Visit], object]) -> None:
        with self.ledger.session() as session:
            how(session, session.get_one(Visit, self.visit_id))

    def forgets(self, at: datetime, keep: KeepFor = KEEP, *, ledger: Ledger | None = None) -> Forgotten:
        return forget(ledger or self.ledger, self.folder, keep, at)

    @property
    def attempt(self) -> CallAttempt:
        with self.ledger.reading() as session:
            return session.scalars(select(CallAttempt)).one()

    def deeds(self) -> list[str]:
        with self.ledger.reading() as session:
            return list(session.scalars(select(AuditEvent.action).where(AuditEvent.actor == COMPONENT)))


@pytest.fixture
def archive(ledger: Ledger, tmp_path: Path) -> Archive:
    return Archive(ledger, tmp_path / "recordings")


Change = Callable[[Session, Visit], object]


def order(status: str, urgency: str = "need", closed_at: datetime | None = None) -> Change:
    def add(session: Session, visit: Visit) -> None:
        about = {"urgency": urgency, "status": status, "closed_at": closed_at}
        session.add(work_order(visit.elder_id, MORNING, visit_id=visit.id, **about))

    return add


def an_emergency(session: Session, visit: Visit) -> None:
    raise_flag(session, visit, "chest_pain", Urgency.EMERGENCY)


def reviewed(session: Session, visit: Visit) -> None:
    row = session.scalars(select(Assessment).where(Assessment.visit_id == visit.id)).one_or_none()
    if row is None:
        row = scored(MORNING, visit_id=visit.id, overall="red", score=90.0)
        session.add(row)
    row.reviewed_by, row.reviewed_at = "li", MORNING


def test_a_recording_is_deleted_when_its_time_is_over_with_an_entry_in_the_trail(archive: Archive) -> None:
    assert archive.forgets(SOON) == Forgotten()
    assert archive.file.exists()
    assert archive.forgets(LATE) == Forgotten(recordings=1)
    assert not archive.file.exists()
    assert (archive.attempt.recording, archive.attempt.recording_deleted_at) == ("", LATE)
    assert archive.deeds() == ["recording_deleted"]
    assert archive.forgets(LATE) == Forgotten(), "once"
    with archive.ledger.reading() as session:
        assert session.get_one(Heartbeat, COMPONENT).at == LATE


def test_for_ever_is_for_ever(archive: Archive) -> None:
    archive.forgets(LATE, KeepFor(recordings=0, photos=0, words=0))
    assert archive.file.exists()


@pytest.mark.parametrize(
    "kept",
    [
        order("open"),
        order("accepted", "urgent"),
        order("closed", closed_at=LATE - timedelta(days=10)),
        order("closed", "emergency", closed_at=MORNING),
        an_emergency,
    ],
)
def test_what_somebody_may_still_have_to_hear_is_kept(
    archive: Archive, kept: Callable[[Session, Visit], object]
) -> None:
    archive.change(kept)
    assert archive.forgets(LATE) == Forgotten()
    assert archive.file.exists()


def test_an_emergency_is_kept_until_somebody_has_reviewed_it(archive: Archive) -> None:
    archive.change(an_emergency)
    archive.change(order("closed", "emergency", closed_at=MORNING))
    archive.forgets(LATE)
    archive.change(reviewed)
    assert archive.forgets(LATE) == Forgotten(recordings=1)


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("at", [1, 2])
def test_a_crash_leaves_no_row_without_a_file_and_no_file_for_ever(
    archive: Archive, at: int, *, committed: bool
) -> None:
    dying = DyingLedger(archive.ledger, at=at, committed=committed)
    with pytest.raises(LedgerError):
        archive.forgets(LATE, ledger=dying)
    if archive.attempt.recording:
        assert archive.file.exists(), "whatever a page offers can be heard"
    archive.forgets(LATE)
    assert not archive.file.exists()
    assert archive.deeds() == ["recording_deleted"]


def test_a_file_that_no_row_names_goes_when_it_is_as_old(archive: Archive) -> None:
    lost, fresh = (archive.file.with_name(f"visit-9-attempt-{number}.wav") for number in (1, 2))
    for file, at in ((lost, MORNING), (fresh, LATE)):
        file.write_bytes(b"RIFF")
        archive.was_written(file, at)
    archive.change(order("open"))
    archive.forgets(LATE)
    assert (lost.exists(), fresh.exists(), archive.file.exists()) == (False, True, True)


def test_a_name_that_points_elsewhere_deletes_nothing_there(archive: Archive, tmp_path: Path) -> None:
    precious = tmp_path / "wenan.key"
    precious.write_text("key")

    def point(_session: Session, visit: Visit) -> None:
        visit.attempts[0].recording = "../wenan.key"

    archive.change(point)
    archive.forgets(LATE)
    assert precious.exists()


def test_words_go_when_the_deployment_says_so_and_what_they_meant_stays(archive: Archive) -> None:
    def speak(session: Session, visit: Visit) -> None:
        turn = visit.attempts[0].turns[0]
        turn.transcript, turn.alternatives = "我胸口疼", "我胸口闷"
        turn.evidence = [{"words": "胸口疼"}]
        visit.dialogue_state = {"answers": [{"question": "falls", "answer": "no", "transcript": "没有摔"}]}
        raise_flag(session, visit, "chest_pain", Urgency.EMERGENCY).words = "我胸口疼"
        reviewed(session, visit)

    archive.change(speak)
    keep = KeepFor(recordings=0, photos=0, words=90)
    assert archive.forgets(MORNING + timedelta(days=80), keep) == Forgotten()
    assert archive.forgets(SOON, keep) == Forgotten(visits=1)
    assert archive.forgets(SOON, keep) == Forgotten()
    with archive.ledger.reading() as session:
        visit = session.get_one(Visit, archive.visit_id)
        turn = visit.attempts[0].turns[0]
        assert (turn.transcript, turn.alternatives, turn.evidence) == ("", "", [])
        assert turn.answer, "what it was taken for"
        assert visit.flags[0].words == ""
        assert visit.flags[0].code == "chest_pain"
        assert visit.dialogue_state == {"answers": [{"question": "falls", "answer": "no", "transcript": ""}]}
        assert visit.words_deleted_at == SOON
    assert archive.file.exists(), "the recording has a time of its own"


class TestATalkWithoutAVisit:
    @pytest.fixture
    def talk(self, archive: Archive) -> Archive:
        """The elder has rung when no visit was waiting, on the same morning."""
        with archive.ledger.session() as session:
            elder_id = session.get_one(Visit, archive.visit_id).elder_id
            call = CallIn(
                elder_id=elder_id,
                line="sip",
                provider_call_id="call-1",
                came_at=MORNING,
                ended_at=MORNING,
                outcome="completed",
                recording="2026-03/call-in-1.wav",
                words="厕所灯坏了",
                said=[{"heard": "厕所灯坏了"}],
            )
            session.add(call)
        self.file_of(archive).write_bytes(seal_file(keyring(), b"a voice"))
        archive.was_written(self.file_of(archive), MORNING)
        return archive

    def file_of(self, archive: Archive) -> Path:
        return archive.folder / "2026-03" / "call-in-1.wav"

    def test_is_kept_while_its_time_is_not_over_and_goes_then(self, talk: Archive) -> None:
        forget(talk.ledger, talk.folder, KEEP, SOON)
        assert self.file_of(talk).exists(), "a row names it"
        forget(talk.ledger, talk.folder, KEEP, LATE)
        assert not self.file_of(talk).exists()
        with talk.ledger.reading() as session:
            (call,) = session.scalars(select(CallIn))
            assert (call.recording, call.recording_deleted_at) == ("", LATE)

    def test_what_was_said_goes_when_words_go(self, talk: Archive) -> None:
        forget(talk.ledger, talk.folder, KeepFor(recordings=0, photos=0, words=180), LATE)
        with talk.ledger.reading() as session:
            (call,) = session.scalars(select(CallIn))
            assert (call.words, call.said) == ("", None)

    def test_is_kept_while_an_order_of_it_stands(self, talk: Archive) -> None:
        with talk.ledger.session() as session:
            (call,) = session.scalars(select(CallIn))
            key = f"call_in:{call.id}:in_person_visit"
            session.add(work_order(call.elder_id, MORNING, key, urgency="emergency", reason="emergency"))
        forget(talk.ledger, talk.folder, KeepFor(recordings=180, photos=365, words=180), LATE)
        assert self.file_of(talk).exists()
        with talk.ledger.session() as session:
            assert session.scalars(select(CallIn)).one().words == "厕所灯坏了"
            (order,) = session.scalars(select(WorkOrder))
            order.status, order.closed_at = "closed", MORNING
        forget(talk.ledger, talk.folder, KEEP, LATE)
        assert not self.file_of(talk).exists()
