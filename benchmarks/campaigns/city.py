"""The city: one elder with a year of visits, written as the product writes it and multiplied by the database.

A year is twelve ended campaigns with one visit for everybody; of the last three months there are a call and
scores of every visit as well. One visit in fifty was flagged, and of the last three months each of these has
its work order; of the last month's flags one in twenty still waits for a person's ear, and its order is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, select, text, update
from sqlalchemy.orm import Session
from support.campaigning import add_area, add_elder, open_monthly

from campaigns.planner import plan_visits
from records.base import Base
from records.orders import WorkOrder
from records.people import Area, Consent, Elder, Phone, Worker
from records.sessions import Ledger
from records.visits import Assessment, CallAttempt, Campaign, Flag, Visit

MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
TOWNS = 20
COMMUNITIES = 20
"""In each town; elders live in communities."""
CHUNK = 50_000
"""Elders multiplied in one statement, so that a progress bar can move."""
RECENT = 3
"""Months of whose visits there are calls, scores and orders."""
FLAGGED = 50
"""One visit in so many was flagged."""
WAITING = 20
"""One flagged visit of the last month in so many was not reviewed yet."""

Progress = Callable[[str, int, int], None]
"""What is being written, how many of it, and of how many."""


@dataclass(frozen=True)
class City:
    """How large it is."""

    elders: int
    months: int = 12

    @property
    def months_with_calls(self) -> range:
        """The last months, as their numbers."""
        return range(max(0, self.months - RECENT), self.months)


def settle(ledger: Ledger, city: City, progress: Progress) -> str:
    """One elder with a year of visits is written as the product writes it, and multiplied."""
    with ledger.session() as session:
        root = add_area(session, "市")
        for town in range(TOWNS):
            above = add_area(session, f"街道{town}", parent=root)
            for community in range(COMMUNITIES):
                add_area(session, f"社区{town}-{community}", parent=above)
        session.add(Worker(login="chen", name="陈", role="coordinator", area_id=root.id))
        first = session.scalars(select(Area).where(Area.name == "社区0-0")).one()
        add_elder(session, 1, first)
        for month in range(city.months):
            _note_month(session, month, city)
        session.execute(update(Campaign).values(status="ended"))
    with (
        ledger.engine.begin() as connection,
        _without_indexes(connection, progress),
        _written_once(connection),
    ):
        for what, statement, upto in _multiplied(city):
            for low in range(2, upto + 1, CHUNK):
                high = min(low + CHUNK - 1, upto)
                connection.execute(text(statement), {"low": low, "high": high})
                progress(what, high, upto)
        for table in _LARGE:
            connection.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")  # noqa: S608 - our own words
            )
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        progress("VACUUM ANALYZE", 0, 1)
        connection.execute(text("VACUUM ANALYZE"))
        progress("VACUUM ANALYZE", 1, 1)
        size = connection.scalar(text("SELECT pg_size_pretty(pg_database_size(current_database()))"))
    return f"{size} on disk"


def _note_month(session: Session, month: int, city: City) -> None:
    """The first elder's visit of a month, with everything that came of it."""
    starts = date(2026, 11, 2) - timedelta(days=28 * (city.months - month))
    long_ago = MONDAY - timedelta(days=28 * (city.months + 1))
    campaign = open_monthly(
        session,
        long_ago,
        name=f"month {month}",
        starts_on=starts,
        ends_on=starts + timedelta(days=27),
    )
    plan_visits(session, campaign, long_ago)
    visit = session.scalars(select(Visit).where(Visit.campaign_id == campaign.id)).one()
    end = datetime.combine(starts, MONDAY.timetz())
    visit.status, visit.outcome, visit.next_attempt_at, visit.ended_at = "ended", "completed", None, end
    if month in city.months_with_calls:
        visit.attempts.append(_call(visit, end))
        session.add(_order(visit, end))
    visit.flags.append(Flag(code="fell", urgency="urgent", confirmed="yes", words="摔了一跤", raised_at=end))
    visit.assessment = Assessment(
        overall="orange",
        score=60.0,
        dimensions={},
        record_sheet={},
        manner={},
        weights_version="1",
        assessed_at=end,
        reviewed_by="chen",
        reviewed_at=end,
    )


def _call(visit: Visit, end: datetime) -> CallAttempt:
    return CallAttempt(
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
        duration_s=150.0,
    )


def _order(visit: Visit, end: datetime) -> WorkOrder:
    return WorkOrder(
        elder_id=visit.elder_id,
        visit_id=visit.id,
        dedupe_key=f"visit:{visit.id}:fell",
        kind="in_person_visit",
        urgency="urgent",
        reason="urgent",
        codes=["fell"],
        summary="摔了一跤",
        policy_version="1",
        status="closed",
        deadline=end + timedelta(hours=24),
        opened_at=end,
        closed_at=end + timedelta(hours=8),
        ladder=None,
    )


def _multiplied(city: City) -> Iterator[tuple[str, str, int]]:
    """What is multiplied, how, and up to which elder. Ids of visits are the elder's times the months."""
    everybody, some = "generate_series(CAST(:low AS integer), CAST(:high AS integer)) AS g", "t.elder_id = 1"
    tier = "CASE WHEN g % 10 = 0 THEN 'key' ELSE 'general' END"
    # Towns and their communities are numbered one after the other behind the city, the first of all areas.
    area = f"2 + ((g / {COMMUNITIES}) % {TOWNS}) * {COMMUNITIES + 1} + 1 + g % {COMMUNITIES}"
    visit, calls = f"g * {city.months} + t.id", city.months_with_calls
    here = f"{visit} - t.id + t.visit_id"
    unreviewed = f"t.visit_id = {city.months} AND g % {FLAGGED * WAITING} = 0"
    flagged = f"g % {FLAGGED} = 0"
    yield (
        "elders",
        _copy(Elder, everybody, "t.id = 1", id="g", area_id=area, tier=tier, roster_key="'elder-' || g"),
        city.elders,
    )
    phone = {"id": "g", "elder_id": "g", "number_key": "'number-' || g"}
    yield "phones", _copy(Phone, everybody, some, **phone), city.elders
    yield "consents", _copy(Consent, everybody, some, id="g", elder_id="g"), city.elders
    waits = f"t.id = {city.months} AND g % {FLAGGED * WAITING} = 0"
    marks = {"to_hear": waits, "noted": flagged, "settled": "true"}
    yield "visits", _copy(Visit, everybody, some, id=visit, elder_id="g", **marks), city.elders
    call = {"id": f"g * {len(calls)} + t.id", "visit_id": here, "phone_id": "g"}
    reference = f"'call-' || ({call['id']})"
    first = f"t.id <= {len(calls)}"
    yield "calls", _copy(CallAttempt, everybody, first, reference=reference, **call), city.elders
    first = f"t.id <= {city.months} AND {flagged}"
    yield "flags", _copy(Flag, everybody, first, id=visit, visit_id=here), city.elders
    review = {
        "reviewed_at": f"CASE WHEN {unreviewed} THEN NULL ELSE t.reviewed_at END",
        "reviewed_by": f"CASE WHEN {unreviewed} THEN '' ELSE t.reviewed_by END",
    }
    lately = f"t.visit_id BETWEEN {calls.start + 1} AND {city.months}"
    of_few = f"{first} AND NOT {lately}"
    yield "scores", _copy(Assessment, everybody, of_few, id=visit, visit_id=here, **review), city.elders
    well = {
        "overall": f"CASE WHEN {flagged} THEN t.overall ELSE 'green' END",
        "reviewed_at": f"CASE WHEN NOT {flagged} THEN NULL ELSE {review['reviewed_at']} END",
        "reviewed_by": f"CASE WHEN NOT {flagged} THEN '' ELSE {review['reviewed_by']} END",
    }
    yield "late scores", _copy(Assessment, everybody, lately, id=visit, visit_id=here, **well), city.elders
    order = {
        "id": here,
        "visit_id": here,
        "elder_id": "g",
        "dedupe_key": f"'visit:' || ({here}) || '\\:fell'",
        "status": f"CASE WHEN {unreviewed} THEN 'open' ELSE 'closed' END",
        "closed_at": f"CASE WHEN {unreviewed} THEN NULL ELSE t.closed_at END",
    }
    yield "orders", _copy(WorkOrder, everybody, f"{lately} AND {flagged}", **order), city.elders


def _copy(model: type[Base], others: str, where: str, **other: str) -> str:
    """Rows like those that ``where`` finds, with some columns ``other``."""
    table = model.__table__
    names = [column.name for column in table.columns]
    values = ", ".join(other.get(name, f"t.{name}") for name in names)
    columns = ", ".join(names)
    return f"INSERT INTO {table.name} ({columns}) SELECT {values} FROM {table.name} t, {others} WHERE {where}"  # noqa: S608 - our own words


_LARGE = ("elders", "phones", "consents", "visits", "call_attempts", "assessments", "flags", "work_orders")
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = :kind AND ({which})
    ORDER BY conrelid, conname
"""
_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid::regclass::text = ANY(:tables) AND NOT indisprimary AND NOT indisunique
"""


@contextmanager
def _without_indexes(connection: Connection, progress: Progress) -> Iterator[None]:
    """Large tables fill faster while nothing is kept beside them; afterwards all is made again."""
    tables = list(_LARGE)
    ours = "conrelid::regclass::text = ANY(:tables)"
    asked = [("f", f"{ours} OR confrelid::regclass::text = ANY(:tables)"), ("u", ours)]
    constraints = [
        row
        for kind, which in asked
        for row in connection.execute(
            text(_CONSTRAINTS.format(which=which)), {"tables": tables, "kind": kind}
        )
    ]
    indexes = connection.execute(text(_INDEXES), {"tables": tables}).all()
    for table, name, _ in constraints:
        connection.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
    for name, _ in indexes:
        connection.execute(text(f"DROP INDEX {name}"))
    yield
    again = [each for _, each in indexes]
    again += [
        f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {what}' for table, name, what in constraints[::-1]
    ]
    for done, statement in enumerate(again, start=1):
        connection.execute(text(statement))
        progress("indexes", done, len(again))


@contextmanager
def _written_once(connection: Connection) -> Iterator[None]:
    """Tables emptied in a transaction are not written to the log as well while it fills them.

    That holds with ``wal_level=minimal``; at the commit the server makes sure of the files themselves.
    """
    for table in _LARGE:
        connection.execute(text(f"CREATE TEMPORARY TABLE first_{table} ON COMMIT DROP AS TABLE {table}"))
    connection.execute(text(f"TRUNCATE {', '.join(_LARGE)}"))
    for table in _LARGE:
        connection.execute(text(f"INSERT INTO {table} SELECT * FROM first_{table}"))  # noqa: S608 - our own words
    yield
