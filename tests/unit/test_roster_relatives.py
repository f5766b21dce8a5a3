"""The people around an elder, told in one cell."""

from __future__ import annotations

import pytest

from campaigns.roster.entries import ContactEntry
from campaigns.roster.merging import merged_contacts
from campaigns.roster.relatives import Relative, read_relatives

DAUGHTER = Relative("王芳", "女儿", "13800000201")
NEIGHBOUR = Relative("李强", "邻居", "5550302")


@pytest.mark.parametrize(
    "written",
    [
        "王芳(女儿)13800000201",
        "王芳 女儿 13800000201",
        "王芳，女儿，13800000201",
        "女儿王芳13800000201",
        "王芳女儿：13800000201",
        "王芳（女儿）：１３８０００００２０１",
    ],
)
def test_a_relative_may_be_written_in_many_ways(written: str) -> None:
    assert read_relatives(written) == [DAUGHTER]


@pytest.mark.parametrize("between", ["；", ";", "\n", "、", "，"])
def test_several_people_in_one_cell(between: str) -> None:
    assert read_relatives(f"王芳(女儿)13800000201{between}李强 邻居 5550302") == [DAUGHTER, NEIGHBOUR]


def test_a_name_may_contain_the_word_for_a_son() -> None:
    assert read_relatives("王子文 13800000201") == [Relative("王子文", "", "13800000201")]


def test_a_number_without_a_name_is_kept() -> None:
    assert read_relatives("13800000201") == [Relative("", "", "13800000201")]
    assert read_relatives("") == []


def test_a_keyholder_who_is_also_a_relative_is_one_person() -> None:
    told = (
        ContactEntry("王芳", "女儿", "+8613800000201"),
        ContactEntry("李强", "邻居", "+865335550302"),
        ContactEntry("王芳", "", "", keyholder=True),
    )
    assert merged_contacts(told) == [
        ContactEntry("王芳", "女儿", "+8613800000201", keyholder=True),
        ContactEntry("李强", "邻居", "+865335550302"),
    ]


def test_two_daughters_without_names_stay_two() -> None:
    told = (ContactEntry("女儿", "女儿", "+8613800000201"), ContactEntry("女儿", "女儿", "+8613800000202"))
    assert merged_contacts(told) == list(told)
