"""From a script's text to sentences that can be spoken: splitting, placeholders, digits as they are said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

import phonenumbers

from speech.types import Language

_SENTENCE_END = re.compile(r"(?<=[。！？])\s*|(?<=[.!?…])\s+(?=\S)")

_DIGITS: Mapping[Language, tuple[str, ...]] = {
    # 幺, not 一: that is how Chinese speakers read a one in a telephone number.
    "zh-CN": ("零", "幺", "二", "三", "四", "五", "六", "七", "八", "九"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}
_EXTENSION: Mapping[Language, str] = {"zh-CN": "转", "es": "extensión ", "en": "extension "}
_LONGEST_GROUP = 4
_SHORT_NUMBER = 6
"""Hotlines up to this length (120, 12345, 100086) are said in one breath."""


def split_sentences(text: str) -> tuple[str, ...]:
    """Split a text after its full stops, question and exclamation marks; the pieces keep their marks."""
    return tuple(piece.strip() for piece in _SENTENCE_END.split(text.strip()) if piece.strip())


def placeholders(text: str) -> frozenset[str]:
    """The names between braces in a text. Raises ValueError when a brace is not closed."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def fill(sentence: str, values: Mapping[str, str]) -> str:
    """Put values into a sentence's placeholders. Raises KeyError for one that has no value."""
    return sentence.format_map(values)


def speak_number(number: str, language: Language) -> str:
    """A telephone number as it is said aloud: digit by digit, in groups of at most four, with pauses between.

    A number in international form is said in its national form. An extension after ``;ext=`` is said as such.
    """
    main, _, extension = number.partition(";ext=")
    spoken = _pause(language).join(_say_digits(group, language) for group in _groups(main))
    if extension:
        spoken += _pause(language) + _EXTENSION[language] + _say_digits(extension, language)
    return spoken


def _groups(number: str) -> list[str]:
    written = re.findall(r"\d+", number)
    if len(written) == 1 and len(written[0]) <= _SHORT_NUMBER:
        return written
    if len(written) == 1 or number.strip().startswith("+"):
        written = re.findall(r"\d+", _national(number))
    return [piece for group in written for piece in _pieces(group)]


def _national(number: str) -> str:
    """The number with the groups of its own country; as it is when it is no valid number."""
    try:
        parsed = phonenumbers.parse(number, "CN")
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_valid_number(parsed):
        return number
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    complete = number.strip().startswith("+") or re.sub(r"\D", "", national) == re.sub(r"\D", "", number)
    return national if complete else number


def _pieces(group: str) -> list[str]:
    """Cut a long run of digits into threes and fours, the last one four long, as in 138-0013-8000."""
    if len(group) <= _LONGEST_GROUP + 1:
        return [group]
    pieces: list[str] = []
    rest = group
    while len(rest) > _LONGEST_GROUP:
        pieces.insert(0, rest[-_LONGEST_GROUP:])
        rest = rest[:-_LONGEST_GROUP]
    return [rest, *pieces]


def _pause(language: Language) -> str:
    return "，" if language == "zh-CN" else ", "


def _say_digits(digits: str, language: Language) -> str:
    return ("" if language == "zh-CN" else " ").join(_DIGITS[language][int(digit)] for digit in digits)
