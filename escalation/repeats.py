"""What only several visits together show: a complaint that comes again, a mode that is outgrown. Pure."""

from __future__ import annotations

from escalation.policy import Policy
from escalation.situations import CodeFact, Finding, VisitFacts
from speech.types import Urgency


def repeated_concern(facts: VisitFacts, policy: Policy) -> Finding | None:
    """Complaints that ask for nobody by themselves, heard in so many visits running, this one included."""
    before = facts.earlier_codes[: policy.repeated_from - 1]
    if len(before) < policy.repeated_from - 1:
        return None
    again = tuple(
        fact
        for fact in facts.standing
        if _is_small(fact, policy) and all(fact.code in each for each in before)
    )
    return Finding("repeated_concern", codes=again) if again else None


def changed_manner(facts: VisitFacts, _policy: Policy) -> Finding | None:
    """A change against the elder's own baseline that has lasted: once may be the line, or a bad day."""
    return Finding("changed_manner", values={"changed": facts.changed}) if facts.changed else None


def mode_outgrown(facts: VisitFacts, policy: Policy) -> Finding | None:
    """Signs, in several of the latest visits, that a call may not be enough any more.

    A person decides whether the elder is visited at home from now on and whether the ability is assessed
    anew; nothing here does (GB/T 42195 gives levels by assessors only).
    """
    rule = policy.mode_outgrown
    here = tuple(fact for fact in facts.standing if fact.code in rule.codes)
    signs = [bool(here), *(bool(each & rule.codes) for each in facts.earlier_codes)][: rule.of]
    return Finding("mode_outgrown", codes=here) if here and sum(signs) >= rule.visits else None


def _is_small(fact: CodeFact, policy: Policy) -> bool:
    rule = policy.codes.get(fact.code)
    return rule is not None and rule.situation is None and fact.urgency is Urgency.NONE
