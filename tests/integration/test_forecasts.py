"""Forecast and coverage of a campaign in the ledger, held against what the dialer then does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from support.campaigning import (
    MONDAY,
    Community,
    Talk,
    add_area,
    add_elder,
    elder_name,
    number,
    open_monthly,
    rings,
)

from campaigns import forecasting
from campaigns.coverage import about_to_be_missed, rates, read_kept
from campaigns.forecast import Assumptions
from campaigns.forecasting import LOOK_BACK, Outlook, learnt, look_ahead
from campaigns.opening import pause_campaign
from campaigns.planner import plan_visits
from campaigns.surges import Surge, declare
from campaigns.wishes import read_wish
from ivr.lines import Disposition
from records.people import Elder
from records.sessions import Ledger
from records.visits import Campaign

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def ledger(sqlite_ledger: Ledger) -> Ledger:
    return sqlite_ledger


@pytest.fixture
def community(ledger: Ledger, tmp_path: Path) -> Community:
    return Community(ledger, tmp_path / "recordings")


def ahead(ledger: Ledger, now: datetime = MONDAY, lines: int = 4) -> Outlook:
    with ledger.reading() as session:
        return look_ahead(session, session.scalars(select(Campaign)).one(), lines, now)


class TestAForecast:
    def test_of_people_who_never_answer_is_what_the_dialer_does(
        self, community: Community, ledger: Ledger
    ) -> None:
        """Learnt from forty calls in vain and one talk: hardly anybody answers."""
        for index in range(1, 41):
            community.plans[number(index)] = rings(Disposition.NO_ANSWER)
        community.settle(41)
        with ledger.reading() as session:
            assert learnt(session, MONDAY).calls == 0
        community.run()
        with ledger.session() as session:
            assumed = learnt(session, community.now)
            assert (assumed.calls, round(assumed.answered, 3)) == (121, round(1 / 121, 3))
            again = open_monthly(session, community.now, name="再来一次")
            plan_visits(session, again, community.now)
            session.flush()
            expected = look_ahead(session, again, 4, community.now).forecast
        before, community.dialled = community.now, []
        community.run()
        real = [moment for _, _, moment in community.dialled if moment >= before]
        assert len(expected.rings) == pytest.approx(len(real), abs=3)
        days = {ring.at.astimezone(CHINA).date() for ring in expected.rings}
        assert days == {moment.astimezone(CHINA).date() for moment in real}

    def test_tells_who_is_left_to_people_and_who_is_not_at_home(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            area = add_area(session)
            add_elder(session, 1, area)
            add_elder(session, 2, area, consent=None)
            gone = add_elder(session, 3, area)
            add_elder(session, 4, area, call_wish=read_wish("晚上8点后").stored())
            plan_visits(session, open_monthly(session), MONDAY)
            gone.status = "away"
        found = ahead(ledger)
        assert (found.awaited, found.absent, dict(found.in_person)) == (
            1,
            (elder_name(3),),
            {"no_consent": 1, "no_common_hours": 1},
        )
        assert found.can_be_met
        assert not found.has_nobody_to_phone

    @pytest.mark.parametrize("consent", [None, True])
    def test_of_nobody_to_phone_promises_nothing(self, ledger: Ledger, *, consent: bool | None) -> None:
        """Nobody may be phoned, or the only one who may is away, nobody knows until when."""
        with ledger.session() as session:
            one = add_elder(session, 1, add_area(session), consent=consent)
            plan_visits(session, open_monthly(session), MONDAY)
            one.status = "away" if consent else "active"
        found = ahead(ledger)
        assert (found.awaited, found.has_nobody_to_phone) == (0, True)

    def test_waits_for_the_day_of_return_and_the_hours_of_a_wish(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            area = add_area(session)
            add_elder(session, 1, area, call_wish=read_wish("周五下午").stored())
            add_elder(session, 2, area)
            plan_visits(session, open_monthly(session), MONDAY)
            away = session.get_one(Elder, 2)
            away.status, away.back_on = "in_hospital", date(2026, 11, 26)
        first = {}
        for ring in ahead(ledger).forecast.rings:
            first.setdefault(ring.visit_id, ring.at.astimezone(CHINA).strftime("%d %H:%M"))
        assert first == {1: "27 14:30", 2: "26 09:00"}

    def test_says_how_many_lines_would_do_when_those_in_force_do_not(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.now = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
        community.settle(120)
        found = ahead(ledger, community.now, lines=2)
        assert not found.can_be_met
        assert found.lines == 2
        assert found.lines_needed is not None
        assert found.lines_needed > 2

    def test_never_reckons_with_more_lines_than_the_campaign_may_use(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(3, {"max_concurrent": 2})
        assert ahead(ledger, lines=50).lines == 2

    def test_says_what_is_to_be_paid_for(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            area = add_area(session)
            for index in range(1, 11):
                add_elder(session, index, area)
            plan_visits(session, open_monthly(session), MONDAY)
        found = ahead(ledger)
        answered = sum(ring.answered for ring in found.forecast.rings)
        assert 0 < answered < len(found.forecast.rings), "who rings in vain costs nothing"
        assert found.billed_minutes == answered * 3.5, "three minutes, and half of one that is begun"


class TestCoverage:
    def test_rises_as_the_campaign_goes_and_names_who_is_missed(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.plans[number(2)] = rings(Disposition.NO_ANSWER)
        community.settle(3, tier="key")
        with ledger.reading() as session:
            before = read_kept(session, MONDAY)
        assert (
            rates(before, date(2026, 11, 23)).month.share,
            len(about_to_be_missed(before, date(2026, 11, 23))),
        ) == (
            0.0,
            3,
        )
        community.run()
        with ledger.reading() as session:
            after = read_kept(session, community.now)
        today = community.now.astimezone(CHINA).date()
        found = rates(after, today)
        assert (found.month.visited, found.month.due) == (2, 3)
        assert [each.elder_id for each in about_to_be_missed(after, today)] == [2]

    def test_a_surge_makes_more_people_weekly_and_due(self, community: Community, ledger: Ledger) -> None:
        community.settle(1)
        community.run()
        later = community.now + timedelta(days=6)
        surge = Surge("寒潮", date(2026, 11, 24), date(2026, 12, 10), 3, kind="cold")
        with ledger.session() as session:
            assert not about_to_be_missed(read_kept(session, later), later.date())
            declare(session, surge, modules=(), today=date(2026, 11, 24), now=later, actor="sun")
        with ledger.reading() as session:
            kept = read_kept(session, later)
        assert (kept[0].cadence, rates(kept, later.date()).week.due) == (3, 1)
        assert [each.elder_id for each in about_to_be_missed(kept, later.date())] == [1]

    def test_a_call_of_a_campaign_that_stands_still_is_none_in_time(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        community.run()
        soon = datetime(2026, 12, 20, 1, 30, tzinfo=UTC)

        def missed() -> list[int]:
            with ledger.reading() as session:
                return [each.elder_id for each in about_to_be_missed(read_kept(session, soon), soon.date())]

        assert missed() == [1]
        with ledger.session() as session:
            december = {"name": "十二月问安", "starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 31)}
            campaign = open_monthly(session, soon, **december)
            plan_visits(session, campaign, soon)
        assert missed() == []
        with ledger.session() as session:
            pause_campaign(session, campaign.id, "台风", now=soon, actor="chen")
        assert missed() == [1]

    def test_the_moved_and_the_dead_are_not_counted(self, ledger: Ledger) -> None:
        with ledger.session() as session:
            area = add_area(session)
            for index, status in enumerate(("active", "moved", "deceased", "away", "opted_out"), start=1):
                add_elder(session, index, area, status=status)
        with ledger.reading() as session:
            found = rates(read_kept(session, MONDAY), date(2026, 11, 23))
        assert (found.month.due, found.absent) == (2, 1)


def test_a_talk_is_as_long_as_talks_were(community: Community, ledger: Ledger) -> None:
    for index in range(1, 41):
        community.plans[number(index)] = rings(Talk(questions=5))
    community.settle(40)
    community.run()
    with ledger.reading() as session:
        assumed = learnt(session, community.now)
    assert (assumed.calls, assumed.answered, assumed.talk_seconds) == (40, 1.0, 60.0)


def test_of_years_of_calls_the_newest_tell(
    community: Community, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecasting, "LATEST", 35)
    for index in range(1, 41):
        community.plans[number(index)] = rings(Talk(questions=5))
    community.settle(40)
    community.run()
    with ledger.reading() as session:
        assert learnt(session, community.now).calls == 35
        assert learnt(session, community.now + LOOK_BACK) == Assumptions(), "last summer tells nothing"
