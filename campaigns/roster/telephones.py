"""Telephone numbers as people write them, made into numbers that can be dialled."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from campaigns.roster.cells import Cell, text_of
from campaigns.roster.troubles import BadCellError, Trouble
from campaigns.roster.vocabulary import marked, vocabulary

SEPARATORS = re.compile(r"[/\\、,;|\n]|或者?|和|及")
LABEL = re.compile(r"^[^\d+(]*[::]|[(\[【][^\d)\]】]*[)\]】]|[^\W\d_]+$|^[^\W\d_]+")
"""手机: ..., ... (女儿), 宅电 ...: words around a number, which say nothing about how to dial it."""
EXTENSION = re.compile(
    r"\s*(?:转分机|分机号?|转|ext\.?|extension|extn\.?|x|#)\s*[::]?\s*(\d{1,6})\s*$", re.IGNORECASE
)
DASHED_EXTENSION = re.compile(r"^(0\d{2,3}[-\s]?\d{7,8})-(\d{1,6})$")
SCIENTIFIC = re.compile(r"^\d(\.\d+)?[Ee]\+?\d+$")
LOCAL_DIGITS = range(5, 9)
CHINESE_LOCAL_DIGITS = range(7, 9)
"""Digits of a landline without its area code."""
CHINESE_WHOLE_DIGITS = range(10, 12)
"""Digits of a home or mobile number in China with its area code; shorter ones are banks and hot lines."""
MOBILE_DIGITS = 11
WHOLE_DIGITS = 7
"""A piece with as many digits is a number by itself; the next one after a space begins another."""
HOMES = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)


@dataclass(frozen=True, slots=True)
class Telephone:
    """A number in E.164, an extension after ``;ext=``; ``kind`` is landline or mobile."""

    number: str
    kind: str


@dataclass(frozen=True, slots=True)
class Numbering:
    """How local numbers are completed: ``region`` as in ISO 3166, ``area_code`` with or without its 0."""

    region: str = "CN"
    area_code: str | None = None


def split_numbers(cell: Cell) -> list[str]:
    """The pieces of a cell that are each meant as one number. Raises BadCellError."""
    text = unicodedata.normalize("NFKC", text_of(cell))
    if marked(text) in vocabulary().blanks:
        return []
    if SCIENTIFIC.match(text.strip()):
        raise BadCellError(Trouble.PHONE_LOST_DIGITS)
    return [piece for part in SEPARATORS.split(text) for piece in _split_at_spaces(part.strip()) if piece]


def _split_at_spaces(text: str) -> list[str]:
    numbers: list[str] = []
    for piece in text.split():
        begins_anew = _is_whole(piece) or piece.startswith("0")
        if numbers and not (_is_whole(numbers[-1]) and begins_anew):
            numbers[-1] += f" {piece}"
        else:
            numbers.append(piece)
    return numbers


def _is_whole(piece: str) -> bool:
    digits = re.sub(r"\D", "", piece)
    return len(digits) >= (MOBILE_DIGITS if digits.startswith("1") else WHOLE_DIGITS)


def relation_in(text: str) -> str:
    """Whose number it is when a piece says so, as in 13853301234(女儿); empty when it is the elder's own."""
    words = re.sub(r"[\d\W]", "", text)
    return next((relation for relation in vocabulary().relations if words.startswith(relation)), "")


def read_number(text: str, numbering: Numbering, *, abroad: bool = False) -> Telephone:
    """Make one piece of ``split_numbers`` a number to dial. Raises BadCellError.

    Numbers of other countries are refused unless ``abroad``: a relative may live anywhere, but a robot that
    dials foreign numbers from a list is how telephone bills are stolen.
    """
    main, extension = _split_extension(text)
    digits = re.sub(r"\D", "", main)
    if not digits or any(letter.isalpha() for letter in main):
        raise BadCellError(Trouble.PHONE_INVALID, number=text)
    parsed = _parse(_completed(main, digits, numbering), numbering, text)
    home = phonenumbers.country_code_for_region(numbering.region)
    if parsed.country_code != home and not abroad:
        raise BadCellError(Trouble.PHONE_FOREIGN, number=text)
    if not phonenumbers.is_valid_number(parsed):
        lacks_area_code = _is_local(main, digits, numbering) and not numbering.area_code
        trouble = Trouble.PHONE_NO_AREA_CODE if lacks_area_code else Trouble.PHONE_INVALID
        raise BadCellError(trouble, number=text)
    kind = phonenumbers.number_type(parsed)
    if kind not in HOMES or _is_chinese_hot_line(parsed):
        raise BadCellError(Trouble.PHONE_NO_HOME, number=text)
    number = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return Telephone(
        f"{number};ext={extension}" if extension else number,
        "mobile" if kind == PhoneNumberType.MOBILE else "landline",
    )


def _split_extension(text: str) -> tuple[str, str]:
    if found := EXTENSION.search(text):
        return LABEL.sub("", text[: found.start()].strip()).strip(), found.group(1)
    plain = LABEL.sub("", text.strip()).strip()
    if found := DASHED_EXTENSION.match(plain):
        return found.group(1), found.group(2)
    return plain, ""


def _completed(main: str, digits: str, numbering: Numbering) -> str:
    if not _is_local(main, digits, numbering) or not numbering.area_code:
        return main
    prefix = "0" if numbering.region == "CN" else ""
    return prefix + numbering.area_code.removeprefix("0") + digits


def _is_local(main: str, digits: str, numbering: Numbering) -> bool:
    lengths = CHINESE_LOCAL_DIGITS if numbering.region == "CN" else LOCAL_DIGITS
    return len(digits) in lengths and not main.startswith(("+", "0"))


def _is_chinese_hot_line(parsed: PhoneNumber) -> bool:
    chinese = parsed.country_code == phonenumbers.country_code_for_region("CN")
    return chinese and len(str(parsed.national_number)) not in CHINESE_WHOLE_DIGITS


def _parse(number: str, numbering: Numbering, text: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(number, numbering.region)
    except NumberParseException as error:
        raise BadCellError(Trouble.PHONE_INVALID, number=text) from error
