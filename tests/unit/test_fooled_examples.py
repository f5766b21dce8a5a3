"""Whoever writes examples is told which of them fool understanding as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from speech.lexicon import load_lexicon
from speech.understanding import from_text, understand
from speech.understanding.likeness import likeness_of
from tools.fooled import verdict, verdicts

ZH = load_lexicon("zh-CN")
HEADER = "kind\tquestion\ttext\tanswer\turgency\tcode\n"


@pytest.mark.parametrize(
    ("grave", "text", "alarm", "stretch", "told"),
    [
        (True, "哗啦哗啦", 0.0, 0.0, "missed"),
        (True, "我摔倒了起不来", 0.9, 0.9, "right"),
        (True, "我摔倒了起不来", 0.3, 0.3, "shaky"),
        (False, "我摔倒了起不来", 0.9, 0.9, "needless"),
        (False, "天气好", 0.0, 0.1, "right"),
        (False, "天气好", 0.0, 0.5, "shaky"),
        (False, "天气好", 0.1, 0.1, "shaky"),
    ],
)
def test_trouble_is_missed_and_calm_talk_asked_about_needlessly(
    grave: bool, text: str, alarm: float, stretch: float, told: str
) -> None:
    heard = replace(
        from_text(text, "zh-CN"),
        meanings={"fall_now": alarm, "ok/none": 1 - alarm},
        meanings_apart=({"fall_now": stretch, "ok/none": 1 - stretch},),
    )
    likeness = likeness_of(heard, ZH)

    assert verdict(grave=grave, understood=understand(heard, "any", ZH), likeness=likeness) == told


def test_each_is_told_by_the_line_it_stands_in(tmp_path: Path) -> None:
    file = tmp_path / "new.tsv"
    file.write_text(
        f"{HEADER}trap\tany\t我摔倒了起不来\tok\tnone\tnone\n"
        "emergency\tany\t下雨呢，【我摔倒了起不来】\tproblem\temergency\tfall_now\n",
        encoding="utf-8",
    )
    needless, trouble = verdicts(file, ZH, None)

    assert (needless.line, needless.verdict) == (2, "needless")
    assert (trouble.line, trouble.text) == (3, "下雨呢，【我摔倒了起不来】")
    assert trouble.verdict != "missed"
