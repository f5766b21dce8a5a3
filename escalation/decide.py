"""Which work orders a visit makes: pure, table-driven, explainable.

Facts in, decided orders out. The table (``escalation/policy.yaml``) says what each situation makes; this
module adds nothing to it but the arithmetic of deadlines and the rule that one visit makes at most one
order of each kind, so that one person gets one clear task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from escalation.policy import Deadline, OrderKind, OrderRule, Policy, Role, Situation
from escalation.repeats import changed_manner, mode_outgrown, repeated_concern
from escalation.situations import CodeFact, Finding, VisitFacts, find_situations
from speech.types import Urgency

LATEST_ORDER_HOUR = time(20, 0)
"""A visit that is due on a day is due by this local time of it."""


@dataclass(frozen=True, slots=True)
class DecidedOrder:
    """A work order as the policy wants it, before anything is written."""

    kind: OrderKind
    urgency: Urgency
    reason: str
    """The first situation in the policy's order, or ``in_home``."""
    findings: tuple[Finding, ...]
    """Every situation the order answers; the ones it merely covers come last."""
    deadline: datetime
    """Aware."""
    roles: tuple[Role, ...]
    """For whom, in order of preference."""
    inform: tuple[Role, ...]
    """Who else is told."""
    ask_consent: bool = False
    """An in-home visit without consent on file that can wait for a yes. An emergency never waits."""
    dial: tuple[str, ...] = ()
    """Public emergency numbers that may be needed as well."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the lexicon that the order is about, each once, weightiest first."""
        return tuple(dict.fromkeys(fact.code for finding in self.findings for fact in finding.codes))

    @property
    def facts(self) -> tuple[CodeFact, ...]:
        """The codes with where and how they were heard."""
        return tuple(dict.fromkeys(fact for finding in self.findings for fact in finding.codes))


def decide(facts: VisitFacts, policy: Policy, *, now: datetime, timezone: str) -> tuple[DecidedOrder, ...]:
    """Decide what people must do for this elder.

    Args:
        facts: what is known. While the visit goes on (``outcome`` None) only what cannot wait is decided.
        policy: the table.
        now: aware.
        timezone: IANA name of the place where the elder lives; deadlines at a time of day are local.

    Returns:
        At most one order of each kind, the most urgent first.
    """
    found = _found(facts, policy)
    wanted: dict[OrderKind, list[tuple[Situation, OrderRule]]] = {}
    for name, rule in _uncovered(found, policy):
        for order in rule:
            wanted.setdefault(order.kind, []).append((name, order))
    decided = [_merge(kind, rules, found, facts, policy, now, timezone) for kind, rules in wanted.items()]
    return tuple(sorted(decided, key=lambda order: (-order.urgency, order.deadline, order.kind)))


def decide_in_home(
    policy: Policy, *, ends_on: date, timezone: str, now: datetime, reason: str, consent: bool | None
) -> DecidedOrder:
    """The order for a visit in person to an elder whom the rules do not allow to be phoned.

    ``ends_on`` is the last day of the period, ``reason`` why the elder may not be phoned. Planned late,
    the order still leaves two hours.
    """
    zone = _zone(timezone)
    latest = now + timedelta(hours=2)
    due = latest if zone is None else max(latest, datetime.combine(ends_on, LATEST_ORDER_HOUR, zone))
    return DecidedOrder(
        kind=policy.in_home.kind,
        urgency=Urgency.parse(policy.in_home.urgency),
        reason="in_home",
        findings=(Finding("in_home", values={"reason": reason}),),
        deadline=due,
        roles=policy.in_home.roles,
        inform=(),
        ask_consent=consent is not True,
    )


def due_by(rule: Deadline, *, tier: str, now: datetime, timezone: str) -> datetime:
    """The moment a deadline falls on.

    In a time zone that cannot be read, "by 20:00" becomes the shortest time the rule allows: a person
    goes too early rather than too late.
    """
    if rule.by is None:
        return now + timedelta(minutes=rule.minutes_by_tier.get(tier, rule.minutes or 0))
    soonest = now + timedelta(minutes=rule.at_least)
    zone = _zone(timezone)
    if zone is None:
        return soonest
    return max(soonest, datetime.combine(now.astimezone(zone).date(), rule.by, zone))


def _found(facts: VisitFacts, policy: Policy) -> dict[Situation, Finding]:
    """What this visit shows, at its end also together with earlier ones, in the policy's order."""
    found = find_situations(facts, policy)
    if facts.outcome is not None:
        rules = (repeated_concern, changed_manner, mode_outgrown)
        over_time = [rule(facts, policy) for rule in rules]
        found |= {cast("Situation", each.situation): each for each in over_time if each is not None}
    return {name: found[name] for name in policy.situations if name in found}


def _uncovered(
    found: Mapping[Situation, Finding], policy: Policy
) -> list[tuple[Situation, tuple[OrderRule, ...]]]:
    """Situations that need somebody of their own."""
    return [
        (name, policy.situations[name].orders)
        for name in found
        if not policy.situations[name].covered_by & set(found)
    ]


def _merge(
    kind: OrderKind,
    rules: Sequence[tuple[Situation, OrderRule]],
    found: Mapping[Situation, Finding],
    facts: VisitFacts,
    policy: Policy,
    now: datetime,
    timezone: str,
) -> DecidedOrder:
    """One order of one kind for all situations that ask for it and those that these cover."""
    names = [name for name, _ in rules]
    tells = kind in ("in_person_visit", "phone_follow_up")
    covered = [
        name
        for name in found
        if policy.situations[name].covered_by & set(names) and (tells or found[name].codes)
    ]
    urgency = max(Urgency.parse(rule.urgency) for _, rule in rules)
    findings = tuple(found[name] for name in dict.fromkeys([*names, *covered]))
    deadlines = (policy.deadlines[rule.deadline] for _, rule in rules)
    in_person = kind == "in_person_visit"
    return DecidedOrder(
        kind=kind,
        urgency=urgency,
        reason=names[0],
        findings=findings,
        deadline=min(due_by(rule, tier=facts.tier, now=now, timezone=timezone) for rule in deadlines),
        roles=rules[0][1].roles,
        inform=tuple(dict.fromkeys(role for name in names for role in policy.situations[name].inform)),
        ask_consent=in_person and urgency is not Urgency.EMERGENCY and facts.in_home_consent is not True,
        dial=policy.dial(tuple(fact.code for name in names for fact in found[name].codes)),
    )


def _zone(timezone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
