"""One cell, one fact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.policy import Ability, Category
from campaigns.roster.cells import BrokenCell, Cell, clean, text_of
from campaigns.roster.fields import (
    read_ability,
    read_age,
    read_birth_date,
    read_categories,
    read_language,
    read_name,
    read_services,
    read_sex,
    read_text,
    read_tick,
)
from campaigns.roster.report import masked
from campaigns.roster.troubles import WORDS, BadCellError, Trouble
from campaigns.roster.vocabulary import vocabulary

FROM_A_SPREADSHEET = datetime(1946, 3, 4)  # noqa: DTZ001 - their dates know no time zone


def trouble(read: Callable[[Cell], object], cell: Cell) -> str:
    with pytest.raises(BadCellError) as caught:
        read(cell)
    return caught.value.trouble.value


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("王秀兰", "王秀兰"),
        ("丁　兰", "丁兰"),
        (" 王  秀 兰 ", "王秀兰"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
        ("María  José Pérez", "María José Pérez"),
        ("王秀兰\n", "王秀兰"),
        ("王\u200b秀兰", "王秀兰"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("=HYPERLINK('x')", "=HYPERLINK('x')"),
        ("无", ""),
        (None, ""),
    ],
)
def test_names_are_kept_as_people_bear_them(written: Cell, name: str) -> None:
    assert read_name(written) == name


def test_what_has_no_letters_is_no_name() -> None:
    assert trouble(read_name, "12") == "name_not_a_name"
    assert trouble(read_name, 3.0) == "name_not_a_name"
    assert trouble(read_name, "王" * 90) == "name_not_a_name"


@pytest.mark.parametrize(
    "written",
    [
        FROM_A_SPREADSHEET,
        "1946-03-04",
        "1946.3.4",
        "1946/3/4",
        "1946年3月4日",
        "19460304",
        "１９４６年３月４日",
    ],
)
def test_birth_dates_may_be_written_in_many_ways(written: Cell) -> None:
    assert read_birth_date(written) == date(1946, 3, 4)


def test_dates_that_do_not_exist_are_refused() -> None:
    for written in ("1946-13-04", "1943-02-29", "四十六年", "1946"):
        assert trouble(read_birth_date, written) == "birth_date"


def test_ages_and_sexes() -> None:
    assert [read_age(cell) for cell in (78, 78.0, "78", "78岁", "78周岁", "７８", None, "-")] == [78] * 6 + [
        None
    ] * 2
    assert trouble(read_age, "七十八") == "age_not_known"
    assert [read_sex(cell) for cell in ("女", "男", "女性", "F", "male", "")] == [
        "female",
        "male",
        "female",
        "female",
        "male",
        "",
    ]
    assert trouble(read_sex, "?") == "sex_not_known"


@pytest.mark.parametrize(
    ("written", "ability"),
    [
        ("能力完好", "intact"),
        ("自理", "intact"),
        ("能力完好（0级）", "intact"),
        (0, "intact"),
        ("轻度失能", "mild"),
        ("半失能", "moderate"),
        ("重度", "severe"),
        ("失能", "severe"),
        ("完全失能", "complete"),
        ("未评估", "unknown"),
        ("Intact", "intact"),
        ("", ""),
        ("/", ""),
    ],
)
def test_abilities(written: Cell, ability: str) -> None:
    assert read_ability(written) == ability


def test_an_ability_that_is_not_understood_is_not_guessed() -> None:
    assert trouble(read_ability, "还可以吧") == "ability_not_known"


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("独居", ["living_alone"]),
        ("独居、低保", ["living_alone", "safety_net"]),
        ("独居老人,空巢老人", ["living_alone", "empty_nest"]),
        ("独居 空巢", ["living_alone", "empty_nest"]),
        ("计划生育特殊家庭老人", ["special_family_planning"]),
        ("重残（二级）", ["severely_disabled"]),
        ("living alone; empty nest", ["living_alone", "empty_nest"]),
        ("一般", []),
        ("无", []),
        ("", []),
    ],
)
def test_categories(written: str, codes: list[str]) -> None:
    assert read_categories(written) == (codes, [])


def test_strange_categories_and_services_are_told() -> None:
    assert read_categories("独居、武林高手") == (["living_alone"], ["武林高手"])
    assert read_services("健康管理，跳伞") == (["健康管理"], ["跳伞"])


def test_ticks() -> None:
    assert [read_tick(cell) for cell in ("√", "✓", "是", "同意", 1, True, "Y")] == [True] * 7
    assert [read_tick(cell) for cell in ("×", "否", "不同意", 0, False, "no")] == [False] * 6
    assert [read_tick(cell) for cell in (None, "", " ", "/", "-")] == [None] * 5
    assert trouble(read_tick, "再说") == "tick_not_known"


def test_languages() -> None:
    assert [
        read_language(cell) for cell in ("普通话", "四川话", "西班牙语", "Español", "英语", "朝鲜语", "")
    ] == [
        "zh-CN",
        "zh-CN",
        "es",
        "es",
        "en",
        "ko",
        "",
    ]
    assert trouble(read_language, "鸟语") == "language_not_known"


def test_broken_cells_are_told_and_never_read() -> None:
    assert trouble(read_text, BrokenCell("#N/A", Trouble.CELL_ERROR)) == "cell_error"
    assert trouble(read_age, BrokenCell("=2026-A3", Trouble.NOT_CALCULATED)) == "not_calculated"


def test_numbers_read_as_people_write_them() -> None:
    assert [text_of(cell) for cell in (5335550101.0, 78, 1.5, True, FROM_A_SPREADSHEET)] == [
        "5335550101",
        "78",
        "1.5",
        "1",
        "1946-03-04",
    ]


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert "\x00" not in once


def test_all_words_of_the_vocabulary_are_codes_of_the_policy() -> None:
    words = vocabulary()
    assert set(words.categories.values()) - {"none"} == set(Category)
    assert set(words.abilities.values()) == set(Ability)


def test_every_trouble_has_words_in_both_languages() -> None:
    for language in WORDS:
        assert set(WORDS[language]) == set(Trouble)


def test_reports_hide_the_middle_of_an_id_wherever_it_stands() -> None:
    assert masked("370302195106189021") == "370302********9021"
    assert (
        masked("身份证 370302195106189021，电话 0533-5550101")
        == "身份证 370302********9021，电话 0533-5550101"
    )
    assert masked("x" * 100) == "x" * 59 + "…"
