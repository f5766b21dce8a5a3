"""Different spellings of the same words made one, and utterances cut into clauses.

Recognisers mix traditional and simplified characters, write 得 for 的, drop or add 儿, print numbers as
digits; people type as they please. Transcripts and the lexicon's phrases both go through :func:`fold`,
so a social worker need not think of any of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from speech.types import Language

SENTENCE_ENDS = frozenset("。！？!?；;\n…")
_ONE_FORM = str.maketrans("得哪她它您作啦喽咯著甚痛幺", "的那他他你做了了了着什疼一")
"""Characters that sound alike and are mixed up in writing, or mean the same here."""
_ER_STAYS_BEFORE = frozenset("子媳女孙童科")
_ER_STAYS_AFTER = frozenset("女孤幼婴孙侄胎托")
_DIGITS = "零一二三四五六七八九"
_CALL_NUMBERS = frozenset({"110", "119", "120", "122", "911", "112"})
_LONGEST = 2000
"""Characters of one utterance that are looked at: ten minutes of talk, not a book."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of an utterance between two breaks, folded."""

    text: str
    """Folded text; words are parted by single spaces in languages that part them."""
    origin: tuple[int, ...]
    """For each character of ``text``, its index in the utterance as it was written."""
    sentence: int
    """Number of the sentence it belongs to, from 0."""
    asked: bool = False
    """Whether a question mark closes it."""


def spaced(language: Language) -> bool:
    """Whether the language parts its words by spaces."""
    return language != "zh-CN"


def fold(text: str, language: Language) -> str:
    """The text in the one form that phrases and transcripts share; breaks become single spaces."""
    return " ".join(clause.text for clause in clauses(text, language))


def clauses(text: str, language: Language) -> tuple[Clause, ...]:
    """Cut an utterance at punctuation (and, in Chinese, at spaces) and fold each piece.

    Pieces without a letter or digit vanish; an utterance without any gives an empty tuple. Only the first
    2,000 characters are looked at.
    """
    text = text[:_LONGEST]
    steps = _latin(text) if spaced(language) else _chinese(text)
    found: list[Clause] = []
    letters: list[str] = []
    origin: list[int] = []
    sentence = 0

    def close(*, asked: bool) -> None:
        words = "".join(letters)
        start = len(words) - len(words.lstrip())
        end = len(words.rstrip())
        if end > start:
            found.append(Clause(words[start:end], tuple(origin[start:end]), sentence, asked))
        letters.clear()
        origin.clear()

    for letter, index in steps:
        if letter in SENTENCE_ENDS or letter == ",":
            close(asked=letter in "?？")
            sentence += letter in SENTENCE_ENDS
        else:
            letters.append(letter)
            origin.append(index)
    close(asked=False)
    return tuple(found)


def _chinese(text: str) -> Iterator[tuple[str, int]]:
    plain = [_simplify(letter) for letter in text]
    index = 0
    while index < len(plain):
        letter = plain[index]
        if letter.isdigit() and letter.isascii():
            end = index
            while end < len(plain) and (plain[end].isascii() and (plain[end].isdigit() or plain[end] == ".")):
                end += 1
            for spoken in _number("".join(plain[index:end])):
                yield spoken, index
            index = end
            continue
        if letter == "儿" and not _er_stays(plain, index):
            index += 1
            continue
        if letter in SENTENCE_ENDS or letter.isalnum():
            yield letter, index
        else:
            yield ",", index
        index += 1


def _er_stays(plain: list[str], index: int) -> bool:
    before = plain[index - 1] if index else ""
    after = plain[index + 1] if index + 1 < len(plain) else ""
    return before in _ER_STAYS_AFTER or after in _ER_STAYS_BEFORE or not before.isalnum()


def _simplify(letter: str) -> str:
    wide = unicodedata.normalize("NFKC", letter)
    one = wide if len(wide) == 1 else letter
    return one.lower().translate(_simplified()).translate(_ONE_FORM)[:1] or ","


@cache
def _simplified() -> dict[int, str]:
    table = resources.files("speech").joinpath("lexicons/traditional.txt").read_text(encoding="utf-8")
    pairs = (pair for line in table.splitlines() if not line.startswith("#") for pair in line.split())
    return {ord(pair[0]): pair[1] for pair in pairs}


def _number(digits: str) -> str:
    """The way a number is said: 39 -> 三十九, 38.5 -> 三十八点五; emergency numbers digit by digit."""
    whole, point, rest = digits.strip(".").partition(".")
    if whole in _CALL_NUMBERS or not whole or len(whole) > len("9999"):
        return "".join(_DIGITS[int(digit)] for digit in whole)
    spoken = _whole_number(int(whole))
    if point and rest:
        spoken += "点" + "".join(_DIGITS[int(digit)] for digit in rest if digit.isdigit())
    return spoken


def _whole_number(value: int) -> str:
    units = ((1000, "千"), (100, "百"), (10, "十"))
    spoken = ""
    gap = False
    for size, name in units:
        count, value = divmod(value, size)
        if count:
            ten = name == "十" and count == 1 and not spoken
            spoken += ("零" if gap else "") + ("" if ten else _DIGITS[count]) + name
            gap = False
        elif spoken:
            gap = True
    if value or not spoken:
        spoken += ("零" if gap else "") + _DIGITS[value]
    return spoken


def _latin(text: str) -> Iterator[tuple[str, int]]:
    """Lower case, no accents (ñ stays), apostrophes gone, one space between words."""
    gap = True
    for index, letter in enumerate(text):
        if letter in "'’ʼ`´":
            continue
        if letter in SENTENCE_ENDS or (letter == "." and not _decimal(text, index)):
            yield (letter if letter != "." else ";"), index
            gap = True
        elif letter in ",:¿¡()":
            yield ",", index
            gap = True
        elif letter.isalnum():
            for plain in _unaccented(letter):
                yield plain, index
            gap = False
        elif not gap:
            yield " ", index
            gap = True


def _decimal(text: str, index: int) -> bool:
    return 0 < index < len(text) - 1 and text[index - 1].isdigit() and text[index + 1].isdigit()


def _unaccented(letter: str) -> str:
    small = letter.lower()
    if small == "ñ":
        return small
    parts = unicodedata.normalize("NFKD", small)
    return "".join(part for part in parts if part.isalnum()) or small
