"""Survey forms for tests, as a district might send them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook
from stdnum.cn import ric

COLUMNS = (
    "姓名",
    "性别",
    "年龄",
    "身份证号码",
    "联系电话",
    "类别",
    "身体能力",
    "家庭住址",
    "是否同意电话探访",
)
WELL = {
    "姓名": "王秀兰",
    "联系电话": "0533-5550101",
    "类别": "独居",
    "身体能力": "能力完好",
    "家庭住址": "清溪镇上溪村12号",
    "是否同意电话探访": "是",
}
"""An elder whom the robot may phone, but for the ID."""


def resident_id(born: str = "19510618", order: int = 902, region: str = "370302") -> str:
    """A sound resident ID: even order numbers are women's, odd ones men's."""
    digits = f"{region}{born}{order:03d}"
    return digits + ric.calc_check_digit(digits + "0")


def elder(born: str = "19510618", order: int = 902, **cells: object) -> dict[str, object]:
    """The cells of an elder who may be phoned, but for those named."""
    return {**WELL, "身份证号码": resident_id(born, order), **cells}


def as_rows(elders: Iterable[dict[str, object]], columns: Sequence[str] = COLUMNS) -> list[list[object]]:
    """A header line and a line for each elder; columns that only an elder has are added."""
    people = list(elders)
    more = [column for person in people for column in person if column not in columns]
    titles = [*columns, *dict.fromkeys(more)]
    return [list(titles), *([person.get(title) for title in titles] for person in people)]


def write_xlsx(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def write_csv(
    path: Path, rows: Iterable[Sequence[object]], encoding: str = "utf-8", separator: str = ","
) -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(
        ["" if cell is None else cell for cell in row] for row in rows
    )
    path.write_bytes(text.getvalue().encode(encoding))
    return path
