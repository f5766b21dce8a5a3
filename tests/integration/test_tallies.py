"""What is counted area by area and kept is what counting everybody at once would give."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, true
from sqlalchemy.orm import Session
from support.campaigning import MONDAY, add_area, add_elder, open_monthly
from support.casebook import HandClock
from support.ledgers import Ledgers, opened
from support.rows import scored

from campaigns import tallying
from campaigns.census import Facts, census, stale_campaigns, visit_counts
from campaigns.coverage import about_to_be_missed, rates, rates_by, read_kept
from campaigns.planner import plan_visits
from campaigns.standings import levels, unplanned
from campaigns.tallying import FRESH, NAMES, counted, recount, stale_areas
from records.keyring import Keyring
from records.people import Area, Elder
from records.sessions import Ledger
from records.tallies import Tally
from records.visits import CallAttempt, Campaign, Visit
from wenan.tallies import keep_tallies

TODAY = date(2026, 11, 23)
ELDERS = st.fixed_dictionaries(
    {
        "area": st.integers(0, 3),
        "tier": st.sampled_from(["key", "secondary", "general"]),
        "status": st.sampled_from(["active", "active", "away", "deceased"]),
        "visited": st.none() | st.integers(0, 40),
        "planned": st.booleans(),
    }
)


@pytest.fixture(autouse=True)
def every_town_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "COUNTED_LIVE", 0)


def settle(session: Session, elders: list[dict[str, Any]]) -> None:
    areas = [add_area(session, f"社区{each}") for each in range(5)]
    earlier = open_monthly(
        session,
        MONDAY - timedelta(days=90),
        name="从前",
        starts_on=date(2026, 9, 1),
        ends_on=date(2026, 11, 25),
    )
    now = open_monthly(session, MONDAY)
    for index, about in enumerate(elders, start=1):
        elder = add_elder(session, index, areas[about["area"]], tier=about["tier"], status=about["status"])
        if about["visited"] is not None:
            session.add(
                Visit(
                    campaign_id=earlier.id,
                    elder_id=elder.id,
                    mode="telephone",
                    status="ended",
                    outcome="completed",
                    ended_at=MONDAY - timedelta(days=about["visited"]),
                    snapshot={},
                    created_at=MONDAY,
                )
            )
        if about["planned"]:
            plan_visits(session, now, MONDAY, only={elder.id})


def test_parts_counted_apart_add_up_to_the_whole(
    sqlite_ledgers: Ledgers, keyring: Keyring, tmp_path: Path
) -> None:
    numbers = iter(range(1000))

    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )
    @given(st.lists(ELDERS, max_size=20))
    def holds(elders: list[dict[str, Any]]) -> None:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        with opened(sqlite_ledgers.migrated_url(folder), keyring) as ledger:
            with ledger.session() as session:
                settle(session, elders)
            same_as_at_once(ledger)

    holds()


def same_as_at_once(ledger: Ledger) -> None:
    with ledger.reading() as session:
        areas = set(session.scalars(select(Area.id)))
        peopled = set(session.scalars(select(Elder.area_id)))
        assert counted(session, areas).uncounted == len(peopled)
    keep_tallies(ledger, HandClock(MONDAY))
    with ledger.reading() as session:
        kept = read_kept(session, MONDAY)
        found = counted(session, areas)
        missed = about_to_be_missed(kept, TODAY)
    assert found.all == rates(kept, TODAY)
    assert found.by_tier == rates_by(kept, lambda each: each.tier, TODAY)
    assert found.by_area == rates_by(kept, lambda each: each.area_id, TODAY)
    assert (found.missed, found.missed_count) == (missed[:NAMES], len(missed))
    assert (found.elders, found.uncounted) == (len(kept), 0)


def test_a_campaign_counted_once_is_what_counting_it_now_would_give(
    sqlite_ledgers: Ledgers, keyring: Keyring, tmp_path: Path
) -> None:
    numbers = iter(range(1000))
    ends = st.sampled_from([None, "completed", "escalated", "refused", "cancelled", "calling"])

    @settings(
        max_examples=10,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )
    @given(st.lists(st.tuples(ELDERS, ends), max_size=15))
    def holds(elders: list[tuple[dict[str, Any], str | None]]) -> None:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        with opened(sqlite_ledgers.migrated_url(folder), keyring) as ledger:
            with ledger.session() as session:
                settle(session, [about for about, _ in elders])
                for elder, (about, end) in enumerate(elders, start=1):
                    if about["planned"]:
                        come_to(session, elder, end)
            counted_once(ledger)

    holds()


def come_to(session: Session, elder: int, end: str | None) -> None:
    visit = session.scalar(select(Visit).where(Visit.elder_id == elder, Visit.status == "planned"))
    if visit is None or end is None:
        return
    if end == "calling":
        phone = visit.elder.phones[0]
        visit.attempts.append(
            CallAttempt(
                number=1,
                phone_id=phone.id,
                reference=f"ref-{visit.id}",
                fence=1,
                status="dialling",
                intended_at=MONDAY,
            )
        )
    else:
        visit.status, visit.outcome, visit.ended_at = "ended", end, MONDAY
        visit.assessment = scored(MONDAY, overall="yellow" if elder % 2 else "green")


def counted_once(ledger: Ledger) -> None:
    keep_tallies(ledger, HandClock(MONDAY))
    with ledger.reading() as session:
        areas = list(session.scalars(select(Area.id)))
        for campaign in session.scalars(select(Campaign.id)):
            for some in (areas, areas[:2], areas[2:]):
                where = Elder.area_id.in_(some)
                whole = Counter[Facts]()
                for part in visit_counts(session, campaign, where).values():
                    whole.update(part)
                assert census(session, campaign, some, where).visits == whole
                assert levels(session, campaign, some, where) == levels_plainly(session, campaign, some)
                found = unplanned(session, campaign, some, where, most=5)
                plainly = without_visit_plainly(session, campaign, some)
                assert (list(found.elders), found.count) == (plainly[:5], len(plainly))


def levels_plainly(session: Session, campaign: int, areas: list[int]) -> Counter[str]:
    visits = session.scalars(select(Visit).where(Visit.campaign_id == campaign))
    scored = [visit.assessment for visit in visits if visit.elder.area_id in areas]
    return Counter(each.overall for each in scored if each is not None)


def without_visit_plainly(session: Session, campaign: int, areas: list[int]) -> list[int]:
    planned = set(session.scalars(select(Visit.elder_id).where(Visit.campaign_id == campaign)))
    missing = [
        (elder.status, elder.id)
        for elder in session.scalars(select(Elder).where(Elder.area_id.in_(areas)))
        if elder.id not in planned and elder.status not in {"deceased", "moved", "caller"}
    ]
    return [each for _, each in sorted(missing)]


def test_who_was_planned_since_the_count_is_on_the_list_no_longer(ledger: Ledger) -> None:
    some_town(ledger)
    with ledger.session() as session:
        plan_visits(session, session.get_one(Campaign, 2), MONDAY, only={1})
    keep_tallies(ledger, HandClock(MONDAY))
    with ledger.session() as session:
        counted_then = unplanned(session, 2, [1, 2], Elder.area_id.in_([1, 2]), most=9)
        plan_visits(session, session.get_one(Campaign, 2), MONDAY, only={2})
        now = unplanned(session, 2, [1, 2], Elder.area_id.in_([1, 2]), most=9)
    assert (list(counted_then.elders), counted_then.count) == ([2, 3], 2)
    assert (list(now.elders), now.count) == ([3], 1)


def test_a_campaign_that_is_over_is_counted_a_last_time(ledger: Ledger) -> None:
    some_town(ledger)
    clock = HandClock(MONDAY)
    with ledger.session() as session:
        for campaign in session.scalars(select(Campaign)):
            plan_visits(session, campaign, MONDAY)
    keep_tallies(ledger, clock)
    with ledger.session() as session:
        first, second = session.scalars(select(Campaign.id).order_by(Campaign.id))
        session.get_one(Campaign, first).status = "ended"
    clock.moment += timedelta(minutes=1)
    with ledger.reading() as session:
        assert stale_campaigns(session, clock.now()) == [first, second]
    keep_tallies(ledger, clock)
    clock.moment += timedelta(minutes=1)
    with ledger.reading() as session:
        assert stale_campaigns(session, clock.now()) == [second]


def test_until_it_is_counted_a_city_is_asked_about_now(ledger: Ledger) -> None:
    some_town(ledger)
    with ledger.session() as session:
        plan_visits(session, session.get_one(Campaign, 2), MONDAY)
    with ledger.reading() as session:
        found = census(session, 2, [1, 2], Elder.area_id.in_([1, 2]))
    assert (found.at, found.visits.total()) == (None, 3)


def some_town(ledger: Ledger) -> None:
    with ledger.session() as session:
        settle(
            session,
            [
                {"area": area, "tier": "key", "status": "active", "visited": 3, "planned": False}
                for area in (0, 0, 1)
            ],
        )


def test_an_area_is_counted_again_when_its_count_is_old_and_by_one_keeper_only(ledger: Ledger) -> None:
    some_town(ledger)
    clock = HandClock(MONDAY)
    assert keep_tallies(ledger, clock) == 3, "two areas and the campaign with visits"
    assert keep_tallies(ledger, clock) == 0
    clock.moment += FRESH
    with ledger.reading() as session:
        stale = stale_areas(session, clock.now())
    with ledger.session() as session:
        assert recount(session, stale[0], clock.now())
    with ledger.session() as session:
        assert not recount(session, stale[0], clock.now()), "another keeper has just done it"
    assert keep_tallies(ledger, clock) == 2, "the other area and the campaign"
    with ledger.reading() as session:
        assert session.scalar(select(func.count()).where(Tally.subject == "rates")) == 2


def test_a_small_ledger_keeps_no_counts(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "COUNTED_LIVE", 3)
    some_town(ledger)
    assert keep_tallies(ledger, HandClock(MONDAY)) == 0
    with ledger.reading() as session:
        assert not tallying.is_large(session, true())
