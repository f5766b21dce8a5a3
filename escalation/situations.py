"""What a visit came to, in the words of the policy: pure predicates over the facts of one visit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from escalation.policy import Policy, Situation
from records.aftermath import NEED_NOBODY
from speech.types import Urgency

CONVERSED = frozenset({"completed", "partial", "refused", "wrong_person", "proxy", "call_later"})
"""Outcomes of a call in which somebody said something."""

SETTLED = frozenset(NEED_NOBODY)
"""Outcomes of a visit that need nobody's attention by themselves."""

EXPLAINED_BY: Mapping[str, frozenset[Situation]] = {
    "escalated": frozenset({"emergency", "urgent", "urgent_call", "deceased", "in_hospital"}),
    "partial": frozenset({"partial"}),
    "refused": frozenset({"refused"}),
    "wrong_person": frozenset({"wrong_person"}),
    "unreachable": frozenset({"unreachable"}),
    "expired": frozenset({"expired"}),
}
"""Which findings say why a visit ended so. A visit is passed to a person for something urgent only
(``campaigns.retries``): a need, a mild concern or what was taken back does not explain that."""


@dataclass(frozen=True, slots=True)
class CodeFact:
    """One code heard in a visit."""

    code: str
    urgency: Urgency
    confirmed: str = "not_asked"
    """yes, no, unclear or not_asked, as ``ivr.report.Confirmed``. Only a clear no withdraws it."""
    words: str = ""
    question: str = ""
    turn_id: int | None = None

    @property
    def stands(self) -> bool:
        """Whether the code is acted on."""
        return self.confirmed != "no"


@dataclass(frozen=True, slots=True)
class CallFact:
    """How one attempt ended: ``ivr.lines.Disposition`` and ``ivr.report.CallOutcome``, None while unknown."""

    disposition: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """What is known about one visit when it is decided on."""

    outcome: str | None = None
    """The visit's outcome; None while it goes on."""
    tier: str = "general"
    codes: tuple[CodeFact, ...] = ()
    calls: tuple[CallFact, ...] = ()
    """In the order they were made."""
    attempts_made: int = 0
    unclear: tuple[str, ...] = ()
    """Questions answered with silence or with words that fit nothing."""
    unasked: tuple[str, ...] = ()
    """Questions that were never put, of a visit in which somebody spoke."""
    asked_for_person: bool = False
    opted_out: bool = False
    several_concerns: bool = False
    changed: tuple[str, ...] = ()
    """Measures of how the elder spoke that departed from their own in this visit and in the one before."""
    earlier_codes: tuple[frozenset[str], ...] = ()
    """Codes of earlier visits in which the elder was talked with, newest first."""
    in_home_consent: bool | None = None
    """The newest consent to be visited at home; None when there is none on file."""

    @property
    def standing(self) -> tuple[CodeFact, ...]:
        """Codes that are acted on."""
        return tuple(fact for fact in self.codes if fact.stands)

    @property
    def last_answered(self) -> str | None:
        """The outcome of the last call that somebody answered."""
        outcomes = [call.outcome for call in self.calls if call.outcome is not None]
        return outcomes[-1] if outcomes else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One situation found in a visit, with what it rests on."""

    situation: Situation | Literal["in_home"]
    codes: tuple[CodeFact, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    """What its sentence mentions besides: attempts, questions, outcome."""


def situation_of(fact: CodeFact, policy: Policy) -> Situation | None:
    """The situation that a standing code makes by itself; None when it asks for nobody."""
    rule = policy.codes.get(fact.code)
    if fact.urgency is Urgency.EMERGENCY:
        return "emergency"
    if rule is not None and rule.situation is not None:
        return rule.situation
    if fact.urgency is Urgency.NEED and rule is not None and Urgency.parse(rule.urgency) > Urgency.NEED:
        return "look_into"
    by_urgency: Mapping[Urgency, Situation] = {Urgency.URGENT: "urgent", Urgency.NEED: "need"}
    return by_urgency.get(fact.urgency)


def find_situations(facts: VisitFacts, policy: Policy) -> dict[Situation, Finding]:
    """Everything the policy has a rule for and that this visit shows, in the policy's order.

    While the visit goes on (``facts.outcome`` is None) only what cannot wait for its end is found.
    """
    found = _by_codes(facts, policy)
    if facts.outcome is not None:
        found |= _withdrawn(facts, policy)
        for name, shows in _BY_COURSE.items():
            values = shows(facts, policy)
            if values is not None:
                found.setdefault(name, Finding(name, values=values))
        if not _explained(facts.outcome, found):
            found["unexplained"] = Finding("unexplained", values={"outcome": facts.outcome})
    return {
        name: found[name]
        for name, rule in policy.situations.items()
        if name in found and (rule.at_once or facts.outcome is not None)
    }


def _explained(outcome: str, found: Mapping[Situation, Finding]) -> bool:
    """Whether something found says why the visit ended as it did; what nobody knows is never explained."""
    return outcome in SETTLED or not EXPLAINED_BY.get(outcome, frozenset()).isdisjoint(found)


def _by_codes(facts: VisitFacts, policy: Policy) -> dict[Situation, Finding]:
    """Situations made by what was heard."""
    heard: dict[Situation, list[CodeFact]] = {}
    for fact in facts.standing:
        situation = situation_of(fact, policy)
        if situation is not None:
            heard.setdefault(situation, []).append(fact)
    return {name: Finding(name, codes=_weightiest_first(codes)) for name, codes in heard.items()}


def _withdrawn(facts: VisitFacts, policy: Policy) -> dict[Situation, Finding]:
    """Emergencies that the elder took back: nobody is sent, but somebody listens to the recording."""
    taken_back = [fact for fact in facts.codes if not fact.stands and fact.urgency is Urgency.EMERGENCY]
    grave = [fact for fact in taken_back if fact.code in policy.codes and policy.codes[fact.code].grave]
    found: dict[Situation, Finding] = {}
    if grave:
        found["withdrawn_grave"] = Finding("withdrawn_grave", codes=_weightiest_first(grave))
    if others := [fact for fact in taken_back if fact not in grave]:
        found["withdrawn"] = Finding("withdrawn", codes=_weightiest_first(others))
    return found


def _weightiest_first(codes: Sequence[CodeFact]) -> tuple[CodeFact, ...]:
    return tuple(sorted(codes, key=lambda fact: (-fact.urgency, fact.confirmed != "yes", fact.code)))


Values = Mapping[str, object]


def _silent(facts: VisitFacts, _policy: Policy) -> Values | None:
    """Somebody lifted the receiver and nobody ever spoke."""
    spoke = any(call.outcome in CONVERSED for call in facts.calls)
    lifted = any(call.outcome == "silent" for call in facts.calls)
    return {} if lifted and not spoke and facts.outcome not in SETTLED else None


def _unreachable(facts: VisitFacts, _policy: Policy) -> Values | None:
    return {"attempts": facts.attempts_made} if facts.outcome == "unreachable" else None


def _expired(facts: VisitFacts, _policy: Policy) -> Values | None:
    """The period ended before the visit did, perhaps without a single call."""
    return {"attempts": facts.attempts_made} if facts.outcome == "expired" else None


def _wrong_person(facts: VisitFacts, _policy: Policy) -> Values | None:
    return {} if facts.outcome == "wrong_person" else None


def _asked_for_person(facts: VisitFacts, _policy: Policy) -> Values | None:
    return {} if facts.asked_for_person else None


def _opted_out(facts: VisitFacts, _policy: Policy) -> Values | None:
    return {} if facts.opted_out else None


def _refused(facts: VisitFacts, _policy: Policy) -> Values | None:
    return {} if facts.outcome == "refused" else None


def _proxy_only(facts: VisitFacts, _policy: Policy) -> Values | None:
    """Others spoke, the elder never did."""
    own_words = any(call.outcome in {"completed", "partial", "refused"} for call in facts.calls)
    return {} if facts.last_answered == "proxy" and not own_words else None


def _partial(facts: VisitFacts, _policy: Policy) -> Values | None:
    """The talk broke off, even where something urgent that was heard before ended the visit."""
    if facts.outcome == "escalated" and facts.last_answered == "partial":
        return {"questions": facts.unasked + facts.unclear}
    return {"questions": facts.unasked + facts.unclear} if facts.outcome == "partial" else None


def _unclear_answers(facts: VisitFacts, policy: Policy) -> Values | None:
    """Of a visit that was not broken off: then ``partial`` names the questions."""
    if _partial(facts, policy) is not None:
        return None
    enough = len(facts.unclear) >= policy.unclear_answers_from
    return {"questions": facts.unclear, "count": len(facts.unclear)} if enough else None


def _several_concerns(facts: VisitFacts, _policy: Policy) -> Values | None:
    """Many small things at once, by the weights of scoring."""
    return {} if facts.several_concerns else None


_BY_COURSE: Mapping[Situation, Callable[[VisitFacts, Policy], Values | None]] = {
    "wrong_person": _wrong_person,
    "silent": _silent,
    "unreachable": _unreachable,
    "expired": _expired,
    "asked_for_person": _asked_for_person,
    "opted_out": _opted_out,
    "refused": _refused,
    "proxy_only": _proxy_only,
    "partial": _partial,
    "unclear_answers": _unclear_answers,
    "several_concerns": _several_concerns,
}
"""Situations made by the course of the visit rather than by a single code."""
