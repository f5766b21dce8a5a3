"""Whether an elder may be phoned right now, by what the ledger knows of them. Calling fails closed."""

from __future__ import annotations

from campaigns.policy import Policy
from campaigns.presence import ABSENT
from campaigns.standing import newest_consent
from campaigns.tiers import ModeReason, VisitMode, visit_mode_of
from records.people import Elder, Phone
from speech.types import LANGUAGES

TELEPHONE_VISIT = "telephone_visit"
IN_HOME_VISIT = "in_home_visit"
RECORDING = "recording"


def consented(elder: Elder, kind: str) -> bool | None:
    """The newest recorded answer of that kind; None when there is none."""
    newest = newest_consent(elder, kind)
    return None if newest is None else newest.granted


def usable_phones(elder: Elder) -> list[Phone]:
    """The numbers that may be rung, in the order in which they are to be tried."""
    return sorted(
        (phone for phone in elder.phones if phone.status == "usable"), key=lambda each: each.position
    )


def reason_against_phoning(elder: Elder, policy: Policy, *, once_back: bool = False) -> str:
    """Why an elder may not be phoned: a code of ``ModeReason`` or a person's words; empty when they may.

    ``once_back`` asks the same of somebody who is in hospital or away, for the time when they are back.

    Judged anew from consents, numbers and the policy. Whom the ledger puts down for in-home visits is not
    phoned even where these would allow it: a person may know better.
    """
    decision = visit_mode_of(
        ability=elder.ability,
        categories=elder.categories,
        consent=consented(elder, TELEPHONE_VISIT),
        usable_phones=len(usable_phones(elder)),
        language=elder.language,
        policy=policy,
        status="active" if once_back and elder.status in ABSENT else elder.status,
    )
    kept_home = elder.visit_mode != VisitMode.TELEPHONE
    if once_back and elder.mode_reason == ModeReason.NOT_ACTIVE:
        kept_home = False
    if decision.mode is VisitMode.TELEPHONE and kept_home:
        return elder.mode_reason or VisitMode.IN_HOME.value
    if not decision.code and elder.language not in LANGUAGES:
        return ModeReason.LANGUAGE_NOT_SPOKEN.value
    return decision.code


def reason_against_visiting(elder: Elder, *, once_back: bool = False) -> str:
    """Why nobody should come to see an elder either: a code of ``ModeReason``; empty when somebody should.

    Who does not want to be phoned is still visited, unless they have refused that as well. ``once_back`` as
    for ``reason_against_phoning``.
    """
    if elder.status not in {"active", "opted_out", *(ABSENT if once_back else ())}:
        return ModeReason.NOT_ACTIVE.value
    refused = consented(elder, IN_HOME_VISIT) is False
    return ModeReason.REFUSED.value if refused else ""
