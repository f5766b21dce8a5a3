"""The second opinion raises questions, never alarms, and lowers nothing but a mere resemblance of sounds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.lexicon import load_lexicon
from speech.types import Heard, Hypothesis, Understanding, Urgency
from speech.understanding import from_text, understand

ZH = load_lexicon("zh-CN")
NONSENSE = "哗啦哗啦"


def heard(text: str, **meanings: float) -> Heard:
    named = {name.replace("__", "/"): likely for name, likely in meanings.items()}
    return replace(from_text(text, "zh-CN"), meanings=named)


def taken(text: str, question: str = "wellbeing", **meanings: float) -> Understanding:
    return understand(heard(text, **meanings), question, ZH)


def test_an_emergency_that_no_wording_gives_away_is_asked_about() -> None:
    found = taken(NONSENSE, stroke=0.8, dizzy=0.1, ok__none=0.1)

    assert (found.urgency, found.codes, found.confirm) == (Urgency.EMERGENCY, ("stroke",), True)
    assert found.evidence[0].via == "likeness"


def test_it_alone_never_raises_an_alarm_unasked() -> None:
    assert taken(NONSENSE, stroke=1.0).confirm


def test_a_faint_likeness_asks_nothing() -> None:
    found = taken(NONSENSE, stroke=0.2, ok__none=0.3, concern__unwell=0.3, unclear=0.2)

    assert found.urgency is Urgency.NONE
    assert not found.confirm


def test_many_urgent_meanings_that_share_the_likelihood_are_asked_about_together() -> None:
    found = taken(NONSENSE, chest_pain=0.3, breathless=0.3, acute_illness=0.2, ok__none=0.2)

    assert found.confirm
    assert found.urgency is Urgency.EMERGENCY


def test_with_a_wording_beside_it_it_is_acted_on_at_once() -> None:
    assert not taken("救命啊", help=0.9, ok__none=0.1).confirm


def test_a_clear_wording_is_acted_on_whatever_it_resembles() -> None:
    found = taken("我摔倒了，起不来", ok__none=0.99, fall_now=0.01)

    assert found.urgency is Urgency.EMERGENCY
    assert not found.confirm


def test_an_ordinary_answer_without_any_wording_is_believed_when_likely() -> None:
    assert taken(NONSENSE, concern__need_meals=0.7, ok__none=0.3).codes == ("need_meals",)
    assert taken(NONSENSE, ok__none=0.9, concern__unwell=0.1).answer == "ok"


@pytest.mark.parametrize("likely", [0.5, 0.7])
def test_all_is_well_is_not_believed_when_merely_likely(likely: float) -> None:
    found = taken(NONSENSE, ok__none=likely, concern__unwell=1 - likely)

    assert found.answer != "ok"


def test_scraps_without_meaning_stay_unclear() -> None:
    assert taken(NONSENSE, unclear=0.95, ok__none=0.05).answer == "unclear"


def test_a_resemblance_of_sounds_is_let_go_when_the_whole_is_clearly_something_ordinary() -> None:
    sounds_like_a_fall = Heard((Hypothesis("传不上期", -0.2),), "zh-CN", "text", 0.0, 0.0)
    without = understand(sounds_like_a_fall, "falls", ZH)
    with_opinion = understand(
        replace(sounds_like_a_fall, meanings={"ok/none": 0.99, "fall_now": 0.01}), "falls", ZH
    )

    assert without.urgency >= Urgency.URGENT
    assert with_opinion.urgency < Urgency.URGENT


def test_silence_stays_silence_whatever_is_thought_of_it() -> None:
    assert taken("", ok__none=1.0).answer == "silence"


MEANINGS = st.dictionaries(
    st.sampled_from([*ZH.codes, "ok/none", "concern/unwell", "yes/yes", "unclear", "never_heard_of"]),
    st.floats(0, 1),
    max_size=6,
)
SENTENCES = st.sampled_from(
    [
        "我摔倒了，起不来",
        "救命啊",
        "胸口疼得厉害",
        "屋里有煤气味",
        "挺好的",
        "没有",
        NONSENSE,
        "头晕得很",
        "去年摔过",
    ]
)


@given(SENTENCES, MEANINGS)
def test_no_opinion_lowers_what_a_wording_says(text: str, meanings: dict[str, float]) -> None:
    without = understand(from_text(text, "zh-CN"), "wellbeing", ZH)
    with_opinion = understand(replace(from_text(text, "zh-CN"), meanings=meanings), "wellbeing", ZH)

    assert with_opinion.urgency >= without.urgency


@given(st.text(max_size=20), MEANINGS, st.sampled_from(["wellbeing", "identity", "yesno", "never heard of"]))
def test_any_opinion_on_any_text_gives_an_answer(
    text: str, meanings: dict[str, float], question: str
) -> None:
    found = understand(replace(from_text(text, "zh-CN"), meanings=meanings), question, ZH)

    assert found.answer
    assert 0.0 <= found.confidence <= 1.0
