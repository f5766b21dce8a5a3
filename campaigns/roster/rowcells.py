"""One row of a form, its cells found by what their columns hold, and its problems gathered as it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NoReturn, TypeVar

from campaigns.policy import Policy
from campaigns.roster.cells import Cell, SheetRow, is_empty, shown
from campaigns.roster.headers import Header
from campaigns.roster.report import RowProblem, problem_of
from campaigns.roster.telephones import Numbering
from campaigns.roster.troubles import BadCellError, ReportLanguage, Trouble

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What a row is measured against."""

    policy: Policy
    today: date
    numbering: Numbering = field(default_factory=Numbering)
    language: ReportLanguage = "zh-CN"


class RowRejectedError(Exception):
    """Nothing of the row can be taken; its problems say why."""


class RowCells:
    """The cells of one row. A column is named as in the vocabulary, or by its index."""

    def __init__(self, row: SheetRow, header: Header, sheet: str, rules: ReadingRules) -> None:
        self.row = row
        self.header = header
        self.sheet = sheet
        self.rules = rules
        self.problems: list[RowProblem] = []

    def cell(self, column: str | int) -> Cell:
        """The cell as it is; None when the form has no such column."""
        index = self._index(column)
        return self.row.cells[index] if 0 <= index < len(self.row.cells) else None

    def told(self, column: str | int) -> bool:
        """Whether anything stands there."""
        return not is_empty(self.cell(column))

    def read(self, column: str | int, how: Callable[[Cell], T]) -> T | None:
        """What the cell says; a bad cell is reported, and the row goes on without it."""
        try:
            return how(self.cell(column))
        except BadCellError as error:
            self.note(error.trouble, column, **error.details)
            return None

    def must(self, column: str | int, how: Callable[[Cell], T]) -> T:
        """What the cell says; with a bad cell the row is worth nothing. Raises RowRejectedError."""
        try:
            return how(self.cell(column))
        except BadCellError as error:
            self.reject(error.trouble, column, **error.details)

    def reject(self, trouble: Trouble, column: str | int, **details: object) -> NoReturn:
        """Leave the whole row out; whatever else was found in it, nothing of it was kept."""
        self.note(trouble, column, **details)
        self.problems = [replace(problem, kept=False) for problem in self.problems]
        raise RowRejectedError

    def note(self, trouble: Trouble, column: str | int, **details: object) -> None:
        """Report something that does not keep the row out."""
        self.problems.append(
            problem_of(
                trouble,
                row=self.row.number,
                sheet=self.sheet,
                column=self.header.titles.get(self._index(column), ""),
                value=shown(self.cell(column)),
                kept=True,
                language=self.rules.language,
                **details,
            )
        )

    def _index(self, column: str | int) -> int:
        return column if isinstance(column, int) else self.header.single.get(column, -1)
