"""Public holidays and make-up workdays for working hours, as ``chinesecalendar`` carries what was announced.

Pure. ``campaigns.calendar`` reads an unknown year cautiously, since calling fails closed. Here an unknown
year has plain weekdays: a ladder is climbed by night and by day, and only by which steps is in question.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import chinese_calendar


@lru_cache(maxsize=1024)
def works(day: date, weekdays: frozenset[int]) -> bool:
    """Whether people who work on these weekdays (0 is Monday) work on a date, holidays considered.

    A Saturday or Sunday on which people work for a day that was moved (调休) counts as a workday for all who
    work from Monday to Friday.
    """
    try:
        off, festival = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return day.weekday() in weekdays
    if off and festival:
        return False
    make_up = not off and day.weekday() not in range(5)
    return day.weekday() in weekdays or (make_up and weekdays >= frozenset(range(5)))
