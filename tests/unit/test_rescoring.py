"""What was misheard is put right by what elders say, and what was heard is never lost by it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.lexicon import load_lexicon
from speech.phonetics import sounds_of
from speech.rescoring import Corrector, LanguageModel, Rescorer, of_examples, rescorer_of
from speech.rescoring.language_model import END, ORDER, START, Rows
from speech.rescoring.rescorer import MOST, SHORT
from speech.types import Heard, Hypothesis, Urgency
from speech.understanding import understand

SAID = (
    "儿子厂里着过火，没伤着人",
    "我摔了一跤，起不来了",
    "腿疼，走不了路",
    "天天去公园遛弯，身体好着呢",
    "药都按时吃",
    "电视剧里着火了，演得真像",
)


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel(SAID, "zh-CN")


@pytest.fixture(scope="module")
def corrector(model: LanguageModel) -> Corrector:
    return Corrector(model, sounds_of("zh-CN"))


@pytest.fixture(scope="module")
def rescorer(model: LanguageModel, corrector: Corrector) -> Rescorer:
    return Rescorer(model, corrector)


def after(model: LanguageModel, *units: str) -> Rows:
    """A row for everything that may follow these characters."""
    before = [START] * ORDER + [model.number(unit) for unit in units]
    nexts = [model.number(unit) for unit in model.vocabulary] + [END]
    return np.array([[*before[-(ORDER - 1) :], number] for number in nexts], np.uint64)


def test_what_elders_say_is_likelier_than_what_merely_sounds_like_it(model: LanguageModel) -> None:
    said, misheard = model.mean_log_probability("我摔了一跤"), model.mean_log_probability("我帅了一脚")
    assert misheard < said < 0


@given(st.lists(st.sampled_from([*dict.fromkeys("".join(SAID)), "鼍"]), max_size=6))
def test_all_that_may_follow_shares_one_probability(units: list[str]) -> None:
    model = LanguageModel(SAID, "zh-CN")
    likely = np.exp(model.log_probabilities(after(model, *units)))
    assert np.all(likely > 0)
    # What is left over is for characters that no example has.
    assert 0.2 < likely.sum() <= 1.0 + 1e-6


def test_words_are_the_units_where_a_language_parts_them() -> None:
    model = LanguageModel(["I fell this morning", "my knee hurts"], "en")
    assert model.units("I FELL, this morning!") == ["i", "fell", "this", "morning"]
    assert model.mean_log_probability("I fell this morning") > model.mean_log_probability(
        "this I morning fell"
    )


def test_nothing_learnt_knows_nothing_and_says_so_without_failing() -> None:
    model = LanguageModel([], "zh-CN")
    assert model.mean_log_probability("我摔了") == pytest.approx(math.log(1 / 6000))


def test_a_misheard_factory_is_put_right_and_nothing_else_is_touched(corrector: Corrector) -> None:
    best = corrector.corrected("儿子敞里着过火，没伤着人。")[0]
    assert (best.text, best.changes) == ("儿子厂里着过火，没伤着人。", 1)


def test_what_was_heard_as_elders_say_it_stays(corrector: Corrector) -> None:
    best = corrector.corrected("腿疼，走不了路")[0]
    assert (best.text, best.changes) == ("腿疼，走不了路", 0)


def test_numbers_other_scripts_and_marks_stay_where_they_stand(corrector: Corrector) -> None:
    for found in corrector.corrected("我打120了…… OK？腿腾，走不了录！", most=2):
        assert found.text.startswith("我打120") or "120" in found.text
        assert "OK？" in found.text
        assert found.text.endswith("！")
    assert corrector.corrected("我打120了…… OK？腿腾，走不了录！")[0].text.endswith("OK？腿疼，走不了路！")


@pytest.mark.parametrize("nothing", ["", "   ", "。。。", "？！"])
def test_silence_is_corrected_into_nothing(corrector: Corrector, nothing: str) -> None:
    assert corrector.corrected(nothing) == []


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.sampled_from("我摔帅了一脚跤腿腾，。？120 abc鼍\U0001f600\n得儿"), max_size=30))
def test_whatever_is_heard_keeps_its_length_and_the_best_comes_first(text: str) -> None:
    corrector = Corrector(LanguageModel(SAID, "zh-CN"), sounds_of("zh-CN"))
    found = corrector.corrected(text, most=5)
    assert all(len(each.text) == len(text) for each in found)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert all(
        each.changes == sum(one != other for one, other in zip(each.text, text, strict=True))
        for each in found
    )


def test_a_very_long_speech_keeps_its_end_as_it_was_heard(corrector: Corrector) -> None:
    speech = "腿腾，走不了录，" * 60
    best = corrector.corrected(speech)[0]
    assert best.text.startswith("腿疼，走不了路，")
    assert best.text.endswith("腿腾，走不了录，")


def test_the_likelier_wording_comes_first_and_is_marked_as_corrected(rescorer: Rescorer) -> None:
    ranked = rescorer.rescored((Hypothesis("儿子敞里着过火", -0.1), Hypothesis("儿子抢里着过火", -0.3)))
    assert ranked[0].text == "儿子厂里着过火"
    assert ranked[0].corrected
    assert ranked[0].logprob in {-0.1, -0.3}


def test_what_another_hypothesis_heard_needs_no_correction(rescorer: Rescorer) -> None:
    ranked = rescorer.rescored((Hypothesis("腿腾，走不了路", -0.1), Hypothesis("腿疼，走不了路", -0.2)))
    assert ranked[0] == Hypothesis("腿疼，走不了路", -0.2)
    assert [each.text for each in ranked].count("腿疼，走不了路") == 1


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.builds(
            Hypothesis,
            st.text(alphabet="我摔帅了一脚跤腿腾疼，走不录路", min_size=1, max_size=12),
            st.floats(-3, 0),
        ),
        max_size=10,
    )
)
def test_the_likeliest_sound_is_always_among_them_and_nothing_stands_twice(heard: list[Hypothesis]) -> None:
    model = LanguageModel(SAID, "zh-CN")
    ranked = Rescorer(model, Corrector(model, sounds_of("zh-CN"))).rescored(heard)
    assert len(ranked) <= MOST
    if spoken := [each for each in heard if model.units(each.text)]:
        if len(model.units(max(spoken, key=lambda each: each.logprob).text)) <= SHORT:
            assert ranked == tuple(heard[:MOST])
            return
        words = ["".join(model.units(each.text)) for each in ranked]
        assert len(set(words)) == len(words)
        best = max(each.logprob for each in spoken)
        assert any(each.logprob == best and not each.corrected for each in ranked)


def test_a_mere_pause_outranks_no_word_and_is_kept_where_there_is_nothing_else(rescorer: Rescorer) -> None:
    pause, word = Hypothesis("，", 0.0), Hypothesis("腿疼，走不了路", -1.0)
    assert rescorer.rescored((pause, word))[0] == word
    assert pause not in rescorer.rescored((pause, word))
    assert rescorer.rescored((pause,)) == (pause,)
    assert rescorer.rescored(()) == ()


def test_only_mandarin_is_corrected() -> None:
    assert rescorer_of("es") is None
    assert rescorer_of("en") is None


def test_the_examples_that_are_shipped_put_a_cry_right() -> None:
    shipped = rescorer_of("zh-CN")
    assert shipped is not None
    assert shipped.rescored((Hypothesis("我甩了一脚，起不来", -0.4),))[0].text == "我摔了一跤，起不来"
    assert of_examples("en").mean_log_probability("I fell and I cannot get up") < 0


def test_a_television_play_explains_no_smoking_television_set_that_was_heard() -> None:
    """Made fluent, "the television set smokes" is a play: the likeliest sound says that it smokes."""
    lexicon = load_lexicon("zh-CN")
    play = Hypothesis("电视剧冒烟了，火苗都窜出来了", -0.2, corrected=True)
    as_it_sounds = Hypothesis("电视剂冒烟了，火苗都窜出来了", -0.1)
    ordinary = Heard((play,), "zh-CN", "test", 2.0, 1.5)
    taken = understand(ordinary, "safety", lexicon)
    assert taken.urgency < Urgency.EMERGENCY
    taken = understand(Heard((play, as_it_sounds), "zh-CN", "test", 2.0, 1.5), "safety", lexicon)
    assert taken.urgency is Urgency.EMERGENCY


def test_what_a_correction_might_also_have_been_is_no_witness() -> None:
    """A daughter says that he sleeps; a text that was only ever made of it says that he fell."""
    lexicon = load_lexicon("zh-CN")
    texts = (Hypothesis("他睡了，接不了", -0.1), Hypothesis("他摔了，接不了", -0.1, corrected=True))
    assert understand(Heard(texts, "zh-CN", "test", 2.0, 1.5), "identity", lexicon).urgency < Urgency.URGENT
    heard_so = (texts[0], Hypothesis("他摔了，接不了", -0.2))
    assert (
        understand(Heard(heard_so, "zh-CN", "test", 2.0, 1.5), "identity", lexicon).urgency >= Urgency.URGENT
    )


def test_a_short_answer_stays_as_it_was_heard(rescorer: Rescorer) -> None:
    heard = (Hypothesis("对，是我", -0.1), Hypothesis("不是我", -0.2))
    assert rescorer.rescored(heard) == heard
