"""One cell, one fact: the words of a form made into our own codes. All raise BadCellError."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime

from campaigns.overlap import CallWish
from campaigns.roster.cells import Cell, text_of
from campaigns.roster.troubles import BadCellError, Trouble
from campaigns.roster.vocabulary import folded, marked, vocabulary
from campaigns.wishes import WishError, read_wish

BETWEEN_WORDS = re.compile(r"[、,，;；/|\n+]|\s+和\s+|(?<=[^\x00-\x7f])\s+")
BRACKETS = re.compile(r"[(（【\[].*?[)）】\]]")
CHINESE = r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
SPACE_BETWEEN_CHINESE = re.compile(rf"(?<={CHINESE})\s+(?={CHINESE})")
DATE = re.compile(r"^(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?$")
NAME_LENGTH = 80
UNDETERMINED = "und"
"""ISO 639's code for a language that could not be told: nobody is phoned in it."""


def read_text(cell: Cell) -> str:
    """Free text on one line; what stands for an empty cell is empty."""
    text = " ".join(text_of(cell).split())
    return "" if marked(text) in vocabulary().blanks else text


def read_name(cell: Cell) -> str:
    """A person's name: 张　三 is 张三, Mary  Smith keeps one space, 阿卜杜拉·买买提 its dot."""
    name = SPACE_BETWEEN_CHINESE.sub("", read_text(cell))
    if name and (len(name) > NAME_LENGTH or not any(letter.isalpha() for letter in name)):
        raise BadCellError(Trouble.NAME_NOT_A_NAME)
    return name


def read_birth_date(cell: Cell) -> date | None:
    """A date as a spreadsheet's date or as 1946-03-04, 1946.3.4, 1946年3月4日, 19460304."""
    if isinstance(cell, datetime):
        return cell.date()
    text = unicodedata.normalize("NFKC", read_text(cell))
    if not text:
        return None
    found = DATE.match(text)
    try:
        if found:
            return date(*(int(part) for part in found.groups()))
    except ValueError:
        pass
    raise BadCellError(Trouble.BIRTH_DATE)


def read_age(cell: Cell) -> int | None:
    """Years, as 78, 78.0 or 78岁."""
    text = unicodedata.normalize("NFKC", read_text(cell))
    if not text:
        return None
    found = re.match(r"^(\d{1,3})\s*(周岁|岁)?$", text)
    if not found:
        raise BadCellError(Trouble.AGE_NOT_KNOWN)
    return int(found.group(1))


def read_sex(cell: Cell) -> str:
    """``female`` or ``male``; empty when not told."""
    return _code(cell, vocabulary().sexes, Trouble.SEX_NOT_KNOWN)


def read_ability(cell: Cell) -> str:
    """A level of ability; empty when not told."""
    return _code(cell, vocabulary().abilities, Trouble.ABILITY_NOT_KNOWN)


def read_language(cell: Cell) -> str:
    """A language's code; empty when not told."""
    return _code(cell, vocabulary().languages, Trouble.LANGUAGE_NOT_KNOWN)


def read_call_wish(cell: Cell) -> CallWish | None:
    """When the elder would like to be phoned; None when not told, the empty wish for at any time."""
    text = read_text(cell)
    if not text:
        return None
    try:
        return read_wish(text)
    except WishError as error:
        raise BadCellError(Trouble.WISH_NOT_KNOWN) from error


def read_tick(cell: Cell) -> bool | None:
    """Yes, no, or nothing said."""
    text = text_of(cell)
    mark = marked(text)
    if mark in vocabulary().ticks:
        return vocabulary().ticks[mark]
    if not mark or mark in vocabulary().blanks:
        return None
    raise BadCellError(Trouble.TICK_NOT_KNOWN)


def read_categories(cell: Cell) -> tuple[list[str], list[str]]:
    """Codes of the groups named, and the words that name none we know."""
    codes, strange = [], []
    for word in _words(cell):
        code = _category(word)
        if code is None:
            strange.append(word)
        elif code != "none":
            codes.append(code)
    return codes, strange


def read_services(cell: Cell) -> tuple[list[str], list[str]]:
    """The services of the visit record that are named, and the words that name none."""
    services: list[str] = []
    strange: list[str] = []
    for word in _words(cell):
        service = vocabulary().services.get(folded(word))
        (services if service else strange).append(service or word)
    return services, strange


def _words(cell: Cell) -> list[str]:
    text = text_of(cell)
    if marked(text) in vocabulary().blanks:
        return []
    return [word.strip() for word in BETWEEN_WORDS.split(text) if word.strip()]


def _category(word: str) -> str | None:
    known = vocabulary().categories
    for text in (word, BRACKETS.sub("", word)):
        plain = folded(text)
        for ending in ("", *vocabulary().category_endings):
            code = known.get(plain.removesuffix(ending))
            if code:
                return code
    return None


def _code(cell: Cell, known: Mapping[str, str], trouble: Trouble) -> str:
    text = text_of(cell)
    for word in (text, BRACKETS.sub("", text)):
        if folded(word) in known:
            return known[folded(word)]
    if not text or marked(text) in vocabulary().blanks:
        return ""
    raise BadCellError(trouble)
