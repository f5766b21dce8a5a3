"""Where an elder in the ledger stands under the policy: tier, way of visiting, and why not by telephone.

To be asked anew whenever one of the facts changes: an import, a refusal on the telephone, a number found to
be wrong, a birthday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from campaigns.policy import Policy
from campaigns.tiers import ModeReason, VisitMode, age_on, tier_of, visit_mode_of
from records.people import Consent, Elder


def newest_consent(elder: Elder, kind: str = "telephone_visit") -> Consent | None:
    """The answer of a kind that counts; None when nothing was recorded.

    Of two in the same moment the later row counts; one not yet written has no number and is the newest.
    """
    answers = [consent for consent in elder.consents if consent.kind == kind]
    return max(answers, key=lambda answer: (answer.recorded_at, answer.id or float("inf")), default=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """Tier, way of visiting and, for those who are visited at home, why."""

    tier: str
    mode: str
    reason: str


def standing_of(elder: Elder, policy: Policy, today: date) -> Standing:
    """Tier and way of visiting that follow from the elder's facts.

    An elder whom a person has moved to visits at home, with a reason of their own, stays there.
    """
    tier = tier_of(age_on(elder.birth_date, today), elder.categories, elder.ability, policy).value
    if moved_by_hand(elder):
        return Standing(tier, elder.visit_mode, elder.mode_reason)
    consent = newest_consent(elder)
    decision = visit_mode_of(
        ability=elder.ability,
        categories=elder.categories,
        consent=None if consent is None else consent.granted,
        usable_phones=sum(phone.status == "usable" for phone in elder.phones),
        language=elder.language,
        policy=policy,
        status=elder.status,
    )
    return Standing(tier, decision.mode.value, decision.code)


def settle(elder: Elder, policy: Policy, today: date) -> bool:
    """Put an elder where ``standing_of`` says; return whether anything changed."""
    before = (elder.tier, elder.visit_mode, elder.mode_reason)
    standing = standing_of(elder, policy, today)
    elder.tier, elder.visit_mode, elder.mode_reason = standing.tier, standing.mode, standing.reason
    return before != (elder.tier, elder.visit_mode, elder.mode_reason)


def moved_by_hand(elder: Elder) -> bool:
    """Whether somebody decided on visits at home for a reason that is not one of the policy's."""
    known = {reason.value for reason in ModeReason} | {"", None}
    return elder.visit_mode == VisitMode.IN_HOME and elder.mode_reason not in known
