"""Planning decides once about elders alike: whoever is planned together is planned as if they were alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from support.campaigning import MONDAY, WINDOWS, add_area, add_elder, open_monthly
from support.ledgers import Ledgers, opened

from campaigns.claims import campaigns_with_due, claim_due
from campaigns.deciding import Rules, decide
from campaigns.due import due_on, last_visited
from campaigns.outlook import next_moment
from campaigns.planner import plan_visits
from campaigns.policies import Policies
from campaigns.presence import today_at
from campaigns.retries import RetryPolicy
from campaigns.scripts import module_for, stored_script
from campaigns.snapshots import Snapshot
from campaigns.surges import Surges
from campaigns.who import Who
from campaigns.windows import Windows
from records.keyring import Keyring
from records.people import Area, Consent, Elder
from records.sessions import Ledger
from records.visits import VISITED, Campaign, Visit

FOLDERS = count()
TODAY = date(2026, 11, 23)
WITHOUT_SHRINKING = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
"""Every example is a database of its own: a failing one is shown as it was drawn."""

ELDERS = st.fixed_dictionaries(
    {
        "area": st.integers(0, 2),
        "tier": st.sampled_from(["key", "secondary", "general"]),
        "ability": st.sampled_from(["intact", "mild", "severe", "unknown"]),
        "status": st.sampled_from(["active", "active", "in_hospital", "away", "opted_out", "moved"]),
        "back_on": st.none() | st.dates(date(2026, 11, 20), date(2026, 12, 3)),
        "language": st.sampled_from(["zh-CN", "bo"]),
        "categories": st.lists(st.sampled_from(["living_alone", "dementia", "safety_net"]), max_size=2),
        "call_wish": st.sampled_from([{}, {"hours": [["09:00", "10:00"]]}, {"hours": [["20:00", "21:00"]]}]),
        "phones": st.sampled_from([(), ("+865335550001",)]),
        "consent": st.none() | st.booleans(),
        "at_home": st.none() | st.booleans(),
        "visit_mode": st.sampled_from(["telephone", "telephone", "in_home"]),
        "mode_reason": st.sampled_from(["", "not_active", "孙主任决定改为入户"]),
        "visited": st.none() | st.integers(1, 60),
    }
)


def settle(session: Session, elders: list[dict[str, Any]]) -> None:
    """Three areas on different clocks and hours, and the elders in them."""
    towns = [add_area(session, name) for name in ("东村", "西村", "远村")]
    towns[1].windows = Windows(days=(1, 3)).model_dump(mode="json")
    towns[2].timezone = "Asia/Urumqi"
    for index, about in enumerate(elders, start=1):
        facts = dict(about)
        at_home, visited = facts.pop("at_home"), facts.pop("visited")
        elder = add_elder(session, index, towns[facts.pop("area")], **facts)
        if at_home is not None:
            elder.consents.append(
                Consent(kind="in_home_visit", granted=at_home, source="form", recorded_at=MONDAY)
            )
        elder.remarks = "" if visited is None else str(visited)


def note_earlier_visits(session: Session) -> None:
    """Everybody's last visit, so many days ago, in a campaign that is over."""
    earlier = open_monthly(
        session,
        MONDAY - timedelta(days=90),
        name="从前",
        starts_on=date(2026, 9, 1),
        ends_on=date(2026, 9, 30),
    )
    for elder in session.scalars(select(Elder).where(Elder.status != "moved")):
        for outcome, days in (("completed", elder.remarks), ("refused", "0")):
            if days and not (outcome == "refused" and elder.remarks):
                session.add(
                    Visit(
                        campaign_id=earlier.id,
                        elder_id=elder.id,
                        mode="telephone",
                        status="ended",
                        outcome=outcome,
                        ended_at=MONDAY - timedelta(days=int(days)),
                        snapshot={},
                        created_at=MONDAY,
                    )
                )
    earlier.status = "ended"


def plainly(session: Session, campaign: Campaign, now: datetime) -> dict[int, tuple[Any, ...]]:
    """Elder by elder, from their own rows: mode, reason, first call, snapshot; nothing for those left out."""
    rules = Rules(
        campaign=campaign,
        script=stored_script(campaign.script_version),
        who=Who.model_validate(campaign.who),
        policy=None,
        policies=Policies.read(session),
        surges=Surges.read(session),
        windows=Windows.model_validate(campaign.windows),
        retries=RetryPolicy.model_validate(campaign.retries),
        now=now,
    )
    found = {}
    for elder in session.scalars(select(Elder)):
        policy = rules.policies.of(elder.area_id, today_at(elder, now))
        ended = session.scalars(
            select(Visit.ended_at).where(Visit.elder_id == elder.id, Visit.outcome.in_(VISITED))
        ).all()
        last = max((at for at in ended if at is not None), default=None)
        by = rules.who.due_by
        if by is not None and due_on(elder, last, policy, rules.surges) > by:
            continue
        decision = decide(elder, policy, rules)
        if decision.mode is None:
            continue
        snapshot = Snapshot(
            policy=policy,
            retries=rules.retries,
            windows=rules.windows,
            hours_here=decision.here,
            module=module_for(rules.script, elder.id, campaign.starts_on, policy.seasons),
            tier=elder.tier,
        )
        mode = decision.mode.value
        found[elder.id] = (mode, decision.reason, decision.first, snapshot.stored(), elder.tier == "key")
    return found


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def test_whoever_is_planned_with_others_is_planned_as_if_alone(
    kind: str, request: pytest.FixtureRequest, keyring: Keyring, tmp_path: Path
) -> None:
    name = {"sqlite": "sqlite_ledgers", "postgresql": "postgres_ledgers"}[kind]
    ledgers: Ledgers = request.getfixturevalue(name)

    @settings(WITHOUT_SHRINKING, max_examples=12)
    @given(st.lists(ELDERS, min_size=1, max_size=24), st.none() | st.dates(TODAY, date(2027, 1, 9)))
    def holds(elders: list[dict[str, Any]], due_by: date | None) -> None:
        folder = tmp_path / str(next(FOLDERS))
        folder.mkdir()
        url = ledgers.migrated_url(folder)
        with opened(url, keyring) as ledger:
            planned_as_if_alone(ledger, elders, due_by)
        ledgers.discard(url)

    holds()


def planned_as_if_alone(ledger: Ledger, elders: list[dict[str, Any]], due_by: date | None) -> None:
    with ledger.session() as session:
        settle(session, elders)
        session.flush()
        note_earlier_visits(session)
    with ledger.session() as session:
        campaign = open_monthly(session, who=Who(due_by=due_by), windows=WINDOWS)
        expected = plainly(session, campaign, MONDAY)
        report = plan_visits(session, campaign, MONDAY)
        visits = session.scalars(select(Visit).where(Visit.campaign_id == campaign.id)).all()
        written = {
            each.elder_id: (
                each.mode,
                each.mode_reason,
                each.next_attempt_at,
                each.snapshot,
                each.comes_first,
            )
            for each in visits
        }
        assert written == expected
        assert {each.elder_id for each in (*report.telephone, *report.in_home)} == set(expected)
        assert all(each.status == "planned" and each.fence == 0 for each in visits)
        left_out = {each.elder_id for each in report.left_out}
        assert left_out.isdisjoint(expected)
        if due_by is None:
            assert left_out | set(expected) == set(session.scalars(select(Elder.id)))
        assert plan_visits(session, campaign, MONDAY).added == 0


class TestClaimsByIndex:
    """The order of claims is that of the rows: key tier first, then the longest overdue."""

    def test_equals_the_order_by_the_elders_own_tiers_however_they_change(
        self, ledgers: Ledgers, keyring: Keyring, tmp_path: Path
    ) -> None:
        moments = st.datetimes(datetime(2026, 11, 22), datetime(2026, 11, 24), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
        tiers = st.sampled_from(["key", "secondary", "general"])
        some = st.lists(st.tuples(tiers, tiers, moments), min_size=1, max_size=8)

        @settings(WITHOUT_SHRINKING, max_examples=8)
        @given(some, st.booleans())
        def holds(elders: list[tuple[str, str, datetime]], in_bulk: bool) -> None:
            folder = tmp_path / str(next(FOLDERS))
            folder.mkdir()
            url = ledgers.migrated_url(folder)
            with opened(url, keyring) as ledger:
                self.claimed_in_order(ledger, elders, in_bulk)
            ledgers.discard(url)

        holds()

    def claimed_in_order(
        self, ledger: Ledger, elders: list[tuple[str, str, datetime]], in_bulk: bool
    ) -> None:
        with ledger.session() as session:
            area: Area = add_area(session)
            for index, (tier, _, _) in enumerate(elders, start=1):
                add_elder(session, index, area, tier=tier)
            plan_visits(session, open_monthly(session, max_concurrent=100), MONDAY)
        with ledger.session() as session:
            visits = session.scalars(select(Visit).order_by(Visit.elder_id)).all()
            for visit, (_, tier, at) in zip(visits, elders, strict=True):
                visit.next_attempt_at = at
                if in_bulk:
                    session.execute(update(Elder).where(Elder.id == visit.elder_id).values(tier=tier))
                else:
                    visit.elder.tier = tier
        with ledger.session() as session:
            by_row = session.execute(
                select(Visit.id, Elder.tier, Visit.next_attempt_at).join(Elder, Elder.id == Visit.elder_id)
            ).all()
            due = sorted((tier != "key", at, each) for each, tier, at in by_row if at and at <= MONDAY)
            assert campaigns_with_due(session, MONDAY) == ([1] if due else [])
            open_ones = [at for _, _, at in by_row if at is not None]
            assert next_moment(session, MONDAY) == min(open_ones)
            claimed = claim_due(session, 1, owner="one", now=MONDAY, limit=100)
            assert [lease.visit_id for lease in claimed] == [each for _, _, each in due]


def test_the_last_visit_is_the_newest_that_counts(ledger: Ledger) -> None:
    with ledger.session() as session:
        settle(session, [ELDER | {"visited": 9}, ELDER | {"visited": None}])
        session.flush()
        note_earlier_visits(session)
    with ledger.reading() as session:
        assert last_visited(session, select(Elder.id)) == {1: MONDAY - timedelta(days=9)}
        assert last_visited(session, select(Elder.id).where(Elder.id == 2)) == {}


ELDER: dict[str, Any] = {"area": 0, "at_home": None}
