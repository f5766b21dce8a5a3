"""What happened stays as it happened; who is alive is known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from records.audit import audit, beat
from records.sessions import Ledger
from records.tables import AuditEvent, Heartbeat


@pytest.fixture
def one_event(ledger: Ledger, now: datetime) -> Ledger:
    with ledger.session() as session:
        audit(
            session, at=now, actor="dialer", action="dialled", subject_type="visit", subject_id=7, attempt=1
        )
    return ledger


def test_an_event_is_kept_with_its_detail(one_event: Ledger, now: datetime) -> None:
    with one_event.reading() as session:
        kept = session.scalars(select(AuditEvent)).one()
    assert (kept.at, kept.actor, kept.action) == (now, "dialer", "dialled")
    assert (kept.subject_type, kept.subject_id, kept.detail) == ("visit", 7, {"attempt": 1})


def test_an_event_falls_with_the_deed_it_tells_of(ledger: Ledger, now: datetime) -> None:
    def fail() -> None:
        with ledger.session() as session:
            audit(session, at=now, actor="dialer", action="dialled", subject_type="visit", subject_id=7)
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with ledger.reading() as session:
        assert session.scalars(select(AuditEvent)).all() == []


@pytest.mark.parametrize(
    "tampering",
    ["UPDATE audit_events SET actor = 'somebody else'", "DELETE FROM audit_events"],
)
def test_an_event_is_never_changed_or_deleted(one_event: Ledger, tampering: str) -> None:
    with pytest.raises(DBAPIError, match="never changed or deleted"), one_event.session() as session:
        session.execute(text(tampering))
    with one_event.reading() as session:
        assert session.scalars(select(AuditEvent.actor)).all() == ["dialer"]


def test_the_last_sign_of_life_counts(ledger: Ledger, now: datetime) -> None:
    for minute in range(3):
        with ledger.session() as session:
            beat(session, "auditor", now + timedelta(minutes=minute), looked_at=minute)
    with ledger.reading() as session:
        sign = session.scalars(select(Heartbeat)).one()
    assert (sign.component, sign.at, sign.detail) == ("auditor", now + timedelta(minutes=2), {"looked_at": 2})


def test_several_processes_may_show_signs_of_life_at_the_same_time(ledger: Ledger, now: datetime) -> None:
    together = Barrier(4)

    def show(_: int) -> None:
        together.wait()
        with ledger.session() as session:
            beat(session, "outbox", now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(show, range(4)))
    with ledger.reading() as session:
        assert [sign.component for sign in session.scalars(select(Heartbeat))] == ["outbox"]
