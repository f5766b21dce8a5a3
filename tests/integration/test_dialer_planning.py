"""Opening campaigns and planning visits: nobody is forgotten, nobody is phoned who must not be."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from support.campaigning import MONDAY, WINDOWS, add_area, add_elder, open_monthly, script

from campaigns.opening import CampaignError, pause_campaign, resume_campaign
from campaigns.planner import plan_visits
from campaigns.policy import Category, Tier
from campaigns.scripts import ScriptChangedError, module_for, store_script, stored_script
from campaigns.snapshots import Snapshot
from campaigns.who import Who
from campaigns.windows import Windows
from records.audit import AuditEvent
from records.people import Area, Consent, Elder
from records.sessions import Ledger
from records.visits import Campaign, Visit


@pytest.fixture
def ledger(sqlite_ledger: Ledger) -> Ledger:
    return sqlite_ledger


def plan(ledger: Ledger, now: datetime = MONDAY, **about: Any) -> dict[str, list[Any]]:
    with ledger.session() as session:
        report = plan_visits(session, open_monthly(session, now, **about), now)
        return {
            "telephone": [each.elder_id for each in report.telephone],
            "in_home": [(each.elder_id, each.reason) for each in report.in_home],
            "left_out": [(each.elder_id, each.reason) for each in report.left_out],
            "known": [report.known],
        }


class TestEverybodyGetsAVisit:
    def test_and_those_who_may_not_be_phoned_get_one_in_person_with_the_reason(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            area = add_area(session)
            add_elder(session, 1, area)
            add_elder(session, 2, area, consent=None)
            add_elder(session, 3, area, consent=False)
            add_elder(session, 4, area, ability="severe")
            add_elder(session, 5, area, phones=[])
            add_elder(session, 6, area, language="bo")
            add_elder(session, 7, area, status="opted_out")
            add_elder(session, 8, area, visit_mode="in_home", mode_reason="孙主任决定改为入户")
        planned = plan(ledger)
        assert planned["telephone"] == [1]
        assert planned["in_home"] == [
            (2, "no_consent"),
            (3, "refused"),
            (4, "ability_too_low"),
            (5, "no_usable_phone"),
            (6, "language_not_spoken"),
            (7, "refused"),
            (8, "孙主任决定改为入户"),
        ]
        with ledger.reading() as session:
            visits = session.scalars(select(Visit).order_by(Visit.elder_id)).all()
        assert [(visit.mode, visit.next_attempt_at) for visit in visits] == [
            ("telephone", MONDAY),
            *[("in_home", None)] * 7,
        ]

    @pytest.mark.parametrize("status", ["in_hospital", "away", "moved", "deceased"])
    def test_unless_they_are_not_at_home_and_that_is_reported(self, ledger: Ledger, status: str) -> None:
        with ledger.session() as session:
            add_elder(session, 1, add_area(session), status=status)
        assert plan(ledger)["left_out"] == [(1, "not_active")]

    def test_unless_they_have_refused_every_visit(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            elder = add_elder(session, 1, add_area(session), consent=False)
            elder.consents.append(
                Consent(kind="in_home_visit", granted=False, source="form", recorded_at=MONDAY)
            )
        assert plan(ledger)["left_out"] == [(1, "refused")]

    def test_once_however_often_it_is_planned(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            area = add_area(session)
            add_elder(session, 1, area)
            add_elder(session, 2, area, consent=None)
        plan(ledger)
        again = plan(ledger)
        assert (again["telephone"], again["in_home"], again["known"]) == ([], [], [2])

    def test_also_those_who_are_added_to_the_roster_later(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            add_elder(session, 1, add_area(session))
        plan(ledger)
        with ledger.session() as session:
            add_elder(session, 2, session.scalars(select(Area)).one())
        assert plan(ledger, MONDAY + timedelta(days=1))["telephone"] == [2]

    def test_in_person_when_no_hours_are_left_to_call_in(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            add_elder(session, 1, add_area(session))
        last_evening = datetime(2026, 11, 30, 9, 25, tzinfo=UTC)
        assert plan(ledger, last_evening)["in_home"] == [(1, "no_calling_hours")]

    def test_and_the_first_call_waits_for_the_period_to_begin(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            add_elder(session, 1, add_area(session))
        plan(ledger, MONDAY - timedelta(days=60))
        with ledger.reading() as session:
            assert session.scalars(select(Visit.next_attempt_at)).one() == datetime(
                2026, 11, 1, 1, tzinfo=UTC
            )

    def test_with_the_rules_of_the_day_kept_beside_it(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            add_elder(session, 1, add_area(session), tier="key")
        plan(ledger, retries={"max_attempts": 5})
        with ledger.session() as session:
            session.execute(update(Campaign).values(retries={"max_attempts": 1}))
            visit = session.scalars(select(Visit)).one()
            snapshot = Snapshot.model_validate(visit.snapshot)
            campaign = session.scalars(select(Campaign)).one()
        assert snapshot.retries.max_attempts == 5
        assert snapshot.windows == WINDOWS
        assert snapshot.policy.version == "district-2023.2"
        assert snapshot.tier == "key"
        assert snapshot.module == module_for(script(), 1, campaign.starts_on, snapshot.policy.seasons)


class TestForWhom:
    @pytest.fixture(autouse=True)
    def roster(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            town = add_area(session, "周村镇")
            village = add_area(session, "东村", parent=town)
            grid = add_area(session, "一网格", parent=village)
            add_elder(session, 1, grid, tier="key", birth_date=date(1936, 1, 1))
            add_elder(session, 2, add_area(session, "别处"), categories=["living_alone"])
            add_elder(session, 3, village, birth_date=None)

    @pytest.mark.parametrize(
        ("who", "elders"),
        [
            (Who(), [1, 2, 3]),
            (Who(areas=(1,)), [1, 3]),
            (Who(areas=(3,)), [1]),
            (Who(tiers=(Tier.KEY,)), [1]),
            (Who(categories=(Category.LIVING_ALONE, Category.DEMENTIA)), [2]),
            (Who(age_from=85), [1, 3]),
            (Who(age_to=80), [2, 3]),
        ],
    )
    def test_a_campaign_is_for_those_its_filter_means(
        self, ledger: Ledger, who: Who, elders: list[int]
    ) -> None:
        assert plan(ledger, who=who)["telephone"] == elders


class TestOpening:
    def test_the_same_campaign_twice_is_one_campaign(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            first = open_monthly(session)
            second = open_monthly(session, MONDAY + timedelta(days=20))
        assert first.id == second.id

    @pytest.mark.parametrize(
        ("about", "message"),
        [
            ({"name": "  "}, "needs a name"),
            ({"ends_on": date(2026, 10, 1)}, "before it starts"),
            ({"starts_on": date(2026, 1, 1), "ends_on": date(2026, 1, 31)}, "over already"),
            ({"timezone": "Asia/Zichuan"}, "unknown time zone 'Asia/Zichuan'"),
            ({"max_concurrent": 0}, "at least 1"),
            ({"retries": {"max_attempts": 99}}, "RetryPolicy, max_attempts"),
            ({"windows": {"hours": [["11:00", "09:00"]]}}, "end before they begin"),
            ({"who": {"age_from": 90, "age_to": 80}}, "nobody is both"),
        ],
    )
    def test_terms_that_make_no_sense_are_refused_in_one_line(
        self, ledger: Ledger, about: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(CampaignError, match=message) as refused, ledger.session() as session:
            open_monthly(session, **about)
        assert "\n" not in str(refused.value)
        with ledger.reading() as session:
            assert session.scalars(select(Campaign)).all() == []

    def test_another_campaign_of_the_same_name_is_refused(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            open_monthly(session)
        with pytest.raises(CampaignError, match="with another max_concurrent"), ledger.session() as session:
            open_monthly(session, max_concurrent=9)

    def test_the_time_zone_given_beside_the_windows_counts(self, ledger: Ledger) -> None:
        mornings = Windows(hours=((time(9), time(12)),))
        with ledger.session() as session:
            opened = open_monthly(session, windows=mornings, timezone="Europe/Madrid")
        assert (opened.timezone, opened.windows["timezone"]) == ("Europe/Madrid", "Europe/Madrid")

    def test_a_paused_campaign_is_not_planned_and_can_be_resumed(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            opened = open_monthly(session)
            assert pause_campaign(session, opened.id, "line", now=MONDAY, actor="wang")
            assert not pause_campaign(session, opened.id, "line", now=MONDAY, actor="wang")
        with ledger.session() as session:
            campaign = session.get_one(Campaign, opened.id)
            assert (campaign.status, campaign.status_reason) == ("paused", "line")
            with pytest.raises(CampaignError, match="is paused"):
                plan_visits(session, campaign, MONDAY)
            assert resume_campaign(session, opened.id, now=MONDAY, actor="wang")
        with ledger.reading() as session:
            actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
        assert actions == ["opened", "paused", "running"]


class TestScripts:
    def test_a_script_is_stored_once_and_read_back_the_same(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            kept = store_script(session, script())
            assert store_script(session, script()).id == kept.id
            assert stored_script(kept) == script()

    def test_a_script_changed_without_a_new_version_is_refused(self, ledger: Ledger) -> None:
        changed = script().model_copy(update={"modules": script().modules[:1]})
        with ledger.session() as session:
            store_script(session, script())
            with pytest.raises(ScriptChangedError, match="Give the changed script version 2"):
                store_script(session, changed)

    def test_every_elder_hears_all_modules_in_turn(self) -> None:
        months = [date(2026 + (month - 1) // 12, (month - 1) % 12 + 1, 1) for month in range(1, 13)]
        heard = [module_for(script(), 7, month) for month in months]
        assert len(set(heard)) == min(len(script().modules), 12)

    def test_a_script_without_modules_has_none(self) -> None:
        plain = script().model_copy(update={"modules": ()})
        assert module_for(plain, 7, date(2026, 1, 1)) == ""


def test_planning_tells_how_far_it_is(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaigns.planner.BATCH", 200)
    told: list[tuple[int, int]] = []
    with ledger.session() as session:
        _roster(session, 450)
        plan_visits(session, open_monthly(session), MONDAY, progress=lambda *at: told.append(at))
    assert told == [(200, 450), (400, 450), (450, 450)]


def _roster(session: Session, count: int) -> None:
    area = add_area(session)
    for index in range(1, count + 1):
        add_elder(session, index, area)
    assert session.query(Elder).count() == count
