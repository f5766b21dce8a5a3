"""Make the example rosters: 24 fictional elders for the demo, and a form with every kind of mistake.

Run from the repository's root: ``python tools/make_example_roster.py [FOLDER]``. The same files come out byte
for byte, whoever runs it and when.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from stdnum.cn import ric

FORM_DATE = date(2026, 1, 15)
STAMP = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
"""When the files say they were made."""
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
REGION = "370302"
HEADER_LINES = 2
FICTIONAL = "示例数据，均为虚构"
TITLE = "特殊困难老年人探访关爱服务对象摸底表"
SERVICES = (
    "健康管理",
    "精神慰藉",
    "其他",
    "居家安全",
    "环境卫生",
    "生活照料",
    "应急救援",
    "康复护理",
    "文体活动",
)
COLUMNS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    # title, titles below it, width
    ("序号", (), 5),
    ("姓名", (), 9),
    ("性别", (), 5),
    ("年龄", (), 5),
    ("身份证号码", (), 21),
    ("联系电话", (), 27),
    ("类别", (), 16),
    ("身体能力", (), 10),
    ("镇（街道）", (), 11),
    ("村（社区）", (), 12),
    ("家庭住址", (), 26),
    ("家庭成员", ("姓名", "关系", "联系方式", "持钥匙"), 9),
    ("需求服务", SERVICES, 4.5),
    ("钥匙保管人", (), 24),
    ("语言", (), 8),
    ("是否同意电话探访", (), 10),
    ("备注", (), 18),
)
EXAMPLES = {
    "roster.xlsx": "example_elders.csv",
    "roster_with_problems.xlsx": "example_problems.csv",
}


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the form, as ``example_elders.csv`` describes it; ``born`` is like 19510618."""

    name: str
    sex: str
    born: str
    phones: str
    categories: str
    ability: str
    village: str
    address: str
    relative: str
    relation: str
    relative_phone: str
    has_key: str
    services: str
    keyholder: str
    language: str
    consent: str
    remarks: str
    typed_id: str = ""
    """What stands in the form instead of the right ID; ``number ...`` where a spreadsheet made it one."""
    typed_age: str = ""
    """What stands in the form instead of the right age."""


TOWNS = {
    "上溪村": "清溪镇",
    "下溪村": "清溪镇",
    "石桥村": "清溪镇",
    "柳园社区": "柳园街道",
    "东园社区": "柳园街道",
    "书院社区": "柳园街道",
}


def resident_id(person: Person, number: int) -> str:
    """A sound ID: born as said, an order number of the right sex, the check digit of GB 11643."""
    order = 900 + number * 2 % 98 + (person.sex == "男")
    digits = f"{REGION}{person.born}{order:03d}"
    return digits + ric.calc_check_digit(digits + "0")


def age_on_form(person: Person) -> int:
    """Completed years on the form's date."""
    born = datetime.strptime(person.born, "%Y%m%d").replace(tzinfo=UTC).date()
    return FORM_DATE.year - born.year - ((FORM_DATE.month, FORM_DATE.day) < (born.month, born.day))


def people_in(name: str) -> list[Person]:
    """The people of a list beside this file.

    ``example_elders.csv`` is in the order of the demo village's personas, who are told apart by their first
    number: 0533-5550101 to 0533-5550124. In ``example_problems.csv`` each row shows something that real
    rosters hold.
    """
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return [Person(**row) for row in csv.DictReader(file)]


def typed_id(person: Person, number: int) -> str | float:
    """The cell of the resident ID."""
    if person.typed_id.startswith("number "):
        return float(person.typed_id.removeprefix("number "))
    return person.typed_id or resident_id(person, number)


def rows_of(people: Sequence[Person]) -> list[list[object]]:
    """The cells of each person's row, as the columns of the form stand."""
    rows: list[list[object]] = []
    for number, person in enumerate(people, start=1):
        ticked = person.services.split("、")
        rows.append(
            [
                number,
                person.name,
                person.sex,
                int(person.typed_age or age_on_form(person)),
                typed_id(person, number),
                person.phones,
                person.categories,
                person.ability,
                TOWNS[person.village],
                person.village,
                person.address,
                person.relative,
                person.relation,
                person.relative_phone,
                person.has_key,
                *("√" if service in ticked else None for service in SERVICES),
                person.keyholder,
                person.language,
                person.consent,
                person.remarks,
            ]
        )
    return rows


def header_lines() -> tuple[list[str], list[str]]:
    """The two lines of the form's header; merged cells hold their text in the first place."""
    upper: list[str] = []
    lower: list[str] = []
    for title, below, _ in COLUMNS:
        upper += [title, *[""] * (len(below) - 1)] if below else [title]
        lower += below or ("",)
    return upper, lower


def workbook(people: Sequence[Person]) -> bytes:
    """The form as an .xlsx file."""
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("A new workbook has a worksheet")
    sheet.title = "摸底表"
    rows = rows_of(people)
    upper, lower = header_lines()
    width = len(upper)
    sheet.append([f"淄川区{TITLE}"])
    sheet.append([f"区（县）：淄川区    填表日期：{FORM_DATE:%Y年%m月%d日}    （{FICTIONAL}）"])
    sheet.append(upper)
    sheet.append(lower)
    for row in rows:
        sheet.append(row)
    sheet.append([])
    sheet.append([f"填表人：示例    分管领导：示例    说明：{FICTIONAL}，号码仅作示例。"])
    _merge(sheet, width)
    _style(sheet, width, len(rows))
    book.properties.creator = book.properties.lastModifiedBy = "wenan"
    book.properties.created = STAMP.replace(tzinfo=None)
    raw = io.BytesIO()
    book.save(raw)
    return _stable(raw.getvalue())


def _merge(sheet: Worksheet, width: int) -> None:
    for row in (1, 2, sheet.max_row):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
    column = 1
    for _, below, _ in COLUMNS:
        last = column + max(len(below), 1) - 1
        sheet.merge_cells(start_row=3, start_column=column, end_row=3 if below else 4, end_column=last)
        column = last + 1


def _style(sheet: Worksheet, width: int, people: int) -> None:
    line = Side(style="thin", color="808080")
    grid = Border(left=line, right=line, top=line, bottom=line)
    centre = Alignment(horizontal="center", vertical="center", wrap_text=True)
    sheet["A1"].font, sheet["A1"].alignment = Font(name="SimHei", size=18, bold=True), centre
    sheet["A2"].font, sheet["A2"].alignment = Font(name="SimSun", size=11), Alignment(vertical="center")
    sheet.row_dimensions[1].height = 34
    for number, row in enumerate(sheet.iter_rows(min_row=3, max_row=4 + people, max_col=width)):
        in_header = number < HEADER_LINES
        for cell in row:
            cell.border, cell.alignment = grid, centre
            cell.font = Font(name="SimSun", size=10, bold=in_header)
            if in_header:
                cell.fill = PatternFill("solid", start_color="DDEBF7")
            elif isinstance(cell.value, str):
                cell.number_format = "@"
    sheet.row_dimensions[4].height = 60
    widths = [title_width for _, below, title_width in COLUMNS for _ in range(max(len(below), 1))]
    for index, column_width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = column_width
    sheet.column_dimensions["N"].width = 15  # the relatives' numbers
    sheet.freeze_panes = "C5"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 8  # A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "3:4"


def _stable(data: bytes) -> bytes:
    """The same workbook without the moment of its making."""
    stable = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as made,
        zipfile.ZipFile(stable, "w", zipfile.ZIP_DEFLATED) as kept,
    ):
        for part in made.infolist():
            content = made.read(part)
            if part.filename == "docProps/core.xml":
                content = _core_properties().encode()
            entry = zipfile.ZipInfo(part.filename, date_time=STAMP.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            kept.writestr(entry, content)
    return stable.getvalue()


def _core_properties() -> str:
    moment = f"{STAMP:%Y-%m-%dT%H:%M:%SZ}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(TITLE)}</dc:title><dc:description>{escape(FICTIONAL)}</dc:description>"
        "<dc:creator>wenan</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{moment}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{moment}</dcterms:modified>'
        "</cp:coreProperties>"
    )


def csv_text(people: Sequence[Person]) -> str:
    """The form as a register exports it: one header line, no titles."""
    upper, lower = header_lines()
    group = ""
    titles = []
    for above, below in zip(upper, lower, strict=True):
        group = above or group
        titles.append(f"{group}{below}" if group == "家庭成员" else below or above)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(titles)
    writer.writerows(rows_of(people))
    return text.getvalue()


def main(arguments: Iterable[str]) -> None:
    """Write both workbooks into a folder, ``examples`` by default."""
    folder = Path(next(iter(arguments), "examples"))
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in EXAMPLES.items():
        people = people_in(source)
        (folder / name).write_bytes(workbook(people))
        print(f"{folder / name}: {len(people)} rows")


if __name__ == "__main__":
    main(sys.argv[1:])
