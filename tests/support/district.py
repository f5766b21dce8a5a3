"""A district whose rounds are kept, and keepers that look at it on a clock moved by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from campaigns.policies import save_policy
from campaigns.policy import Policy, load_policy
from campaigns.standing_rounds import RoundTerms, start_draft
from escalation.oversights import find_oversights
from records.audit import Heartbeat
from records.people import Area, Elder
from records.sessions import Ledger
from records.visits import Campaign, Visit
from support.campaigning import MONDAY, add_area, add_elder, script
from support.casebook import HandClock, rules
from wenan.round_keeping import RoundKeeper

BY_ITSELF = {"start": "by_itself"}
WEEKS = timedelta(weeks=2)
WEEK = "淄川区每周探访 2026-11-23"


@dataclass
class District:
    """A district with two communities and an elder in each, and keepers that look at it."""

    ledger: Ledger
    clock: HandClock = field(default_factory=lambda: HandClock(MONDAY))
    areas: dict[str, int] = field(default_factory=dict)

    def settle(self) -> District:
        with self.ledger.session() as session:
            top = add_area(session, "淄川区")
            east, west = add_area(session, "东村", parent=top), add_area(session, "西村", parent=top)
            add_elder(session, 1, east)
            add_elder(session, 2, west)
            self.areas = {"top": top.id, "east": east.id, "west": west.id}
        return self

    def keeper(self, ledger: Ledger | None = None, **terms: Any) -> RoundKeeper:
        return RoundKeeper(ledger or self.ledger, self.clock, RoundTerms(script(), "Asia/Shanghai", **terms))

    def agree(self, area: str | None, version: str, rounds: dict[str, str] | None, **cadence: int) -> None:
        """Save a policy for an area that says how its rounds open."""
        data = load_policy().model_dump(mode="json") | {"version": version, "rounds": rounds}
        data["cadence_days"]["tiers"] |= cadence
        with self.ledger.session() as session:
            place = session.get_one(Area, self.areas[area]) if area else None
            save_policy(
                session,
                place,
                Policy.model_validate(data),
                self.clock.now().date(),
                today=self.clock.now().date(),
                now=self.clock.now(),
                actor="sun",
            )

    def moves_in(self, index: int, area: str = "east", **about: Any) -> None:
        with self.ledger.session() as session:
            add_elder(session, index, session.get_one(Area, self.areas[area]), **about)

    def start(self, round_name: str, actor: str = "chen") -> int | None:
        with self.ledger.session() as session:
            campaign = session.scalars(select(Campaign).where(Campaign.name == round_name)).one()
            return start_draft(session, campaign.id, now=self.clock.now(), actor=actor)

    def all_visited(self) -> None:
        """Every visit that is open is completed at once."""
        with self.ledger.session() as session:
            session.execute(
                update(Visit)
                .where(Visit.status != "ended")
                .values(status="ended", outcome="completed", ended_at=self.clock.now())
            )

    def rounds(self) -> list[tuple[str, str]]:
        with self.ledger.reading() as session:
            rows = session.execute(select(Campaign.name, Campaign.status).order_by(Campaign.id))
            return [(each.name, each.status) for each in rows]

    def visits(self) -> list[tuple[str, str]]:
        """Round and elder of every visit."""
        with self.ledger.reading() as session:
            rows = session.execute(
                select(Campaign.name, Elder.roster_key)
                .select_from(Visit)
                .join(Campaign)
                .join(Elder)
                .order_by(Visit.id)
            )
            return [(name, key.removeprefix("elder-")) for name, key in rows]

    def last_beat(self) -> datetime:
        with self.ledger.reading() as session:
            return session.get_one(Heartbeat, "rounds").at

    def findings(self) -> list[tuple[str, str]]:
        with self.ledger.reading() as session:
            found = find_oversights(session, rules().policy.auditor, self.clock.now())
            return [(each.kind, each.urgency) for each in found if each.kind.startswith("round")]
