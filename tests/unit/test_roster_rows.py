"""Rows of a form: good ones become entries, bad ones a reason and what to do."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rosters import as_rows, elder, resident_id

from campaigns.overlap import CallWish
from campaigns.policy import load_policy
from campaigns.roster.cells import BrokenCell, Sheet, SheetRow
from campaigns.roster.entries import ContactEntry, Entry
from campaigns.roster.headers import find_header
from campaigns.roster.reading import read_rows
from campaigns.roster.report import RowProblem
from campaigns.roster.rowcells import ReadingRules
from campaigns.roster.telephones import Numbering, Telephone
from campaigns.roster.troubles import Trouble

RULES = ReadingRules(policy=load_policy(), today=date(2026, 3, 4), numbering=Numbering("CN", "0533"))


def read(*rows: list[object]) -> tuple[list[Entry], list[RowProblem]]:
    """The entries and problems of a sheet whose first row is the header."""
    numbered = (SheetRow(number, tuple(row)) for number, row in enumerate(rows, start=1))
    header = find_header(
        Sheet("", tuple(row for row in numbered if any(cell is not None for cell in row.cells)))
    )
    assert header is not None
    found = list(read_rows(header, "", RULES))
    return [entry for _, entry, _ in found if entry], [
        problem for _, _, problems in found for problem in problems
    ]


def one(**cells: object) -> Entry:
    entries, problems = read(*as_rows([elder(**cells)]))
    assert problems == []
    return entries[0]


def told(**cells: object) -> list[tuple[str, str, bool]]:
    """What is reported of an elder's row: (column, kind, kept)."""
    _, problems = read(*as_rows([elder(**cells)]))
    return [(problem.column, problem.code, problem.kept) for problem in problems]


cells = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.just(BrokenCell("#N/A", Trouble.CELL_ERROR)),
    st.sampled_from(
        ["√", "13800000101", "0533-5550101", resident_id(), "独居", "1.2E+17", "王芳(女儿)5550201"]
    ),
)
TITLES: list[object] = [
    *(
        "姓名",
        "性别",
        "年龄",
        "身份证号码",
        "出生日期",
        "联系电话",
        "类别",
        "身体能力",
        "家庭住址",
        "需求服务",
    ),
    *(
        "家庭成员",
        "家庭成员姓名",
        "家庭成员电话",
        "钥匙保管人",
        "语言",
        "同意电话探访",
        "村",
        "健康管理",
        "备注",
    ),
]


@given(st.lists(st.lists(cells, max_size=len(TITLES) + 2), max_size=4))
def test_whatever_stands_in_a_row_it_is_taken_or_told(rows: list[list[object]]) -> None:
    numbered = tuple(SheetRow(number, tuple(row)) for number, row in enumerate(rows, start=2))
    header = find_header(Sheet("", (SheetRow(1, tuple(TITLES)), *numbered)))
    assert header is not None
    for _, entry, problems in read_rows(header, "", RULES):
        assert entry or any(not problem.kept for problem in problems)
        assert entry is None or all(problem.kept for problem in problems)


def test_a_good_row() -> None:
    entry = one(born="19510618", order=902, 家庭成员="王芳(女儿)13800000201", 备注="住一楼")
    assert (entry.name, entry.sex, entry.birth_date) == ("王秀兰", "female", date(1951, 6, 18))
    assert (entry.categories, entry.ability) == (("living_alone",), "intact")
    assert entry.phones == (Telephone("+865335550101", "landline"),)
    assert entry.contacts == (ContactEntry("王芳", "女儿", "+8613800000201"),)
    assert entry.consents == (("telephone_visit", True),)
    assert (entry.address, entry.remarks) == ("清溪镇上溪村12号", "住一楼")


@pytest.mark.parametrize(
    ("cells", "column", "kind"),
    [
        ({"姓名": None}, "姓名", "name_missing"),
        ({"姓名": "123"}, "姓名", "name_not_a_name"),
        ({"身份证号码": None}, "身份证号码", "id_missing"),
        ({"身份证号码": "370302195106189021"}, "身份证号码", "id_checksum"),
        ({"身份证号码": 3.70302195106189e17}, "身份证号码", "id_lost_digits"),
        ({"身份证号码": resident_id("19850505")}, "身份证号码", "too_young"),
        ({"身份证号码": resident_id("18850505")}, "身份证号码", "too_old"),
    ],
)
def test_rows_that_must_be_left_out(cells: dict[str, object], column: str, kind: str) -> None:
    assert told(**cells) == [(column, kind, False)]


@pytest.mark.parametrize(
    ("cells", "column", "kind"),
    [
        ({"联系电话": "0533-555010"}, "联系电话", "phone_invalid"),
        ({"性别": "男"}, "性别", "sex_differs"),
        ({"年龄": 65}, "年龄", "age_differs"),
        ({"出生日期": "1951-06-19"}, "出生日期", "birth_date_differs"),
        ({"类别": "武林高手"}, "类别", "category_not_known"),
        ({"身体能力": "还行"}, "身体能力", "ability_not_known"),
        ({"语言": "鸟语"}, "语言", "language_not_known"),
        ({"是否同意电话探访": "再说"}, "是否同意电话探访", "tick_not_known"),
        ({"需求服务": "跳伞"}, "需求服务", "service_not_known"),
        ({"家庭成员": "13800000201"}, "家庭成员", "contact_without_name"),
    ],
)
def test_elders_who_are_taken_although_something_is_wrong(
    cells: dict[str, object], column: str, kind: str
) -> None:
    assert told(**cells) == [(column, kind, True)]


def test_a_problem_says_what_stands_there_and_what_to_do() -> None:
    _, (problem,) = read([], *as_rows([elder(身份证号码="370302195106189021")]))
    assert (problem.row, problem.column, problem.value) == (3, "身份证号码", "370302********9021")
    assert problem.reason == "身份证号码校验位不符，有错填的数字"
    assert problem.advice == "请对照身份证逐位核对"


def test_a_row_that_is_left_out_keeps_nothing() -> None:
    assert told(联系电话="110", 身份证号码=resident_id("19850505")) == [
        ("身份证号码", "too_young", False),
    ]
    assert told(出生日期="gestern", 身份证号码=resident_id("19850505")) == [
        ("出生日期", "birth_date", False),
        ("身份证号码", "too_young", False),
    ]


@pytest.mark.parametrize("age", [73, 74, 75, 76, "74岁"])
def test_an_age_by_tradition_or_of_last_year_is_no_mistake(age: object) -> None:
    assert told(年龄=age) == []


def test_an_age_was_true_on_the_forms_date() -> None:
    entries, problems = read(["填表日期：2020年3月"], *as_rows([elder(年龄=68)]))
    assert (len(entries), problems) == (1, [])


def test_somebody_without_an_id_is_known_by_the_birth_date() -> None:
    entry = one(身份证号码=None, 出生日期="1951-06-18", 性别="女")
    assert (entry.resident_id, entry.birth_date, entry.sex) == ("", date(1951, 6, 18), "female")


def test_a_number_that_is_said_to_be_the_daughters_is_hers() -> None:
    entry = one(联系电话="0533-5550101 / 13800000201(女儿)")
    assert [phone.number for phone in entry.phones] == ["+865335550101"]
    assert entry.contacts == (ContactEntry("女儿", "女儿", "+8613800000201"),)


def test_one_number_in_two_columns_is_one_number() -> None:
    assert len(one(手机="0533 5550101").phones) == 1
    assert len(one(手机="13800000101").phones) == 2


def test_an_unreadable_language_is_nobodys() -> None:
    entries, _ = read(*as_rows([elder(语言="鸟语")]))
    assert entries[0].language == "und"


def test_relatives_in_further_rows_belong_to_the_elder_above() -> None:
    entries, problems = read(
        ["姓名", "身份证号码", "家庭住址", "家庭成员", None, None],
        [None, None, None, "姓名", "关系", "联系方式"],
        ["王秀兰", resident_id(), "上溪村12号", "王芳", "女儿", "13800000201"],
        [None, None, None, "王强", "儿子", "13800000202"],
        ["李长林", resident_id("19480127", 905), "下溪村18号", "李明", "儿子", "0533-5550305"],
    )
    assert problems == []
    assert [[contact.name for contact in entry.contacts] for entry in entries] == [["王芳", "王强"], ["李明"]]


def test_ticked_services_and_keyholders() -> None:
    entries, _ = read(
        ["姓名", "身份证号码", "需求服务", None, "钥匙保管人"],
        [None, None, "健康管理", "其他", None],
        ["王秀兰", resident_id(), "√", None, "邻居 王大嫂 0533-5550302"],
    )
    assert entries[0].services == ("健康管理",)
    assert entries[0].contacts == (ContactEntry("王大嫂", "邻居", "+865335550302", keyholder=True),)


def test_signatures_explanations_and_prepared_rows_are_about_nobody() -> None:
    entries, problems = read(
        ["序号", "姓名", "身份证号码", "家庭住址", "备注"],
        [1, "王秀兰", resident_id(), "上溪村12号", None],
        [2, None, None, None, None],
        ["填表人：张三", None, None, "分管领导：李四", None],
        ["注：本表一式两份"],
        [None, None, None, None, "示例"],
    )
    assert (len(entries), problems) == (1, [])


def test_a_row_with_an_address_but_no_name_is_not_overlooked() -> None:
    assert told(姓名=None, 身份证号码=None) == [("姓名", "name_missing", False)]


def test_when_an_elder_likes_to_be_phoned_is_read_from_the_elders_own_words() -> None:
    assert one(方便接听时间="周二周四上午9点到11点").call_wish == CallWish(
        days=(1, 3), hours=((time(9), time(11)),)
    )
    assert one(方便接听时间="随时").call_wish == CallWish()
    assert one(方便接听时间="/").call_wish is None
    assert one().call_wish is None


def test_a_wish_that_is_not_understood_is_reported_and_the_elder_is_taken() -> None:
    assert told(方便接听时间="周末别打") == [("方便接听时间", "wish_not_known", True)]
