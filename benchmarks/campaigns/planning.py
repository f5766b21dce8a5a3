"""Planning a round for the city, and the intent of a call."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import date, datetime, timedelta

from sqlalchemy import CursorResult, select, text, update
from support.campaigning import CALLER, WINDOWS, open_monthly

from benchmarks.campaigns.city import MONDAY, Progress
from benchmarks.campaigns.figures import Clockwork, Figure
from campaigns.attempts import prepare
from campaigns.claims import campaigns_with_due, claim_due, renew
from campaigns.planner import plan_visits
from campaigns.rehearsal import NotedAftercare
from campaigns.standing_rounds import rounds_to_keep
from campaigns.who import Who
from records.sessions import Ledger
from records.visits import Campaign, Visit

TODAY = date(2026, 11, 23)


class StillClock:
    """It is always that Monday."""

    def now(self) -> datetime:
        """Monday morning."""
        return MONDAY

    async def sleep(self, seconds: float) -> None:
        """Nobody waits here."""


class _OnlyATryError(Exception):
    """Raised within a transaction so that nothing of it stays."""


def plan_due(clockwork: Clockwork, ledger: Ledger, progress: Progress) -> Figure:
    """Look at everybody and plan those whose visit falls due; afterwards that is taken back."""

    def work() -> str:
        with suppress(_OnlyATryError), ledger.session() as session:
            due = Who(due_by=TODAY + timedelta(days=1))
            campaign = open_monthly(session, MONDAY, name="due", who=due, windows=WINDOWS)
            report = plan_visits(session, campaign, MONDAY, progress=lambda *at: progress("due", *at))
            raise _OnlyATryError
        return f"{report.added:,} visits"

    return clockwork.once("plan a day: those due", work)


def plan_all(clockwork: Clockwork, ledger: Ledger, progress: Progress) -> Figure:
    """Plan a visit for everybody, in a campaign that is there once only."""
    with ledger.engine.begin() as connection:
        last = "SELECT id FROM campaigns WHERE name = 'today'"
        visits = f"SELECT id FROM visits WHERE campaign_id IN ({last})"  # noqa: S608 - our own words
        connection.execute(text(f"DELETE FROM call_attempts WHERE visit_id IN ({visits})"))  # noqa: S608 - as above
        connection.execute(text(f"DELETE FROM visits WHERE campaign_id IN ({last})"))  # noqa: S608 - as above
        connection.execute(text("DELETE FROM campaigns WHERE name = 'today'"))

    def work() -> str:
        with ledger.session() as session:
            campaign = open_monthly(session, MONDAY, name="today", windows=WINDOWS, max_concurrent=10_000_000)
            report = plan_visits(session, campaign, MONDAY, progress=lambda *at: progress("everybody", *at))
        return f"{report.added:,} visits"

    figure = clockwork.once("plan a day: everybody", work)
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE visits"))
    return figure


def look_for_rounds(clockwork: Clockwork, ledger: Ledger) -> Figure:
    """What keepers ask every ten minutes: who is due and in nobody's care, for which rounds."""
    return clockwork.asked(ledger, "keeper: rounds to keep", lambda asked: rounds_to_keep(asked, MONDAY), 1)


def prepare_calls(ledger: Ledger, times: int) -> Figure:
    """The intent of a call, which asks whether the number is in use."""
    with ledger.session() as session:
        [campaign, *_] = campaigns_with_due(session, MONDAY)
        leases = claim_due(session, campaign, owner="one", now=MONDAY, limit=times)
    took = []
    for lease in leases:
        begun = time.perf_counter()
        with ledger.session() as session:
            prepare(session, lease, caller=CALLER, aftercare=NotedAftercare(), now=MONDAY)
        took.append((time.perf_counter() - begun) * 1000)
    return Figure("prepare a call", took)


def renew_leases(ledger: Ledger, times: int) -> Figure:
    """What a gateway writes at every turn of a call, and how much of it goes into the server's log."""
    with ledger.session() as session:
        [campaign, *_] = campaigns_with_due(session, MONDAY)
        [lease] = claim_due(session, campaign, owner="one", now=MONDAY, limit=1)
        session.execute(text("SELECT pg_stat_statements_reset()"))
    took = []
    for number in range(times):
        begun = time.perf_counter()
        with ledger.session() as session:
            renew(session, lease, MONDAY + timedelta(seconds=number))
        took.append((time.perf_counter() - begun) * 1000)
    with ledger.engine.begin() as connection:
        pages, log = connection.execute(text(_RENEWALS), {"like": "UPDATE visits SET lease_until%"}).one()
    return Figure("renew a lease", took, f"{pages:,.0f} pages, {log:,.0f} bytes of log")


_RENEWALS = """
    SELECT sum(shared_blks_hit + shared_blks_read) / sum(calls), sum(wal_bytes) / sum(calls)
    FROM pg_stat_statements WHERE query LIKE :like
"""


def due_again(ledger: Ledger) -> int:
    """Give back what was claimed; how many visits that were."""
    with ledger.session() as session:
        today = select(Campaign.id).where(Campaign.name == "today").scalar_subquery()
        claimed = session.execute(
            update(Visit)
            .where(Visit.status.in_(("in_progress", "ended")), Visit.campaign_id == today)
            .values(status="planned", outcome=None, ended_at=None, lease_owner=None, lease_until=None)
        )
        return claimed.rowcount if isinstance(claimed, CursorResult) else 0
