"""Resident IDs (居民身份证号码, GB 11643-1999): checked digit by digit; they tell birth date and sex."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from stdnum import numdb
from stdnum.cn import ric
from stdnum.exceptions import InvalidComponent

from campaigns.roster.cells import Cell, text_of
from campaigns.roster.troubles import BadCellError, Trouble

LENGTH = 18
OLD_LENGTH = 15
SCIENTIFIC = re.compile(r"^\d(\.\d+)?[Ee]\+?\d+$")
RESIDENCE_PERMITS = ("81", "82", "83")
"""Residence permits of people from Hong Kong, Macau and Taiwan begin so; stdnum's regions lack them."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A sound resident ID and what it says."""

    number: str
    birth_date: date
    sex: str
    """female or male."""


def read_resident_id(cell: Cell) -> Identity | None:
    """Read a resident ID, None for an empty cell. Raises BadCellError.

    A spreadsheet keeps 15 digits of a number: an ID typed into a cell that is not text has lost its end, and
    no check would tell whose it was. ``stdnum.cn.ric.validate`` is not used as a whole: it wants the region's
    code to have been in force in the year of birth, but codes were given out from 1984 on, by the regions of
    that time, so it turns away nearly every elder.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool) and cell >= 10**OLD_LENGTH:
        raise BadCellError(Trouble.ID_LOST_DIGITS)
    text = unicodedata.normalize("NFKC", text_of(cell)).strip("'‘’` ")
    if not text:
        return None
    if SCIENTIFIC.match(text):
        raise BadCellError(Trouble.ID_LOST_DIGITS)
    number = ric.compact(re.sub(r"\s", "", text))
    _check(number)
    return Identity(number, ric.get_birth_date(number), "male" if int(number[16]) % 2 else "female")


def _check(number: str) -> None:
    if len(number) == OLD_LENGTH and number.isdecimal():
        raise BadCellError(Trouble.ID_OLD)
    if len(number) != LENGTH:
        raise BadCellError(Trouble.ID_LENGTH, length=len(number))
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise BadCellError(Trouble.ID_SIGNS)
    if number[-1] != ric.calc_check_digit(number):
        raise BadCellError(Trouble.ID_CHECKSUM)
    try:
        ric.get_birth_date(number)
    except InvalidComponent as error:
        raise BadCellError(Trouble.ID_BIRTH_DATE) from error
    province = dict(pair for _, about in numdb.get("cn/loc").info(number[:2]) for pair in about.items())
    if not province and not number.startswith(RESIDENCE_PERMITS):
        raise BadCellError(Trouble.ID_REGION)
