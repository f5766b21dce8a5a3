"""Which situations make which orders: what holds for every visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from escalation.decide import DecidedOrder, decide
from escalation.policy import load_policy
from escalation.situations import SETTLED, CallFact, CodeFact, VisitFacts, find_situations
from escalation.wording import Wording, load_phrases
from speech.types import Urgency
from speech.weights import load_weights

POLICY = load_policy()
WEIGHTS = load_weights()
PHRASES = load_phrases()
CHINA = "Asia/Shanghai"
MORNING = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
"""10:00 in China."""


def decided(facts: VisitFacts, now: datetime = MORNING, timezone: str = CHINA) -> list[DecidedOrder]:
    return list(decide(facts, POLICY, now=now, timezone=timezone))


CODES = st.builds(
    CodeFact,
    code=st.sampled_from([*POLICY.codes, "never_heard_of"]),
    urgency=st.sampled_from(list(Urgency)),
    confirmed=st.sampled_from(["yes", "no", "unclear", "not_asked"]),
    words=st.sampled_from(["", "哎哟", "{by} %s \n"]),
)
CALLS = st.builds(
    CallFact,
    st.sampled_from(["answered_human", "no_answer", "busy"]),
    st.sampled_from(
        [None, "completed", "partial", "refused", "wrong_person", "proxy", "call_later", "silent"]
    ),
)
OUTCOMES = [
    "completed",
    "partial",
    "refused",
    "wrong_person",
    "unreachable",
    "escalated",
    "cancelled",
    "expired",
    "?",
]
FACTS = st.builds(
    VisitFacts,
    outcome=st.sampled_from([None, *OUTCOMES]),
    tier=st.sampled_from(["key", "secondary", "general", "other"]),
    codes=st.lists(CODES, max_size=4).map(tuple),
    calls=st.lists(CALLS, max_size=3).map(tuple),
    unclear=st.lists(st.sampled_from(["mood", "sleep", "pain"]), max_size=3).map(tuple),
    unasked=st.lists(st.sampled_from(["money", "safety"]), max_size=2).map(tuple),
    asked_for_person=st.booleans(),
    opted_out=st.booleans(),
    several_concerns=st.booleans(),
    changed=st.sampled_from([(), ("response_delay_s",), ("speaking_rate", "pause_share")]),
    earlier_codes=st.lists(
        st.frozensets(st.sampled_from(["alone", "chronic_pain", "confused", "fall_recent", "need_bathing"])),
        max_size=3,
    ).map(tuple),
    in_home_consent=st.sampled_from([None, True, False]),
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is beside it


@given(FACTS)
def test_every_standing_emergency_sends_somebody_within_half_an_hour(facts: VisitFacts) -> None:
    if any(code.stands and code.urgency is Urgency.EMERGENCY for code in facts.codes):
        first = decided(facts)[0]
        assert (first.kind, first.urgency) == ("in_person_visit", Urgency.EMERGENCY)
        assert first.deadline <= MORNING + timedelta(minutes=30)


@given(FACTS)
def test_every_standing_code_that_matters_is_in_some_order(facts: VisitFacts) -> None:
    if facts.outcome is None:
        return
    told = {code for order in decided(facts) for code in order.codes}
    for code in facts.codes:
        if code.stands and code.urgency >= Urgency.URGENT:
            assert code.code in told


@given(FACTS)
def test_a_visit_that_did_not_go_well_always_brings_a_person_in(facts: VisitFacts) -> None:
    if facts.outcome is not None and facts.outcome not in SETTLED:
        assert decided(facts)


@given(FACTS)
def test_a_visit_makes_at_most_one_order_of_each_kind(facts: VisitFacts) -> None:
    made = [order.kind for order in decided(facts)]

    assert len(made) == len(set(made))


@given(FACTS, CODES)
def test_hearing_more_never_calls_anybody_back(facts: VisitFacts, more: CodeFact) -> None:
    # A death or a stay in hospital explains the rest: there the policy covers other orders on purpose.
    assume(more.code not in ("in_hospital", "deceased"))
    before = {order.kind: order for order in decided(facts)}
    after = {order.kind: order for order in decided(replace(facts, codes=(*facts.codes, more)))}
    worst = max((order.urgency for order in before.values()), default=Urgency.NONE)

    assert max((order.urgency for order in after.values()), default=Urgency.NONE) >= worst


@given(FACTS, MOMENTS, st.sampled_from([CHINA, "America/New_York", "Nowhere/At_All"]))
def test_every_deadline_lies_ahead(facts: VisitFacts, now: datetime, timezone: str) -> None:
    for order in decided(facts, now, timezone):
        assert order.deadline >= now + timedelta(minutes=30)


@given(FACTS, st.sampled_from(["zh-CN", "en", "es"]))
def test_every_order_can_be_put_into_words(facts: VisitFacts, language: str) -> None:
    phrases = PHRASES[language]  # type: ignore[index]  # the strategy gives plain strings
    wording = Wording(phrases, WEIGHTS, language, CHINA, {"mood": "心情"})  # type: ignore[arg-type]  # as above
    for order in decided(facts):
        text = wording.summary(order, order.deadline)
        assert text
        assert "None" not in text


@given(FACTS)
def test_deciding_twice_decides_the_same(facts: VisitFacts) -> None:
    assert decided(facts) == decided(facts)
    assert list(find_situations(facts, POLICY)) == list(find_situations(facts, POLICY))
