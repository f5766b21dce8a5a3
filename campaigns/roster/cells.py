"""The plain values a roster file is made of, and how they read as text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from campaigns.roster.troubles import BadCellError, Trouble

MAX_ROWS = 100_000
"""Rows with something in them; a town's roster has some thousands."""
MAX_COLUMNS = 256


@dataclass(frozen=True, slots=True)
class BrokenCell:
    """A cell that holds no value to read; ``text`` is what the sheet shows there."""

    text: str
    trouble: Trouble


Cell = str | int | float | bool | datetime | date | time | timedelta | BrokenCell | None


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row with something in it; ``number`` counts from 1 as the spreadsheet does."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A visible sheet, without its empty rows. Hidden rows are rows: a filter hides nobody from a visit."""

    name: str
    rows: tuple[SheetRow, ...]


def text_of(cell: Cell) -> str:
    """A cell as one would read it aloud: whole numbers without ``.0``, dates as 1946-03-04.

    Raises BadCellError for an error value and for a formula without a result.
    """
    if isinstance(cell, BrokenCell):
        raise BadCellError(cell.trouble)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return clean(str(cell))


def shown(cell: Cell) -> str:
    """A cell as a report shows it."""
    if isinstance(cell, BrokenCell):
        return cell.text
    return text_of(cell)


def clean(text: str) -> str:
    """Text without control and formatting characters, and with single spaces; line breaks stay."""
    visible = text if text.isprintable() else "".join(map(_visible, text))
    lines = (" ".join(line.split()) for line in visible.split("\n"))
    return "\n".join(line for line in lines if line)


def _visible(letter: str) -> str:
    hidden = letter != "\n" and unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs"}
    return " " if hidden else letter


def is_empty(cell: Cell) -> bool:
    """Whether nothing can be seen in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())
