"""What follows a flag and a visit's end: scores, decisions, work orders and notifications, in one go.

Everything is rows in the caller's transaction: a crash before its commit leaves nothing, a crash after it
leaves everything, and doing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.changes import changes_that_last
from escalation.decide import DecidedOrder, decide, decide_in_home
from escalation.history import SYSTEM
from escalation.opening import Opened, going_to, open_order
from escalation.promises import follow_promise
from escalation.reading import ScriptShelf, VisitRead, newest_consent, read_visit
from escalation.rules import Rules
from escalation.word_came import elder_was_heard
from records.audit import audit
from records.orders import WorkOrder
from records.visits import Assessment, Flag, Visit, is_open
from speech.manner import baseline, compare, manner_of
from speech.record_sheet import record_sheet
from speech.scoring import Scores, assess
from speech.types import Urgency

UNKNOWN_OUTCOME = "unknown"
"""What a visit came to that ended without an outcome: nothing explains it, so a person finds out."""


class VisitAftercare:
    """Looks after visits from the first flag on. Implements the dialer's ``Aftercare`` by structure."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._shelf = ScriptShelf()

    def flag_raised(self, session: Session, visit: Visit, flag: Flag, now: datetime) -> None:
        """Open at once what cannot wait for the visit's end; the elder is still on the line.

        ``flag`` must be added to the session. What the flag means together with the others already raised
        is decided anew, so the order of flags does not matter.
        """
        session.add(flag)
        read = read_visit(session, visit, self._rules.policy, self._rules.weights, self._shelf)
        facts = replace(read.facts, outcome=None)
        decided = decide(facts, self._rules.policy, now=now, timezone=read.timezone)
        self._open(session, visit, decided, read, now)

    def visit_ended(self, session: Session, visit: Visit, now: datetime) -> None:
        """Score the visit and open whatever it calls for. Called again, it changes nothing.

        The visit's outcome and end must be set.
        """
        if visit.mode == "in_home":
            return
        self.reconsider(session, visit, now)

    def reconsider(self, session: Session, visit: Visit, now: datetime) -> None:
        """Score and decide (again), e.g. after a worker has corrected an answer.

        The assessment takes the new scores and keeps its review; orders only ever grow. While a visit goes
        on, nothing is scored and only what cannot wait is decided.
        """
        rules = self._rules
        read = read_visit(session, visit, rules.policy, rules.weights, self._shelf)
        if visit.status != "ended" and visit.outcome is None:
            decided = decide(read.facts, rules.policy, now=now, timezone=read.timezone)
            self._open(session, visit, decided, read, now)
            return
        outcome = visit.outcome or UNKNOWN_OUTCOME
        manner = manner_of(read.turns, read.language)
        departures = compare(manner, read.earlier, rules.weights.manner_rules)
        scores = assess(
            read.answers,
            [departure.measure for departure in departures],
            rules.weights,
            expected=read.expected,
            outcome=outcome,
        )
        several = any(part.rule == "several_concerns" for part in scores.contributions)
        changed = changes_that_last(session, visit, departures)
        facts = replace(read.facts, outcome=outcome, several_concerns=several, changed=changed)
        decided = decide(facts, rules.policy, now=now, timezone=read.timezone)
        opened = self._open(session, visit, decided, read, now)
        follow_promise(session, rules, visit, now)
        if outcome == "completed":
            elder_was_heard(session, rules, visit.elder_id, visit.ended_at or now, now)
        sheet = record_sheet(
            read.answers, rules.weights, expected=read.expected, handled=self._handled(opened)
        )
        spoken = {
            "measures": None if manner is None else manner.as_json(),
            "baseline": baseline(read.earlier, rules.weights.manner_rules),
            "departures": [departure.as_json() for departure in departures],
            "earlier_calls": len(read.earlier),
        }
        self._keep(session, visit, replace(scores, record_sheet=sheet), spoken, now)

    def order_in_home(self, session: Session, now: datetime, *, campaign_id: int | None = None) -> int:
        """Give every planned visit in person that nobody was asked to make to somebody.

        Call it after a campaign was planned and now and then besides. Returns how many orders were opened.
        """
        statement = (
            select(Visit)
            .outerjoin(WorkOrder, going_to(Visit.id))
            .where(Visit.mode == "in_home", is_open(), WorkOrder.id.is_(None))
            .order_by(Visit.id)
        )
        if campaign_id is not None:
            statement = statement.where(Visit.campaign_id == campaign_id)
        visits = session.scalars(statement).all()
        for visit in visits:
            self._order_one(session, visit, now)
        return len(visits)

    def _order_one(self, session: Session, visit: Visit, now: datetime) -> None:
        consent = newest_consent(session, visit.elder_id, "in_home_visit")
        decided = decide_in_home(
            self._rules.policy,
            ends_on=visit.campaign.ends_on,
            timezone=visit.campaign.timezone,
            now=now,
            reason=visit.mode_reason,
            consent=None if consent is None else consent.granted,
        )
        open_order(session, self._rules, visit, decided, topics={}, now=now)

    def _open(
        self, session: Session, visit: Visit, decided: Sequence[DecidedOrder], read: VisitRead, now: datetime
    ) -> list[Opened]:
        """Open what was decided; a decision that changed something is kept with the versions it rests on."""
        rules = self._rules
        opened = [open_order(session, rules, visit, each, topics=read.topics, now=now) for each in decided]
        if any(each.change != "unchanged" for each in opened):
            audit(
                session,
                at=now,
                actor=SYSTEM,
                action="visit_decided",
                subject_type="visit",
                subject_id=visit.id,
                policy=rules.policy.version,
                weights=rules.weights.version,
                outcome=visit.outcome,
                orders=[{"id": each.order.id, "change": each.change} for each in opened],
            )
        return opened

    def _handled(self, opened: Sequence[Opened]) -> dict[str, str]:
        """Code -> what has been set going for it, in the words of the record sheet."""
        said = self._rules.phrases["zh-CN"].handled
        least_first = sorted(opened, key=lambda each: Urgency.parse(each.order.urgency))
        return {code: said[each.order.kind] for each in least_first for code in each.order.codes}

    def _keep(
        self, session: Session, visit: Visit, scores: Scores, manner: dict[str, Any], now: datetime
    ) -> None:
        """Write the assessment, or bring the one that stands up to date; its review stays."""
        row = session.scalars(select(Assessment).where(Assessment.visit_id == visit.id)).one_or_none()
        values: dict[str, Any] = {
            "overall": scores.overall.label,
            "score": scores.score,
            "dimensions": {name: score.as_json() for name, score in scores.dimensions.items()},
            "record_sheet": dict(scores.record_sheet),
            "manner": manner,
            "weights_version": scores.weights_version,
        }
        if row is None:
            session.add(Assessment(visit_id=visit.id, assessed_at=now, **values))
            session.flush()
            session.expire(visit, ["assessment"])
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row.assessed_at = now
            session.flush()
        else:
            return
        audit(
            session,
            at=now,
            actor=SYSTEM,
            action="visit_assessed",
            subject_type="visit",
            subject_id=visit.id,
            overall=scores.overall.label,
            score=scores.score,
            weights=scores.weights_version,
        )
