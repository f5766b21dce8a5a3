"""Words for elders and those who work with them."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

WORDS: dict[str, dict[str, Any]] = {
    "tier": {"key": _l("Key"), "secondary": _l("Secondary"), "general": _l("General")},
    "sex": {"female": _l("Female"), "male": _l("Male"), "unknown": _l("Not known")},
    "ability": {
        "intact": _l("Intact"),
        "mild": _l("Mild loss"),
        "moderate": _l("Moderate loss"),
        "severe": _l("Severe loss"),
        "complete": _l("Complete loss"),
        "unknown": _l("Not assessed"),
    },
    "category": {
        "living_alone": _l("Living alone"),
        "empty_nest": _l("Empty nest"),
        "left_behind": _l("Left behind"),
        "disabled_by_age": _l("Disabled by age"),
        "severely_disabled": _l("Severely disabled"),
        "special_family_planning": _l("Special family-planning family"),
        "living_with_disabled_child": _l("Living with a severely disabled child"),
        "safety_net": _l("Safety net"),
        "dementia": _l("Dementia"),
        "bedridden": _l("Bedridden"),
        "limited_mobility": _l("Limited mobility"),
    },
    "elder_status": {
        "active": _l("In the programme"),
        "in_hospital": _l("In hospital"),
        "away": _l("Away"),
        "moved": _l("Moved away"),
        "deceased": _l("Deceased"),
        "opted_out": _l("Does not want calls"),
        "caller": _l("Not on the roster: called us"),
    },
    "consent": {
        "telephone_visit": _l("Visits by telephone"),
        "in_home_visit": _l("Visits at home"),
        "recording": _l("Recording of calls"),
    },
    "phone_kind": {"landline": _l("Landline"), "mobile": _l("Mobile")},
    "phone_status": {"usable": _l("In use"), "wrong_number": _l("Wrong number"), "invalid": _l("Invalid")},
    "source": {"roster": _l("Roster")},
    "role": {
        "coordinator": _l("Coordinator"),
        "social_worker": _l("Social worker"),
        "grid_worker": _l("Grid worker"),
        "viewer": _l("Auditor"),
    },
    "language": {"zh-CN": _l("Mandarin"), "es": _l("Spanish"), "en": _l("English")},
}
