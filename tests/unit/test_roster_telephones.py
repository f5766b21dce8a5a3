"""Telephone numbers as people write them; what cannot be told for sure is not dialled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.roster.cells import Cell
from campaigns.roster.telephones import Numbering, Telephone, read_number, relation_in, split_numbers
from campaigns.roster.troubles import BadCellError

ZIBO = Numbering("CN", "0533")


def numbers(cell: Cell, numbering: Numbering = ZIBO) -> list[str]:
    return [read_number(piece, numbering).number for piece in split_numbers(cell)]


def trouble(cell: Cell, numbering: Numbering = ZIBO) -> str:
    with pytest.raises(BadCellError) as caught:
        numbers(cell, numbering)
    return caught.value.trouble.value


@pytest.mark.parametrize(
    "written",
    [
        "0533-5550101",
        "05335550101",
        "0533 5550101",
        "(0533)5550101",
        "（０５３３）５５５０１０１",
        "0533--5550101",
        "+86 533 5550101",
        "0086-533-5550101",
        "5550101",
        "555-0101",
        "家：0533-5550101",
        "宅电0533-5550101",
        5335550101.0,
        5335550101,
    ],
)
def test_a_landline_may_be_written_in_many_ways(written: Cell) -> None:
    assert numbers(written) == ["+865335550101"]


@pytest.mark.parametrize(
    "written", ["13800000101", "138 0000 0101", "138-0000-0101", "手机:１３８０００００１０１", 13800000101]
)
def test_so_may_a_mobile(written: Cell) -> None:
    assert numbers(written) == ["+8613800000101"]
    assert read_number("13800000101", ZIBO).kind == "mobile"


@pytest.mark.parametrize(
    "written", ["0533-5550101转8001", "0533-5550101-8001", "0533-5550101 ext. 8001", "0533-5550101 分机 8001"]
)
def test_an_extension_is_kept(written: str) -> None:
    assert numbers(written) == ["+865335550101;ext=8001"]


@pytest.mark.parametrize(
    "written",
    [
        "0533-5550101/13800000101",
        "0533-5550101、13800000101",
        "0533-5550101，13800000101",
        "0533-5550101；13800000101",
        "0533-5550101 13800000101",
        "0533 5550101 13800000101",
        "0533-5550101\n13800000101",
        "0533-5550101或13800000101",
    ],
)
def test_several_numbers_in_one_cell_are_kept_in_their_order(written: str) -> None:
    assert numbers(written) == ["+865335550101", "+8613800000101"]


def test_two_landlines_apart_by_spaces_are_not_one_with_an_extension() -> None:
    assert numbers("010 62345678 010 62345679") == ["+861062345678", "+861062345679"]


@pytest.mark.parametrize("blank", ["", None, "无", "/", "-", "——", "暂无", "n/a"])
def test_no_telephone_is_no_mistake(blank: Cell) -> None:
    assert numbers(blank) == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0533-555010", "phone_invalid"),
        ("1380000010", "phone_invalid"),
        ("12345678901", "phone_invalid"),
        ("0533-555O101", "phone_invalid"),
        ("110", "phone_invalid"),
        ("95588", "phone_invalid"),
        ("0533-95588", "phone_no_home"),
        ("400-820-8820", "phone_no_home"),
        ("+44 20 7946 0958", "phone_foreign"),
        ("00853 28123456", "phone_foreign"),
        ("1.38E+10", "phone_lost_digits"),
        ("问邻居", "phone_invalid"),
    ],
)
def test_what_cannot_be_dialled_for_sure_is_refused(written: str, expected: str) -> None:
    assert trouble(written) == expected


def test_a_local_number_needs_its_area_code() -> None:
    assert trouble("5550101", Numbering("CN", None)) == "phone_no_area_code"
    assert numbers("5550101", Numbering("CN", "533")) == ["+865335550101"]


def test_other_countries_number_their_own_way() -> None:
    assert numbers("945 123 456", Numbering("ES")) == ["+34945123456"]
    assert numbers("(925) 203-4567", Numbering("US")) == ["+19252034567"]
    assert trouble("0533-5550101", Numbering("ES")) == "phone_invalid"


def test_a_relative_may_live_abroad() -> None:
    assert read_number("+44 20 7946 0958", ZIBO, abroad=True) == Telephone("+442079460958", "landline")


def test_a_number_that_is_said_to_be_a_relatives_is_known_as_such() -> None:
    assert relation_in("13800000101(女儿)") == "女儿"
    assert relation_in("儿子：13800000101") == "儿子"
    assert relation_in("手机 13800000101") == ""


@given(st.text(max_size=40))
def test_no_text_whatever_breaks_the_reading(text: str) -> None:
    for piece in split_numbers(text) if "E" not in text.upper() else []:
        try:
            number = read_number(piece, ZIBO).number
        except BadCellError:
            continue
        assert number.startswith("+86")


@given(
    st.integers(2_000_000, 8_999_999), st.sampled_from(["0533-{}", "0533{}", "(0533) {}", "{}", "+86533{}"])
)
def test_every_way_of_writing_a_landline_is_the_same_number(subscriber: int, written: str) -> None:
    assert numbers(written.format(subscriber)) == [f"+86533{subscriber}"]
