"""The decisions that districts demand, one row each: what was found, what follows, by when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from escalation.decide import decide
from escalation.policy import load_policy
from escalation.situations import CallFact, CodeFact, VisitFacts
from speech.types import Urgency

POLICY = load_policy()
TEN = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
"""10:00 in China."""
AT_ONCE, SAME_DAY, A_DAY = timedelta(minutes=30), timedelta(hours=10), timedelta(days=1)
THREE_DAYS, A_WEEK = timedelta(days=3), timedelta(days=7)
E, U, N = Urgency.EMERGENCY, Urgency.URGENT, Urgency.NEED
WRONG = (CallFact("answered_human", "wrong_person"),)
DIZZY = frozenset({"dizzy"})


def visit(outcome: str | None, *codes: tuple[str, Urgency], **more: object) -> VisitFacts:
    facts = tuple(CodeFact(code, urgency, "yes") for code, urgency in codes)
    return VisitFacts(outcome=outcome, codes=facts, **more)  # type: ignore[arg-type]  # any field


DEMANDS = {
    "emergency": (visit("escalated", ("stroke", E)), ("in_person_visit", E, AT_ONCE)),
    "urgent": (visit("completed", ("no_heat", U)), ("in_person_visit", U, SAME_DAY)),
    "need": (visit("completed", ("need_meals", N)), ("service_referral", N, A_WEEK)),
    "unreachable": (visit("unreachable", attempts_made=3), ("in_person_visit", U, A_DAY)),
    "wrong person": (visit("wrong_person", calls=WRONG), ("in_person_visit", N, A_DAY)),
    "the number of a wrong person": (visit("wrong_person", calls=WRONG), ("data_correction", N, A_WEEK)),
    "in hospital": (visit("completed", ("in_hospital", N)), ("phone_follow_up", N, A_DAY)),
    "deceased": (visit("completed", ("deceased", N)), ("data_correction", N, A_DAY)),
    "abuse": (visit("escalated", ("abuse", E)), ("in_person_visit", E, AT_ONCE)),
    "fraud": (visit("completed", ("fraud", U)), ("phone_follow_up", U, SAME_DAY)),
    "change against baseline": (
        visit("completed", changed=("response_delay_s",)),
        ("phone_follow_up", N, THREE_DAYS),
    ),
    "repeated concern": (
        visit(
            "completed",
            ("poor_sleep", Urgency.NONE),
            earlier_codes=(frozenset({"poor_sleep"}), frozenset({"poor_sleep"})),
        ),
        ("phone_follow_up", N, THREE_DAYS),
    ),
    "from telephone to in-home, or reassess ability": (
        visit("completed", ("dizzy", U), earlier_codes=(DIZZY, DIZZY)),
        ("data_correction", N, A_WEEK),
    ),
    "an explicit call for help, whatever else": (
        visit("refused", ("help", E), opted_out=True, asked_for_person=True),
        ("in_person_visit", E, AT_ONCE),
    ),
}


@pytest.mark.parametrize("demand", DEMANDS)
def test_what_is_demanded_follows_and_says_why(demand: str) -> None:
    facts, (kind, urgency, within) = DEMANDS[demand]
    order = next(
        each for each in decide(facts, POLICY, now=TEN, timezone="Asia/Shanghai") if each.kind == kind
    )
    assert (order.urgency, order.deadline) == (urgency, TEN + within)
    assert order.reason in POLICY.situations, "the line of the table that decided"
    assert order.findings, "and what it rests on"
    assert order.roles


@pytest.mark.parametrize(
    ("code", "number"),
    [("stroke", "120"), ("fire", "119"), ("gas", "119"), ("abuse", "110"), ("help", "120")],
)
def test_where_life_is_at_stake_the_order_names_the_public_number(code: str, number: str) -> None:
    (order,) = decide(visit("escalated", (code, E)), POLICY, now=TEN, timezone="Asia/Shanghai")
    assert order.dial == (number,)
