"""Which situations make which orders, told in stories."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from escalation.decide import DecidedOrder, decide, decide_in_home, due_by
from escalation.policy import load_policy
from escalation.situations import CallFact, CodeFact, VisitFacts
from speech.types import Urgency

POLICY = load_policy()
CHINA = "Asia/Shanghai"
MORNING = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
"""10:00 in China."""

CHEST_PAIN = CodeFact("chest_pain", Urgency.EMERGENCY, "yes", "胸口疼得厉害")
NO_FOOD = CodeFact("no_food", Urgency.URGENT, words="家里没吃的了")
FRAUD = CodeFact("fraud", Urgency.URGENT, "yes", "有人让我转账")
MEALS = CodeFact("need_meals", Urgency.NEED, words="中午饭有人送就好了")
RAIL = CodeFact("need_aids", Urgency.NEED)


def decided(facts: VisitFacts, now: datetime = MORNING, timezone: str = CHINA) -> list[DecidedOrder]:
    return list(decide(facts, POLICY, now=now, timezone=timezone))


def the_order(facts: VisitFacts) -> DecidedOrder:
    (order,) = decided(facts)
    return order


def the_order_of_kind(kind: str, facts: VisitFacts) -> DecidedOrder:
    (order,) = (order for order in decided(facts) if order.kind == kind)
    return order


def kinds(facts: VisitFacts) -> list[tuple[str, str]]:
    return [(order.kind, order.reason) for order in decided(facts)]


def ended(outcome: str, *codes: CodeFact, **more: object) -> VisitFacts:
    return replace(VisitFacts(outcome=outcome, codes=codes), **more)  # type: ignore[arg-type]  # any field


def test_an_elder_who_is_well_needs_nobody() -> None:
    assert decided(ended("completed")) == []


def test_chest_pain_sends_somebody_within_half_an_hour() -> None:
    order = the_order(ended("escalated", CHEST_PAIN))

    assert (order.kind, order.urgency) == ("in_person_visit", Urgency.EMERGENCY)
    assert order.deadline == MORNING + timedelta(minutes=30)
    assert order.dial == ("120",)
    assert not order.ask_consent, "an emergency does not wait for consent"
    assert order.inform == ("coordinator",)


def test_an_emergency_does_not_wait_for_the_visit_to_end() -> None:
    assert kinds(VisitFacts(outcome=None, codes=(CHEST_PAIN, MEALS))) == [("in_person_visit", "emergency")]


@pytest.mark.parametrize("confirmed", ["yes", "unclear", "not_asked"])
def test_only_a_clear_no_withdraws_an_emergency(confirmed: str) -> None:
    assert kinds(ended("escalated", replace(CHEST_PAIN, confirmed=confirmed)))[0][1] == "emergency"


def test_an_emergency_that_was_taken_back_sends_nobody_but_is_listened_to() -> None:
    order = the_order(ended("completed", replace(CHEST_PAIN, confirmed="no")))

    assert (order.kind, order.reason, order.urgency) == ("phone_follow_up", "withdrawn", Urgency.NEED)


def test_somebody_calls_within_two_hours_when_abuse_or_suicide_is_taken_back() -> None:
    for code in ("abuse", "suicide", "help", "intruder"):
        order = the_order(ended("completed", CodeFact(code, Urgency.EMERGENCY, "no")))
        assert (order.reason, order.urgency) == ("withdrawn_grave", Urgency.URGENT)
        assert order.deadline == MORNING + timedelta(hours=2)


def test_somebody_listens_within_two_hours_to_words_that_the_machine_could_not_hear() -> None:
    """Also where the elder was asked again and all was well, and while the call still goes on."""
    unheard = CodeFact("unheard", Urgency.NEED)
    for outcome in (None, "completed", "partial", "unreachable"):
        first = decided(replace(ended("completed", unheard), outcome=outcome))[0]
        assert (first.kind, first.urgency) == ("phone_follow_up", Urgency.URGENT)
        assert first.reason == "unheard"
        assert first.deadline == MORNING + timedelta(hours=2)


def test_words_that_were_not_heard_wait_for_nobody_but_those_who_go_at_once() -> None:
    unheard = CodeFact("unheard", Urgency.NEED)
    assert kinds(ended("escalated", unheard, NO_FOOD)) == [
        ("phone_follow_up", "unheard"),
        ("in_person_visit", "urgent"),
    ]
    assert kinds(ended("escalated", unheard, CHEST_PAIN)) == [("in_person_visit", "emergency")]


@pytest.mark.parametrize(
    "outcome", ["refused", "wrong_person", "partial", "completed", "escalated", "cancelled"]
)
def test_a_call_for_help_overrides_everything(outcome: str) -> None:
    cry = CodeFact("help", Urgency.EMERGENCY, "unclear", "来人啊")
    first = decided(ended(outcome, cry, opted_out=True, asked_for_person=True))[0]

    assert (first.kind, first.urgency) == ("in_person_visit", Urgency.EMERGENCY)


def test_no_food_means_somebody_comes_the_same_day() -> None:
    order = the_order(ended("escalated", NO_FOOD))

    assert (order.kind, order.urgency) == ("in_person_visit", Urgency.URGENT)
    assert order.deadline.astimezone(ZoneInfo(CHINA)).strftime("%d %H:%M") == "04 20:00"
    assert order.ask_consent


def test_fraud_is_talked_over_by_telephone_the_same_day() -> None:
    assert kinds(ended("escalated", FRAUD)) == [("phone_follow_up", "urgent_call")]


def test_all_wishes_of_a_household_become_one_referral() -> None:
    order = the_order(ended("completed", MEALS, RAIL))

    assert (order.kind, order.codes) == ("service_referral", ("need_aids", "need_meals"))
    assert order.deadline == MORNING + timedelta(days=7)


def test_an_emergency_and_wishes_are_two_tasks_for_two_people() -> None:
    assert kinds(ended("escalated", CHEST_PAIN, MEALS)) == [
        ("in_person_visit", "emergency"),
        ("service_referral", "need"),
    ]


def test_everything_that_sends_a_person_is_one_order() -> None:
    order = the_order(
        ended("escalated", CHEST_PAIN, NO_FOOD, asked_for_person=True, unclear=("mood", "sleep"))
    )

    assert order.codes == ("chest_pain", "no_food")
    assert [finding.situation for finding in order.findings] == [
        "emergency", "urgent", "asked_for_person", "unclear_answers",
    ]  # fmt: skip


def test_nobody_reached_means_somebody_goes_sooner_to_those_most_at_risk() -> None:
    waits = [
        the_order(ended("unreachable", tier=tier, attempts_made=3)).deadline - MORNING
        for tier in ("key", "secondary", "general")
    ]

    assert waits == [timedelta(hours=4), timedelta(hours=12), timedelta(hours=24)]


def test_a_receiver_lifted_in_silence_is_looked_into_the_same_day() -> None:
    calls = (CallFact("no_answer", None), CallFact("answered_human", "silent"))
    order = the_order(ended("unreachable", calls=calls, attempts_made=2))

    assert (order.kind, order.reason, order.urgency) == ("in_person_visit", "silent", Urgency.URGENT)
    assert [finding.situation for finding in order.findings] == ["silent", "unreachable"]


def test_silence_followed_by_a_good_talk_is_forgotten() -> None:
    calls = (CallFact("answered_human", "silent"), CallFact("answered_human", "completed"))

    assert decided(ended("completed", calls=calls)) == []


def test_a_wrong_number_means_a_visit_and_a_corrected_file() -> None:
    assert kinds(ended("wrong_person")) == [
        ("in_person_visit", "wrong_person"),
        ("data_correction", "wrong_person"),
    ]


def test_an_elder_in_hospital_means_a_call_to_the_family() -> None:
    facts = ended(
        "escalated",
        CodeFact("in_hospital", Urgency.URGENT),
        calls=(CallFact("answered_human", "proxy"),),
    )

    assert kinds(facts) == [("phone_follow_up", "in_hospital")]


def test_a_death_means_condolences_in_person_and_nothing_else() -> None:
    facts = ended(
        "escalated",
        CodeFact("deceased", Urgency.URGENT),
        MEALS,
        calls=(CallFact("answered_human", "proxy"),),
        unclear=("identity", "wellbeing"),
    )

    assert kinds(facts) == [("data_correction", "deceased")]


def test_asking_for_a_person_means_a_person_calls_today() -> None:
    order = the_order(ended("partial", asked_for_person=True))

    assert (order.kind, order.reason, order.urgency) == (
        "phone_follow_up",
        "asked_for_person",
        Urgency.URGENT,
    )


def test_refusing_is_respected_by_a_social_worker_who_takes_their_time() -> None:
    order = the_order(ended("refused"))

    assert (order.kind, order.roles[0]) == ("phone_follow_up", "social_worker")
    assert order.deadline == MORNING + timedelta(days=7)


def test_dont_call_again_means_another_way_is_arranged() -> None:
    assert the_order(ended("refused", opted_out=True)).reason == "opted_out"


def test_a_daughter_on_the_line_is_not_the_elder() -> None:
    order = the_order(ended("completed", calls=(CallFact("answered_human", "proxy"),)))

    assert (order.kind, order.reason) == ("phone_follow_up", "proxy_only")


def test_a_call_that_broke_off_is_completed_by_a_person() -> None:
    order = the_order(ended("partial", unasked=("mood",), unclear=("sleep",)))

    assert order.reason == "partial"
    assert order.findings[0].values["questions"] == ("mood", "sleep")


def test_a_broken_off_call_is_completed_even_when_fraud_ended_the_visit() -> None:
    facts = ended("escalated", FRAUD, calls=(CallFact("answered_human", "partial"),), unasked=("mood",))
    order = the_order(facts)

    assert [finding.situation for finding in order.findings] == ["urgent_call", "partial"]


def test_two_unclear_answers_want_a_human_ear_and_one_does_not() -> None:
    assert decided(ended("completed", unclear=("mood",))) == []
    assert the_order(ended("completed", unclear=("mood", "sleep"))).reason == "unclear_answers"


def test_nobody_is_forgotten_when_the_period_ends() -> None:
    order = the_order(ended("expired"))

    assert (order.kind, order.reason, order.urgency) == ("in_person_visit", "expired", Urgency.URGENT)


def test_low_spirits_by_key_are_looked_into_rather_than_referred() -> None:
    assert kinds(ended("completed", CodeFact("depressed", Urgency.NEED))) == [
        ("phone_follow_up", "look_into")
    ]


def test_many_small_complaints_make_somebody_call() -> None:
    assert the_order(ended("completed", several_concerns=True)).reason == "several_concerns"


def test_a_change_against_the_elders_own_baseline_that_lasts_makes_somebody_call() -> None:
    order = the_order(ended("completed", changed=("response_delay_s",)))
    assert (order.kind, order.reason, order.urgency) == ("phone_follow_up", "changed_manner", Urgency.NEED)
    assert decided(ended("completed", changed=())) == []


def test_a_visit_that_nothing_explains_is_explained_by_a_person() -> None:
    assert the_order(ended("escalated")).reason == "unexplained"
    assert the_order(ended("never_heard_of")).reason == "unexplained"


def test_late_in_the_evening_same_day_still_leaves_two_hours() -> None:
    rule = POLICY.deadlines["same_day"]
    evening = datetime(2026, 3, 4, 11, 30, tzinfo=UTC)  # 19:30 in China

    assert due_by(rule, tier="general", now=evening, timezone=CHINA) == evening + timedelta(hours=2)


def test_in_an_unreadable_time_zone_somebody_goes_too_early_rather_than_too_late() -> None:
    rule = POLICY.deadlines["same_day"]

    assert due_by(rule, tier="general", now=MORNING, timezone="Nowhere/At_All") == MORNING + timedelta(
        hours=2
    )


def test_a_visit_in_person_is_due_when_the_period_ends() -> None:
    def order(now: datetime, timezone: str = CHINA) -> DecidedOrder:
        return decide_in_home(
            POLICY,
            ends_on=date(2026, 3, 31),
            timezone=timezone,
            now=now,
            reason="ability_too_low",
            consent=True,
        )

    assert order(MORNING).deadline == datetime(2026, 3, 31, 20, tzinfo=ZoneInfo(CHINA))
    assert not order(MORNING).ask_consent
    late = datetime(2026, 3, 31, 11, 30, tzinfo=UTC)
    assert order(late).deadline == late + timedelta(hours=2)
    assert order(MORNING, "Nowhere/At_All").deadline == MORNING + timedelta(hours=2)


@pytest.mark.parametrize("mild", ["need_meals", "unwell", "depressed"])
def test_a_mild_word_does_not_explain_why_a_visit_was_passed_to_a_person(mild: str) -> None:
    order = the_order_of_kind("phone_follow_up", ended("escalated", CodeFact(mild, Urgency.NEED)))

    assert order.urgency is Urgency.URGENT
    assert "unexplained" in [finding.situation for finding in order.findings]
