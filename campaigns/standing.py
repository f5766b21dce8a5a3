"""Where an elder in the ledger stands under the policy: tier, way of visiting, and why not by telephone.

To be asked anew whenever one of the facts changes: an import, a refusal on the telephone, a number found to
be wrong, a birthday.
"""

from __future__ import annotations

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


def settle(elder: Elder, policy: Policy, today: date) -> bool:
    """Derive tier and way of visiting from the elder's facts; return whether anything changed.

    An elder whom a person has moved to visits at home, with a reason of their own, stays there.
    """
    consent = newest_consent(elder)
    before = (elder.tier, elder.visit_mode, elder.mode_reason)
    elder.tier = tier_of(age_on(elder.birth_date, today), elder.categories, elder.ability, policy).value
    if not moved_by_hand(elder):
        decision = visit_mode_of(
            ability=elder.ability,
            categories=elder.categories,
            consent=None if consent is None else consent.granted,
            usable_phones=sum(phone.status == "usable" for phone in elder.phones),
            language=elder.language,
            policy=policy,
            status=elder.status,
        )
        elder.visit_mode, elder.mode_reason = decision.mode.value, decision.code
    return before != (elder.tier, elder.visit_mode, elder.mode_reason)


def moved_by_hand(elder: Elder) -> bool:
    """Whether somebody decided on visits at home for a reason that is not one of the policy's."""
    known = {reason.value for reason in ModeReason} | {"", None}
    return elder.visit_mode == VisitMode.IN_HOME and elder.mode_reason not in known
