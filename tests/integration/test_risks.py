"""Who might be missed is asked of the database in the words of the rule that judges a single visit."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import select, update
from support.campaigning import MONDAY, Community

from records.people import Worker
from records.sessions import Ledger
from records.visits import Campaign, Visit
from web import risk_data
from web.identity import describe
from web.progress import LATE_AFTER, Risk, risk
from web.risk_data import RISKS_SHOWN, at_risk

SHIFTS = (
    None,
    timedelta(0),
    timedelta(hours=1),
    -LATE_AFTER,
    -LATE_AFTER - timedelta(seconds=1),
    timedelta(days=2, hours=14, minutes=30),  # midnight after the last day
    timedelta(days=2, hours=14, minutes=29, seconds=59),
)


@pytest.mark.parametrize("ends_on", [date(2026, 11, 25), date(2026, 11, 23)])
@pytest.mark.parametrize("timezone", ["Asia/Shanghai", "Nowhere/Known"])
def test_the_database_finds_whom_the_rule_finds(
    ledger: Ledger, tmp_path: Path, ends_on: date, timezone: str
) -> None:
    facts = list(product(SHIFTS, (0, 1, 2)))
    Community(ledger, tmp_path).settle(len(facts))
    with ledger.session() as session:
        session.execute(update(Campaign).values(ends_on=ends_on, timezone=timezone))
        visits = session.scalars(select(Visit).order_by(Visit.id)).all()
        for visit, (shift, attempts) in zip(visits, facts, strict=True):
            visit.next_attempt_at = None if shift is None else MONDAY + shift
            visit.attempts_made = attempts
        session.add(Worker(login="chen", name="陈", role="coordinator", area_id=visits[0].elder.area_id))
    with ledger.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
        judged = [
            (list(Risk).index(why), visit.next_attempt_at or MONDAY, visit.id)
            for visit in session.scalars(select(Visit))
            if (
                why := risk(
                    next_attempt_at=visit.next_attempt_at,
                    attempts_made=visit.attempts_made,
                    ends_on=ends_on,
                    timezone=timezone,
                    now=MONDAY,
                )
            )
        ]
        user = describe(session, session.scalars(select(Worker)).one())
        found = at_risk(session, user, campaign, MONDAY)
    assert found.count == len(judged)
    shown = [
        (list(Risk).index(row.risk), row.visit.next_attempt_at or MONDAY, row.visit.id) for row in found.rows
    ]
    assert shown == sorted(judged)[:RISKS_SHOWN]


def test_when_a_line_was_down_for_a_morning_the_count_stops_and_says_so(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(risk_data, "COUNTED", 2)
    Community(ledger, tmp_path).settle(4)
    with ledger.session() as session:
        visits = session.scalars(select(Visit).order_by(Visit.id)).all()
        for hours, visit in enumerate(visits, start=2):
            visit.next_attempt_at = MONDAY - timedelta(hours=hours)
        session.add(Worker(login="chen", name="陈", role="coordinator", area_id=visits[0].elder.area_id))
    with ledger.reading() as session:
        user = describe(session, session.scalars(select(Worker)).one())
        found = at_risk(session, user, session.scalars(select(Campaign)).one(), MONDAY)
    assert (found.count, found.more) == (2, True)
    assert [row.visit.id for row in found.rows] == [visits[3].id, visits[2].id, visits[1].id]
