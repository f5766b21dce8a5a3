"""Putting planned visits on record: visits alike in one statement, whatever their number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from campaigns.alike import Kind
from campaigns.deciding import Decision, Rules, decide
from campaigns.scripts import module_for, turn_of
from campaigns.snapshots import Snapshot
from records.bulk import these
from records.people import Elder
from records.priorities import FIRST_TIER
from records.versions import keep_terms
from records.visits import Visit


@dataclass(slots=True)
class _Alike:
    """Visits that differ in nothing but the elder."""

    values: dict[str, Any]
    elders: list[int] = field(default_factory=list)


class Booking:
    """Decides once about each kind of elder, and collects the visits of a batch until they are written."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._decisions: dict[int, Decision] = {}
        self._groups: dict[tuple[int, int], _Alike] = {}
        self._same: dict[str, _Alike] = {}

    def decision(self, kind: Kind) -> Decision:
        """What becomes of elders of a kind."""
        if kind.number not in self._decisions:
            self._decisions[kind.number] = decide(kind.elder, kind.policy, self._rules)
        return self._decisions[kind.number]

    def add(self, session: Session, elder_id: int, kind: Kind) -> None:
        """Have a visit written for an elder who is not left out."""
        place = (kind.number, turn_of(self._rules.script, elder_id))
        if place not in self._groups:
            values = self._values(session, elder_id, kind)
            self._groups[place] = self._same.setdefault(repr(values), _Alike(values))
        self._groups[place].elders.append(elder_id)

    def write(self, session: Session) -> None:
        """Write what was collected, in the order of the first elders."""
        waiting = [each for each in self._same.values() if each.elders]
        for alike in sorted(waiting, key=lambda each: each.elders[0]):
            values = alike.values
            elder = these(session, alike.elders).subquery().c.value
            home = select(Elder.area_id).where(Elder.id == elder).scalar_subquery()
            columns = [literal(each, Visit.__table__.c[name].type) for name, each in values.items()]
            rows = select(elder, home, *columns)
            session.execute(insert(Visit).from_select(["elder_id", "area_id", *values], rows))
            alike.elders.clear()

    def _values(self, session: Session, elder_id: int, kind: Kind) -> dict[str, Any]:
        rules, decision = self._rules, self.decision(kind)
        campaign = rules.campaign
        snapshot = Snapshot(
            policy=kind.policy,
            retries=rules.retries,
            windows=rules.windows,
            hours_here=decision.here,
            module=module_for(rules.script, elder_id, campaign.starts_on, kind.policy.seasons),
            tier=kind.elder.tier,
        )
        return {
            "campaign_id": campaign.id,
            "mode": str(decision.mode),
            "mode_reason": decision.reason,
            "comes_first": kind.elder.tier == FIRST_TIER,
            "next_attempt_at": decision.first,
            "terms_id": keep_terms(session, snapshot.stored()),
            "created_at": rules.now,
        }
