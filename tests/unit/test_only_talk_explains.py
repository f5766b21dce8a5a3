"""What only clear talk explains, and words that turn what follows, or seem to."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.lexicon import load_lexicon
from speech.types import Understanding, Urgency
from speech.understanding import from_text, understand
from speech.understanding.likeness import CALM_BESIDE, CALM_WHOLE, SCRAP

ZH = load_lexicon("zh-CN")
CALM = {"ok/none": 1.0}
URGENT = (
    ("money", "fraud", "昨天我遭骗了五千，心里不好受"),
    ("company", "neglect", "孩子们都不管我，一个人过"),
    ("medicine", "no_medicine", "药断了三天了，没人去开"),
    ("safety", "no_utility", "停水了，没水做饭"),
)
EMERGENCIES = (
    ("falls", "fall_now", "我摔倒了起不来，天气倒不错"),
    ("safety", "fire", "着火了，今天天气不错"),
    ("mood", "suicide", "我不想活了，你们别来了"),
    ("wellbeing", "unconscious", "俺家那口子口吐白沫，身子直挺挺的"),
)


def taken(
    text: str, question: str, whole: Mapping[str, float], *stretches: Mapping[str, float]
) -> Understanding:
    heard = replace(from_text(text, "zh-CN"), meanings=whole, meanings_apart=stretches)
    return understand(heard, question, ZH)


@pytest.mark.parametrize("likely", [0.0, 0.02, 0.6])
@pytest.mark.parametrize(("question", "code", "told"), URGENT)
def test_an_urgent_problem_that_one_stretch_is_like_is_kept_however_calm_the_whole(
    question: str, code: str, told: str, likely: float
) -> None:
    found = taken(told, question, {"ok/none": 1 - likely, code: likely}, {code: 0.9, "ok/none": 0.1}, CALM)

    assert found.urgency is Urgency.URGENT


@given(st.sampled_from(EMERGENCIES), st.floats(0, 1), st.floats(CALM_BESIDE, 1))
def test_an_emergency_that_one_stretch_is_like_is_never_explained_by_the_whole(
    cry: tuple[str, str, str], whole: float, stretch: float
) -> None:
    question, code, told = cry
    found = taken(
        told, question, {"ok/none": 1 - whole, code: whole}, {code: stretch, "ok/none": 1 - stretch}, CALM
    )

    assert found.urgency is Urgency.EMERGENCY


@pytest.mark.parametrize(
    ("whole", "stretch", "kept"),
    [
        (CALM_WHOLE / 2, CALM_BESIDE / 2, False),
        (CALM_WHOLE * 2, CALM_BESIDE / 2, True),
        (CALM_WHOLE / 2, CALM_BESIDE * 2, True),
    ],
)
def test_what_is_spelt_out_is_let_go_where_the_whole_and_every_stretch_are_fairly_calm(
    whole: float, stretch: float, kept: bool
) -> None:
    """The grandson who failed an exam "does not want to live": either alone would have to be surer."""
    found = taken(
        "孙子没考好，说不想活了",
        "mood",
        {"ok/none": 1 - whole, "suicide": whole},
        {"ok/none": 1 - stretch, "suicide": stretch},
        CALM,
    )

    assert (found.urgency is Urgency.EMERGENCY) is kept


@given(st.sampled_from(EMERGENCIES), st.floats(SCRAP, 1))
def test_an_emergency_is_not_let_go_for_a_stretch_that_means_nothing(
    cry: tuple[str, str, str], scrap: float
) -> None:
    question, _, told = cry
    found = taken(told, question, CALM, {"unclear": scrap, "ok/none": 1 - scrap}, CALM)

    assert found.urgency is Urgency.EMERGENCY


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("company", "哪个敢打我哦，娃儿些都孝顺"),
        ("company", "头几年儿子不管我，后来和好了，现在天天来"),
        ("eating", "这年头哪还有饿肚子的"),
        ("mood", "我干嘛想死啊，重孙子还没抱上呢"),
        ("mood", "老战友走了，心里空落落了几天，现在缓过来了"),
        ("medicine", "医生说这药停了要出危险，我哪敢停"),
        ("safety", "过两天要停水，通知贴了"),
        ("safety", "墙上贴着呢，谁家着火了先断电"),
        ("falls", "斜对门那个老太太摔断了腿"),
        ("falls", "在部队的时候摔断过腿"),
        ("anything_else", "过节忙得我晕头转向的"),
    ],
)
def test_plain_talk_by_its_words_alone(question: str, told: str) -> None:
    assert understand(from_text(told, "zh-CN"), question, ZH).urgency < Urgency.URGENT


@pytest.mark.parametrize(
    ("question", "told", "code"),
    [
        ("company", "你干嘛打我", "abuse"),
        ("company", "凭啥打我，我又没错", "abuse"),
        ("company", "儿子不管我，说和好了又不来", "neglect"),
        ("safety", "哪来的煤气味，熏得我头疼", "gas"),
        ("safety", "跟电视上说的一样，屋里一股煤气味儿", "gas"),
        ("safety", "停水了，明天还要停电", "no_utility"),
        ("medicine", "医生说不能停，药停了三天了", "no_medicine"),
        ("mood", "好死不如赖活着，可我不想活了", "suicide"),
        ("mood", "我也不晓得为啥想死", "suicide"),
        ("safety", "有人闯进来逼我转账", "intruder"),
        ("medicine", "药匣子里没药了", "no_medicine"),
        ("falls", "我在巷子里摔倒了起不来", "fall_now"),
        ("wellbeing", "晕头转向的站不稳", "dizzy"),
        ("wellbeing", "老伴嘴里冒白沫", "unconscious"),
    ],
)
def test_the_same_words_where_it_is_so(question: str, told: str, code: str) -> None:
    assert code in understand(from_text(told, "zh-CN"), question, ZH).codes
