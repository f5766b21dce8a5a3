"""The auditor: nobody is forgotten, and when somebody was, a person hears of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session
from support.casebook import (
    MORNING,
    HandClock,
    chat_well,
    end,
    notifications,
    orders,
    plan_visit,
    raise_flag,
    rules,
    settle_village,
)
from support.watch import CARE, RULES, Watch

from campaigns.opening import pause_campaign, resume_campaign
from campaigns.windows import Windows
from escalation import work_orders
from escalation.auditor import HANDFUL, Auditor
from escalation.oversights import components_silent, find_oversights
from records.audit import AuditEvent, Heartbeat, beat
from records.orders import Notification, WorkOrder
from records.people import Worker
from records.sessions import Ledger
from records.visits import Assessment, Visit
from speech.types import Urgency


@pytest.fixture
def watch(ledger: Ledger) -> Watch:
    return Watch(ledger)


def visit_with_emergency(session: Session, watch: Watch, code: str = "gas", *, days: int = 1) -> Visit:
    """One in whose call an emergency was told just now; the next call is due so many days later."""
    visit = plan_visit(session, watch.village)
    visit.next_attempt_at = MORNING + timedelta(days=days)
    CARE.flag_raised(session, visit, raise_flag(session, visit, code), MORNING)
    return visit


def test_a_village_in_order_gives_nothing_to_say(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit = plan_visit(session, watch.village)
        chat_well(session, visit)
        end(visit, "completed")
        CARE.visit_ended(session, visit, MORNING)
        plan_visit(session, watch.village, name="明天再打", created_at=MORNING).next_attempt_at = (
            MORNING + timedelta(days=1)
        )
    watch.clock.forward(hours=2)

    assert watch.round() == []
    assert watch.told() == []
    with watch.ledger.reading() as session:
        assert session.get_one(Heartbeat, "auditor").at == watch.clock.now()


def test_a_visit_that_is_due_and_that_nobody_makes_is_raised(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit = plan_visit(session, watch.village)
    watch.clock.forward(minutes=59)
    assert watch.round() == []
    watch.clock.forward(minutes=2)

    assert watch.round() == ["visit_overdue"]
    assert f"探访{visit.id}" in watch.told()[0]


def test_a_visit_that_somebody_is_just_making_is_left_alone(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit = plan_visit(session, watch.village)
        visit.lease_owner, visit.lease_until = "dialer-1", MORNING + timedelta(hours=3)
    watch.clock.forward(hours=2)

    assert watch.round() == []


def test_a_visit_that_no_claim_would_find_is_raised(watch: Watch) -> None:
    """One has lost its date; whoever worked on the other has given back the lease and not the visit."""
    with watch.ledger.session() as session:
        undated = plan_visit(session, watch.village, name="没有日期", created_at=MORNING)
        undated.next_attempt_at = None
        held = plan_visit(session, watch.village, name="没有人打", created_at=MORNING)
        held.status, held.lease_owner, held.lease_until = "in_progress", None, None
    watch.clock.forward(hours=2)

    assert watch.round() == ["visit_overdue", "visit_overdue"]
    assert all(any(f"探访{visit.id}" in told for told in watch.told()) for visit in (undated, held))


def test_the_night_does_not_make_a_visit_overdue(watch: Watch) -> None:
    with watch.ledger.session() as session:
        plan_visit(session, watch.village).next_attempt_at = datetime(2026, 3, 4, 9, 20, tzinfo=UTC)  # 17:20
    watch.clock.moment = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)  # 9:30 the next morning

    assert watch.round() == []
    watch.clock.forward(minutes=25)
    assert watch.round() == ["visit_overdue"]


def test_hours_in_which_the_elder_may_not_be_called_make_nothing_overdue(watch: Watch) -> None:
    """Due at 17:20 and the campaign calls on; but this elder may only be called on Wednesdays."""
    with watch.ledger.session() as session:
        visit = plan_visit(session, watch.village)
        visit.next_attempt_at = datetime(2026, 3, 4, 9, 20, tzinfo=UTC)
        visit.snapshot = {**visit.snapshot, "hours_here": Windows(days=(2,)).model_dump(mode="json")}
    watch.clock.moment = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
    assert watch.round() == []
    watch.clock.moment = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)
    assert "visit_overdue" in watch.round()


def test_visits_of_a_paused_campaign_are_not_overdue_but_somebody_is_reminded_of_it(watch: Watch) -> None:
    with watch.ledger.session() as session:
        plan_visit(session, watch.village)
        pause_campaign(session, watch.village.campaign, "雨", now=watch.clock.now(), actor="sun")
    watch.clock.forward(minutes=20)
    assert watch.round() == []
    watch.clock.forward(days=2)
    assert watch.round() == ["campaign_paused"]
    assert watch.urgencies() == ["need"]


def test_what_the_dialer_paused_because_the_line_failed_is_pressing(watch: Watch) -> None:
    with watch.ledger.session() as session:
        plan_visit(session, watch.village)
        why = "5 calls in a row failed on our side, the last one: 503"
        pause_campaign(session, watch.village.campaign, why, now=watch.clock.now(), actor="dialer")
    watch.clock.forward(minutes=31)
    assert watch.round() == ["campaign_paused"]
    assert watch.urgencies() == ["urgent"]
    with watch.ledger.session() as session:
        resume_campaign(session, watch.village.campaign, now=watch.clock.now(), actor="sun")
    assert "campaign_paused" not in watch.round()


def test_a_caller_that_died_in_the_middle_is_noticed(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit = plan_visit(session, watch.village)
        visit.status, visit.lease_owner = "in_progress", "dialer-1"
        visit.lease_until = MORNING + timedelta(minutes=1)
    watch.clock.forward(minutes=12)

    assert watch.round() == ["lease_dead"]


def test_a_visit_that_outlives_its_period_is_raised(watch: Watch) -> None:
    with watch.ledger.session() as session:
        plan_visit(session, watch.village).next_attempt_at = datetime(2026, 4, 2, tzinfo=UTC)
        plan_visit(session, watch.village, name="赵大爷", mode="in_home")
        CARE.order_in_home(session, MORNING)
    watch.clock.moment = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)  # half past midnight in China

    assert sorted(set(watch.round())) == ["order_overdue", "order_unaccepted", "visit_past_period"]


def test_an_emergency_that_nobody_accepts_is_raised_after_five_minutes_and_again(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit_with_emergency(session, watch)
    watch.clock.forward(minutes=4)
    assert watch.round() == []
    watch.clock.forward(minutes=2)

    assert watch.round() == ["order_unaccepted"]
    watch.round()
    assert len(watch.told()) == 1, "told once, not at every round"
    watch.clock.forward(minutes=15)
    watch.round()
    assert len(watch.told()) == 2, "and again while it is still so"


def test_an_order_that_was_opened_again_has_waited_since_then_only(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit_with_emergency(session, watch, days=9)
        (order,) = orders(session)
        somebody = session.get_one(Worker, watch.village.workers["zhao"])
        work_orders.accept(session, order.id, somebody, MORNING)
        work_orders.close(session, order.id, somebody, "阀门关了", MORNING)
    watch.clock.forward(days=1)
    with watch.ledger.session() as session:
        (order,) = orders(session)
        somebody = session.get_one(Worker, watch.village.workers["zhao"])
        work_orders.reopen(session, rules(), order.id, somebody, "又漏了", watch.clock.now())
        assert order.deadline == watch.clock.now() + timedelta(minutes=30), "nobody is late at once"
    watch.clock.forward(minutes=4)
    assert watch.round() == []
    watch.clock.forward(minutes=2)
    assert watch.round() == ["order_unaccepted"]
    assert "已6分钟没有人接" in watch.told()[-1]


def test_an_order_past_its_deadline_is_raised_until_somebody_is_there(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit_with_emergency(session, watch)
        worker = session.get_one(Worker, watch.village.workers["li"])
        order = work_orders.accept(session, orders(session)[0].id, worker, MORNING)
    watch.clock.forward(minutes=31)

    assert watch.round() == ["order_overdue"]
    with watch.ledger.session() as session:
        work_orders.on_site(session, order.id, session.get_one(Worker, worker.id), watch.clock.now())
    assert watch.round() == []


def test_a_message_that_does_not_get_out_is_raised(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit_with_emergency(session, watch)
    watch.clock.forward(minutes=3)
    watch.delivering = False

    assert set(watch.round()) == {"notification_stuck"}


def test_a_flag_without_an_order_gets_one_and_the_coordinator_hears_why(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit = plan_visit(session, watch.village)
        visit.next_attempt_at = MORNING + timedelta(days=1)
        raise_flag(session, visit, "gas")
    watch.clock.forward(minutes=3)

    assert watch.round() == ["flag_without_order"]
    with watch.ledger.reading() as session:
        (order,) = orders(session)
        assert (order.urgency, order.codes) == ("emergency", ["gas"])
    assert len(watch.told()) == 1


def test_flags_that_were_taken_back_need_no_order(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit = plan_visit(session, watch.village)
        visit.next_attempt_at = MORNING + timedelta(days=1)
        raise_flag(session, visit, "gas", confirmed="no")
        raise_flag(session, visit, "need_meals", Urgency.NEED)
    watch.clock.forward(minutes=30)

    assert watch.round() == []


def test_a_visit_that_ended_without_aftercare_gets_it(watch: Watch) -> None:
    with watch.ledger.session() as session:
        well, lost = plan_visit(session, watch.village), plan_visit(session, watch.village, name="赵大爷")
        chat_well(session, well)
        end(well, "completed")
        end(lost, "unreachable")
    watch.clock.forward(minutes=6)

    assert watch.round() == ["visit_unassessed", "visit_unassessed"]
    assert watch.round() == []
    with watch.ledger.reading() as session:
        assert session.query(Assessment).count() == 2
        assert [order.reason for order in orders(session)] == ["unreachable"]


def test_a_planned_visit_in_person_that_nobody_was_given_is_given_to_somebody(watch: Watch) -> None:
    with watch.ledger.session() as session:
        plan_visit(session, watch.village, mode="in_home")
    watch.clock.forward(minutes=61)

    assert watch.round() == ["in_home_unordered"]
    with watch.ledger.reading() as session:
        assert [order.reason for order in orders(session)] == ["in_home"]
    assert watch.round() == []


def test_a_part_of_the_system_that_falls_silent_is_raised(watch: Watch) -> None:
    watch.round()
    watch.clock.forward(minutes=6)
    with watch.ledger.session() as session:
        beat(session, "outbox", watch.clock.now())
        beat(session, "ladders", watch.clock.now())

    assert [each.subject for each in watch.auditor.make_round()] == ["dialer"]
    assert "dialer" in watch.told()[0]


def test_parts_get_their_time_when_everything_has_just_been_started(ledger: Ledger) -> None:
    clock = HandClock()
    auditor = Auditor(ledger, rules(), CARE, clock)

    assert auditor.make_round() == []
    clock.forward(minutes=6)
    assert {each.subject for each in auditor.make_round()} == {"dialer", "ladders", "outbox"}, "by their time"
    with ledger.reading() as session:
        missed = list(components_silent(session, RULES, clock.now()))
        assert len(missed) == len(RULES.heartbeats), "asked once, without any grace"


def test_a_lost_night_is_told_in_one_message(watch: Watch) -> None:
    with watch.ledger.session() as session:
        for number in range(HANDFUL + 3):
            plan_visit(session, watch.village, name=f"elder {number}")
    watch.clock.forward(minutes=61)
    watch.round()
    watch.round()

    (body,) = watch.told()
    assert "共8件" in body


def test_findings_are_audited_without_a_name(watch: Watch) -> None:
    with watch.ledger.session() as session:
        plan_visit(session, watch.village)
    watch.clock.forward(minutes=61)
    watch.round()
    with watch.ledger.reading() as session:
        (noted,) = session.query(AuditEvent).filter_by(action="found_visit_overdue").all()
        assert noted.actor == "auditor"
        assert "王桂兰" not in str(noted.detail)
        assert session.query(Notification).filter(Notification.order_id.is_(None)).count() == 1


def test_without_a_coordinator_whoever_watches_the_channel_is_told(ledger: Ledger) -> None:
    settle_village(ledger)
    clock = HandClock()
    auditor = Auditor(ledger, rules(), CARE, clock)
    clock.forward(minutes=10)
    auditor.make_round()
    with ledger.reading() as session:
        assert {each.recipient for each in notifications(session)} == {"duty"}


def test_the_gravest_comes_first(watch: Watch) -> None:
    with watch.ledger.session() as session:
        plan_visit(session, watch.village)
        visit = plan_visit(session, watch.village, name="赵大爷")
        visit.next_attempt_at = MORNING + timedelta(days=9)
        CARE.flag_raised(session, visit, raise_flag(session, visit, "gas"), MORNING)
    with watch.ledger.reading() as session:
        found = find_oversights(session, RULES, MORNING + timedelta(hours=2), watching_since=MORNING)
        assert found[0].urgency == "emergency"
        assert session.query(WorkOrder).count() == 1, "looking changes nothing"
        assert session.query(Visit).count() == 2


def test_somebody_on_site_who_says_nothing_is_asked_about(watch: Watch) -> None:
    order_id = take_an_order(watch)
    with watch.ledger.session() as session:
        work_orders.on_site(
            session, order_id, session.get_one(Worker, watch.village.workers["li"]), watch.clock.now()
        )
    watch.clock.forward(minutes=239)
    assert watch.round() == []
    watch.clock.forward(minutes=2)

    assert watch.round() == ["order_unfinished"]
    assert "还没有写结果" in watch.told()[0]


def test_a_ladder_that_nobody_climbs_is_raised_though_its_component_beats(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit_with_emergency(session, watch)
    watch.climbing = False
    watch.clock.forward(minutes=9)

    assert "ladder_stuck" in watch.round()
    watch.climbing = True
    assert "ladder_stuck" not in watch.round()


def take_an_order(watch: Watch) -> int:
    with watch.ledger.session() as session:
        visit_with_emergency(session, watch)
        (order,) = orders(session)
        worker = session.get_one(Worker, watch.village.workers["li"])
        work_orders.accept(session, order.id, worker, watch.clock.now())
        return order.id


def test_an_emergency_that_nobody_signed_for_is_spoken_of_for_years_until_somebody_has(watch: Watch) -> None:
    with watch.ledger.session() as session:
        visit = plan_visit(session, watch.village)
        chat_well(session, visit)
        CARE.flag_raised(session, visit, raise_flag(session, visit, "fall_now"), MORNING)
        end(visit, "escalated")
        session.flush()
        CARE.visit_ended(session, visit, MORNING)
        order = session.query(WorkOrder).one()
        order.status, order.closed_at = "closed", MORNING
    watch.clock.forward(minutes=60 * 23)
    assert "emergency_unreviewed" not in watch.round(), "people have a day for it"
    for days in (1, 40, 400):
        watch.clock.moment = MORNING + timedelta(days=days, minutes=1)
        assert "emergency_unreviewed" in watch.round()
    told = [body for body in watch.told() if "紧急情况" in body]
    assert len(told) == 3, "once a day"
    assert "过了400天" in told[-1]
    with watch.ledger.session() as session:
        assessment = session.query(Assessment).one()
        assessment.reviewed_by, assessment.reviewed_at = "zhao", watch.clock.now()
    assert "emergency_unreviewed" not in watch.round()
