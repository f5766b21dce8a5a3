"""Rosters as .xlsx workbooks, read as data: formulas by their saved results, styles not at all."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from campaigns.roster.cells import MAX_COLUMNS, MAX_ROWS, BrokenCell, Cell, Sheet, SheetRow, is_empty
from campaigns.roster.errors import Fault, RosterError
from campaigns.roster.troubles import Trouble

MAX_UNPACKED_MB = 300
LAST_ROW = 1_048_576
"""Of any spreadsheet; a file that numbers its rows higher would be read for ever, gap and all."""
ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"})
CANNOT_BE_READ = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    ParseError,
    # What openpyxl stumbles over in workbooks whose parts are missing or hold nonsense.
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)


def read_workbook(data: bytes, path: Path) -> list[Sheet]:
    """Read the visible sheets of a workbook. Raises RosterError."""
    try:
        has_formulas = _look_inside(data, path)
        values = _open(data, data_only=True)
        formulas = _open(data, data_only=False) if has_formulas else None
        return [
            Sheet(sheet.title, tuple(_rows(sheet, formulas[sheet.title] if formulas else None, path)))
            for sheet in values.worksheets
            if sheet.sheet_state == "visible"
        ]
    except CANNOT_BE_READ as error:
        raise RosterError(Fault.BROKEN_WORKBOOK, path) from error


def _look_inside(data: bytes, path: Path) -> bool:
    """Refuse what would fill the memory; say whether there is any formula.

    The sizes that a ZIP file states can be trusted here: unpacking stops with an error where they lie.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_MB * 1_000_000:
            raise RosterError(Fault.UNPACKS_TOO_LARGE, path, limit_mb=MAX_UNPACKED_MB)
        parts = [part for part in archive.namelist() if part.endswith((".xml", ".rels"))]
        for part in parts:
            with archive.open(part) as file:
                if b"<!DOCTYPE" in file.read(1000):  # no spreadsheet program writes one; attackers do
                    raise RosterError(Fault.BROKEN_WORKBOOK, path)
        sheets = [part for part in parts if part.startswith("xl/worksheets/")]
        return any(b"<f>" in sheet or b"<f " in sheet for sheet in map(archive.read, sheets))


def _open(data: bytes, *, data_only: bool) -> Workbook:
    with warnings.catch_warnings():
        # About styles, validations and extensions, none of which matter here.
        warnings.filterwarnings("ignore", module="openpyxl")
        return load_workbook(io.BytesIO(data), read_only=True, data_only=data_only, keep_links=False)


def _rows(values: Any, formulas: Any, path: Path) -> Iterator[SheetRow]:
    taken = 0
    as_written: Iterable[tuple[Any, ...] | None] = _raw_rows(formulas) if formulas else repeat(None)
    for number, (row, written) in enumerate(zip(_raw_rows(values), as_written, strict=False), start=1):
        width = _width(row if written is None else written)
        if not width:
            continue
        cells = tuple(
            map(_cell, row[:width]) if written is None else map(_calculated, row[:width], written[:width])
        )
        if all(map(is_empty, cells)):
            continue
        taken += 1
        if taken > MAX_ROWS:
            raise RosterError(Fault.TOO_MANY_ROWS, path, limit=MAX_ROWS)
        yield SheetRow(number, cells)


def _width(row: tuple[Any, ...]) -> int:
    """How many cells there are up to the last with a value; openpyxl fills rows up to ``MAX_COLUMNS``."""
    if row.count(None) == len(row):
        return 0
    return next(index for index in range(len(row), 0, -1) if row[index - 1] is not None)


def _raw_rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # some programs write wrong ones
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS, max_row=LAST_ROW)
    return rows


def _cell(value: Any) -> Cell:
    if isinstance(value, str) and value in ERRORS:
        return BrokenCell(value, Trouble.CELL_ERROR)
    found: Cell = value
    return found


def _calculated(value: Any, written: Any) -> Cell:
    if value is None and written is not None:
        return BrokenCell(str(getattr(written, "text", written)), Trouble.NOT_CALCULATED)
    return _cell(value)
