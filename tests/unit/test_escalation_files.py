"""Policy and wording as files: how an order reads in words, and which edited files are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from campaigns.tiers import ModeReason
from escalation.decide import DecidedOrder, decide, due_by
from escalation.policy import SHIPPED, Deadline, PolicyError, load_policy
from escalation.situations import CodeFact, VisitFacts
from escalation.wording import Wording, WordingError, load_phrases
from speech.types import Urgency
from speech.weights import load_weights

POLICY = load_policy()
WEIGHTS = load_weights()
PHRASES = load_phrases()
CHINA = "Asia/Shanghai"
MORNING = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
"""10:00 in China."""
CHEST_PAIN = CodeFact("chest_pain", Urgency.EMERGENCY, "yes", "胸口疼得厉害")


def the_order(facts: VisitFacts) -> DecidedOrder:
    (order,) = decide(facts, POLICY, now=MORNING, timezone=CHINA)
    return order


def test_a_summary_quotes_the_elder_and_says_what_to_do() -> None:
    wording = Wording(PHRASES["zh-CN"], WEIGHTS, "zh-CN", CHINA)
    order = the_order(VisitFacts("escalated", codes=(CHEST_PAIN,)))

    assert wording.summary(order, order.deadline) == (
        "老人说“胸口疼得厉害”，听出：胸口疼（本人确认）。"
        "请马上上门，3月4日10:30前到现场，并联系家属，危及生命时先打120。"
    )


def test_a_summary_says_when_consent_must_be_asked_for_first() -> None:
    wording = Wording(PHRASES["en"], WEIGHTS, "en", CHINA)
    order = the_order(VisitFacts("unreachable", attempts_made=3))

    assert wording.summary(order, order.deadline) == (
        "3 calls did not reach the elder. Please look in by 10:00 on 5 March; "
        "relatives and neighbours may know more. "
        "No consent to a visit at home is on file, so ask the elder or a relative first."
    )


def test_long_words_are_cut_in_summaries() -> None:
    wording = Wording(PHRASES["zh-CN"], WEIGHTS, "zh-CN", CHINA)
    order = the_order(VisitFacts("escalated", codes=(replace(CHEST_PAIN, words="疼" * 500),)))

    assert len(wording.summary(order, order.deadline)) < 200


def spoilt(tmp_path: Path, change: object) -> Path:
    data = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    change(data)  # type: ignore[operator]  # a function that spoils the data
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda p: p["situations"]["emergency"].update(at_once=False), "emergency"),
        (lambda p: p["situations"]["emergency"].update(covered_by=["urgent"]), "may not be covered"),
        (lambda p: p["situations"].pop("silent"), "lack a rule: silent"),
        (lambda p: p["situations"]["need"]["orders"][0].update(deadline="some_day"), "unknown deadline"),
        (lambda p: p["situations"]["deceased"].update(covered_by=["need"]), "above it"),
        (lambda p: p["deadlines"].update(odd={"minutes": 5, "by": "20:00"}), "either minutes or by"),
        (lambda p: p["delivery"]["longest_wait"].pop("need"), "by urgency"),
        (lambda p: p.update(verison="x"), "verison"),
    ],
)
def test_a_policy_with_loose_ends_is_refused_in_one_line(
    tmp_path: Path, change: object, complaint: str
) -> None:
    with pytest.raises(PolicyError, match=complaint) as refused:
        load_policy(spoilt(tmp_path, change))
    assert "\n" not in str(refused.value)


def test_a_policy_or_wording_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="Cannot read the escalation policy"):
        load_policy(tmp_path / "nowhere.yaml")
    with pytest.raises(WordingError, match="Cannot read the wording"):
        load_phrases(tmp_path / "nowhere.yaml")


def test_a_wording_without_a_sentence_for_a_situation_is_refused(tmp_path: Path) -> None:
    data = {name: table.model_dump() for name, table in PHRASES.items()}
    del data["es"]["situations"]["silent"]
    path = tmp_path / "wording.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")

    with pytest.raises(WordingError, match=r"lacks es.situations.silent"):
        load_phrases(path)


def test_a_deadline_by_tier_is_a_plain_number_of_minutes() -> None:
    rule = Deadline(minutes=60, minutes_by_tier={"key": 10})

    assert due_by(rule, tier="key", now=MORNING, timezone=CHINA) == MORNING + timedelta(minutes=10)
    assert due_by(rule, tier="general", now=MORNING, timezone=CHINA) == MORNING + timedelta(minutes=60)


def test_every_code_with_a_weight_has_a_rule_and_the_other_way_round() -> None:
    assert set(POLICY.codes) == set(WEIGHTS.codes) - {"unspecified"}


def test_every_reason_against_a_call_has_words_in_every_language() -> None:
    for language, phrases in PHRASES.items():
        assert set(ModeReason) <= set(phrases.reasons), language
