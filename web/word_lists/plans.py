"""Words for what coordinators set: policies, rounds, surge days and ladders."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

WORDS: dict[str, dict[str, Any]] = {
    "round_start": {
        "above": _l("as in the area above"),
        "by_itself": _l("calls begin by themselves"),
        "when_started": _l("a coordinator starts the round"),
        "never": _l("rounds are opened by hand only"),
    },
    "round_length": {"day": _l("a day"), "week": _l("a week"), "month": _l("a month")},
    "cadence": {
        "daily": _l("daily"),
        "weekly": _l("weekly"),
        "fortnightly": _l("every two weeks"),
        "monthly": _l("monthly"),
        "quarterly": _l("quarterly"),
        "half_yearly": _l("every half-year"),
        "yearly": _l("yearly"),
    },
    "policy_aspect": {
        "tier": _l("tier"),
        "cadence": _l("how often"),
        "mode": _l("way of visiting"),
    },
    "module": {
        "winter_heating": _l("Heating in winter"),
        "summer_heat": _l("Summer heat"),
        "anti_fraud": _l("Beware of swindlers"),
        "home_safety": _l("Safety at home"),
        "falls_prevention": _l("Preventing falls"),
        "benefits": _l("Benefits"),
        "meals": _l("Meals"),
        "company": _l("Company"),
        "medicine": _l("Medicine"),
        "sleep": _l("Sleep"),
        "activities": _l("Activities"),
        "housekeeping": _l("Housekeeping"),
    },
    "ladder_part": {
        "work": _l("In working hours"),
        "night": _l("At night and on days off"),
        "overdue": _l("When the deadline is past"),
    },
    "weekday": {
        "0": _l("Mon"),
        "1": _l("Tue"),
        "2": _l("Wed"),
        "3": _l("Thu"),
        "4": _l("Fri"),
        "5": _l("Sat"),
        "6": _l("Sun"),
    },
}
