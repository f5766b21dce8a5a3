"""Claiming visits: on both databases, from several threads, with leases that run out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select, text, update
from support.campaigning import MONDAY, Community

from campaigns.claims import (
    LEASE,
    Lease,
    LeaseLostError,
    campaigns_with_due,
    claim_due,
    reclaim_all,
    renew,
)
from campaigns.recovery import lapsed_visits
from records.people import Elder
from records.sessions import Ledger
from records.visits import Campaign, Visit

BY_SERVER = pytest.mark.parametrize(
    "ledgers", [pytest.param("postgresql", marks=pytest.mark.servers)], indirect=True
)
"""On PostgreSQL only: SQLite has one writer at a time."""


@pytest.fixture
def community(ledger: Ledger, tmp_path: Path) -> Community:
    return Community(ledger, tmp_path)


def claim(
    ledger: Ledger, owner: str = "one", *, limit: int = 10, later: timedelta = timedelta()
) -> list[Lease]:
    with ledger.session() as session:
        now = MONDAY + later
        return [
            lease
            for campaign in campaigns_with_due(session, now)
            for lease in claim_due(session, campaign, owner=owner, now=now, limit=limit)
        ]


def test_two_callers_at_once_never_get_the_same_visit(community: Community, ledger: Ledger) -> None:
    community.settle(40, campaign={"max_concurrent": 100})
    start = Barrier(4)

    def caller(name: str) -> list[int]:
        start.wait()
        got: list[int] = []
        while True:
            leases = claim(ledger, name, limit=3)
            if not leases:
                return got
            got += [lease.visit_id for lease in leases]

    with ThreadPoolExecutor(4) as pool:
        claimed = [visit for got in pool.map(caller, ["a", "b", "c", "d"]) for visit in got]
    assert sorted(claimed) == sorted(visit.id for visit in community.visits())


@BY_SERVER
def test_a_visit_that_somebody_is_just_writing_keeps_no_caller_waiting(
    community: Community, ledger: Ledger
) -> None:
    community.settle(2)
    first, second = (visit.id for visit in community.visits())
    with ledger.session() as writing:
        writing.execute(select(Visit).where(Visit.id == first).with_for_update())
        with ledger.session() as session:
            session.execute(text("SET LOCAL lock_timeout = '10s'"))
            claimed = claim_due(session, 1, owner="one", now=MONDAY, limit=2)
    assert [lease.visit_id for lease in claimed] == [second]
    assert [lease.visit_id for lease in claim(ledger)] == [first]


@BY_SERVER
def test_to_renew_a_lease_writes_the_visit_and_no_index(community: Community, ledger: Ledger) -> None:
    """At every turn of every call: PostgreSQL says of a write whether it left the indexes alone."""
    community.settle(1)
    [lease] = claim(ledger)
    told = text("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'visits'")
    with ledger.session() as session:
        # The server still counts what the connection wrote within the last second, the claim among it.
        written, without_index = session.execute(told).one_or_none() or (0, 0)
        renew(session, lease, MONDAY + LEASE / 2)
        assert tuple(session.execute(told).one()) == (written + 1, without_index + 1)


def test_callers_together_never_exceed_what_the_campaign_allows(community: Community, ledger: Ledger) -> None:
    community.settle(20, campaign={"max_concurrent": 5})
    start = Barrier(4)

    def caller(name: str) -> int:
        start.wait()
        return sum(len(claim(ledger, name, limit=2)) for _ in range(5))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(caller, ["a", "b", "c", "d"])) == 5


def test_the_key_tier_comes_first_and_then_who_waits_longest(community: Community, ledger: Ledger) -> None:
    community.settle(4)
    with ledger.session() as session:
        ids = {elder.roster_key: elder.id for elder in session.query(Elder)}
        session.execute(update(Elder).where(Elder.id == ids["elder-3"]).values(tier="key"))
        waiting = update(Visit).where(Visit.elder_id == ids["elder-4"])
        session.execute(waiting.values(next_attempt_at=MONDAY - timedelta(hours=2)))
    order = [
        visit.elder_id
        for lease in claim(ledger)
        for visit in community.visits()
        if visit.id == lease.visit_id
    ]
    assert order == [ids["elder-3"], ids["elder-4"], ids["elder-1"], ids["elder-2"]]


@pytest.mark.parametrize("status", ["draft", "paused", "ended"])
def test_a_campaign_that_is_not_running_claims_nothing(
    community: Community, ledger: Ledger, status: str
) -> None:
    community.settle(1)
    with ledger.session() as session:
        session.execute(update(Campaign).values(status=status))
        campaign = session.query(Campaign).one()
    assert claim(ledger) == []
    with ledger.session() as session:
        assert claim_due(session, campaign.id, owner="one", now=MONDAY, limit=1) == []


def test_nobody_is_claimed_before_their_time(community: Community, ledger: Ledger) -> None:
    community.settle(1)
    assert claim(ledger, later=-timedelta(seconds=1)) == []
    assert len(claim(ledger)) == 1


def test_visits_in_person_are_not_claimed(community: Community, ledger: Ledger) -> None:
    community.settle(2, consent=None)
    assert claim(ledger) == []


def test_a_lease_that_is_renewed_does_not_run_out(community: Community, ledger: Ledger) -> None:
    community.settle(1)
    [lease] = claim(ledger)
    with ledger.session() as session:
        renew(session, lease, MONDAY + LEASE / 2)
    with ledger.reading() as session:
        assert lapsed_visits(session, MONDAY + LEASE) == []
        assert lapsed_visits(session, MONDAY + LEASE * 1.5) == [lease.visit_id]


def test_who_holds_an_older_fence_has_lost_the_visit(community: Community, ledger: Ledger) -> None:
    community.settle(1)
    [older] = claim(ledger, "one")
    with ledger.session() as session:
        session.execute(update(Visit).values(status="planned"))
    [newer] = claim(ledger, "one")
    assert newer.fence == older.fence + 1
    with pytest.raises(LeaseLostError), ledger.session() as session:
        renew(session, older, MONDAY)
    with ledger.session() as session:
        renew(session, newer, MONDAY)


def test_a_process_that_is_alone_takes_over_everything_at_once(community: Community, ledger: Ledger) -> None:
    community.settle(3)
    leases = claim(ledger, "dead")
    with ledger.session() as session:
        assert reclaim_all(session, MONDAY) == 3
        assert len(lapsed_visits(session, MONDAY)) == 3
    with pytest.raises(LeaseLostError), ledger.session() as session:
        renew(session, leases[0], MONDAY)
