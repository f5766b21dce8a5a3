"""Whoever is asked takes the order, or the next one is asked, until somebody has it."""

from __future__ import annotations

from datetime import date, timedelta

from support.casebook import raise_flag
from support.duty_night import Duty, in_china

from records.sessions import Ledger
from records.visits import Visit
from speech.types import Urgency

SATURDAY = in_china(date(2026, 3, 7), "10:00")
FRIDAY = in_china(date(2026, 3, 6), "10:00")


def test_an_emergency_that_nobody_takes_goes_up_the_ladder_and_begins_anew(ledger: Ledger) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("chest_pain")
    duty.worker("li").gets_alert_within("5 s").reads("紧急", "王桂兰").ignores()
    duty.worker("zhao").gets_alert_within("5 s").ignores()

    duty.worker("wu").gets_nothing_for("4 min")
    duty.worker("wu").gets_alert_within("60 s").ignores()
    assert order.offered_to == "wu"
    duty.worker("zhang").gets_alert_within("5 min").ignores()
    duty.worker("zhao").gets_alert_within("5 s").reads("还没有人接单").ignores()
    duty.worker("li").gets_alert_within("5 min").ignores()

    assert order.row.status == "open"
    assert order.events == ["opened", "assigned", "assigned", "assigned", "escalated", "assigned"]


def test_taking_the_order_stops_the_ladder(ledger: Ledger) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("chest_pain")
    duty.worker("li").gets_alert_within("5 s").takes(order)
    duty.worker("zhao").gets_alert_within("5 s")

    duty.nobody_hears_anything_for("25 min")
    assert order.events == ["opened", "assigned", "accepted"]


def test_handing_back_moves_on_at_once_and_does_not_come_back_to_the_same_person(ledger: Ledger) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("chest_pain")
    duty.worker("li").gets_alert_within("5 s").hands_back(order, "我在外地")
    duty.worker("wu").gets_alert_within("5 s").takes(order).hands_back(order, "车坏了")
    duty.worker("zhang").gets_alert_within("5 s").ignores()

    duty.worker("li").gets_nothing_for("20 min")
    assert duty.worker("zhang").gets_alert_within("5 s")


def test_a_step_that_finds_nobody_further_does_not_cost_five_minutes(ledger: Ledger) -> None:
    duty = Duty(ledger, ("grid_worker:li", "^coordinator:zhao"))
    order = duty.elder_says("fire")
    duty.worker("li").gets_alert_within("5 s").ignores()
    duty.worker("zhao").gets_alert_within("5 s")

    duty.worker("zhao").gets_alert_within("5 min").reads("还没有人接单")
    assert order.events == ["opened", "assigned", "passed_over", "escalated"]


def test_nobody_on_duty_is_itself_an_alarm_and_is_said_again(ledger: Ledger) -> None:
    duty = Duty(ledger, ("^coordinator:zhao",))
    order = duty.elder_says("fire")
    duty.worker("zhao").gets_alert_within("5 s").reads("没有可派的值班人员")
    duty.worker("zhao").gets_alert_within("5 min").reads("没有可派的值班人员")

    assert order.offered_to is None
    assert order.events == ["opened", "unassigned", "unassigned"]


def test_whoever_watches_the_channel_is_told_where_there_is_no_coordinator_either(ledger: Ledger) -> None:
    duty = Duty(ledger, ())
    duty.elder_says("fire")
    duty.worker("duty").gets_alert_within("5 s").reads("没有可派的值班人员")


def test_where_there_is_no_coordinator_the_watchers_of_the_channel_hear_that_nobody_takes_it(
    ledger: Ledger,
) -> None:
    duty = Duty(ledger, ("grid_worker:li",))
    order = duty.elder_says("fire")
    duty.worker("li").gets_alert_within("5 s").ignores()
    duty.worker("duty").gets_alert_within("5 min").reads("还没有人接单")
    duty.worker("li").gets_alert_within("6 min")
    assert order.events == ["opened", "assigned", "passed_over", "escalated", "assigned"]


def test_who_is_away_is_not_asked_and_the_stand_in_is(ledger: Ledger) -> None:
    duty = Duty(ledger)
    duty.is_away("li", stand_in="zhang")
    duty.is_away("wu")
    order = duty.elder_says("chest_pain")

    duty.worker("zhang").gets_alert_within("5 s").takes(order)
    duty.worker("li").gets_nothing_for("1 min")
    duty.worker("wu").gets_nothing_for("1 min")


def test_stand_ins_who_stand_in_for_each_other_are_both_away(ledger: Ledger) -> None:
    duty = Duty(ledger)
    duty.is_away("li", stand_in="wu")
    duty.is_away("wu", stand_in="li")
    order = duty.elder_says("chest_pain")

    assert order.offered_to == "zhang"


def test_who_comes_back_is_asked_again(ledger: Ledger) -> None:
    duty = Duty(ledger)
    duty.is_away("li", days=1)
    duty.clock.forward(days=1)

    assert duty.elder_says("chest_pain").offered_to == "li"


def test_coordinators_who_are_all_away_are_told_nevertheless(ledger: Ledger) -> None:
    duty = Duty(ledger, ("^coordinator:zhao",))
    duty.is_away("zhao")
    duty.elder_says("fire")
    duty.worker("zhao").gets_alert_within("5 s").reads("没有可派的值班人员")


def test_at_the_weekend_the_night_ladder_comes_to_the_coordinator_sooner(ledger: Ledger) -> None:
    duty = Duty(ledger, at=SATURDAY)
    order = duty.elder_says("chest_pain")
    duty.worker("zhao").gets_alert_within("5 s")
    duty.worker("zhao").gets_alert_within("5 min").reads("还没有人接单")
    assert order.events == ["opened", "assigned", "assigned", "escalated"]


def test_needs_do_not_ring_at_the_weekend(ledger: Ledger) -> None:
    duty = Duty(ledger, at=FRIDAY)
    order = duty.elder_says("no_food", Urgency.URGENT)
    assert order.row.next_step_at == in_china(date(2026, 3, 6), "10:30")
    with ledger.session() as session:
        row = session.merge(order.row)
        row.urgency, row.ladder, row.next_step_at = "need", None, None
        row.deadline = in_china(date(2026, 3, 13), "10:00")
    duty.pulse()

    assert order.row.next_step_at == in_china(date(2026, 3, 9), "08:30"), "two days on, a Sunday, is held"


def test_an_order_that_becomes_an_emergency_gets_the_ladder_of_emergencies(ledger: Ledger) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("no_food", Urgency.URGENT)
    duty.worker("li").gets_alert_within("5 s").ignores()
    duty.passes("10 min")
    with ledger.session() as session:
        mine = session.get_one(Visit, order.row.visit_id)
        now = duty.clock.now()
        duty.care.flag_raised(session, mine, raise_flag(session, mine, "breathless", at=now), now)

    duty.worker("li").gets_alert_within("5 s").reads("紧急").ignores()
    duty.worker("wu").gets_alert_within("5 min")


def test_a_reopened_order_asks_whoever_knows_it_and_then_the_others(ledger: Ledger) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("gas")
    duty.worker("wu").takes(order).closes(order, "阀门关了")
    duty.worker("zhao").gets_alert_within("5 s").reopens(order, "又漏了")

    duty.worker("wu").gets_alert_within("5 s").ignores()
    duty.worker("li").gets_alert_within("5 min")


def test_who_has_an_order_and_misses_its_deadline_is_reminded_and_the_coordinator_told(
    ledger: Ledger,
) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("chest_pain")
    duty.worker("li").gets_alert_within("5 s").takes(order).sets_out(order)
    duty.worker("zhao").gets_alert_within("5 s")
    duty.passes("29 min")

    duty.worker("li").gets_alert_within("60 s").reads("已经超过期限")
    duty.worker("zhao").gets_alert_within("5 s").reads("已经超过期限")
    duty.worker("zhao").gets_alert_within("10 min").reads("已经超过期限")
    duty.worker("li").gets_alert_within("5 s").arrives(order)
    duty.nobody_hears_anything_for("30 min")
    assert order.events == ["opened", "assigned", "accepted", "on_the_way", "overdue", "overdue", "on_site"]


def test_a_need_whose_deadline_comes_before_the_next_step_does_not_wait_beyond_it(ledger: Ledger) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("no_food", Urgency.URGENT)
    deadline = duty.clock.now() + timedelta(hours=4)
    with ledger.session() as session:
        row = session.merge(order.row)
        row.urgency, row.ladder, row.next_step_at, row.deadline = "need", None, None, deadline
    duty.pulse()
    assert order.row.next_step_at == deadline

    duty.worker("li").takes(order)
    duty.pulse()
    assert order.row.next_step_at == deadline, "whoever has it is reminded then"
    duty.clock.moment = deadline
    duty.pulse()
    assert order.events == ["opened", "assigned", "accepted", "overdue"]


def test_who_takes_an_order_that_is_late_already_gets_time_to_get_there(ledger: Ledger) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("chest_pain")
    duty.passes("35 min")
    duty.worker("li").takes(order)

    duty.nobody_hears_anything_for("9 min")
    duty.worker("zhao").gets_alert_within("5 s")
    duty.passes("60 s")
    assert order.events[-1] == "overdue"


def test_an_order_older_than_ladders_is_put_on_one(ledger: Ledger) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("chest_pain")
    with ledger.session() as session:
        row = session.merge(order.row)
        row.ladder, row.next_step_at = None, None
    duty.passes("5 s")

    assert order.row.ladder is not None
    assert order.events == ["opened", "assigned"], "who was asked already is not asked twice"


def test_after_an_outage_one_step_is_taken_not_all_that_were_missed(ledger: Ledger) -> None:
    duty = Duty(ledger)
    order = duty.elder_says("chest_pain")
    duty.clock.forward(hours=3)
    duty.pulse()

    assert order.events == ["opened", "assigned", "assigned"]
