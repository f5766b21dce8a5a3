"""When to call again: "in half an hour", "this afternoon", "mañana"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from speech.types import Language

MINUTES_PER_DAY = 24 * 60
A_WHILE = 30
MORNING, AFTERNOON, EVENING = 9.5, 15.0, 19.0
"""Local hours that those words stand for."""
UNKNOWN_HOUR = 10.0
"""Assumed when the local time is not known: most calls are made in the morning."""

KEYS: Mapping[str, str] = {"1": "while", "2": "afternoon", "3": "tomorrow"}

_WORDS: Mapping[Language, tuple[tuple[str, str], ...]] = {
    "zh-CN": (
        ("tomorrow", r"明天|明儿|明日"),
        ("evening", r"晚上|今晚|夜里|晚饭后|吃完晚饭"),
        ("afternoon", r"下午|午后|后半晌|睡完午觉|午觉"),
        ("half_hour", r"半个?(?:小时|钟头)"),
        ("while", r"一会儿?|待会儿?|等会儿?|过会儿?|呆会儿?|等一下|等下|吃完饭|过一阵|晚点|晚些"),
    ),
    "es": (
        ("tomorrow", r"(?<!la )(?<!por la )\bmañana\b"),
        ("evening", r"\bnoche\b"),
        ("afternoon", r"\btarde\b(?<!más tarde)"),
        ("half_hour", r"\bmedia hora\b"),
        ("while", r"\b(?:rato|ratito|luego|después|más tarde|momento)\b"),
    ),
    "en": (
        ("tomorrow", r"\btomorrow\b"),
        ("evening", r"\b(?:evening|tonight)\b"),
        ("afternoon", r"\bafternoon\b"),
        ("half_hour", r"\bhalf an hour\b"),
        ("while", r"\b(?:while|later|bit|soon|moment)\b"),
    ),
}
_UNITS: Mapping[Language, tuple[str, str]] = {
    "zh-CN": (r"分钟|分", r"个?(?:小时|钟头)"),
    "es": (r"\s*minutos?", r"\s*horas?"),
    "en": (r"\s*minutes?", r"\s*hours?"),
}
_NUMBERS: Mapping[Language, Mapping[str, int]] = {
    "zh-CN": {
        "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "十": 10, "十五": 15, "二十": 20,
        "三十": 30, "四十": 40, "五十": 50,
    },
    "es": {
        "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "diez": 10, "quince": 15, "veinte": 20,
        "treinta": 30, "cuarenta": 40,
    },
    "en": {
        "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "fifteen": 15, "twenty": 20,
        "thirty": 30, "forty": 40,
    },
}  # fmt: skip


def minutes_until(text: str, language: Language, local_hour: float | None) -> int | None:
    """The wish in minutes from now, or None when no time was named.

    Args:
        text: what was said.
        language: of the text.
        local_hour: local time now, in hours; None takes mid-morning.
    """
    lowered = text.lower()
    for wish, pattern in _WORDS[language]:
        if wish == "while":
            break
        if re.search(pattern, lowered):
            return minutes_for(wish, local_hour)
    counted = _counted(lowered, language)
    if counted is not None:
        return counted
    vague = dict(_WORDS[language])["while"]
    return A_WHILE if re.search(vague, lowered) else None


def minutes_for(wish: str, local_hour: float | None) -> int:
    """Minutes from now until ``while``, ``half_hour``, ``afternoon``, ``evening`` or ``tomorrow``.

    An hour that is already past today means the same hour tomorrow.
    """
    now = UNKNOWN_HOUR if local_hour is None else local_hour
    match wish:
        case "tomorrow":
            return _minutes(now, MORNING) % MINUTES_PER_DAY + (MINUTES_PER_DAY if now < MORNING else 0)
        case "afternoon":
            return _minutes(now, AFTERNOON) % MINUTES_PER_DAY
        case "evening":
            return _minutes(now, EVENING) % MINUTES_PER_DAY
        case _:
            return A_WHILE


def _minutes(start: float, end: float) -> int:
    return round((end - start) * 60)


def _counted(text: str, language: Language) -> int | None:
    """Twenty minutes, two hours."""
    numbers = _NUMBERS[language]
    number = "|".join(sorted(map(re.escape, numbers), key=len, reverse=True)) + r"|\d{1,3}"
    for unit, factor in zip(_UNITS[language], (1, 60), strict=True):
        if match := re.search(rf"({number}){unit}", text) or re.search(rf"\b({number}){unit}", text):
            said = match[1]
            return (int(said) if said.isdigit() else numbers[said]) * factor
    return None
