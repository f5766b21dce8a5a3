"""Announcements of networks and machines are known by their sound, and no elder is taken for one."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ivr.announcements import ANNOUNCEMENTS, announces
from ivr.machine import MACHINE_PHRASES, Answerer, judge, may_be_misheard
from speech.lexicon import load_lexicon
from speech.types import LANGUAGES, Heard, Hypothesis, Language, Urgency
from speech.understanding import from_text, understand

DATA = Path(__file__).parents[1] / "data"
GREETINGS = (
    "喂",
    "喂，你好",
    "喂，哪位呀",
    "谁呀，我在做饭呢",
    "你等一下啊，我去关火",
    "我不方便接电话，你一会儿再打",
)


def heard(text: str, language: Language = "zh-CN", **phrases: float) -> Heard:
    return Heard((Hypothesis(text, -0.4),), language, "story", 3.0, 3.0, phrases=phrases)


def is_announced(text: str, language: Language = "zh-CN") -> bool:
    return announces(heard(text, language), MACHINE_PHRASES[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_announcement_is_known_by_its_letters(language: Language) -> None:
    for phrase in ANNOUNCEMENTS[language]:
        assert is_announced(phrase, language), phrase


@pytest.mark.parametrize(
    "misheard",
    [
        "您好，您波打的用户暂时无法接听",
        "您拨大的永户",
        "暂时误法接通",
        "请在提示因后刘言",
        "请稍后在播",
        "您拨打的用户有没气味请在提示音后留言",
    ],
)
def test_it_is_known_though_its_letters_were_misheard(misheard: str) -> None:
    assert is_announced(misheard)


@pytest.mark.parametrize("greeting", GREETINGS)
def test_nobody_who_picks_up_sounds_like_one(greeting: str) -> None:
    assert not is_announced(greeting)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_answer_that_elders_give_sounds_like_one(language: Language) -> None:
    """All the sentences by which understanding is tested."""
    with (DATA / f"understanding_{language[:2]}.tsv").open(encoding="utf-8", newline="") as lines:
        said = [row["text"] for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]
    assert len(said) > 100
    assert [text for text in said if is_announced(text, language)] == []


def test_the_audio_itself_may_speak_for_one_but_not_for_two_syllables() -> None:
    phrases = MACHINE_PHRASES["zh-CN"]
    assert announces(heard("宁波大地", 您拨打的=0.4), phrases)
    assert not announces(heard("宁波大地", 您拨打的=-0.4), phrases)
    assert not announces(heard("有盐", 留言=0.9), phrases)


def test_gas_that_an_announcement_was_misheard_as_is_no_gas() -> None:
    words = "您拨打的用户有没气味请在提示音后留言"
    taken = understand(from_text(words, "zh-CN"), "any", load_lexicon("zh-CN"))
    assert (taken.urgency, taken.codes) == (Urgency.EMERGENCY, ("gas",)), "or this story has lost its point"
    assert may_be_misheard(taken)

    def who(*, announced: bool, doubtful: bool) -> Answerer:
        return judge(
            greeting_s=6.0,
            readings=["您拨打的用户有没气味"],
            language="zh-CN",
            beep=False,
            urgent=True,
            doubtful=doubtful,
            announced=announced,
        )

    assert who(announced=True, doubtful=True) is Answerer.MACHINE
    assert who(announced=False, doubtful=True) is Answerer.PERSON
    assert who(announced=True, doubtful=False) is Answerer.PERSON


@pytest.mark.parametrize("cry", ["救命", "就命", "我摔倒了起不来了", "煤气漏了"])
def test_a_call_for_help_and_what_is_beyond_doubt_are_never_what_an_announcement_was_misheard_as(
    cry: str,
) -> None:
    taken = understand(from_text(f"{cry}，请在提示音后留言", "zh-CN"), "any", load_lexicon("zh-CN"))
    assert taken.urgency is Urgency.EMERGENCY
    assert not may_be_misheard(taken)


def test_whoever_picks_up_while_it_is_announced_is_a_person() -> None:
    words = "您拨大的用户暂时误法，喂喂，我在呢"
    assert is_announced(words)
    who = judge(greeting_s=6.0, readings=[words], language="zh-CN", beep=False, urgent=False, announced=True)
    assert who is Answerer.PERSON
