"""Resident IDs: whose number it is can be trusted to its last digit."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rosters import resident_id

from campaigns.roster.cells import Cell
from campaigns.roster.identity import read_resident_id
from campaigns.roster.troubles import BadCellError

orders = st.integers(0, 999)
birth_dates = st.dates(date(1910, 1, 1), date(1966, 12, 31))


def trouble(cell: Cell) -> str:
    with pytest.raises(BadCellError) as caught:
        read_resident_id(cell)
    return caught.value.trouble.value


@given(birth_dates, orders)
def test_birth_date_and_sex_come_out_of_the_number(born: date, order: int) -> None:
    number = resident_id(f"{born:%Y%m%d}", order)
    identity = read_resident_id(number)
    assert identity is not None
    assert identity.birth_date == born
    assert identity.sex == ("male" if order % 2 else "female")


@given(birth_dates, orders, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(born: date, order: int, place: int, by: int) -> None:
    number = resident_id(f"{born:%Y%m%d}", order)
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert trouble(wrong) == "id_checksum"


@given(birth_dates, orders, st.integers(0, 15))
def test_two_swapped_digits_are_always_noticed(born: date, order: int, place: int) -> None:
    number = resident_id(f"{born:%Y%m%d}", order)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        assert trouble(swapped) == "id_checksum"


@pytest.mark.parametrize("born", ["19350101", "19450101", "19600101"])
def test_elders_are_older_than_their_regions_code(born: str) -> None:
    # Zichuan got its code in 1983, and stdnum turns away whoever was born before that.
    identity = read_resident_id(resident_id(born, region="370302"))
    assert identity is not None


def test_a_leap_days_child_has_a_birth_date() -> None:
    identity = read_resident_id(resident_id("19440229"))
    assert identity is not None
    assert identity.birth_date == date(1944, 2, 29)
    assert trouble(resident_id("19430229")) == "id_birth_date"


def test_a_last_x_may_be_small_and_spaces_and_wide_digits_do_not_matter() -> None:
    number = next(resident_id(order=order) for order in range(999) if resident_id(order=order).endswith("X"))
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in number)
    for written in (
        number,
        number.lower(),
        f" {number[:6]} {number[6:14]} {number[14:]} ",
        f"'{number}",
        wide,
    ):
        identity = read_resident_id(written)
        assert identity is not None
        assert identity.number == number


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (3.70302195106189e17, "id_lost_digits"),
        (370302195106189000, "id_lost_digits"),
        ("3.70302E+17", "id_lost_digits"),
        ("370302510618902", "id_old"),
        ("37030219510618902", "id_length"),
        (12345, "id_length"),
        ("37030219510618O028", "id_signs"),
        ("身份证在儿子家", "id_length"),
    ],
)
def test_what_is_no_resident_id_is_told_apart(cell: Cell, expected: str) -> None:
    assert trouble(cell) == expected


def test_an_id_of_no_region_is_refused_but_not_that_of_a_compatriot() -> None:
    assert trouble(resident_id(region="990101")) == "id_region"
    assert read_resident_id(resident_id(region="830000")) is not None


def test_an_empty_cell_is_no_mistake() -> None:
    assert read_resident_id(None) is None
    assert read_resident_id("  ") is None
