"""No area takes all the lines and no campaign either, whoever claims; nobody is forgotten over it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from support.campaigning import MONDAY, Community, add_area, add_elder, number, open_monthly, rings
from support.ledgers import Ledgers, opened

from campaigns.area_lines import AreaLinesError, calls_by_area, limit_lines, lines_in_use
from campaigns.claims import Lease, campaigns_with_due, claim_due
from campaigns.forecasting import look_ahead
from campaigns.opening import resume_campaign
from campaigns.planner import plan_visits
from campaigns.rehearsal import Talk
from campaigns.who import Who
from ivr.lines import Disposition
from records.audit import AuditEvent
from records.keyring import Keyring
from records.people import Area, Elder
from records.sessions import Ledger
from records.visits import Campaign, Visit

NORTH, SOUTH = "城北", "城南"


def settle(ledger: Ledger, in_north: int, in_south: int, *, campaigns: int = 1, **limits: int) -> None:
    """A district of two towns; limits by the town's romanised name, or ``district``."""
    with ledger.session() as session:
        district = add_area(session, "淄川区")
        towns = {"north": add_area(session, NORTH, district), "south": add_area(session, SOUTH, district)}
        for index in range(1, in_north + in_south + 1):
            add_elder(session, index, towns["north" if index <= in_north else "south"])
        for place, lines in limits.items():
            limit_lines(session, {**towns, "district": district}[place], lines, now=MONDAY, actor="sun")
        for each in range(campaigns):
            campaign = open_monthly(session, name=f"第{each + 1}轮", max_concurrent=100)
            plan_visits(session, campaign, MONDAY)


def claim(ledger: Ledger, limit: int = 10, now: datetime = MONDAY) -> list[Lease]:
    with ledger.session() as session:
        return [
            lease
            for campaign in campaigns_with_due(session, now)
            for lease in claim_due(session, campaign, owner="one", now=now, limit=limit)
        ]


def by_town(ledger: Ledger) -> dict[str, int]:
    """Calls under way."""
    with ledger.reading() as session:
        names = {area.id: area.name for area in session.scalars(select(Area))}
        return {names[area or 0]: many for area, many in calls_by_area(session).items()}


class TestAnArea:
    def test_with_a_hundred_due_before_the_other_leaves_the_other_its_lines(self, ledger: Ledger) -> None:
        settle(ledger, 20, 3, north=2)
        assert len(claim(ledger, 4)) == 4
        assert by_town(ledger) == {NORTH: 2, SOUTH: 2}
        claim(ledger, 4)
        assert by_town(ledger) == {NORTH: 2, SOUTH: 3}, "and takes none that it may not have"

    def test_is_held_to_the_limit_over_all_campaigns_and_to_that_of_the_area_above(
        self, ledger: Ledger
    ) -> None:
        settle(ledger, 5, 5, campaigns=2, north=2, district=3)
        claim(ledger)
        claim(ledger)
        assert by_town(ledger) == {NORTH: 2, SOUTH: 1}
        with ledger.reading() as session:
            found = [(each.name, each.in_use, each.limit, each.is_full) for each in lines_in_use(session)]
        assert found == [("淄川区", 3, 3, True), (NORTH, 2, 2, True)]

    def test_areas_that_wait_equally_long_take_turns(self, ledger: Ledger) -> None:
        settle(ledger, 20, 20, district=6)
        claim(ledger)
        assert by_town(ledger) == {NORTH: 3, SOUTH: 3}

    def test_the_key_tier_comes_first_and_then_who_waits_longest(self, ledger: Ledger) -> None:
        settle(ledger, 3, 2, north=5)
        with ledger.session() as session:
            session.execute(update(Elder).where(Elder.roster_key == "elder-5").values(tier="key"))
            late = update(Visit).where(Visit.elder_id == 3)
            session.execute(late.values(next_attempt_at=MONDAY - timedelta(hours=2)))
        with ledger.reading() as session:
            order = [session.get_one(Visit, lease.visit_id).elder_id for lease in claim(ledger)]
        assert order[:2] == [5, 3]
        assert sorted(order) == [1, 2, 3, 4, 5]

    def test_whoever_moves_counts_where_they_live_now(self, ledger: Ledger) -> None:
        settle(ledger, 2, 1, north=1)
        with ledger.session() as session:
            mover = session.scalars(select(Elder).where(Elder.roster_key == "elder-3")).one()
            mover.area = session.scalars(select(Area).where(Area.name == NORTH)).one()
        claim(ledger)
        assert by_town(ledger) == {NORTH: 1}

    def test_cannot_be_given_no_line_at_all(self, ledger: Ledger) -> None:
        settle(ledger, 1, 0)
        with ledger.session() as session:
            area = session.scalars(select(Area).where(Area.name == NORTH)).one()
            for wrong in (0, -1, 10**6):
                with pytest.raises(AreaLinesError, match="cannot have"):
                    limit_lines(session, area, wrong, now=MONDAY, actor="sun")

    def test_is_given_another_share_on_record_and_freed_of_it(self, ledger: Ledger) -> None:
        settle(ledger, 3, 0, north=1)
        assert len(claim(ledger)) == 1
        with ledger.session() as session:
            area = session.scalars(select(Area).where(Area.name == NORTH)).one()
            assert limit_lines(session, area, None, now=MONDAY, actor="sun")
            assert not limit_lines(session, area, None, now=MONDAY, actor="sun")
        assert len(claim(ledger)) == 2
        with ledger.reading() as session:
            said = session.scalars(select(AuditEvent.detail).where(AuditEvent.action == "area_lines")).all()
        assert said == [{"before": None, "lines": 1}, {"before": 1, "lines": None}]


def test_callers_of_two_campaigns_at_once_never_exceed_an_areas_limit(ledger: Ledger) -> None:
    settle(ledger, 12, 0, campaigns=2, north=3)
    start = Barrier(4)

    def caller(campaign: int) -> int:
        start.wait()
        got = 0
        for _ in range(3):
            with ledger.session() as session:
                got += len(claim_due(session, campaign, owner="x", now=MONDAY, limit=1))
        return got

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(caller, [1, 2, 1, 2])) == 3


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    limits=st.dictionaries(st.sampled_from(["north", "south", "district"]), st.integers(1, 4)),
    people=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    asked=st.lists(st.integers(1, 5), min_size=1, max_size=4),
)
def test_whatever_the_limits_claims_fill_them_and_never_exceed_them(
    sqlite_ledgers: Ledgers,
    keyring: Keyring,
    tmp_path: Path,
    limits: dict[str, int],
    people: tuple[int, int],
    asked: list[int],
) -> None:
    with opened(sqlite_ledgers.migrated_url(tmp_path), keyring) as ledger:
        settle(ledger, *people, **limits)
        for limit in asked:
            claim(ledger, limit)
        busy = by_town(ledger)
        north, south = busy.get(NORTH, 0), busy.get(SOUTH, 0)
        most = limits.get("district", 99)
        room_north = min(people[0], limits.get("north", 99))
        room_south = min(people[1], limits.get("south", 99))
        assert north <= room_north
        assert south <= room_south
        assert north + south == min(sum(asked), most, room_north + room_south)


@pytest.fixture
def community(sqlite_ledger: Ledger, tmp_path: Path) -> Community:
    return Community(sqlite_ledger, tmp_path / "recordings")


def at_once(dialled: list[datetime], seconds: float) -> int:
    """The most calls at the same time, when each lasts so long."""
    return max(sum(at <= other < at + timedelta(seconds=seconds) for other in dialled) for at in dialled)


class TestTheDialer:
    def test_keeps_to_an_areas_lines_and_still_calls_everybody(self, community: Community) -> None:
        settle(community.ledger, 6, 3, north=1)
        community.run(max_calls=4)
        assert {visit.outcome for visit in community.visits()} == {"completed"}
        north = {number(index) for index in range(1, 7)}
        moments = [at for _, rung, at in community.dialled if rung in north]
        assert at_once(moments, 10.0) == 1

    def test_lets_the_heat_waves_round_begin_beside_the_citys(self, community: Community) -> None:
        with community.ledger.session() as session:
            city, street = add_area(session, "市"), add_area(session, "一条街")
            for index in range(1, 17):
                add_elder(session, index, city if index <= 12 else street)
            for name, area, since in (("全市", city, timedelta(hours=2)), ("高温", street, timedelta())):
                round_ = open_monthly(session, name=name, who=Who(areas=(area.id,)), max_concurrent=9)
                plan_visits(session, round_, MONDAY)
                due = update(Visit).where(Visit.campaign_id == round_.id)
                session.execute(due.values(next_attempt_at=MONDAY - since))
        community.run(max_calls=4)
        first = [int(rung[-4:]) > 12 for _, rung, _ in community.dialled[:8]]
        assert Counter(first) == {True: 4, False: 4}, "each two at a time, though the city waited longer"
        assert {visit.outcome for visit in community.visits()} == {"completed"}

    def test_a_line_out_of_order_pauses_every_campaign_it_served_and_says_why(
        self, community: Community
    ) -> None:
        """The breaker: not one elder's attempts are used up beyond what it takes to notice."""
        settle(community.ledger, 6, 0, campaigns=2)
        community.plans = {number(index): rings(Disposition.FAILED) for index in range(1, 7)}
        community.run(max_calls=2, most_failures=3)
        with community.ledger.reading() as session:
            campaigns = session.scalars(select(Campaign)).all()
        assert {campaign.status for campaign in campaigns} == {"paused"}
        assert all("3 calls in a row failed on our side" in each.status_reason for each in campaigns)
        assert len(community.dialled) <= 2 * (3 + 1)
        community.plans = {}
        with community.ledger.session() as session:
            for campaign in campaigns:
                resume_campaign(session, campaign.id, now=community.now, actor="chen")
        community.run(max_calls=2)
        assert {visit.outcome for visit in community.visits()} == {"completed"}


class TestTheForecast:
    def test_plays_the_areas_share_and_names_the_area_that_has_too_small_a_one(
        self, community: Community
    ) -> None:
        settle(community.ledger, 60, 10, north=1)
        evening = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)
        with community.ledger.reading() as session:
            campaign = session.scalars(select(Campaign)).one()
            found = look_ahead(session, campaign, 8, evening)
        assert not found.can_be_met
        assert found.shares == ((NORTH, 1),)
        [held] = found.held_back
        assert (held.area, held.lines) == (NORTH, 1)
        assert held.visits == len(found.forecast.never_rung)
        north = sorted((ring.at, ring.seconds) for ring in found.forecast.rings if ring.visit_id <= 60)
        assert all(later >= at + timedelta(seconds=long) for (at, long), (later, _) in pairwise(north))

    def test_without_limits_is_as_before(self, community: Community) -> None:
        community.plans = {number(1): rings(Talk(questions=1))}
        settle(community.ledger, 3, 3)
        with community.ledger.reading() as session:
            found = look_ahead(session, session.scalars(select(Campaign)).one(), 2, MONDAY)
        assert (found.can_be_met, found.held_back, found.shares) == (True, (), ())
