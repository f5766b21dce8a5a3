"""Find the header of a survey form and say what each column holds.

A form begins with title lines; its header takes one line or several, with cells merged across (家庭成员 over
姓名, 关系, 联系方式) and down. Read as data, a merged cell has its text in the first place and nothing in the
others, so a title inherits to the right as long as there is something below.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from campaigns.roster.cells import Sheet, SheetRow, clean, shown
from campaigns.roster.vocabulary import folded, vocabulary

LOOKED_AT = 40
"""Rows in which the header must begin."""
HEADER_LINES = 3
ENOUGH_TO_KNOW = ("resident_id", "phone", "address", "birth_date")
"""Beside the name, at least one of these makes a header."""
NUMBERED = re.compile(r"\d+|[一二三四五六七八九]$")
LONG_NUMBER = re.compile(r"\d{4}")
FORM_DATE = re.compile(
    r"[填制]\w{0,2}(?:日期|时间)\s*[:：]?\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*(?:[-/.月]\s*(\d{1,2})?)?"
)
PLACE = re.compile(r"([^\s:：]{1,8})\s*[:：]\s*([^\s:：_]{2,40})(?!\s*[:：])")


@dataclass(frozen=True, slots=True)
class ContactColumns:
    """Where one relative's parts stand: ``name``, ``relation``, ``number``, ``keyholder`` or ``whole``."""

    parts: Mapping[str, int]


@dataclass(slots=True)
class Header:
    """What the columns of a sheet hold, by index from 0."""

    single: dict[str, int] = field(default_factory=dict)
    phones: list[int] = field(default_factory=list)
    services: dict[str, int] = field(default_factory=dict)
    """Columns to tick, by service."""
    categories: dict[str, int] = field(default_factory=dict)
    """Columns to tick, by category code."""
    contacts: list[ContactColumns] = field(default_factory=list)
    titles: dict[int, str] = field(default_factory=dict)
    """The header as written, lines joined with a slash."""
    unknown: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    """District, town and village as the form's head names them for all its rows."""
    filled_in_on: date | None = None
    """The form's own date, by which its ages were true; from a title line like 填表日期：2026年1月15日."""
    body: tuple[SheetRow, ...] = ()
    """The rows below the header."""

    def contact_columns(self) -> set[int]:
        """The columns about relatives."""
        return {index for contact in self.contacts for index in contact.parts.values()}

    def known_columns(self) -> set[int]:
        """All columns that are read, but the serial number."""
        single = {index for name, index in self.single.items() if name != "serial"}
        ticked = {*self.services.values(), *self.categories.values()}
        return single | ticked | {*self.phones} | self.contact_columns()


def find_header(sheet: Sheet) -> Header | None:
    """The header of a sheet, or None when it is no survey form."""
    for start, row in enumerate(sheet.rows[:LOOKED_AT]):
        if not _looks_like_header(row):
            continue
        # What looks like a further line of the header may be the first row below it: then one line less is.
        for lines in range(1 + _further_lines(sheet.rows[start : start + HEADER_LINES]), 0, -1):
            header = _read_columns([_titles(line) for line in sheet.rows[start : start + lines]])
            if _is_sound(header):
                header.places = _places(sheet.rows[:start])
                header.filled_in_on = _filled_in_on(sheet.rows[:start])
                header.body = sheet.rows[start + lines :]
                return header
    return None


def _is_sound(header: Header) -> bool:
    known = bool(header.phones) or any(name in header.single for name in ENOUGH_TO_KNOW)
    return "name" in header.single and known


def _titles(row: SheetRow) -> list[str]:
    return [shown(cell) for cell in row.cells]


def _looks_like_header(row: SheetRow) -> bool:
    """Whether this could be the first line of a header."""
    words = vocabulary()
    return sum(folded(title) in words.columns for title in _titles(row)) > 1


def _further_lines(rows: Sequence[SheetRow]) -> int:
    """How many rows after the first still belong to the header: those that are mostly titles."""
    further = 0
    for row in rows[1:]:
        titles = [title for title in _titles(row) if title]
        known = sum(_is_title(folded(title)) for title in titles)
        if known * 2 <= len(titles) or any(LONG_NUMBER.search(title) for title in titles):
            break
        further += 1
    return further


def _is_title(title: str) -> bool:
    words = vocabulary()
    tables = (words.columns, words.contact_parts, words.services, words.categories)
    return any(title in table for table in tables) or _group_of(title) is not None


def _read_columns(lines: list[list[str]]) -> Header:
    header = Header()
    contacts = _ContactCollector()
    for index, path in enumerate(_paths(lines)):
        if not path:
            continue
        header.titles[index] = "/".join(" ".join(title.split()) for title in path)
        if not (contacts.take(index, path) or _take_single(header, index, path)):
            header.unknown.append(header.titles[index])
    header.contacts = contacts.finish()
    return header


def _paths(lines: list[list[str]]) -> Iterator[tuple[str, ...]]:
    """The titles above each column, from the top, merged titles inherited to the right."""
    width = max(map(len, lines))
    padded = [line + [""] * (width - len(line)) for line in lines]
    for upper, line in enumerate(padded[:-1]):
        below = padded[upper + 1]
        for index in range(1, width):
            if not line[index] and below[index]:
                line[index] = line[index - 1]
    for index in range(width):
        yield tuple(line[index] for line in padded if line[index])


def _take_single(header: Header, index: int, path: tuple[str, ...]) -> bool:
    words = vocabulary()
    title = folded(path[-1])
    above = words.columns.get(folded(path[-2])) if len(path) > 1 else None
    what = words.columns.get(title) or words.columns.get(folded(_without_brackets(path[-1])))
    if above == "services" and title in words.services:
        header.services.setdefault(words.services[title], index)
    elif above == "categories" and (group := words.categories.get(title)):
        header.categories.setdefault(group, index)
    elif what == "phone":
        header.phones.append(index)
    elif what:
        header.single.setdefault(what, index)
    elif title in words.services:
        header.services.setdefault(words.services[title], index)
    elif title.removeprefix("是否") in words.categories:
        header.categories.setdefault(words.categories[title.removeprefix("是否")], index)
    else:
        return False
    return True


def _without_brackets(title: str) -> str:
    return re.sub(r"\(.*?\)", "", unicodedata.normalize("NFKC", title))


def _group_of(title: str) -> tuple[str, str] | None:
    """Split a folded title into a contact group and what is said after it, numbers dropped."""
    plain = NUMBERED.sub("", title)
    for group in vocabulary().contact_groups:
        if plain.startswith(group):
            return group, plain.removeprefix(group)
    return None


def _part_of(rest: str) -> str:
    """What is said after a group's word: one part, or nothing or several for the whole in one cell."""
    parts = vocabulary().contact_parts
    if rest in parts:
        return parts[rest]
    for word in sorted(parts, key=len, reverse=True):
        rest = rest.replace(word, "")
    return "" if rest else "whole"


class _ContactCollector:
    """Gathers the columns of relatives: a new one begins when a part comes again or the group changes."""

    def __init__(self) -> None:
        self._done: list[dict[str, int]] = []
        self._open: dict[str, int] = {}
        self._group = ""
        self._last = -1

    def take(self, index: int, path: tuple[str, ...]) -> bool:
        """Take the column if it is about a relative."""
        group, part = self._recognise(index, path)
        if not part:
            return False
        label = folded("".join(path[:-1])) if len(path) > 1 else group
        if part in self._open or (label != self._group and self._open):
            self._close()
        self._group = label
        self._last = index
        self._open[part] = index
        return True

    def finish(self) -> list[ContactColumns]:
        """All relatives' columns."""
        self._close()
        return [ContactColumns(parts) for parts in self._done]

    def _recognise(self, index: int, path: tuple[str, ...]) -> tuple[str, str]:
        """The group and the part that a column's titles name; an empty part when it is about the elder."""
        parts = vocabulary().contact_parts
        title = folded(path[-1])
        part = parts.get(title, "")
        if len(path) > 1 and (above := _group_of(folded(path[-2]))):
            return above[0], part
        # 家庭成员姓名 | 关系 | 联系方式: the number beside a relative's name is the relative's.
        if index == self._last + 1 and part not in {"", "name", *self._open}:
            return self._group, part
        if title in vocabulary().columns:
            return "", ""
        group, rest = _group_of(title) or ("", title)
        return group, (_part_of(rest) if group else part if part == "relation" else "")

    def _close(self) -> None:
        if not self._open:
            return
        if "whole" in self._open and len(self._open) > 1 and "name" not in self._open:
            self._open["name"] = self._open.pop("whole")
        self._done.append(self._open)
        self._open = {}


def _filled_in_on(rows: Sequence[SheetRow]) -> date | None:
    for row in rows:
        found = FORM_DATE.search(" ".join(shown(cell) for cell in row.cells))
        if found:
            year, month, day = (int(part or 1) for part in found.groups())
            try:
                return date(year, month, day)
            except ValueError:
                return None
    return None


def _places(rows: Sequence[SheetRow]) -> dict[str, str]:
    """Places named in the title lines, as in 镇（街道）：昆仑镇 村（社区）：昆仑村."""
    found: dict[str, str] = {}
    for row in rows:
        line = " ".join(clean(shown(cell)) for cell in row.cells)
        for label, value in PLACE.findall(line):
            what = vocabulary().columns.get(folded(label))
            if what in {"district", "town", "village"} and folded(value) not in vocabulary().columns:
                found.setdefault(what, value.strip("_"))
    return found
