"""An elder's own words for when they would like to be phoned, made into days and hours.

Pure. 周二周四上午, 下午3点以后, 工作日9:00-11:00, 随时; also Tue, Thu 09:00-11:00, afternoons. What is not
wholly understood is refused: half a wish ("not on ...") would be the opposite of what was meant.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import time
from typing import Literal

from campaigns.overlap import CallWish

DAY_BEGINS, DAY_ENDS = time(6), time(21)
"""What "before ten" and "after three" are measured from: nobody is phoned at night."""
SIX, NOON = 6, 12
"""Hours on a clock's face."""

_PARTS: dict[str, tuple[time, time]] = {
    "早上": (DAY_BEGINS, time(12)),
    "早晨": (DAY_BEGINS, time(12)),
    "上午": (DAY_BEGINS, time(12)),
    "中午": (time(11), time(14)),
    "午后": (time(12), time(18)),
    "下午": (time(12), time(18)),
    "傍晚": (time(17), DAY_ENDS),
    "晚上": (time(17), DAY_ENDS),
    "晚饭后": (time(18), DAY_ENDS),
    "mornings": (DAY_BEGINS, time(12)),
    "morning": (DAY_BEGINS, time(12)),
    "afternoons": (time(12), time(18)),
    "afternoon": (time(12), time(18)),
    "evenings": (time(17), DAY_ENDS),
    "evening": (time(17), DAY_ENDS),
}
_LATE = frozenset({"午后", "下午", "傍晚", "晚上"})
_DAYS = "一二三四五六日天"
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_GROUPS: dict[str, tuple[int, ...]] = {
    "工作日": (0, 1, 2, 3, 4),
    "平时": (0, 1, 2, 3, 4),
    "周末": (5, 6),
    "双休日": (5, 6),
    "weekdays": (0, 1, 2, 3, 4),
    "weekends": (5, 6),
}
_ANY = (
    "随时",
    "不限",
    "均可",
    "都行",
    "都可以",
    "每天",
    "天天",
    "全天",
    "anytime",
    "any",
    "daily",
    "everyday",
)
_FILLERS = (
    "方便",
    "可以",
    "打电话",
    "来电",
    "接听",
    "接电话",
    "时间",
    "左右",
    "and",
    "于",
    "在",
    "的",
    "、",
    ",",
    ";",
    "。",
)
_NUMERALS = {word: number for number, word in enumerate("一二三四五六七八九十", start=1)} | {
    "两": 2,
    "十一": 11,
    "十二": 12,
}

_PART = "|".join(sorted(_PARTS, key=len, reverse=True))
_HOUR = r"\d{1,2}|十[一二]?|[一二两三四五六七八九]"
_UNTIL = r"[-~—–至到]+"


def _clock(number: int) -> str:
    """A pattern for a time of day whose groups end with ``number``."""
    part, hour = rf"(?P<part{number}>{_PART})?", rf"(?P<hour{number}>{_HOUR})"
    return rf"{part}{hour}(?:(?P<unit{number}>[:点时])(?P<minute{number}>\d\d|半|整)?)?"


_SPAN = re.compile(rf"{_clock(1)}(?:{_UNTIL}{_clock(2)}|(?P<way>以后|之后|过后|后|起|以前|之前|前))")
_WEEK = r"(?:周|星期|礼拜)"
_DAY_RANGE = re.compile(rf"{_WEEK}([{_DAYS}]){_UNTIL}{_WEEK}?([{_DAYS}])")
_DAY_LIST = re.compile(rf"{_WEEK}([{_DAYS}](?:[、,]?[{_DAYS}])*)")
_ENGLISH = r"(mon|tue|wed|thu|fri|sat|sun)(?:s|rs?)?(?:nes|ur)?(?:day)?s?(?![a-z])"
_ENGLISH_RANGE = re.compile(rf"{_ENGLISH}{_UNTIL}{_ENGLISH}")
_ENGLISH_DAY = re.compile(_ENGLISH)
_NEEDLESS_SPACE = re.compile(r"(?<![a-z])\s+|\s+(?![a-z])")


class WishError(ValueError):
    """Words that do not say when somebody would like to be phoned, or not only that."""


def read_wish(text: str) -> CallWish:
    """What the words ask for; the empty wish for "at any time". Raises WishError."""
    left = _NEEDLESS_SPACE.sub("", unicodedata.normalize("NFKC", text).casefold())
    left, days = _take_days(left)
    left, hours = _take_hours(left)
    anytime = False
    for word in (*_ANY, *_FILLERS):
        anytime |= word in _ANY and word in left
        left = left.replace(word, "")
    if left.strip() or not (days or hours or anytime):
        raise WishError(f"It is not clear when {text!r} means")
    return CallWish(days=tuple(sorted(days)), hours=tuple(hours))


def wish_text(wish: CallWish, language: Literal["zh-CN", "en"] = "zh-CN") -> str:
    """A wish in words, empty for none: 周二、周四 09:00-11:00."""
    english = language == "en"
    days = [_ENGLISH_DAYS[day].capitalize() if english else f"周{_DAYS[day]}" for day in wish.days]
    hours = [f"{begin:%H:%M}-{end:%H:%M}" for begin, end in wish.hours]
    joint = ", " if english else "、"
    return " ".join(part for part in (joint.join(days), joint.join(hours)) if part)


def _take_days(text: str) -> tuple[str, set[int]]:
    days: set[int] = set()
    for name, group in _GROUPS.items():
        if name in text:
            text = text.replace(name, "")
            days.update(group)

    def span(found: re.Match[str]) -> str:
        first, last = (_day(word) for word in found.groups())
        days.update((first + offset) % 7 for offset in range((last - first) % 7 + 1))
        return ""

    def listed(found: re.Match[str]) -> str:
        days.update(_day(word) for word in re.findall(f"[{_DAYS}]", found.group(1)))
        return ""

    def named(found: re.Match[str]) -> str:
        days.add(_day(found.group(1)))
        return ""

    text = _ENGLISH_RANGE.sub(span, _DAY_RANGE.sub(span, text))
    return _ENGLISH_DAY.sub(named, _DAY_LIST.sub(listed, text)), days


def _day(word: str) -> int:
    if word in _ENGLISH_DAYS:
        return _ENGLISH_DAYS.index(word)
    return min(_DAYS.index(word), 6)


def _take_hours(text: str) -> tuple[str, list[tuple[time, time]]]:
    hours: list[tuple[time, time]] = []

    def span(found: re.Match[str]) -> str:
        hours.append(_span(found))
        return ""

    text = _SPAN.sub(span, text)
    for part in sorted(_PARTS, key=len, reverse=True):
        if part in text:
            text = text.replace(part, "")
            hours.append(_PARTS[part])
    return text, hours


def _span(found: re.Match[str]) -> tuple[time, time]:
    part = found["part1"] or ""
    begin = _time(found, 1, part)
    if way := found["way"]:
        if not found["unit1"]:
            raise WishError(f"{found.group(0)!r} is no time of day")
        begin, end = (begin, DAY_ENDS) if way in {"以后", "之后", "过后", "后", "起"} else (DAY_BEGINS, begin)
    else:
        end = _time(found, 2, found["part2"] or part)
    if begin >= end:
        raise WishError(f"{found.group(0)!r} ends before it begins")
    return begin, end


def _time(found: re.Match[str], number: int, part: str) -> time:
    word, minute = found[f"hour{number}"], found[f"minute{number}"]
    hour = int(word) if word.isdecimal() else _NUMERALS[word]
    # Without a word for the part of the day, one to six o'clock means the afternoon, unless written 03:00.
    by_day = part == "中午" or not (part or word.startswith("0"))
    if (part in _LATE and hour < NOON) or (by_day and hour <= SIX):
        hour += NOON
    try:
        return time(hour, 30 if minute == "半" else int(minute) if minute and minute != "整" else 0)
    except ValueError as error:
        raise WishError(f"{found.group(0)!r} is no time of day") from error
