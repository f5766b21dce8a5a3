"""Planning the visits of a campaign: one for every elder it is for, by telephone or in person."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.claims import lock_running
from campaigns.due import due_on, last_visited
from campaigns.opening import ACTOR, CampaignError
from campaigns.phoning import reason_against_phoning, reason_against_visiting
from campaigns.places import hours_for, reason_never
from campaigns.policies import Policies
from campaigns.policy import Policy
from campaigns.presence import back_at, is_absent, today_at
from campaigns.retries import RetryPolicy
from campaigns.scripts import module_for, stored_script
from campaigns.snapshots import Snapshot
from campaigns.surges import Surges
from campaigns.tiers import ModeReason, VisitMode
from campaigns.who import Who, elders_for
from campaigns.windows import Windows, end_of_day, next_opening, start_of_day
from ivr.script import Script
from records.audit import audit
from records.nudges import Work, nudge
from records.people import Elder
from records.visits import Campaign, Visit

_BATCH = 200

PlanProgress = Callable[[int, int], None]
"""Called with the number of elders looked at and their total."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One elder in a plan. ``reason`` is a code of ``campaigns.tiers.ModeReason`` or a person's words."""

    elder_id: int
    name: str
    reason: str = ""
    at: datetime | None = None
    """When the telephone may ring first, UTC."""


@dataclass(slots=True)
class PlanReport:
    """What planning did. Everybody the campaign is for is in exactly one of the four."""

    telephone: list[Planned] = field(default_factory=list)
    """To be phoned."""
    in_home: list[Planned] = field(default_factory=list)
    """Not to be phoned: a person goes, and why."""
    left_out: list[Planned] = field(default_factory=list)
    """Neither: not at home at present, or wanting no visits at all."""
    known: int = 0
    """Had a visit in this campaign before."""

    @property
    def added(self) -> int:
        """How many visits are new."""
        return len(self.telephone) + len(self.in_home)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What is the same for all visits of one planning."""

    campaign: Campaign
    script: Script
    policy: Policy | None
    """For everybody; None: the one in force where each of them lives."""
    policies: Policies
    surges: Surges
    windows: Windows
    retries: RetryPolicy
    now: datetime
    firsts: dict[tuple[Windows, datetime], datetime | None] = field(default_factory=dict)
    """First calls by hours and the moment to count from: most elders share them."""

    def policy_for(self, elder: Elder) -> Policy:
        """The policy that governs an elder's visit."""
        return self.policy or self.policies.of(elder.area_id, today_at(elder, self.now))

    def first_call(self, here: Windows, not_before: datetime) -> datetime | None:
        """The first moment at which an elder with these hours may be rung."""
        asked = (here, not_before)
        if asked not in self.firsts:
            self.firsts[asked] = first_call(self.campaign, here, not_before)
        return self.firsts[asked]


def plan_visits(
    session: Session,
    campaign: Campaign,
    now: datetime,
    *,
    policy: Policy | None = None,
    only: Collection[int] | None = None,
    progress: PlanProgress | None = None,
) -> PlanReport:
    """Plan a visit for every elder the campaign is for and who has none yet; doing it again adds nothing.

    ``policy`` is the one in force where an elder lives unless one is given; ``only`` are ids of elders, None
    for all. Nothing is committed here. Raises CampaignError for a campaign that is not running, ScriptError
    when its script cannot be read any more, and PolicyError when a policy cannot.
    """
    if lock_running(session, campaign.id) is None:
        raise CampaignError(f"The campaign {campaign.name!r} is {campaign.status}; resume it before planning")
    rules = _rules(session, campaign, now, policy)
    planned = set(session.scalars(select(Visit.elder_id).filter_by(campaign_id=campaign.id)))
    elders = elders_for(session, Who.model_validate(campaign.who), now.date(), only=only)
    elders = _those_due(session, elders, Who.model_validate(campaign.who), rules)
    report = PlanReport()
    for number, elder in enumerate(elders, start=1):
        if elder.id in planned:
            report.known += 1
        else:
            _plan(session, elder, rules, report)
        if number % _BATCH == 0 or number == len(elders):
            session.flush()
            if progress is not None:
                progress(number, len(elders))
    _note(session, campaign, now, report)
    return report


def _those_due(session: Session, elders: Sequence[Elder], who: Who, rules: _Rules) -> Sequence[Elder]:
    """The elders whose next visit is due by the filter's date; everybody when it names none."""
    if who.due_by is None:
        return elders
    last = last_visited(session)
    return [
        elder
        for elder in elders
        if due_on(elder, last.get(elder.id), rules.policy_for(elder), rules.surges) <= who.due_by
    ]


def _rules(session: Session, campaign: Campaign, now: datetime, policy: Policy | None) -> _Rules:
    return _Rules(
        campaign=campaign,
        script=stored_script(campaign.script_version),
        policy=policy,
        policies=Policies.read(session),
        surges=Surges.read(session),
        windows=Windows.model_validate(campaign.windows),
        retries=RetryPolicy.model_validate(campaign.retries),
        now=now,
    )


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


def _plan(session: Session, elder: Elder, rules: _Rules, report: PlanReport) -> None:
    here = hours_for(elder, rules.windows)
    if is_absent(elder, today_at(elder, rules.now)):
        _plan_for_return(session, elder, here, rules, report)
        return
    # Whoever is still noted as absent here has come back today, and only the note has not been taken off yet.
    reason = reason_against_phoning(elder, rules.policy_for(elder), once_back=True)
    first = None if reason else rules.first_call(here, rules.now)
    if not reason and first is None:
        reason = reason_never(here).value
    if first is not None:
        _ring_from(session, elder, here, first, rules, report)
        return
    unwanted = reason_against_visiting(elder, once_back=True)
    if unwanted:
        report.left_out.append(Planned(elder.id, elder.name, unwanted))
        return
    session.add(_visit(elder, rules, here, mode=VisitMode.IN_HOME, reason=reason))
    report.in_home.append(Planned(elder.id, elder.name, reason))


def _plan_for_return(
    session: Session, elder: Elder, here: Windows, rules: _Rules, report: PlanReport
) -> None:
    """Somebody who is in hospital or away is called from the day on which they are back, if it is in time.

    Otherwise they get no visit yet: nobody would be at home. ``campaigns.absences`` plans one on return.
    """
    back = back_at(elder)
    reason = reason_against_phoning(elder, rules.policy_for(elder), once_back=True)
    first = None if reason or back is None else rules.first_call(here, max(back, rules.now))
    if first is None:
        report.left_out.append(Planned(elder.id, elder.name, ModeReason.NOT_ACTIVE.value))
    else:
        _ring_from(session, elder, here, first, rules, report)


def _ring_from(
    session: Session, elder: Elder, here: Windows, first: datetime, rules: _Rules, report: PlanReport
) -> None:
    session.add(_visit(elder, rules, here, mode=VisitMode.TELEPHONE, first=first))
    report.telephone.append(Planned(elder.id, elder.name, at=first))


def _visit(
    elder: Elder,
    rules: _Rules,
    here: Windows,
    *,
    mode: VisitMode,
    reason: str = "",
    first: datetime | None = None,
) -> Visit:
    policy = rules.policy_for(elder)
    snapshot = Snapshot(
        policy=policy,
        retries=rules.retries,
        windows=rules.windows,
        hours_here=here,
        module=module_for(rules.script, elder.id, rules.campaign.starts_on, policy.seasons),
        tier=elder.tier,
    )
    return Visit(
        campaign_id=rules.campaign.id,
        elder_id=elder.id,
        mode=mode.value,
        mode_reason=reason,
        next_attempt_at=first,
        snapshot=snapshot.stored(),
        created_at=rules.now,
    )


def _note(session: Session, campaign: Campaign, now: datetime, report: PlanReport) -> None:
    if not report.added:
        return
    nudge(session, Work.CALLS, campaign.id)
    audit(
        session,
        at=now,
        actor=ACTOR,
        action="planned",
        subject_type="campaign",
        subject_id=campaign.id,
        telephone=len(report.telephone),
        in_home=len(report.in_home),
        left_out=_ids(report.left_out),
    )


def _ids(planned: Sequence[Planned]) -> list[int]:
    return [each.elder_id for each in planned]
