"""A staffed village that an auditor watches, round by round."""

from __future__ import annotations

from sqlalchemy import update

from escalation.auditor import Auditor
from escalation.climber import Climber
from escalation.oversights import find_oversights
from records.audit import beat
from records.orders import Notification
from records.sessions import Ledger
from support.casebook import HandClock, Village, aftercare, notifications, rules, settle_village

RULES = rules().policy.auditor
CARE = aftercare()
STAFF = ("grid_worker:li", "^coordinator:zhao")


class Watch:
    """A staffed village, an auditor and its clock."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.clock = HandClock()
        self.village: Village = settle_village(ledger, *STAFF)
        self.auditor = Auditor(ledger, rules(), CARE, self.clock)
        self.climbing = True
        """Whether ladders are climbed."""
        self.delivering = True
        """Whether messages get out."""

    def urgencies(self) -> list[str]:
        """Of what is found now."""
        with self.ledger.reading() as session:
            return [each.urgency for each in find_oversights(session, RULES, self.clock.now())]

    def round(self) -> list[str]:
        """Keep the other parts of the system alive, make a round and say what was found."""
        if self.climbing:
            Climber(self.ledger, rules(), self.clock).make_round()
        with self.ledger.session() as session:
            for component in RULES.heartbeats:
                beat(session, component, self.clock.now())
            if self.delivering:
                session.execute(update(Notification).values(status="sent"))
        return [each.kind for each in self.auditor.make_round()]

    def told(self) -> list[str]:
        """What the coordinator was told by the auditor."""
        with self.ledger.reading() as session:
            return [each.body for each in notifications(session) if each.dedupe_key.startswith("audit")]
