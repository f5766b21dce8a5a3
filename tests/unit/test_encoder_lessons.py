"""What the sentence encoder is shown: which stretch of an answer tells of the trouble, and which do not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from speech.types import LANGUAGES, Language
from tools.meaning_examples import EXAMPLES, FOLDS, Corrections, Example, fold_of, read_examples
from tools.tune_encoder.lessons import Lesson, Segment, of_a_round

HEADER = "kind\tquestion\ttext\tanswer\turgency\tcode\n"


def read(tmp_path: Path, *lines: str) -> list[Example]:
    file = tmp_path / "examples.tsv"
    file.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return read_examples(file)


def told(lesson: Lesson) -> list[tuple[str, list[str]]]:
    return [(code, [lesson.text[slice(*span)] for span in spans]) for code, spans in lesson.told()]


def calm(lesson: Lesson) -> set[str]:
    return {lesson.text[slice(*span)] for turn in range(20) for span in lesson.calm(random.Random(turn))}


def lesson(*segments: tuple[str, str]) -> Lesson:
    return Lesson("any", "zh-CN", tuple(Segment(*each) for each in segments), "fall_now")


def test_brackets_mark_what_tells_of_the_trouble_and_are_not_said(tmp_path: Path) -> None:
    marked, plain = read(
        tmp_path,
        "emergency\tfalls\t下雨呢，【我摔了起不来】，没事\tproblem\temergency\tfall_now",
        "ok\tfalls\t没摔\tok\tnone\tnone",
    )

    assert (marked.text, marked.meaning) == ("下雨呢，我摔了起不来，没事", "fall_now")
    assert marked.parts == (("下雨呢，", False), ("我摔了起不来", True), ("，没事", False))
    assert (plain.meaning, plain.parts) == ("ok/none", ())


def test_the_stretch_that_tells_of_it_is_learnt_apart_from_those_beside_it() -> None:
    shown = lesson(("下雨呢，", ""), ("我摔了起不来", "fall_now"), ("，没事", ""))

    assert told(shown) == [("fall_now", ["我摔了起不来"])]
    assert calm(shown) == {"下雨呢", "没事"}


def test_without_a_comma_a_window_counts_that_is_mostly_the_trouble_or_holds_it() -> None:
    shown = lesson(("今天天气真不错呢", ""), ("着火了快来", "fire"))
    ((code, windows),) = told(shown)

    assert code == "fire"
    assert all("着火了" in window for window in windows)
    assert all("火" not in window for window in calm(shown))


def test_two_answers_in_one_breath_keep_each_its_own_meaning(tmp_path: Path) -> None:
    examples = read(
        tmp_path,
        "emergency\tany\tme duele el pecho\tproblem\temergency\tchest_pain",
        "trap\tany\tel perrito del vecino se ha caído\tok\tnone\tnone",
    )
    shown = of_a_round({"es": examples * 40}, 0, random.Random(1))
    both = [
        each for each in shown if "me duele el pecho" in each.text and "el perrito del vecino" in each.text
    ]

    assert both
    for each in both:
        assert each.meaning == "chest_pain"
        assert [code for segment, _ in each.spans() if (code := segment.code)] == ["chest_pain"]
    assert any(each.text.count("el perrito del vecino") > 1 for each in both)


def test_what_is_corrected_is_not_corrected_by_itself() -> None:
    """Else everything would come out as it was written, which no answer of an elder does."""
    said, others = "一整袋石榴抱回屋", [f"今天吃了{number}碗石头汤" for number in range(30)]
    elsewhere = next(fold for fold in range(FOLDS) if fold != fold_of(said))
    corrections = Corrections([said] * 20 + others)

    assert corrections.corrected("一整代石流抱回屋", elsewhere) == said
    assert corrections.corrected("一整代石流抱回屋", fold_of(said)) != said


def test_short_answers_are_shown_as_they_were_heard_as_they_will_be_read() -> None:
    corrections = Corrections(["对，是我"] * 20)
    assert {corrections.corrected("对，是窝", fold) for fold in range(FOLDS)} == {"对，是窝"}


def test_what_is_shown_corrected_keeps_the_trouble_in_its_place() -> None:
    examples = random.Random(5).sample(read_examples(EXAMPLES / "zh-CN.tsv"), 200)
    corrections = Corrections([example.text for example in examples])
    heard, mended = (
        of_a_round({"zh-CN": examples}, 0, random.Random(1), more) for more in (None, corrections)
    )

    assert len(heard) == len(mended)
    assert [each.text for each in heard] != [each.text for each in mended]
    for one, other in zip(heard, mended, strict=True):
        assert [segment.code for segment in one.segments] == [segment.code for segment in other.segments]
        assert one.meaning == other.meaning


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_example_can_be_shown(language: Language) -> None:
    examples = read_examples(EXAMPLES / f"{language}.tsv")
    some = random.Random(2).sample(examples, 300)
    dice = random.Random(3)

    assert not any("【" in each.text or "】" in each.text for each in examples)
    for each in of_a_round({language: some}, 0, dice):
        spans = [*each.calm(dice), *(span for _, spans in each.told() for span in spans)]
        assert each.text
        assert all(0 <= start < end <= len(each.text) for start, end in spans)
