"""The auditor: looks for what the machinery forgot, mends what can be mended, and tells a person.

It trusts nothing but the rows: a visit that ended without its order gets it here, and a coordinator hears of
it either way, because something did not do its work.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from escalation.aftercare import VisitAftercare
from escalation.alerts import Recipient, enqueue, fit, reaching, recipients
from escalation.duty import of_role
from escalation.once import key_of
from escalation.oversight import Oversight
from escalation.oversights import find_oversights
from escalation.rules import Rules
from ivr.clock import Clock
from records.audit import audit, beat
from records.farewells import retire_unneeded
from records.sessions import Ledger
from records.visits import Visit

COMPONENT = "auditor"
"""The name under which it beats and signs the audit trail."""

MENDABLE = frozenset({"flag_without_order", "visit_unassessed", "in_home_unordered"})
"""What can be put right by deciding again."""


HANDFUL = 5
"""So many findings of one kind in one area are told one by one."""


class Auditor:
    """Makes one round after another over the ledger."""

    def __init__(self, ledger: Ledger, rules: Rules, aftercare: VisitAftercare, clock: Clock) -> None:
        self._ledger = ledger
        self._rules = rules
        self._aftercare = aftercare
        self._clock = clock
        self._since = clock.now()

    def make_round(self) -> list[Oversight]:
        """Look, tell and mend; returns what was found. Call it every minute or so. Blocking.

        What stays so is told again after the time that the policy sets for its urgency.
        """
        now = self._clock.now()
        with self._ledger.reading() as session:
            found = find_oversights(session, self._rules.policy.auditor, now, watching_since=self._since)
        with self._ledger.session() as session:
            raise_findings(session, self._rules, found, now)
            watched = self._rules.policy.auditor
            retire_unneeded(
                session,
                {*watched.heartbeats, COMPONENT},
                silent_for=timedelta(minutes=watched.unneeded_silent),
                now=now,
                actor=COMPONENT,
            )
            beat(session, COMPONENT, now, found=len(found))
        for oversight in found:
            if oversight.kind in MENDABLE:
                self._mend(oversight, now)
        return found

    def _mend(self, oversight: Oversight, now: datetime) -> None:
        """Decide again, in a transaction of its own: a visit that cannot be mended holds up no other."""
        try:
            with self._ledger.session() as session:
                visit = session.get(Visit, oversight.subject_id)
                if visit is None:
                    return
                if visit.mode == "in_home":
                    self._aftercare.order_in_home(session, now, campaign_id=visit.campaign_id)
                else:
                    self._aftercare.reconsider(session, visit, now)
        except IntegrityError:
            # Somebody else mended it at the same moment; the next round sees whether it holds.
            return


def raise_findings(session: Session, rules: Rules, found: Sequence[Oversight], now: datetime) -> int:
    """Tell the coordinators, each finding once per interval of the policy. Returns how many messages are new.

    When more than a handful of the same kind come from one area at once (a line was down, a night was lost)
    they are told in one message that counts them, so that the message about an emergency is not buried.
    """
    groups: dict[tuple[str, str, int | None], list[Oversight]] = {}
    for oversight in found:
        groups.setdefault((oversight.kind, oversight.urgency, oversight.area_id), []).append(oversight)
    told = 0
    for group in groups.values():
        if len(group) > HANDFUL:
            told += _raise_together(session, rules, group, now)
        else:
            told += sum(_raise_one(session, rules, oversight, now) for oversight in group)
    return told


def _raise_one(session: Session, rules: Rules, oversight: Oversight, now: datetime) -> int:
    times = int((now - oversight.since) / _repeat(rules, oversight))
    key = key_of("audit", oversight.kind, oversight.subject, int(oversight.since.timestamp()), times)
    return _tell(session, rules, [oversight], key, now)


def _raise_together(session: Session, rules: Rules, group: Sequence[Oversight], now: datetime) -> int:
    first = group[0]
    interval = int(now.timestamp() / _repeat(rules, first).total_seconds())
    key = key_of("audits", first.kind, first.urgency, first.area_id, interval)
    return _tell(session, rules, group, key, now)


def _tell(session: Session, rules: Rules, group: Sequence[Oversight], key: str, now: datetime) -> int:
    """One message for each coordinator and channel, and an entry in the audit trail if any of it is new."""
    first = group[0]
    about_order = first.subject_type == "work_order" and len(group) == 1
    new = 0
    for recipient in recipients(of_role(session, first.area_id, "coordinator", now), rules):
        for channel in reaching(session, fit(rules.channels, None, "new"), recipient.login):
            new += enqueue(
                session,
                key=key_of(key, recipient.login, channel.name),
                order_id=first.subject_id if about_order else None,
                channel=channel,
                recipient=recipient,
                body=_text(rules, group, recipient, now),
                urgency=first.urgency,
                now=now,
            )
    if new:
        audit(
            session,
            at=now,
            actor=COMPONENT,
            action=f"found_{first.kind}",
            subject_type=first.subject_type,
            subject_id=first.subject_id if len(group) == 1 else None,
            subjects=[oversight.subject for oversight in group],
            since=first.since.isoformat(),
            urgency=first.urgency,
        )
    return new


def _repeat(rules: Rules, oversight: Oversight) -> timedelta:
    return timedelta(minutes=rules.policy.auditor.repeat[oversight.urgency])


def _text(rules: Rules, group: Sequence[Oversight], recipient: Recipient, now: datetime) -> str:
    """The message: numbers and names of components only, nothing about anybody's health."""
    phrases = rules.phrases[recipient.language]
    first = group[0]
    minutes = int((now - first.since).total_seconds() // 60)
    subjects = [oversight.subject for oversight in group[:HANDFUL]]
    sentence = phrases.findings[first.kind].format(
        subject=phrases.separator.join(subjects), minutes=minutes, days=minutes // (24 * 60)
    )
    if len(group) > 1:
        return phrases.finding_many.format(sentence=sentence, count=len(group))
    about_order = first.subject_type == "work_order"
    link = rules.link.format(order_id=first.subject_id) if about_order else ""
    return phrases.finding.format(sentence=sentence, link=link).strip()
