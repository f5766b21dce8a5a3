"""Who speaks what Whisper learns from, and what they say."""

from __future__ import annotations

import csv

import pytest

from benchmarks.hearing.voices import TESTING
from tools.meaning_examples import EXAMPLES, said
from tools.tune_whisper.speaking import Lesson, lessons
from tools.tune_whisper.voices import NATIVE, TIMBRES


@pytest.fixture(scope="module")
def all_lessons() -> list[Lesson]:
    return lessons()


def test_the_voices_that_the_benchmark_tests_with_speak_no_lesson(all_lessons: list[Lesson]) -> None:
    testing = {voice for voices in TESTING.values() for voice in voices}
    tuning = {*TIMBRES, *(voice for voices in NATIVE.values() for voice in voices)}
    assert not testing & tuning
    assert not any(testing & {*each.voices, *each.timbre, *each.accent} for each in all_lessons)


def test_each_lesson_has_a_number_of_its_own_and_is_the_same_when_drawn_again(
    all_lessons: list[Lesson],
) -> None:
    assert len({each.number for each in all_lessons}) == len(all_lessons)
    assert lessons() == all_lessons


def test_nobody_speaks_the_brackets_that_mark_the_trouble(all_lessons: list[Lesson]) -> None:
    assert not any("【" in each.text or "】" in each.text for each in all_lessons)


def test_outsiders_speak_of_emergencies_more_often_than_anybody_else(all_lessons: list[Lesson]) -> None:
    with (EXAMPLES / "zh-CN.tsv").open(encoding="utf-8", newline="") as lines:
        grave = {
            said(row["text"])
            for row in csv.DictReader(lines, delimiter="\t", quoting=3)
            if row["urgency"] == "emergency"
        }
    mandarin = [each for each in all_lessons if each.language == "zh-CN" and not each.plain]
    outsiders = [each.text in grave for each in mandarin if each.accent]
    others = [each.text in grave for each in mandarin if not each.accent]
    assert sum(outsiders) / len(outsiders) > 1.5 * sum(others) / len(others)
