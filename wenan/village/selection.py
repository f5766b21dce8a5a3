"""Those of the village who show each in their own way what a telephone can do; calls take real time."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import openpyxl

from wenan.village.personas import Persona

SHOWN = (
    "healthy",
    "keypad_only",
    "chest_pain",
    "fell_last_week",
    "wrong_number",
    "busy_then_answers",
    "never_answers",
    "voicemail",
    "hangs_up",
    "asks_for_person",
)
"""Persons by id: spoken answers, keys, an emergency, a flag that is confirmed, a stranger, a busy line,
nobody, a machine, a receiver put down half-way, somebody who wants a person."""
_LOCAL_DIGITS = 7
_HEADINGS = 4
"""Rows of the roster above the first elder."""
_TELEPHONE_COLUMN = 6


def roster_of(personas: Collection[Persona], roster: Path, into: Path) -> Path:
    """A copy of a roster, in the folder ``into``, with the rows of these people only."""
    wanted = {each.number[-_LOCAL_DIGITS:] for each in personas}
    book = openpyxl.load_workbook(roster)
    sheet = book.worksheets[0]
    for row in range(sheet.max_row, _HEADINGS, -1):
        digits = re.sub(r"\D", "", str(sheet.cell(row, _TELEPHONE_COLUMN).value or ""))
        if digits and not any(number in digits for number in wanted):
            sheet.delete_rows(row)
    into.mkdir(parents=True, exist_ok=True)
    copy = into / roster.name
    book.save(copy)
    return copy
