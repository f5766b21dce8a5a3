"""Files as they arrive: from spreadsheets, registers and attackers. What is no roster is told in one line."""

from __future__ import annotations

import codecs
import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from support.rosters import as_rows, elder, write_csv, write_xlsx

from campaigns.roster import sheets as sheets_module
from campaigns.roster import textfiles, workbooks
from campaigns.roster.cells import BrokenCell, Sheet
from campaigns.roster.errors import Fault, RosterError
from campaigns.roster.sheets import open_sheets
from campaigns.roster.troubles import Trouble

ROWS = as_rows([elder(), elder("19540302", 904, 姓名="刘桂英", 家庭住址="上溪村27号, 后院")])


def fault(path: Path) -> Fault:
    with pytest.raises(RosterError) as caught:
        open_sheets(path)
    for language in ("zh-CN", "en"):
        message = caught.value.text(language)
        assert str(path) in message
        assert "\n" not in message
    return caught.value.fault


def names(sheet: Sheet) -> list[object]:
    column = sheet.rows[0].cells.index("姓名")
    return [row.cells[column] for row in sheet.rows[1:]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_text_in_any_usual_encoding_and_with_any_usual_separator(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    (sheet,) = open_sheets(write_csv(tmp_path / "roster.csv", ROWS, encoding, separator))
    assert names(sheet) == ["王秀兰", "刘桂英"]
    assert sheet.rows[2].cells[7] == "上溪村27号, 后院"


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    padded = [["摸底表"], [], *ROWS[:2], [], ROWS[2]]
    (text,) = open_sheets(write_csv(tmp_path / "roster.csv", padded))
    (book,) = open_sheets(write_xlsx(tmp_path / "roster.xlsx", padded))
    assert [row.number for row in text.rows] == [row.number for row in book.rows] == [1, 3, 4, 6]


def test_a_cell_of_several_lines_is_one_row(tmp_path: Path) -> None:
    rows = as_rows([elder(家庭成员="王芳 女儿\n王强 儿子"), elder("19540302", 904)])
    (sheet,) = open_sheets(write_csv(tmp_path / "roster.csv", rows))
    assert [row.number for row in sheet.rows] == [1, 2, 3]


def test_hidden_rows_are_read_and_hidden_sheets_are_not(tmp_path: Path) -> None:
    book = Workbook()
    shown = book.active
    for row in ROWS:
        shown.append(row)
    shown.row_dimensions[3].hidden = True
    book.create_sheet("字典").sheet_state = "hidden"
    book.save(tmp_path / "roster.xlsx")
    (sheet,) = open_sheets(tmp_path / "roster.xlsx")
    assert names(sheet) == ["王秀兰", "刘桂英"]


def test_formulas_without_results_and_errors_are_broken_cells(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "roster.xlsx", [["姓名", "年龄", "备注"], ["王秀兰", "=2026-1951", "#N/A"]])
    (sheet,) = open_sheets(path)
    assert sheet.rows[1].cells[1] == BrokenCell("=2026-1951", Trouble.NOT_CALCULATED)
    assert sheet.rows[1].cells[2] == BrokenCell("#N/A", Trouble.CELL_ERROR)


def test_a_formula_with_its_result_is_its_result(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "made.xlsx", [["姓名", "年龄"], ["王秀兰", "=2026-1951"]])
    calculated = rewritten(path, "xl/worksheets/sheet1.xml", b"<v></v>", b"<v>75</v>")
    if b"<v>75</v>" not in zipfile.ZipFile(calculated).read("xl/worksheets/sheet1.xml"):
        calculated = rewritten(path, "xl/worksheets/sheet1.xml", b"<v />", b"<v>75</v>")
    (sheet,) = open_sheets(calculated)
    assert sheet.rows[1].cells[1] == 75


def test_text_that_looks_like_a_formula_in_a_text_file_is_text(tmp_path: Path) -> None:
    (sheet,) = open_sheets(write_csv(tmp_path / "roster.csv", [["姓名", "备注"], ["=cmd()", "<b>x</b>"]]))
    assert sheet.rows[1].cells == ("=cmd()", "<b>x</b>")


def rewritten(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """The same workbook with some bytes of one part replaced."""
    changed = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(old, new) if name == part else data)
    return changed


# What is no roster


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert fault(tmp_path / "nowhere.xlsx") is Fault.NOT_FOUND
    assert fault(tmp_path) is Fault.NOT_A_FILE


def test_an_empty_file(tmp_path: Path) -> None:
    for content in (b"", b" \n\n"):
        (tmp_path / "roster.csv").write_bytes(content)
        assert fault(tmp_path / "roster.csv") is Fault.EMPTY


def test_a_locked_or_old_workbook(tmp_path: Path) -> None:
    (tmp_path / "roster.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    assert fault(tmp_path / "roster.xlsx") is Fault.LOCKED_OR_OLD


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"\xff\xfe\xfd\xfc\xfb",
        b"%PDF-1.7\n\x81\x00",
        codecs.BOM_UTF16_LE + b"\xd8",
    ],
)
def test_something_else_altogether(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "roster.csv").write_bytes(content)
    assert fault(tmp_path / "roster.csv") is Fault.NOT_TEXT


def test_a_zip_file_that_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "roster.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert fault(tmp_path / "roster.xlsx") is Fault.BROKEN_WORKBOOK


@pytest.mark.parametrize("kept", [10, 200, 2000, 4000])
def test_a_workbook_cut_off(tmp_path: Path, kept: int) -> None:
    whole = write_xlsx(tmp_path / "whole.xlsx", ROWS).read_bytes()
    (tmp_path / "roster.xlsx").write_bytes(whole[:kept])
    assert fault(tmp_path / "roster.xlsx") is Fault.BROKEN_WORKBOOK


def test_a_workbook_with_spoilt_parts(tmp_path: Path) -> None:
    whole = write_xlsx(tmp_path / "roster.xlsx", ROWS)
    spoilt = rewritten(whole, "xl/worksheets/sheet1.xml", b"<sheetData>", b"<sheetData><<<")
    assert fault(spoilt) is Fault.BROKEN_WORKBOOK


def test_a_workbook_that_unpacks_to_a_flood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_UNPACKED_MB", 1)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2_000_000)
    assert len(bomb.getvalue()) < 10_000
    (tmp_path / "roster.xlsx").write_bytes(bomb.getvalue())
    assert fault(tmp_path / "roster.xlsx") is Fault.UNPACKS_TOO_LARGE


def test_a_workbook_whose_entities_would_explode(tmp_path: Path) -> None:
    whole = write_xlsx(tmp_path / "roster.xlsx", ROWS)
    trick = rewritten(whole, "xl/workbook.xml", b"<workbook", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook')
    assert fault(trick) is Fault.BROKEN_WORKBOOK


def test_a_row_that_no_spreadsheet_can_have_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "LAST_ROW", 5_000)
    whole = write_xlsx(tmp_path / "roster.xlsx", ROWS)
    far = rewritten(whole, "xl/worksheets/sheet1.xml", b'<row r="3"', b'<row r="99999999999"')
    (sheet,) = open_sheets(far)
    assert names(sheet) == ["王秀兰"]


def test_a_file_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets_module, "MAX_FILE_MB", 0)
    assert fault(write_csv(tmp_path / "roster.csv", ROWS)) is Fault.TOO_LARGE


def test_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textfiles, "MAX_ROWS", 2)
    monkeypatch.setattr(workbooks, "MAX_ROWS", 2)
    assert fault(write_csv(tmp_path / "roster.csv", ROWS)) is Fault.TOO_MANY_ROWS
    assert fault(write_xlsx(tmp_path / "roster.xlsx", ROWS)) is Fault.TOO_MANY_ROWS
