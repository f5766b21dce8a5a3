"""A community is phoned: what becomes of elders who answer, do not, hang up, call for help."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from support.campaigning import (
    MONDAY,
    WINDOWS,
    Community,
    Talk,
    elder_name,
    number,
    open_monthly,
    rings,
)

from campaigns.planner import plan_visits
from campaigns.progress import ProgressEvent
from campaigns.rehearsal import flag
from campaigns.windows import may_begin
from ivr.lines import Disposition
from ivr.report import CallOutcome
from records.people import Elder, Phone
from records.sessions import Ledger
from records.visits import Campaign, Visit
from speech.types import Urgency

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def ledger(sqlite_ledger: Ledger) -> Ledger:
    """The stories do not depend on the database; ``test_dialer_databases`` tells one on each."""
    return sqlite_ledger


@pytest.fixture
def community(ledger: Ledger, tmp_path: Path) -> Community:
    return Community(ledger, tmp_path / "recordings")


def local(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%d %H:%M")


class TestWhoAnswers:
    def test_is_asked_everything_once_and_not_rung_again(self, community: Community) -> None:
        community.plans[number(1)] = rings(Talk())
        community.settle(3)
        community.run()
        assert [visit.outcome for visit in community.visits()] == ["completed"] * 3
        assert len(community.dialled) == 3
        first = community.visit(1)
        assert len(first.answers) == len(first.attempts[0].turns) > 6
        assert all(answer.turn_id is not None for answer in first.answers)
        assert community.aftercare_of(1) == ["ended:completed"]

    def test_half_way_and_hangs_up_is_called_back_and_goes_on_where_they_were(
        self, community: Community
    ) -> None:
        community.plans[number(1)] = rings(Talk(CallOutcome.PARTIAL, questions=3), Talk())
        community.settle(1)
        community.run()
        visit = community.visit()
        assert visit.outcome == "completed"
        first, second = visit.attempts
        assert {turn.question for turn in first.turns}.isdisjoint(turn.question for turn in second.turns)
        assert len(visit.answers) == len(first.turns) + len(second.turns)
        assert second.turns[0].index == 3

    def test_and_asks_for_slower_speech_is_spoken_to_slowly_ever_after(self, community: Community) -> None:
        community.plans[number(1)] = rings(Talk(speed=0.8))
        community.settle(1)
        community.run()
        assert community.visit().elder.speech_preferences == {"speed": 0.8}

    def test_and_wants_to_be_called_in_two_hours_is_called_in_two_hours(self, community: Community) -> None:
        later = Talk(CallOutcome.CALL_LATER, call_later_minutes=70)
        community.plans[number(1)] = rings(later, Talk())
        community.settle(1)
        community.run()
        rung = [local(moment) for _, _, moment in community.dialled]
        assert rung == ["23 09:30", "23 10:40"]

    def test_and_asks_for_a_person_is_left_to_one(self, community: Community) -> None:
        community.plans[number(1)] = rings(Talk(CallOutcome.PARTIAL, questions=1, human_requested=True))
        community.settle(1)
        community.run()
        assert (community.visit().outcome, len(community.dialled)) == ("partial", 1)

    def test_and_never_wants_to_be_called_again_never_is(self, community: Community, ledger: Ledger) -> None:
        community.plans[number(1)] = rings(Talk(CallOutcome.REFUSED, do_not_call=True))
        community.settle(1)
        community.run()
        visit = community.visit()
        assert (visit.outcome, visit.elder.status, visit.elder.visit_mode) == (
            "refused",
            "opted_out",
            "in_home",
        )
        consent = visit.elder.consents[-1]
        assert (consent.kind, consent.granted) == ("telephone_visit", False)
        assert consent.source == f"call {visit.attempts[0].reference}"
        with ledger.session() as session:
            again = open_monthly(session, community.now, name="再问一次")
            report = plan_visits(session, again, community.now)
        assert [planned.reason for planned in report.in_home] == ["refused"]


class TestWhoDoesNotAnswer:
    def test_is_tried_at_other_hours_and_then_a_person_goes(self, community: Community) -> None:
        community.plans[number(1)] = rings(Disposition.NO_ANSWER)
        community.settle(1)
        community.run()
        assert [local(moment) for _, _, moment in community.dialled] == [
            "23 09:30",
            "23 11:01",
            "23 14:30",
        ]
        visit = community.visit()
        assert (visit.outcome, visit.attempts_made) == ("unreachable", 3)
        assert community.aftercare_of() == ["ended:unreachable"]

    def test_because_the_line_is_busy_is_tried_soon(self, community: Community) -> None:
        community.plans[number(1)] = rings(Disposition.BUSY, Talk())
        community.settle(1)
        community.run()
        assert [local(moment) for _, _, moment in community.dialled] == ["23 09:30", "23 09:45"]
        assert community.visit().outcome == "completed"

    @pytest.mark.parametrize(
        "plan",
        [
            rings(Talk(CallOutcome.MACHINE)),
            rings(Talk(CallOutcome.SILENT)),
            rings(Talk(CallOutcome.PROXY), Disposition.NO_ANSWER),
            rings(Disposition.REJECTED),
        ],
    )
    def test_in_person_is_never_taken_for_well(self, community: Community, plan: list[object]) -> None:
        community.plans[number(1)] = rings(*plan)
        community.settle(1)
        community.run()
        assert (community.visit().outcome, len(community.dialled)) == ("unreachable", 3)

    def test_at_one_number_is_tried_at_the_other(self, community: Community) -> None:
        numbers = [number(1), number(2)]
        community.plans[number(1)] = rings(Disposition.NO_ANSWER)
        community.settle(1, phones=numbers)
        community.run()
        assert [rung for _, rung, _ in community.dialled] == numbers
        assert community.visit().outcome == "completed"

    @pytest.mark.parametrize(
        ("does", "status"),
        [(Disposition.INVALID_NUMBER, "invalid"), (Talk(CallOutcome.WRONG_PERSON), "wrong_number")],
    )
    def test_because_the_number_is_not_theirs_is_tried_at_the_next(
        self, community: Community, does: Disposition | Talk, status: str
    ) -> None:
        community.plans[number(1)] = rings(does)
        community.settle(1, phones=[number(1), number(2)])
        community.run()
        visit = community.visit()
        assert visit.outcome == "completed"
        assert [phone.status for phone in visit.elder.phones] == [status, "usable"]

    def test_because_a_stranger_does_is_a_matter_for_people(self, community: Community) -> None:
        community.plans[number(1)] = rings(Talk(CallOutcome.WRONG_PERSON, do_not_call=True))
        community.settle(1)
        community.run()
        visit = community.visit()
        assert (visit.outcome, visit.elder.status, visit.elder.mode_reason) == (
            "wrong_person",
            "active",
            "no_usable_phone",
        )


class TestWhoNeedsHelp:
    def test_is_handed_to_a_person_while_still_on_the_line(self, community: Community) -> None:
        pain = Talk(CallOutcome.COMPLETED, questions=2, flags={0: flag("chest_pain", Urgency.EMERGENCY)})
        community.plans[number(1)] = rings(pain)
        community.settle(1)
        community.run()
        visit = community.visit()
        assert (visit.outcome, len(visit.attempts)) == ("escalated", 1)
        assert visit.flags[0].turn_id == visit.attempts[0].turns[0].id
        assert community.aftercare_of() == ["flag:chest_pain:emergency", "ended:escalated"]

    def test_and_hangs_up_is_not_rung_by_the_robot_again(self, community: Community) -> None:
        fall = Talk(CallOutcome.PARTIAL, questions=2, flags={1: flag("fall_recent", Urgency.URGENT)})
        community.plans[number(1)] = rings(fall)
        community.settle(1)
        community.run()
        assert (community.visit().outcome, len(community.dialled)) == ("escalated", 1)

    def test_with_meals_only_has_a_completed_visit(self, community: Community) -> None:
        community.plans[number(1)] = rings(Talk(flags={4: flag("need_meals", Urgency.NEED)}))
        community.settle(1)
        community.run()
        assert community.aftercare_of() == ["flag:need_meals:need", "ended:completed"]


class TestTheRules:
    def test_nobody_is_rung_outside_the_windows_however_long_it_takes(self, community: Community) -> None:
        for index in range(1, 13):
            community.plans[number(index)] = rings(
                *[Disposition.NO_ANSWER, Disposition.BUSY, Talk(CallOutcome.PARTIAL, questions=1)][
                    : index % 3 + 1
                ]
            )
        community.settle(12, campaign={"max_concurrent": 2})
        community.run()
        assert all(may_begin(WINDOWS, moment) for _, _, moment in community.dialled)
        assert all(visit.status == "ended" for visit in community.visits())

    def test_no_more_elders_are_called_at_once_than_allowed(self, community: Community) -> None:
        community.settle(9, campaign={"max_concurrent": 3})
        community.run(max_calls=8)
        under_way: Counter[str] = Counter()
        most = 0
        for event in community.events:
            under_way["now"] += {"ringing": 1, "ended": -1}.get(event.state, 0)
            most = max(most, under_way["now"])
        assert most == 3

    def test_key_tier_elders_come_first(self, community: Community, ledger: Ledger) -> None:
        community.settle(6, campaign={"max_concurrent": 1})
        with ledger.session() as session:
            session.execute(update(Elder).where(Elder.roster_key == "elder-5").values(tier="key"))
        community.run()
        assert community.dialled[0][1] == number(5)

    def test_a_couple_that_shares_a_telephone_is_not_rung_at_the_same_time(
        self, community: Community
    ) -> None:
        community.settle(2, phones=[number(1)])
        community.run()
        assert [visit.outcome for visit in community.visits()] == ["completed"] * 2
        first, second = (moment for _, _, moment in community.dialled)
        assert second - first >= timedelta(minutes=10)

    def test_who_went_to_hospital_meanwhile_is_not_rung_and_a_person_is_told(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        with ledger.session() as session:
            session.execute(update(Elder).values(status="in_hospital"))
        community.run()
        assert (community.dialled, community.visit().outcome) == ([], "expired")
        assert community.aftercare_of() == ["ended:expired"]

    def test_who_moved_away_meanwhile_is_not_rung_and_nobody_need_go(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        with ledger.session() as session:
            session.execute(update(Elder).values(status="moved"))
        community.run()
        assert (community.dialled, community.visit().outcome) == ([], "cancelled")
        assert community.aftercare_of() == ["ended:cancelled"]

    def test_who_may_not_be_phoned_any_more_is_left_to_people(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(1)
        with ledger.session() as session:
            session.execute(update(Phone).values(status="wrong_number"))
        community.run()
        visit = community.visit()
        assert (community.dialled, visit.mode, visit.mode_reason, visit.status) == (
            [],
            "in_home",
            "no_usable_phone",
            "planned",
        )

    def test_a_plan_made_at_night_waits_for_the_morning(self, community: Community) -> None:
        community.now = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
        community.settle(1)
        community.run()
        assert local(community.dialled[0][2]) == "23 09:00"


class TestThePeriodEnds:
    def test_who_could_not_be_called_in_it_is_known_to_a_person(
        self, community: Community, ledger: Ledger
    ) -> None:
        community.settle(2)
        with ledger.session() as session:
            session.execute(update(Campaign).values(status="paused"))
        community.now = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)
        community.run()
        assert [visit.outcome for visit in community.visits()] == ["expired"] * 2
        assert community.aftercare_of(1) == ["ended:expired"]
        assert community.dialled == []

    def test_in_home_visits_that_nobody_made_are_known_as_well(self, community: Community) -> None:
        community.settle(1, consent=None)
        assert community.visit().mode == "in_home"
        community.now = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)
        community.run()
        assert community.aftercare_of(1) == ["ended:expired"]

    def test_with_the_last_attempt_in_it(self, community: Community) -> None:
        community.plans[number(1)] = rings(Disposition.NO_ANSWER)
        community.now = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
        community.settle(1)
        community.run()
        assert (community.visit().outcome, len(community.dialled)) == ("unreachable", 1)

    def test_closes_the_campaign(self, community: Community, ledger: Ledger) -> None:
        community.settle(1)
        community.run()
        community.now = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
        community.run()
        with ledger.reading() as session:
            assert session.scalars(select(Campaign.status)).one() == "ended"


class TestTheLineIsOutOfOrder:
    def test_the_campaign_is_paused_before_every_elder_was_failed(self, community: Community) -> None:
        for index in range(1, 13):
            community.plans[number(index)] = rings(Disposition.FAILED)
        community.settle(12)
        community.run(most_failures=5)
        assert len(community.dialled) < 9
        [paused] = [event for event in community.events if event.state == "campaign_paused"]
        assert "5 calls in a row" in paused.reason
        assert {visit.status for visit in community.visits()} == {"planned"}
        assert {visit.attempts_made for visit in community.visits()} == {0}

    def test_one_failure_among_many_calls_pauses_nothing(self, community: Community) -> None:
        community.plans[number(3)] = rings(Disposition.FAILED, Talk())
        community.settle(6)
        community.run(most_failures=2)
        visit = community.visit(3)
        assert (visit.outcome, visit.attempts_made, len(visit.attempts)) == ("completed", 1, 2)


def test_the_display_hears_of_every_step(community: Community) -> None:
    community.plans[number(1)] = rings(Disposition.BUSY, Talk(CallOutcome.COMPLETED, questions=1))
    community.settle(1)
    community.run()
    steps = [(event.state, event.question, event.disposition, event.outcome) for event in community.events]
    assert steps == [
        ("ringing", "", "", ""),
        ("ended", "", "busy", ""),
        ("ringing", "", "", ""),
        ("talking", "", "", ""),
        ("question", "wellbeing", "", ""),
        ("ended", "", "answered_human", "completed"),
    ]
    assert community.events[1].next_attempt_at == MONDAY + timedelta(minutes=15, seconds=2)
    assert {event.elder for event in community.events} == {elder_name(1)}


def test_a_display_that_breaks_does_not_touch_the_calls(community: Community) -> None:
    community.settle(2)

    class Broken(list[ProgressEvent]):
        def append(self, event: ProgressEvent) -> None:
            raise RuntimeError(f"no room for {event.state}")

    community.events = Broken()
    community.run()
    assert [visit.outcome for visit in community.visits()] == ["completed"] * 2


def test_visits_in_the_ledger_tell_when_they_are_due_next(community: Community, ledger: Ledger) -> None:
    community.settle(3)
    with ledger.reading() as session:
        due = session.scalars(select(Visit.next_attempt_at)).all()
    assert due == [MONDAY] * 3
