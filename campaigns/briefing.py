"""What the dialogue is told about an elder: how to address them, how fast and how loud to speak.

Pure. Only what may be said on the telephone leaves the ledger; see ``ivr.brief``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.windows import known_zone
from ivr.brief import Brief
from speech.phonetics.pinyin import lazy_pinyin
from speech.types import LANGUAGES, Language

SLOWEST, FASTEST = 0.7, 1.2
LOUDEST_DB = 12.0

_COMPOUND = """
欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠
公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 令狐 闾丘 子车 亓官 司寇 呼延 拓跋 纳兰 百里 东郭 南门 西门
第五 轩辕
"""
_COMPOUND_SURNAMES = frozenset(_COMPOUND.split())
_SURNAME_READINGS = {
    "单": "Shan", "仇": "Qiu", "解": "Xie", "查": "Zha", "曾": "Zeng", "朴": "Piao", "任": "Ren", "区": "Ou",
    "盖": "Ge", "尉迟": "Yuchi", "万俟": "Moqi", "宁": "Ning", "华": "Hua", "召": "Shao", "乐": "Yue",
    "员": "Yun", "翟": "Zhai", "缪": "Miao", "种": "Chong", "秘": "Bi", "尹": "Yin", "覃": "Qin", "繁": "Po",
}  # fmt: skip
"""Characters that are read differently, or not surely as intended, when they are a surname."""
_DOTS = "·•‧・"
"""Between given name and father's name of Uyghur, Kazakh and other names written in Chinese."""

_ADDRESS: dict[Language, dict[str, str]] = {
    "zh-CN": {"female": "{}奶奶", "male": "{}爷爷", "unknown": "{}老人家"},
    "es": {"female": "señora {}", "male": "señor {}", "unknown": "{}"},
    "en": {"female": "Ms {}", "male": "Mr {}", "unknown": "{}"},
}


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf the robot calls, and where an elder can call back."""

    organisation: str
    callback_number: str


def address_as(name: str, sex: str, language: Language) -> str:
    """How an elder is addressed: 王奶奶, señor García, Ms Wang.

    ``sex`` is female, male or unknown. Where the form of address depends on it and it is unknown, the full
    name does.
    """
    name = _tidy(name)
    forms = _ADDRESS[language]
    form = forms.get(sex, forms["unknown"])
    if language == "zh-CN":
        return form.format(_called_in_chinese(name))
    if form == "{}":
        return _in_letters(name)
    return form.format(_surname_in_letters(name, language))


def brief_for(
    *,
    name: str,
    sex: str,
    language: str,
    preferences: Mapping[str, Any],
    module: str,
    caller: Caller,
    moment: datetime,
    timezone: str,
) -> Brief:
    """Put together what the dialogue may know.

    ``preferences`` are the elder's ``speech_preferences``: what is no number there counts as not said, what
    is out of range is drawn into it. Raises ValueError for a language the robot does not speak: such an elder
    is not phoned.
    """
    if language not in LANGUAGES:
        raise ValueError(f"The robot does not speak {language!r}")
    zone = known_zone(timezone)
    local = moment.astimezone(zone) if zone else None
    return Brief(
        name=_tidy(name),
        address_as=address_as(name, sex, language),
        organisation=caller.organisation,
        callback_number=caller.callback_number,
        language=language,
        module=module,
        speed=_within(preferences.get("speed"), SLOWEST, 1.0, FASTEST),
        gain_db=_within(preferences.get("gain_db"), 0.0, 0.0, LOUDEST_DB),
        local_hour=local.hour + local.minute / 60 if local else None,
    )


def _within(value: Any, least: float, usual: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return usual
    return min(max(float(value), least), most)


def _called_in_chinese(name: str) -> str:
    """王桂英 -> 王, 欧阳娜娜 -> 欧阳; of other peoples' names, the given name or the whole."""
    for dot in _DOTS:
        if dot in name:
            return name.split(dot, maxsplit=1)[0]
    return _chinese_surname(name) if _is_chinese(name) else name


def _chinese_surname(name: str) -> str:
    return name[:2] if name[:2] in _COMPOUND_SURNAMES and len(name) > len("欧阳") else name[:1]


def _tidy(name: str) -> str:
    """Single spaces; none in Chinese names, which forms like to write as 李 强."""
    closed = "".join(name.split())
    return closed if _is_chinese(closed) else " ".join(name.split())


def _is_chinese(name: str) -> bool:
    return bool(name) and all("\u3400" <= letter <= "\u9fff" for letter in name)


def _surname_in_letters(name: str, language: Language) -> str:
    """The surname for those who read letters: the last word, in Spanish the last but one of three or more."""
    if _is_chinese(name):
        return _spell(_chinese_surname(name))
    words = _in_letters(name).split()
    if language == "es" and len(words) > len(("nombre", "apellido")):
        return words[-2]
    return words[-1] if words else ""


def _in_letters(name: str) -> str:
    """张桂兰 -> Zhang Guilan; other names stay as they are."""
    if not _is_chinese(name):
        return name
    surname = _chinese_surname(name)
    return f"{_spell(surname)} {_spell(name[len(surname) :])}".strip()


def _spell(characters: str) -> str:
    return _SURNAME_READINGS.get(characters) or "".join(lazy_pinyin(characters)).capitalize()
