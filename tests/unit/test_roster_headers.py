"""The header of a form, however a district has drawn it."""

from __future__ import annotations

from datetime import date

from campaigns.roster.cells import Sheet, SheetRow
from campaigns.roster.headers import Header, find_header


def sheet(*rows: list[str | None]) -> Sheet:
    return Sheet(
        "", tuple(SheetRow(number, tuple(row)) for number, row in enumerate(rows, start=1) if any(row))
    )


def header(*rows: list[str | None]) -> Header:
    found = find_header(sheet(*rows))
    assert found is not None
    return found


def test_the_header_may_come_after_titles() -> None:
    found = header(
        ["淄川区特殊困难老年人摸底表"],
        [],
        ["镇（街道）：清溪镇", None, "村（社区）：上溪村", "填表日期：2026年1月15日"],
        ["序号", "姓名", "身份证号", "住址"],
        ["1", "王秀兰", "370302195106189021", "上溪村12号"],
    )
    assert found.single == {"serial": 0, "name": 1, "resident_id": 2, "address": 3}
    assert found.places == {"town": "清溪镇", "village": "上溪村"}
    assert found.filled_in_on == date(2026, 1, 15)
    assert [row.number for row in found.body] == [5]


def test_an_unfilled_head_names_no_place() -> None:
    found = header(["镇（街道）：____ 村（社区）：____"], ["姓名", "身份证号"])
    assert found.places == {}
    assert found.filled_in_on is None


def test_synonyms_brackets_stars_spaces_and_line_breaks_do_not_matter() -> None:
    found = header(
        ["老人 姓名*", "证件号", "联系电话（住宅）", "现住址", "自理能力", "村\n（社区）", "人员类别"]
    )
    assert set(found.single) == {"name", "resident_id", "address", "ability", "village", "categories"}
    assert found.phones == [2]
    assert found.unknown == []


def test_headers_may_be_english() -> None:
    found = header(["Full name", "Resident ID", "Phone", "Mobile", "Address", "Consent to calls", "Language"])
    assert set(found.single) == {"name", "resident_id", "address", "consent_phone", "language"}
    assert found.phones == [2, 3]


def test_merged_headers_in_two_lines() -> None:
    found = header(
        ["姓名", "身份证号码", "联系电话", "家庭成员", None, None, "需求服务", None, None, "备注"],
        [None, None, None, "姓名", "关系", "联系方式", "健康管理", "精神慰藉", "其他", None],
        ["王秀兰", "370302195106189021", "5550101", "王芳", "女儿", "5550201", "√", None, None, None],
    )
    assert found.phones == [2]
    assert [dict(contact.parts) for contact in found.contacts] == [{"name": 3, "relation": 4, "number": 5}]
    assert found.services == {"健康管理": 6, "精神慰藉": 7, "其他": 8}
    assert found.single == {"name": 0, "resident_id": 1, "remarks": 9}
    assert [row.number for row in found.body] == [3]


def test_several_relatives_each_with_columns_of_their_own() -> None:
    found = header(
        ["姓名", "身份证号", "家庭成员1", None, "家庭成员2", None],
        [None, None, "姓名", "电话", "姓名", "电话"],
    )
    assert [dict(contact.parts) for contact in found.contacts] == [
        {"name": 2, "number": 3},
        {"name": 4, "number": 5},
    ]
    flat = header(["姓名", "身份证号", "联系人1姓名", "联系人1电话", "联系人2姓名", "联系人2电话"])
    assert [dict(contact.parts) for contact in flat.contacts] == [
        {"name": 2, "number": 3},
        {"name": 4, "number": 5},
    ]


def test_the_number_beside_a_relatives_name_is_not_the_elders() -> None:
    found = header(["姓名", "身份证号", "家庭成员姓名", "关系", "联系方式"])
    assert found.phones == []
    assert [dict(contact.parts) for contact in found.contacts] == [{"name": 2, "relation": 3, "number": 4}]
    found = header(["姓名", "联系电话", "紧急联系人", "联系电话"])
    assert found.phones == [1]
    assert [dict(contact.parts) for contact in found.contacts] == [{"name": 2, "number": 3}]


def test_all_relatives_may_stand_in_one_cell() -> None:
    found = header(["姓名", "身份证号", "家庭成员（姓名、关系、联系方式）"])
    assert [dict(contact.parts) for contact in found.contacts] == [{"whole": 2}]


def test_groups_may_be_columns_to_tick() -> None:
    found = header(
        ["姓名", "身份证号", "类别", None, None],
        [None, None, "独居", "空巢", "重残"],
    )
    assert found.categories == {"living_alone": 2, "empty_nest": 3, "severely_disabled": 4}
    assert header(["姓名", "身份证号", "是否独居"]).categories == {"living_alone": 2}


def test_what_is_not_understood_is_told() -> None:
    assert header(["姓名", "身份证号", "血型"]).unknown == ["血型"]


def test_a_table_of_something_else_is_no_form() -> None:
    assert find_header(sheet(["商品", "价格", "数量"], ["苹果", "5", "10"])) is None
    assert find_header(sheet(["姓名", "性别"], ["王秀兰", "女"])) is None
    assert find_header(sheet()) is None
