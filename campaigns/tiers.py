"""Which tier an elder belongs to, how often they are visited, and whether the robot may phone them.

Pure functions of an elder's facts and the policy (``policy.yaml``). What is unknown counts toward more care:
an unknown age is old enough for the key tier, and an unknown ability or consent is no leave to phone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from campaigns.cadences import ByCalendar, most_often
from campaigns.policy import Ability, Category, Policy, Tier, TierRule

__all__ = [
    "Ability",
    "Category",
    "ModeDecision",
    "ModeReason",
    "Tier",
    "VisitMode",
    "age_on",
    "cadence_of",
    "cadences_of",
    "reason_text",
    "tier_of",
    "visit_mode_of",
]


class VisitMode(StrEnum):
    """How an elder is visited (电话探访, 入户探访)."""

    TELEPHONE = "telephone"
    IN_HOME = "in_home"


class ModeReason(StrEnum):
    """Why an elder may not be phoned. Kept in the ledger as the code; ``reason_text`` puts it into words."""

    NOT_ACTIVE = "not_active"
    REFUSED = "refused"
    NO_CONSENT = "no_consent"
    NO_USABLE_PHONE = "no_usable_phone"
    LANGUAGE_NOT_SPOKEN = "language_not_spoken"
    ABILITY_NOT_ASSESSED = "ability_not_assessed"
    ABILITY_TOO_LOW = "ability_too_low"
    CATEGORY_AT_HOME = "category_at_home"
    NO_CALLING_HOURS = "no_calling_hours"
    NO_COMMON_HOURS = "no_common_hours"
    UNKNOWN_TIME_ZONE = "unknown_time_zone"


WORDS: dict[ModeReason, dict[str, str]] = {
    ModeReason.NOT_ACTIVE: {
        "zh-CN": "目前不在家中（住院、外出、迁出或去世）",
        "en": "not at home at present (in hospital, away, moved or deceased)",
    },
    ModeReason.REFUSED: {
        "zh-CN": "本人不同意电话探访",
        "en": "has refused telephone visits",
    },
    ModeReason.NO_CONSENT: {
        "zh-CN": "没有同意电话探访的记录",
        "en": "no consent to telephone visits is recorded",
    },
    ModeReason.NO_USABLE_PHONE: {
        "zh-CN": "没有可用的电话号码",
        "en": "no usable telephone number",
    },
    ModeReason.LANGUAGE_NOT_SPOKEN: {
        "zh-CN": "电话探访暂不支持老人的语言",
        "en": "the robot does not speak the elder's language",
    },
    ModeReason.ABILITY_NOT_ASSESSED: {
        "zh-CN": "身体能力未评估",
        "en": "ability has not been assessed",
    },
    ModeReason.ABILITY_TOO_LOW: {
        "zh-CN": "身体能力受损，应入户探访",
        "en": "ability is impaired: to be visited at home",
    },
    ModeReason.CATEGORY_AT_HOME: {
        "zh-CN": "属于应入户探访的人员类别",
        "en": "belongs to a group that is visited at home",
    },
    ModeReason.NO_CALLING_HOURS: {
        "zh-CN": "本期没有可以打电话的时段",
        "en": "the period has no hours left in which to call",
    },
    ModeReason.NO_COMMON_HOURS: {
        "zh-CN": "老人方便的时间、本地规定的时间和本次安排的时间碰不到一起",
        "en": "the hours of the campaign, the area and the elder have nothing in common",
    },
    ModeReason.UNKNOWN_TIME_ZONE: {
        "zh-CN": "所在地区的时区不明，不能打电话",
        "en": "the time zone of the area is unknown",
    },
}


@dataclass(frozen=True, slots=True)
class ModeDecision:
    """How to visit somebody, and why not by telephone; ``reason`` is None exactly when phoning is allowed."""

    mode: VisitMode
    reason: ModeReason | None = None

    @property
    def code(self) -> str:
        """The reason as the ledger keeps it; empty when phoning is allowed."""
        return self.reason.value if self.reason else ""


def age_on(birth_date: date | None, today: date) -> int | None:
    """Completed years (周岁), or None when the birth date is unknown.

    Somebody born on 29 February completes a year on 1 March of a common year.
    """
    if birth_date is None:
        return None
    had_no_birthday_yet = (today.month, today.day) < (birth_date.month, birth_date.day)
    return today.year - birth_date.year - had_no_birthday_yet


def tier_of(age: int | None, categories: Collection[str], ability: str, policy: Policy) -> Tier:
    """The first tier of the policy with a rule that matches. ``categories`` and ``ability`` are codes."""
    return next(
        tier.tier
        for tier in policy.tiers
        if any(_matches(rule, age, categories, ability) for rule in tier.rules)
    )


def _matches(rule: TierRule, age: int | None, categories: Collection[str], ability: str) -> bool:
    old_enough = rule.age_from is None or age is None or age >= rule.age_from
    able_so = not rule.abilities_any or ability in rule.abilities_any
    belongs = not rule.categories_any or any(category in categories for category in rule.categories_any)
    return old_enough and able_so and belongs


def cadences_of(tier: str, categories: Collection[str], policy: Policy) -> list[int | ByCalendar]:
    """What the tier and the groups ask for; the visit that is due first by any of them is due."""
    asked = policy.cadence_days
    return [asked.tiers[Tier(tier)], *(each for group, each in asked.groups.items() if group in categories)]


def cadence_of(tier: str, categories: Collection[str], policy: Policy) -> int | ByCalendar:
    """From one visit to the next: the most often that the tier or any of the groups asks for."""
    return most_often(cadences_of(tier, categories, policy))


def visit_mode_of(
    *,
    ability: str,
    categories: Collection[str],
    consent: bool | None,
    usable_phones: int,
    language: str,
    policy: Policy,
    status: str = "active",
) -> ModeDecision:
    """Whether the robot may phone an elder.

    ``consent`` is the newest recorded answer to being phoned, None when there is none; ``status`` is the
    elder's status in the ledger. The first reason against a call is given: what the elder wants stands
    before what the rules say.
    """
    rules = policy.telephone
    against = (
        (status == "opted_out" or consent is False, ModeReason.REFUSED),
        (status not in {"active", "opted_out"}, ModeReason.NOT_ACTIVE),
        (ability == Ability.UNKNOWN and not rules.unknown_ability_allowed, ModeReason.ABILITY_NOT_ASSESSED),
        (ability != Ability.UNKNOWN and ability not in rules.abilities, ModeReason.ABILITY_TOO_LOW),
        (any(group in categories for group in rules.excluded_categories), ModeReason.CATEGORY_AT_HOME),
        (consent is None and rules.consent_required, ModeReason.NO_CONSENT),
        (usable_phones < 1, ModeReason.NO_USABLE_PHONE),
        (language not in rules.languages, ModeReason.LANGUAGE_NOT_SPOKEN),
    )
    reason = next((reason for applies, reason in against if applies), None)
    return ModeDecision(VisitMode.IN_HOME if reason else VisitMode.TELEPHONE, reason)


def reason_text(code: str, language: Literal["zh-CN", "en"] = "zh-CN") -> str:
    """The words for a reason code; text that is no code (a worker's own words) comes back as it is."""
    try:
        return WORDS[ModeReason(code)][language]
    except ValueError:
        return code
