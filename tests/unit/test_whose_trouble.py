"""Trouble of others, on television and long ago is no alarm; the elder's own beside it always is."""

import pytest

from speech.lexicon import load_lexicon
from speech.types import Language, Urgency
from speech.understanding import from_text, understand


def urgency(text: str, question: str = "anything_else", language: Language = "zh-CN") -> Urgency:
    return understand(from_text(text, language), question, load_lexicon(language)).urgency


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("连续剧里有人摔倒了起不来", "zh-CN"),
        ("纪录片里讲煤气中毒", "zh-CN"),
        ("不是我喊救命", "zh-CN"),
        ("工友摔倒了起不来", "zh-CN"),
        ("二叔胸口疼", "zh-CN"),
        ("旧社会饿得没饭吃", "zh-CN"),
        ("i was reading a book, a house on fire", "en"),
        ("a lady at the club fell down and broke her hip", "en"),
        ("estoy leyendo una novela en que entran ladrones", "es"),
        ("una del hogar se cayó y no se puede levantar", "es"),
    ],
)
def test_what_is_told_of_others_or_of_long_ago_is_no_alarm(text: str, language: Language) -> None:
    assert urgency(text, language=language) is Urgency.NONE


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("连续剧演完了，我摔倒了起不来", "zh-CN"),
        ("工友来了，我胸口疼得厉害", "zh-CN"),
        ("旧社会都熬过来了，我现在摔倒了起不来", "zh-CN"),
        ("有人喊，救命啊", "zh-CN"),
        ("that was the telly but i have fallen and i cant get up", "en"),
        ("los de arriba no están y yo me he caído y no me puedo levantar", "es"),
    ],
)
def test_the_elders_own_trouble_beside_it_is(text: str, language: Language) -> None:
    assert urgency(text, language=language) is Urgency.EMERGENCY


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("Yip.", "en", "yes"),
        ("Know.", "en", "no"),
        ("No dear.", "en", "no"),
        ("Heavens no.", "en", "no"),
        ("No hija.", "es", "no"),
        ("Que sí, que sí.", "es", "yes"),
    ],
)
def test_a_short_answer_is_known_as_recognisers_write_it(text: str, language: Language, answer: str) -> None:
    assert understand(from_text(text, language), "yesno", load_lexicon(language)).answer == answer
