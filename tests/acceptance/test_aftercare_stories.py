"""What comes of a visit: from what an elder said to the person who goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from support.casebook import (
    CORE,
    MORNING,
    aftercare,
    agree_to_visits,
    assessment,
    chat_well,
    end,
    history,
    notifications,
    orders,
    plan_visit,
    raise_flag,
    ring,
    rules,
    say,
    settle_village,
)

from records.audit import AuditEvent
from records.sessions import Ledger
from records.visits import Visit
from speech.types import Urgency

STAFF = ("grid_worker:li", "social_worker:zhang", "^coordinator:zhao")
CARE = aftercare()


def test_an_elder_who_is_well_is_green_and_nobody_is_sent(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        chat_well(session, visit)
        end(visit, "completed")
        CARE.visit_ended(session, visit, MORNING)
    with ledger.reading() as session:
        made = assessment(session, session.get_one(Visit, visit.id))
        assert (made.overall, made.score) == ("green", 0.0)
        assert made.dimensions["health"]["level"] == "green"
        assert made.dimensions["money"]["level"] == "none"
        assert made.record_sheet["生活照料"] == "吃饭正常，暂无服务需求"
        assert made.weights_version == rules().weights.version
        assert orders(session) == []
        assert notifications(session) == []


def test_chest_pain_sends_the_grid_worker_while_the_elder_is_still_on_the_line(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        call = ring(session, visit, "answered_human")
        turn = say(
            session, call, "wellbeing", "兄口疼得厉害", "problem", urgency="emergency", codes=("chest_pain",)
        )
        flag = raise_flag(session, visit, "chest_pain", words="兄口疼得厉害", turn=turn)
        CARE.flag_raised(session, visit, flag, MORNING)
    with ledger.reading() as session:
        (order,) = orders(session)
        assert (order.kind, order.urgency, order.reason) == ("in_person_visit", "emergency", "emergency")
        assert order.deadline == MORNING + timedelta(minutes=30)
        assert order.codes == ["chest_pain"]
        assert "兄口疼得厉害" in order.summary
        assert order.evidence[0]["turn_id"] == turn.id
        assert order.policy_version == rules().policy.version
        assert order.assignee is not None
        assert order.assignee.login == "li"
        assert history(session, order) == ["opened", "assigned"]
        told = {(each.recipient, each.urgency, each.status) for each in notifications(session)}
        assert told == {("li", "emergency", "pending"), ("zhao", "emergency", "pending")}


def test_the_end_of_the_visit_adds_to_the_order_and_never_makes_a_second_one(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        call = ring(session, visit, "answered_human", "partial")
        turn = say(
            session, call, "wellbeing", "胸口疼", "problem", urgency="emergency", codes=("chest_pain",)
        )
        CARE.flag_raised(session, visit, raise_flag(session, visit, "chest_pain", turn=turn), MORNING)
        say(session, call, "eating", "家里没吃的了", "problem", urgency="urgent", codes=("no_food",))
        say(session, call, "help_needed", "想装个扶手", "concern", urgency="need", codes=("need_aids",))
        end(visit, "escalated")
        CARE.visit_ended(session, visit, MORNING + timedelta(minutes=3))
    with ledger.reading() as session:
        going, referral = orders(session)
        assert going.codes == ["chest_pain", "no_food"]
        assert (going.urgency, going.reason) == ("emergency", "emergency")
        assert going.deadline == MORNING + timedelta(minutes=30), "the clock started when the elder spoke"
        assert history(session, going) == ["opened", "assigned", "added"]
        assert (referral.kind, referral.codes) == ("service_referral", ["need_aids"])
        made = assessment(session, session.get_one(Visit, visit.id))
        assert made.overall == "red"
        assert made.record_sheet["应急救援"] == "胸口疼（本人确认），已派单"
        assert made.record_sheet["康复护理"] == "需要扶手、拐杖等辅具（本人自述），已转介"


def test_an_urgent_order_becomes_the_emergency_that_follows_it(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        CARE.flag_raised(session, visit, raise_flag(session, visit, "no_food", Urgency.URGENT), MORNING)
        before = len(notifications(session))
        CARE.flag_raised(session, visit, raise_flag(session, visit, "breathless"), MORNING)
    with ledger.reading() as session:
        (order,) = orders(session)
        assert (order.urgency, order.reason, order.codes) == (
            "emergency",
            "emergency",
            ["breathless", "no_food"],
        )
        assert order.deadline == MORNING + timedelta(minutes=30)
        assert history(session, order) == ["opened", "assigned", "raised", "assigned"]
        assert len(notifications(session)) > before, (
            "whoever was told of something urgent hears of the emergency"
        )


def test_saying_and_ending_twice_changes_nothing(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)

    def snapshot() -> tuple[object, ...]:
        with ledger.reading() as session:
            return (
                [(o.id, o.status, o.deadline, o.summary, history(session, o)) for o in orders(session)],
                [n.dedupe_key for n in notifications(session)],
                [(a.action, a.subject_id) for a in session.query(AuditEvent).order_by(AuditEvent.id)],
            )

    with ledger.session() as session:
        visit = plan_visit(session, village)
        call = ring(session, visit, "answered_human", "completed")
        turn = say(session, call, "falls", "摔了起不来", "problem", urgency="emergency", codes=("fall_now",))
        flag = raise_flag(session, visit, "fall_now", turn=turn)
        CARE.flag_raised(session, visit, flag, MORNING)
        end(visit, "escalated")
        CARE.visit_ended(session, visit, MORNING)
    once = snapshot()
    for minutes in (1, 600):
        with ledger.session() as session:
            again = session.get_one(Visit, visit.id)
            CARE.flag_raised(session, again, again.flags[0], MORNING + timedelta(minutes=minutes))
            CARE.visit_ended(session, again, MORNING + timedelta(minutes=minutes))
    assert snapshot() == once


def test_a_flag_that_was_taken_back_sends_nobody_and_stays_visible(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        call = chat_well(session, visit)
        turn = say(session, call, "confirm", "没有没有", "no", stands=False)
        flag = raise_flag(session, visit, "fall_now", confirmed="no", words="睡了一觉", turn=turn)
        CARE.flag_raised(session, visit, flag, MORNING)
        assert orders(session) == []
        end(visit, "completed")
        CARE.visit_ended(session, visit, MORNING)
    with ledger.reading() as session:
        (order,) = orders(session)
        assert (order.kind, order.reason) == ("phone_follow_up", "withdrawn")
        made = assessment(session, session.get_one(Visit, visit.id))
        assert made.overall == "yellow"
        assert "摔" not in made.record_sheet["应急救援"]
        rulings = [e["rule"] for score in made.dimensions.values() for e in score["evidence"]]
        assert "withdrawn:fall_now" in rulings


def test_an_elder_nobody_reached_is_visited_and_never_green(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village, tier="key")
        for _ in range(3):
            ring(session, visit, "no_answer")
        end(visit, "unreachable")
        CARE.visit_ended(session, visit, MORNING)
    with ledger.reading() as session:
        (order,) = orders(session)
        assert (order.kind, order.reason) == ("in_person_visit", "unreachable")
        assert "打了3次电话" in order.summary
        assert "先征得老人或家属同意" in order.summary
        assert order.deadline == MORNING + timedelta(hours=4), "the key tier is seen sooner"
        made = assessment(session, session.get_one(Visit, visit.id))
        assert made.overall == "orange"
        assert set(made.record_sheet.values()) == {""}, "nothing was said, so nothing is entered"


def test_consent_on_file_is_not_asked_for_again(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        agree_to_visits(session, visit)
        end(visit, "unreachable")
        CARE.visit_ended(session, visit, MORNING)
    with ledger.reading() as session:
        assert "同意" not in orders(session)[0].summary


def test_a_crash_in_mid_call_counts_what_was_last_heard(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        call = ring(session, visit, "failed")
        say(session, call, "any", "救命啊", "problem", urgency="emergency", codes=("help",), stands=False)
        end(visit, "partial")
        CARE.visit_ended(session, visit, MORNING)
    with ledger.reading() as session:
        assert orders(session)[0].urgency == "emergency"


def test_an_elder_who_asks_for_a_person_is_called_by_one_today(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        call = ring(session, visit, "answered_human", "partial")
        turn = say(session, call, "wellbeing", "找个人跟我说", "human", stands=False)
        CARE.flag_raised(
            session, visit, raise_flag(session, visit, "human", Urgency.NEED, turn=turn), MORNING
        )
        end(visit, "partial")
        CARE.visit_ended(session, visit, MORNING)
    with ledger.reading() as session:
        (order,) = orders(session)
        assert (order.kind, order.reason, order.urgency) == ("phone_follow_up", "asked_for_person", "urgent")
        assert order.assignee is not None
        assert order.assignee.login == "zhang", "a social worker calls"


def test_dont_call_again_is_arranged_otherwise(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        call = ring(session, visit, "answered_human", "refused")
        say(session, call, "any", "别再打来了", "refuse", codes=("opt_out",), stands=False)
        end(visit, "refused")
        CARE.visit_ended(session, visit, MORNING)
    with ledger.reading() as session:
        (order,) = orders(session)
        assert (order.kind, order.reason) == ("phone_follow_up", "opted_out")


def test_questions_left_open_are_named_for_whoever_calls(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        call = ring(session, visit, "answered_human", "partial")
        say(session, call, "wellbeing", "挺好")
        say(session, call, "falls", "嗯那个", "unclear")
        end(visit, "partial")
        CARE.visit_ended(session, visit, MORNING)
    with ledger.reading() as session:
        (order,) = orders(session)
        assert order.reason == "partial"
        assert "吃饭、心情、水电气暖、服务需求、摔倒" in order.summary
        assert assessment(session, session.get_one(Visit, visit.id)).overall == "yellow"


def test_a_worker_who_listens_can_raise_what_the_machine_missed(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        chat_well(session, visit)
        end(visit, "completed")
        CARE.visit_ended(session, visit, MORNING)
        assessment(session, visit).reviewed_by = "zhang"
    with ledger.session() as session:
        visit = session.get_one(Visit, visit.id)
        answer = next(each for each in visit.answers if each.question == "falls")
        answer.answer, answer.urgency, answer.codes = "problem", "emergency", ["fall_now"]
        answer.confirmed_by = "zhang"
        raise_flag(session, visit, "fall_now", turn=answer.turn, at=MORNING)
        CARE.reconsider(session, visit, MORNING + timedelta(hours=1))
    with ledger.reading() as session:
        made = assessment(session, session.get_one(Visit, visit.id))
        assert (made.overall, made.reviewed_by) == ("red", "zhang")
        assert "摔倒了起不来（工作人员核实），已派单" in made.record_sheet["应急救援"]
        assert orders(session)[0].urgency == "emergency"


def test_a_worker_who_hears_no_alarm_clears_the_score_but_not_the_order(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        call = chat_well(session, visit, tuple(name for name in CORE if name != "falls"))
        turn = say(session, call, "falls", "睡了一觉", "problem", urgency="emergency", codes=("fall_now",))
        CARE.flag_raised(session, visit, raise_flag(session, visit, "fall_now", turn=turn), MORNING)
        end(visit, "escalated")
        CARE.visit_ended(session, visit, MORNING)
    with ledger.session() as session:
        visit = session.get_one(Visit, visit.id)
        answer = next(each for each in visit.answers if each.question == "falls")
        answer.answer, answer.urgency, answer.codes, answer.confirmed_by = "ok", "none", [], "zhang"
        CARE.reconsider(session, visit, MORNING)
    with ledger.reading() as session:
        assert assessment(session, session.get_one(Visit, visit.id)).overall == "green"
        assert orders(session)[0].status == "open", "an alarm is closed where it is worked on"


def test_visits_in_person_are_given_to_somebody_until_the_period_ends(ledger: Ledger) -> None:
    village = settle_village(ledger, *STAFF)
    with ledger.session() as session:
        plan_visit(session, village, name="赵大爷", mode="in_home")
        plan_visit(session, village, name="孙奶奶", mode="in_home")
        assert CARE.order_in_home(session, MORNING, campaign_id=village.campaign) == 2
        assert CARE.order_in_home(session, MORNING) == 0
    with ledger.reading() as session:
        made = orders(session)
        assert {(order.kind, order.reason) for order in made} == {("in_person_visit", "in_home")}
        assert {order.deadline for order in made} == {datetime(2026, 3, 31, 12, tzinfo=UTC)}
        assert "身体能力不便接电话" in made[0].summary


def test_with_nobody_on_duty_the_coordinator_hears_of_it_at_once(ledger: Ledger) -> None:
    village = settle_village(ledger, "^coordinator:zhao", "viewer:qian")
    with ledger.session() as session:
        visit = plan_visit(session, village)
        CARE.flag_raised(session, visit, raise_flag(session, visit, "gas"), MORNING)
    with ledger.reading() as session:
        (order,) = orders(session)
        assert order.assignee_id is None
        assert history(session, order) == ["opened", "unassigned"]
        (message,) = notifications(session)
        assert message.recipient == "zhao"
        assert "没有可派的值班人员" in message.body
        assert session.query(AuditEvent).filter_by(action="order_unassigned").count() == 1


def test_even_with_no_staff_at_all_the_alarm_is_written_for_whoever_watches(ledger: Ledger) -> None:
    village = settle_village(ledger)
    with ledger.session() as session:
        visit = plan_visit(session, village)
        CARE.flag_raised(session, visit, raise_flag(session, visit, "gas"), MORNING)
    with ledger.reading() as session:
        assert [each.recipient for each in notifications(session)] == ["duty"]


def test_help_is_sought_up_the_tree_of_areas(ledger: Ledger) -> None:
    village = settle_village(ledger, "^grid_worker:far")
    with ledger.session() as session:
        visit = plan_visit(session, village)
        CARE.flag_raised(session, visit, raise_flag(session, visit, "gas"), MORNING)
        order = orders(session)[0]
        assert order.assignee is not None
        assert order.assignee.login == "far"
