"""The city: one elder with a year of visits, written as the product writes it and multiplied by the database.

A year is twelve ended campaigns with one visit and one call for everybody.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Table, select, text, update
from support.campaigning import add_area, add_elder, open_monthly

from campaigns.planner import plan_visits
from records.people import Area, Consent, Elder, Phone, Worker
from records.sessions import Ledger
from records.visits import CallAttempt, Campaign, Visit

MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
TOWNS = 20
MONTHS = 12


def settle(ledger: Ledger, elders: int) -> None:
    """One elder with a year of visits is written as the product writes it, and multiplied."""
    with ledger.session() as session:
        city = add_area(session, "市")
        for each in range(TOWNS):
            add_area(session, f"街道{each}", parent=city)
        session.add(Worker(login="chen", name="陈", role="coordinator", area_id=city.id))
        add_elder(session, 1, session.get_one(Area, city.id + 1))
        for month in range(MONTHS):
            starts = date(2025, 12, 1) + timedelta(days=28 * month)
            campaign = open_monthly(
                session,
                MONDAY - timedelta(days=400),
                name=f"month {month}",
                starts_on=starts,
                ends_on=starts + timedelta(days=27),
            )
            plan_visits(session, campaign, MONDAY - timedelta(days=400))
        for visit in session.scalars(select(Visit)):
            end = datetime.combine(visit.campaign.starts_on, MONDAY.timetz())
            visit.status, visit.outcome, visit.next_attempt_at, visit.ended_at = (
                "ended",
                "completed",
                None,
                end,
            )
            session.add(_call(visit, end))
        session.execute(update(Campaign).values(status="ended"))
    with ledger.engine.begin() as connection:
        for statement in _multiplied(elders):
            connection.execute(text(statement))
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _call(visit: Visit, end: datetime) -> CallAttempt:
    return CallAttempt(
        visit_id=visit.id,
        number=1,
        phone_id=visit.elder.phones[0].id,
        reference=f"past-{visit.id}",
        fence=1,
        status="ended",
        disposition="answered_human",
        call_outcome="completed",
        intended_at=end,
        dialled_at=end,
        ended_at=end,
    )


def _multiplied(elders: int) -> list[str]:
    everybody = f"generate_series(2, {elders}) AS g"  # numbers of ours, no input
    key = {"tier": "CASE WHEN g % 10 = 0 THEN 'key' ELSE 'general' END", "roster_key": "'elder-' || g"}
    return [
        _copy(Elder, everybody, "t.id = 1", id="g", area_id=f"2 + g % {TOWNS}", **key),
        _copy(Phone, everybody, "t.elder_id = 1", id="g", elder_id="g", number_key="'number-' || g"),
        _copy(Consent, everybody, "t.elder_id = 1", id="g", elder_id="g"),
        _copy(Visit, everybody, "t.elder_id = 1", id=f"g * {MONTHS} + t.id", elder_id="g"),
        _copy(
            CallAttempt,
            everybody,
            f"t.id <= {MONTHS}",
            id=f"g * {MONTHS} + t.id",
            visit_id=f"g * {MONTHS} + t.visit_id",
            phone_id="g",
            reference=f"'past-' || (g * {MONTHS} + t.id)",
        ),
        *(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608
            for table in ("elders", "phones", "consents", "visits", "call_attempts")
        ),
    ]


def _copy(model: type, others: str, where: str, **other: str) -> str:
    """Rows like those that ``where`` finds, with some columns ``other``."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    names = [column.name for column in table.columns]
    values = ", ".join(other.get(name, f"t.{name}") for name in names)
    columns = ", ".join(names)
    return f"INSERT INTO {table.name} ({columns}) SELECT {values} FROM {table.name} t, {others} WHERE {where}"  # noqa: S608
