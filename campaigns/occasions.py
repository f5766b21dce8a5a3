"""The traditional festivals on which elders are thought of: 春节, 清明, 端午, 中秋, 重阳.

Pure. Four of them go by the lunar calendar, Qingming by the sun; ``borax`` knows both from 1900 to 2100.
The Double Ninth is the Day of the Elderly by law (老年人权益保障法, article 9).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Literal

from borax.calendars.lunardate import LunarDate, TermUtils

_QINGMING_TERM = 6
"""Number of 清明 among the 24 solar terms, counted from 小寒 as 0."""


class LunarYearUnknownError(Exception):
    """No lunar calendar is known for that year; the message names it."""


class Occasion(StrEnum):
    """A festival, by its day."""

    NEW_YEARS_EVE = "new_years_eve"
    SPRING_FESTIVAL = "spring_festival"
    LANTERN = "lantern"
    QINGMING = "qingming"
    DRAGON_BOAT = "dragon_boat"
    MID_AUTUMN = "mid_autumn"
    DOUBLE_NINTH = "double_ninth"


_WORDS: dict[Occasion, dict[str, str]] = {
    Occasion.NEW_YEARS_EVE: {"zh-CN": "除夕", "en": "Lunar New Year's Eve"},
    Occasion.SPRING_FESTIVAL: {"zh-CN": "春节", "en": "Spring Festival"},
    Occasion.LANTERN: {"zh-CN": "元宵节", "en": "Lantern Festival"},
    Occasion.QINGMING: {"zh-CN": "清明节", "en": "Qingming"},
    Occasion.DRAGON_BOAT: {"zh-CN": "端午节", "en": "Dragon Boat Festival"},
    Occasion.MID_AUTUMN: {"zh-CN": "中秋节", "en": "Mid-Autumn Festival"},
    Occasion.DOUBLE_NINTH: {"zh-CN": "重阳节（老年节）", "en": "Double Ninth (Day of the Elderly)"},
}
_LUNAR_DAYS: dict[Occasion, tuple[int, int]] = {
    Occasion.SPRING_FESTIVAL: (1, 1),
    Occasion.LANTERN: (1, 15),
    Occasion.DRAGON_BOAT: (5, 5),
    Occasion.MID_AUTUMN: (8, 15),
    Occasion.DOUBLE_NINTH: (9, 9),
}


def lunar_date(year: int, month: int, day: int) -> date:
    """The date of a lunar month's day; never in a leap month. Raises LunarYearUnknownError."""
    try:
        found: date = LunarDate(year, month, day).to_solar_date()
    except ValueError as error:
        raise LunarYearUnknownError(f"The lunar calendar of {year} is not known") from error
    return found


def date_of_qingming(year: int) -> date:
    """4, 5 or 6 April. Raises LunarYearUnknownError."""
    try:
        found: date = TermUtils.nth_term_day(year, _QINGMING_TERM)
    except (ValueError, IndexError) as error:
        raise LunarYearUnknownError(f"The solar terms of {year} are not known") from error
    return found


def occasion_on(day: date) -> Occasion | None:
    """The festival of a date, or None; also None in years that nobody has calculated."""
    try:
        return _festivals(day.year).get(day)
    except LunarYearUnknownError:
        return None


def occasions_between(first: date, last: date) -> Iterator[tuple[date, Occasion]]:
    """The festivals from one date to another (inclusive), in order."""
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if (occasion := occasion_on(day)) is not None:
            yield day, occasion


def occasion_text(occasion: Occasion, language: Literal["zh-CN", "en"] = "zh-CN") -> str:
    """Its name."""
    return _WORDS[occasion][language]


@cache
def _festivals(year: int) -> dict[date, Occasion]:
    """The festivals that fall into a year of the common calendar."""
    found = {lunar_date(year, *at): occasion for occasion, at in _LUNAR_DAYS.items()}
    found[lunar_date(year, 1, 1) - timedelta(days=1)] = Occasion.NEW_YEARS_EVE
    found[date_of_qingming(year)] = Occasion.QINGMING
    return found
