"""What planning makes of an elder: the telephone, a person, or nothing for now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from campaigns.phoning import reason_against_phoning, reason_against_visiting
from campaigns.places import hours_for, reason_never
from campaigns.policies import Policies
from campaigns.policy import Policy
from campaigns.presence import back_at, is_absent, today_at
from campaigns.retries import RetryPolicy
from campaigns.surges import Surges
from campaigns.tiers import ModeReason, VisitMode
from campaigns.who import Who
from campaigns.windows import Windows, end_of_day, known_zone, next_opening, start_of_day
from ivr.script import Script
from records.people import Area, Elder
from records.visits import Campaign


@dataclass(frozen=True, slots=True)
class Decision:
    """What planning makes of an elder."""

    mode: VisitMode | None
    """None for those who are left out."""
    here: Windows
    """The hours in which the elder may be phoned."""
    reason: str = ""
    """Why not by telephone: a code of ``campaigns.tiers.ModeReason`` or a person's words."""
    first: datetime | None = None
    """When the telephone may ring first, UTC."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is the same for all visits of one planning."""

    campaign: Campaign
    script: Script
    who: Who
    policy: Policy | None
    """For everybody; None: the one in force where each of them lives."""
    policies: Policies
    surges: Surges
    windows: Windows
    retries: RetryPolicy
    now: datetime
    firsts: dict[tuple[Windows, datetime], datetime | None] = field(default_factory=dict)
    """First calls by hours and the moment to count from: most elders share them."""

    def policy_in(self, area: Area) -> Policy:
        """The policy that governs the visits of those who live in an area."""
        today = self.now.astimezone(known_zone(area.timezone) or UTC).date()
        return self.policy or self.policies.of(area.id, today)

    def first_call(self, here: Windows, not_before: datetime) -> datetime | None:
        """The first moment at which an elder with these hours may be rung."""
        asked = (here, not_before)
        if asked not in self.firsts:
            self.firsts[asked] = first_call(self.campaign, here, not_before)
        return self.firsts[asked]


def decide(elder: Elder, policy: Policy, rules: Rules) -> Decision:
    """What becomes of an elder who has no visit yet. Pure: it looks at the elder and the rules only."""
    here = hours_for(elder, rules.windows)
    # Whoever is still noted as absent after the day of return has come back, and only the note still stands.
    reason = reason_against_phoning(elder, policy, once_back=True)
    if is_absent(elder, today_at(elder, rules.now)):
        return _for_return(elder, here, reason, rules)
    first = None if reason else rules.first_call(here, rules.now)
    if first is not None:
        return Decision(VisitMode.TELEPHONE, here, first=first)
    unwanted = reason_against_visiting(elder, once_back=True)
    if unwanted:
        return Decision(None, here, unwanted)
    return Decision(VisitMode.IN_HOME, here, reason or reason_never(here).value)


def _for_return(elder: Elder, here: Windows, reason: str, rules: Rules) -> Decision:
    """Somebody who is in hospital or away is called from the day on which they are back, if it is in time.

    Otherwise they get no visit yet: nobody would be at home. ``campaigns.absences`` plans one on return.
    """
    back = back_at(elder)
    first = None if reason or back is None else rules.first_call(here, max(back, rules.now))
    if first is None:
        return Decision(None, here, ModeReason.NOT_ACTIVE.value)
    return Decision(VisitMode.TELEPHONE, here, first=first)


def first_call(campaign: Campaign, windows: Windows, now: datetime) -> datetime | None:
    """The first moment (UTC) from ``now`` on at which an elder with these ``windows`` may be rung, or None.

    The first and the last day of the period go by the campaign's own time zone.
    """
    begins = start_of_day(campaign.starts_on, campaign.timezone)
    if begins is None:
        return None
    opening = next_opening(windows, max(begins, now))
    if opening is None:
        return None
    last = end_of_day(campaign.ends_on, campaign.timezone) - timedelta(minutes=windows.min_remaining)
    return opening if opening <= last else None
