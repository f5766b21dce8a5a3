"""The second opinion raises questions, never alarms; it tempers alarms in what is hardly like any."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from speech.lexicon import load_lexicon
from speech.types import Heard, Hypothesis, Language, Understanding, Urgency
from speech.understanding import from_text, understand
from speech.understanding.likeness import CALM_BESIDE, CALM_SOUNDS

ZH = load_lexicon("zh-CN")
NONSENSE = "哗啦哗啦哗啦哗啦"


def heard(text: str, **meanings: float) -> Heard:
    named = {name.replace("__", "/"): likely for name, likely in meanings.items()}
    return replace(from_text(text, "zh-CN"), meanings=named, meanings_apart=())


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


@pytest.mark.parametrize(("language", "asked"), [("zh-CN", False), ("es", True), ("en", True)])
def test_what_asks_was_raised_on_mandarin_recordings_and_for_mandarin_alone(
    language: Language, asked: bool
) -> None:
    nonsense = {"zh-CN": NONSENSE, "es": "zas tris tras zas tris", "en": "zing zap zing zap zing"}[language]
    meanings = {"stroke": 0.3, "ok/none": 0.7}
    told = replace(from_text(nonsense, language), meanings=meanings, meanings_apart=())

    assert understand(told, "wellbeing", load_lexicon(language)).confirm is asked


def test_many_urgent_meanings_that_share_the_likelihood_are_asked_about_together() -> None:
    found = taken(NONSENSE, chest_pain=0.3, breathless=0.3, acute_illness=0.2, ok__none=0.2)

    assert found.confirm
    assert found.urgency is Urgency.EMERGENCY


def test_with_a_wording_beside_it_it_is_acted_on_at_once() -> None:
    assert not taken("救命啊", help=0.9, ok__none=0.1).confirm


@pytest.mark.parametrize("alarm", [0.6, 0.9])
def test_a_clear_wording_is_acted_on_where_the_sentence_is_like_it(alarm: float) -> None:
    found = taken("我摔倒了，起不来", fall_now=alarm, ok__none=1 - alarm)

    assert found.urgency is Urgency.EMERGENCY
    assert not found.confirm


@pytest.mark.parametrize("alarm", [0.2, 0.5])
def test_an_alarming_wording_in_a_sentence_that_is_not_clearly_like_it_is_asked_about(alarm: float) -> None:
    found = taken("我摔倒了，起不来", fall_now=alarm, ok__none=1 - alarm)

    assert found.urgency is Urgency.EMERGENCY
    assert found.confirm


def test_an_alarming_wording_in_what_is_clearly_ordinary_talk_is_let_go() -> None:
    assert taken("药断了", "medicine").urgency is Urgency.URGENT
    assert taken("药断了", "medicine", ok__none=0.99, no_medicine=0.01).urgency is Urgency.NONE


def test_an_emergency_that_is_spelt_out_is_let_go_only_when_there_is_hardly_any_doubt() -> None:
    sounds_calm = taken("电视里有人摔倒了，真吓人", ok__none=1.0)
    doubtful = taken("我摔倒了，起不来", ok__none=0.7, fall_now=0.3)

    assert sounds_calm.urgency is Urgency.NONE
    assert doubtful.urgency is Urgency.EMERGENCY
    assert doubtful.confirm


@pytest.mark.parametrize("alarm", [CALM_BESIDE, 0.5, 1.0])
def test_one_stretch_that_is_alarming_keeps_the_alarm(alarm: float) -> None:
    fire, weather = {"fire": alarm, "ok/none": 1 - alarm}, {"ok/none": 1.0}
    told = replace(heard("着火了，今天天气不错", ok__none=1.0), meanings_apart=(fire, weather))

    assert understand(told, "anything_else", ZH).urgency is Urgency.EMERGENCY


@pytest.mark.parametrize(("stretch", "asked"), [(0.95, True), (0.6, False)])
def test_what_a_stretch_and_the_whole_both_tell_is_asked_about_though_words_explain_it(
    stretch: float, asked: bool
) -> None:
    """Last year's dizziness explains no dizziness of today in the same breath."""
    apart = ({"dizzy": stretch, "ok/none": 1 - stretch}, {"ok/none": 1.0})
    told = replace(heard("去年头晕过", dizzy=0.5, ok__none=0.5), meanings_apart=apart)
    found = understand(told, "wellbeing", ZH)

    assert found.confirm is asked
    assert (found.urgency is Urgency.URGENT) is asked


def test_before_the_stretches_were_read_nothing_is_let_go() -> None:
    whole = replace(heard("药断了", ok__none=1.0), meanings_apart=None)

    assert understand(whole, "medicine", ZH).urgency is Urgency.URGENT


def test_a_cry_for_help_is_never_let_go() -> None:
    found = taken("救命啊", ok__none=1.0)

    assert found.urgency is Urgency.EMERGENCY
    assert found.confirm


def test_a_wording_that_is_hardly_likely_gives_way_to_what_clearly_is() -> None:
    assert taken("你嗓门在高兴吗", "any", repeat__louder=0.9, ok__none=0.1).answer == "repeat"
    assert taken("你嗓门在高兴吗", "any", repeat__louder=0.6, ok__none=0.4).answer == "ok"


def test_a_need_that_a_wording_named_is_kept_beside_the_answer() -> None:
    assert "need_aids" in taken("想要个拐杖", "help_needed", repeat__louder=0.9).codes


def test_an_ordinary_answer_without_any_wording_is_believed_when_likely() -> None:
    assert taken(NONSENSE, concern__need_meals=0.5, ok__none=0.5).codes == ("need_meals",)
    assert taken(NONSENSE, ok__none=0.95, concern__unwell=0.05).answer == "ok"


@pytest.mark.parametrize("likely", [0.68, 0.9])
def test_all_is_well_is_not_believed_when_merely_likely(likely: float) -> None:
    found = taken(NONSENSE, ok__none=likely, concern__unwell=1 - likely)

    assert found.answer != "ok"


def test_scraps_without_meaning_stay_unclear() -> None:
    assert taken(NONSENSE, unclear=0.95, ok__none=0.05).answer == "unclear"


def test_a_resemblance_of_sounds_is_let_go_when_the_whole_is_clearly_something_ordinary() -> None:
    sounds_like_a_fall = Heard((Hypothesis("传不上期", -0.2),), "zh-CN", "text", 0.0, 0.0)
    without = understand(sounds_like_a_fall, "falls", ZH)
    with_opinion = understand(
        replace(sounds_like_a_fall, meanings={"ok/none": 0.99, "fall_now": 0.01}, meanings_apart=()),
        "falls",
        ZH,
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
def test_what_a_wording_says_is_lowered_only_where_it_is_hardly_likely(
    text: str, meanings: dict[str, float]
) -> None:
    assume(
        sum(likely for code, likely in meanings.items() if ZH.urgency(code) >= Urgency.URGENT) >= CALM_SOUNDS
    )
    without = understand(from_text(text, "zh-CN"), "wellbeing", ZH)
    with_opinion = understand(
        replace(from_text(text, "zh-CN"), meanings=meanings, meanings_apart=()), "wellbeing", ZH
    )

    assert with_opinion.urgency >= without.urgency


@given(st.text(max_size=20), MEANINGS, st.sampled_from(["wellbeing", "identity", "yesno", "never heard of"]))
def test_any_opinion_on_any_text_gives_an_answer(
    text: str, meanings: dict[str, float], question: str
) -> None:
    found = understand(replace(from_text(text, "zh-CN"), meanings=meanings, meanings_apart=()), question, ZH)

    assert found.answer
    assert 0.0 <= found.confidence <= 1.0


def test_while_it_is_asked_who_is_there_only_emergencies_are_easily_asked_about() -> None:
    likely = {"ok__none": 0.5}

    assert taken(NONSENSE, "wellbeing", no_utility=0.5, **likely).confirm
    assert not taken(NONSENSE, "identity", no_utility=0.5, **likely).confirm
    assert taken(NONSENSE, "identity", stroke=0.5, **likely).confirm
    assert taken(NONSENSE, "identity", in_hospital=0.5, **likely).confirm


def overheard(*texts: str, **meanings: float) -> Heard:
    named = {name.replace("__", "/"): likely for name, likely in meanings.items()}
    hypotheses = tuple(Hypothesis(text, 0.0) for text in texts)
    return replace(from_text(texts[0], "zh-CN"), hypotheses=hypotheses, meanings=named, meanings_apart=())


def test_what_another_hypothesis_explains_away_is_let_go_in_what_is_like_ordinary_talk() -> None:
    """The words that explain are as easily misheard as any."""
    heard = overheard("抱着上说我摔倒了", "报纸上说我摔倒了", ok__none=0.98, fall_now=0.02)

    assert understand(heard, "anything_else", ZH).urgency is Urgency.NONE


@pytest.mark.parametrize("alarm", [0.12, 0.5, 0.9])
def test_it_is_kept_where_the_sentence_is_not_clearly_like_ordinary_talk(alarm: float) -> None:
    heard = overheard("抱着上说我摔倒了", "报纸上说我摔倒了", ok__none=1 - alarm, fall_now=alarm)

    assert understand(heard, "anything_else", ZH).urgency is Urgency.EMERGENCY


def test_what_is_said_beside_what_is_explained_away_is_kept() -> None:
    heard = overheard("我摔倒了", "去年摔倒了，我今天又摔倒了", ok__none=0.97, fall_now=0.03)

    assert understand(heard, "anything_else", ZH).urgency is Urgency.EMERGENCY


def test_a_cry_that_is_the_televisions_is_let_go() -> None:
    heard = overheard("喊救命那事电视响", "喊救命那是电视响", ok__none=0.99, help=0.01)

    assert understand(heard, "any", ZH).urgency is Urgency.NONE


def test_a_cry_that_may_be_the_televisions_is_asked_about() -> None:
    heard = overheard("喊救命那事电视响", "喊救命那是电视响", ok__none=0.9, help=0.1)

    found = understand(heard, "any", ZH)

    assert (found.urgency, found.confirm) == (Urgency.EMERGENCY, True)


@pytest.mark.parametrize(("text", "answer"), [("是的", "yes"), ("不是", "no")])
def test_a_plain_yes_or_no_is_not_argued_with(text: str, answer: str) -> None:
    other = {"yes": "no__no", "no": "yes__yes"}[answer]

    assert taken(text, "yesno", **{other: 1.0}).answer == answer


UPSTAIRS = "楼上闹腾，睡得浅，不想活了"


def test_what_is_clearly_meant_is_asked_about_though_a_wording_gives_it_to_the_neighbours() -> None:
    found = taken(UPSTAIRS, suicide=0.99, ok__none=0.01)

    assert (found.urgency, found.codes, found.confirm) == (Urgency.EMERGENCY, ("suicide",), True)


@pytest.mark.parametrize("alarm", [0.1, 0.4, 0.8])
def test_a_middling_likeness_does_not_stand_against_words_that_explain(alarm: float) -> None:
    found = taken(UPSTAIRS, suicide=alarm, ok__none=1 - alarm)

    assert found.urgency is Urgency.NONE
    assert not found.confirm
