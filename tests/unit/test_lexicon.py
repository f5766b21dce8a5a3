"""The lexicon's loader: what it refuses and how it says so."""

from pathlib import Path

import pytest

from speech.lexicon import MOST_CANDIDATES, QUESTIONS, LexiconError, load_lexicon
from speech.types import Heard, Hypothesis, Urgency
from speech.understanding import understand

SHIPPED = Path(__file__).parents[2] / "speech" / "lexicons" / "zh-CN.yaml"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "own.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_shipped_lexicon_loads_once() -> None:
    assert load_lexicon("zh-CN") is load_lexicon("zh-CN")


@pytest.mark.parametrize("question", [*QUESTIONS, "unknown question"])
def test_candidates_for_the_audio_stay_few(question: str) -> None:
    candidates = load_lexicon("zh-CN").candidates(question)
    assert 0 < len(candidates) <= MOST_CANDIDATES
    assert "救命" in candidates


def test_every_safety_phrase_is_an_alarm_in_itself() -> None:
    lexicon = load_lexicon("zh-CN")
    for phrase in lexicon.safety_phrases:
        heard = Heard((Hypothesis(phrase, -0.1),), "zh-CN", "test", duration_s=1.0, speech_s=1.0)
        assert understand(heard, "any", lexicon).urgency >= Urgency.URGENT, phrase


def test_plain_words_for_a_code_and_its_name_on_screens() -> None:
    lexicon = load_lexicon("zh-CN")
    assert lexicon.describe("fall_now") == "摔倒了"
    assert lexicon.describe("no_such_code") == "no_such_code"
    assert lexicon.urgency("fall_now") is Urgency.EMERGENCY


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="cannot be read"):
        load_lexicon("zh-CN", tmp_path / "none.yaml")


def test_a_lexicon_for_another_language_is_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, "language: zh-CN", "language: es")
    with pytest.raises(LexiconError, match="is for es, not for zh-CN"):
        load_lexicon("zh-CN", path)


def test_an_unknown_name_is_reported_with_its_line(tmp_path: Path) -> None:
    path = changed(tmp_path, "includes: [fall_recent,", "includes: [fall_resent,")
    with pytest.raises(LexiconError, match=r"line \d+.*'fall_resent' is neither a code"):
        load_lexicon("zh-CN", path)


def test_an_open_bracket_is_reported_with_its_line(tmp_path: Path) -> None:
    path = changed(tmp_path, '- "胸闷"', '- "(胸闷"')
    with pytest.raises(LexiconError, match=r"line \d+.*is not closed"):
        load_lexicon("zh-CN", path)


def test_broken_yaml_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("language: zh-CN\n  version: [1\n", encoding="utf-8")
    with pytest.raises(LexiconError, match=r"line \d+"):
        load_lexicon("zh-CN", path)
