"""What came of an import, for the coordinator who has to mend the roster."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from campaigns.roster.troubles import WORDS, ReportLanguage, Trouble

LONG_NUMBER = re.compile(r"\d{13,18}[0-9Xx]?")
VALUE_LENGTH = 60
"""Characters of a cell that the report shows."""
SHOWN_AT_START, SHOWN_AT_END = 6, 4


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Something in a row that must be mended."""

    row: int
    """As the spreadsheet counts, from 1."""
    column: str
    """The column's header as written; empty when the whole row is meant."""
    value: str
    """What stands there, shortened; the middle of a resident ID is hidden."""
    reason: str
    advice: str
    kept: bool
    """True when the elder was taken all the same, without this cell; False when the row was left out."""
    code: str
    """The ``Trouble``."""
    sheet: str = ""


@dataclass(slots=True)
class RosterReport:
    """Counts of elders, what is wrong, and who is not phoned."""

    language: ReportLanguage = "zh-CN"
    rows: int = 0
    """Rows that describe an elder, good or bad."""
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    """Rows that say exactly what an earlier row of the file says."""
    problems: list[RowProblem] = field(default_factory=list)
    not_phoned: list[tuple[str, str]] = field(default_factory=list)
    """(name, reason in words) of each elder of the file whom the rules do not allow to be phoned."""
    to_be_phoned: int = 0
    """Elders of the file whom the robot may phone."""
    unknown_columns: list[str] = field(default_factory=list)
    """Headers that were not understood; their cells were not read."""
    skipped_sheets: list[str] = field(default_factory=list)
    """Visible sheets without a roster's header."""

    @property
    def left_out(self) -> int:
        """Rows of which nothing was taken."""
        return len({(problem.sheet, problem.row) for problem in self.problems if not problem.kept})

    def as_table(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """The problems as headings and rows of text, in the report's language."""
        headings = {
            "zh-CN": ("工作表", "行", "列", "内容", "问题", "处理", "该行"),
            "en": ("Sheet", "Row", "Column", "Value", "Problem", "What to do", "The row was"),
        }[self.language]
        fate = {"zh-CN": ("未导入", "已导入"), "en": ("left out", "imported")}[self.language]
        return headings, [
            (
                problem.sheet,
                str(problem.row),
                problem.column,
                problem.value,
                problem.reason,
                problem.advice,
                fate[problem.kept],
            )
            for problem in self.problems
        ]

    def not_phoned_table(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Who is not phoned and why, as headings and rows of text."""
        headings = {"zh-CN": ("姓名", "不电话探访的原因"), "en": ("Name", "Why not phoned")}[self.language]
        return headings, [tuple(row) for row in self.not_phoned]


def problem_of(
    trouble: Trouble,
    *,
    row: int,
    sheet: str = "",
    column: str = "",
    value: str = "",
    kept: bool,
    language: ReportLanguage,
    **details: object,
) -> RowProblem:
    """Put a problem into words. ``details`` fill the places in its text."""
    reason, advice = WORDS[language][trouble]
    shown = {name: masked(detail) if isinstance(detail, str) else detail for name, detail in details.items()}
    return RowProblem(
        row=row,
        sheet=sheet,
        column=column,
        value=masked(value),
        reason=reason.format(**shown),
        advice=advice.format(**shown),
        kept=kept,
        code=trouble,
    )


def masked(value: str) -> str:
    """A cell's text on one line, shortened, with the middle of anything like a resident ID hidden."""
    line = " ".join(value.split())
    hidden = LONG_NUMBER.sub(_hide_middle, line)
    return hidden if len(hidden) <= VALUE_LENGTH else hidden[: VALUE_LENGTH - 1] + "…"


def _hide_middle(found: re.Match[str]) -> str:
    digits = found.group()
    hidden = len(digits) - SHOWN_AT_START - SHOWN_AT_END
    return digits[:SHOWN_AT_START] + "*" * hidden + digits[-SHOWN_AT_END:]
