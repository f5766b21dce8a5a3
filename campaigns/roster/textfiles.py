"""Rosters as text: CSV in UTF-8, UTF-16 or GB18030, whatever separates the columns."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from campaigns.roster.cells import MAX_COLUMNS, MAX_ROWS, Sheet, SheetRow
from campaigns.roster.errors import Fault, RosterError

SEPARATORS = (",", "\t", ";", "|", "，")
LOOKED_AT = 50
"""Rows by which the separator is found."""


def read_text_file(data: bytes, path: Path) -> Sheet:
    """Read a text file as one sheet without a name. Raises RosterError."""
    text = _decode(data, path)
    rows = []
    try:
        for number, cells in enumerate(_records(text, _separator(text)), start=1):
            if any(cell.strip() for cell in cells):
                rows.append(SheetRow(number, tuple(cells[:MAX_COLUMNS])))
            if len(rows) > MAX_ROWS:
                raise RosterError(Fault.TOO_MANY_ROWS, path, limit=MAX_ROWS)
    except csv.Error as error:
        raise RosterError(Fault.NOT_TEXT, path) from error
    return Sheet("", tuple(rows))


def _decode(data: bytes, path: Path) -> str:
    """The text, by its byte order mark, else as UTF-8, else as GB18030 (GBK and GB2312 are part of it)."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise RosterError(Fault.NOT_TEXT, path)


def _separator(text: str) -> str:
    """The separator that finds most cells in the first rows."""

    def cells_found(separator: str) -> int:
        try:
            return sum(len(cells) for cells in islice(_records(text, separator), LOOKED_AT))
        except csv.Error:
            return 0

    return max(SEPARATORS, key=cells_found)


def _records(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)
