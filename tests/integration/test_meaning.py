"""The second opinion: on sentences no wording was written for, and on what means nothing at all."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from support.models import models_with

from speech.answering import take
from speech.lexicon import load_lexicon
from speech.meaning import MeaningReader, open_reader
from speech.meaning.encoder import SentenceEncoder
from speech.meaning.reader import learnt
from speech.modelstore import require
from speech.types import Language, Understanding, Urgency
from speech.understanding import from_text

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def reader() -> MeaningReader:
    opened = open_reader(models_with("e5-small"))
    assert opened is not None
    return opened


def taken(reader: MeaningReader, text: str, question: str, language: Language = "zh-CN") -> Understanding:
    _, understood = take(from_text(text, language), question, load_lexicon(language), reader=reader)
    return understood


@pytest.mark.parametrize("changes", [{}, learnt()], ids=["as published", "as learnt"])
def test_sentences_of_like_meaning_point_the_same_way_whatever_their_language(
    changes: Mapping[str, NDArray[np.float16]],
) -> None:
    models = models_with("e5-small")
    encoder = SentenceEncoder(require("e5-small", models) / "e5-small-q4.bin", changes)
    told = ["我摔倒了，站不起来", "me he caído y no me puedo levantar", "今天天气很好", "屋里有煤气味"]
    fallen, caido, well, gas = (directions[0] for directions in encoder.encode(told, "any"))

    assert np.linalg.norm(fallen) == pytest.approx(1.0, abs=1e-5)
    assert fallen @ caido > fallen @ well
    assert fallen @ caido > fallen @ gas


def test_meanings_are_probabilities(reader: MeaningReader) -> None:
    meanings = reader.read(from_text("我摔倒了，站不起来", "zh-CN"), "wellbeing").meanings

    assert sum(meanings.values()) == pytest.approx(1.0)
    assert max(meanings, key=lambda meaning: meanings[meaning]) == "fall_now"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("wellbeing", "我这半拉身子跟不是自个儿的一样"),
        ("safety", "灶那边呲呲响，味道冲得我脑壳昏"),
        ("mood", "黄土都埋到嗓子眼了，早点去找老头子才好"),
        ("anything_else", "家里来了个汉子赖着，手里还攥着刀"),
        ("falls", "我这会儿还在茅房地下趴着哩"),
        ("medicine", "把耗子药当芝麻糊冲着喝了"),
    ],
)
def test_an_emergency_in_words_of_ones_own_is_never_passed_over(
    reader: MeaningReader, question: str, text: str
) -> None:
    assert taken(reader, text, question).urgency is Urgency.EMERGENCY


@pytest.mark.parametrize("question", ["wellbeing", "falls", "safety", "pain", "mood"])
def test_what_means_nothing_is_never_well(reader: MeaningReader, question: str) -> None:
    dice = random.Random(4)
    letters = "的一是不了人我在有他这中大来上个国和也子时道说出"
    nonsense = ["".join(dice.choices(letters, k=dice.randint(3, 14))) for _ in range(40)]
    nonsense += [
        "ご視聴ありがとうございました",
        "시청해 주셔서 감사합니다",
        "1 2 3 4 5 6 7",
        "\x00\ufffd�",
        "🎵🎵🎵",
    ]
    well = [text for text in nonsense if taken(reader, text, question).answer == "ok"]

    assert len(well) <= 2, well


CRIES = ["我摔倒了起不来", "胸口疼得厉害", "喘不上气了", "屋里有煤气味", "着火了", "救命啊", "我不想活了"]
ASIDES = ["今天天气不错", "闺女昨天来过", "饭也吃了", "电视开着呢", "你们辛苦了"]


@pytest.mark.parametrize("cry", CRIES)
def test_an_unrelated_sentence_never_lowers_an_emergency(reader: MeaningReader, cry: str) -> None:
    for aside in ASIDES:
        for told in (f"{cry}，{aside}", f"{aside}，{cry}", f"{aside}。{cry}。{aside}", cry + aside):
            assert taken(reader, told, "anything_else").urgency is Urgency.EMERGENCY, told


@pytest.mark.parametrize(
    "trouble", ["摔倒", "胸口疼", "喘不上气", "闻到煤气味", "着火", "流血", "头晕", "发烧"]
)
def test_a_negation_never_raises_the_urgency(reader: MeaningReader, trouble: str) -> None:
    for question in ("wellbeing", "anything_else"):
        said = taken(reader, f"我{trouble}了", question).urgency
        for denied in (f"我没有{trouble}", f"没{trouble}", f"我不是{trouble}了"):
            assert taken(reader, denied, question).urgency <= said, denied


@pytest.mark.parametrize(
    ("language", "text"),
    [("es", "me he quedado tirada en el pasillo y no hay manera de levantarme"),
     ("en", "I've gone down in the bathroom love and I can't shift myself")],
)  # fmt: skip
def test_other_languages_have_a_second_opinion_too(
    reader: MeaningReader, language: Language, text: str
) -> None:
    assert taken(reader, text, "wellbeing", language).urgency is Urgency.EMERGENCY


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("sleep", "楼上闹腾，睡得浅，不想活了"),
        ("sleep", "净做梦，醒了跟没睡似的。半边身子动不了"),
    ],
)
def test_a_cry_of_few_words_after_calm_talk_of_others_or_of_dreams_is_asked_about(
    reader: MeaningReader, question: str, text: str
) -> None:
    assert taken(reader, text, question).urgency is Urgency.EMERGENCY


@pytest.mark.parametrize("aside", ["邻居家办喜事", "电视里放戏呢", "去年这会儿我还在住院", "做梦梦见我娘了"])
@pytest.mark.parametrize("cry", ["我胸口疼得受不了", "屋里煤气味大得很", "我摔了起不来"])
def test_what_explains_one_trouble_explains_no_other_beside_it(
    reader: MeaningReader, aside: str, cry: str
) -> None:
    for told in (f"{aside}，{cry}", f"{cry}，{aside}"):
        assert taken(reader, told, "any").urgency is Urgency.EMERGENCY, told


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("any", "那头老黄牛躺地上起不来，兽医打了一针就好了"),
        ("mood", "戏台上那个书生不活了要跳河，唱得真好"),
        ("anything_else", "孙子玩打仗，喊中弹了流血了，装得可像了"),
        ("falls", "小鸡从窝里摔下来，我又给捧回去了"),
        ("identity", "他睡了，接不了"),
        ("identity", "我是他女儿，他睡着了"),
        ("any", "他睡了接不了电话"),
    ],
)
def test_what_the_rest_explains_sends_nobody(reader: MeaningReader, question: str, text: str) -> None:
    said = taken(reader, text, question)

    assert said.urgency < Urgency.URGENT
    assert not said.confirm


@pytest.mark.parametrize("text", ["他叫不醒，接不了", "他摔了，接不了", "他躺地上呢，叫他不答应"])
def test_who_cannot_come_to_the_telephone_for_a_grave_reason_is_an_emergency(
    reader: MeaningReader, text: str
) -> None:
    assert taken(reader, text, "identity").urgency is Urgency.EMERGENCY


def test_a_stretch_is_read_as_the_rest_has_it_mean(reader: MeaningReader) -> None:
    """The same words: of the elder, and of the ox."""

    def fallen(text: str) -> float:
        told = reader.read(from_text(text, "zh-CN"), "any").meanings_apart
        return max(stretch["fall_now"] for stretch in told or ())

    assert fallen("我躺地上起不来，老黄牛还没喂呢") > 0.8
    assert fallen("那头老黄牛躺地上起不来，兽医打了一针就好了") < 0.1
