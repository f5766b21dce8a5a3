"""Planning the visits of a campaign: one for every elder it is for, by telephone or in person.

A city has a million elders, but few kinds of them as far as planning goes (``campaigns.alike``): what becomes
of each kind is decided once (``campaigns.deciding``), and visits alike are written together
(``campaigns.booking``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.alike import Candidate, Kinds, candidates
from campaigns.booking import Booking
from campaigns.claims import lock_running
from campaigns.deciding import Rules
from campaigns.due import due_after, last_visited
from campaigns.opening import ACTOR, CampaignError
from campaigns.policies import Policies
from campaigns.policy import Policy
from campaigns.retries import RetryPolicy
from campaigns.scripts import stored_script
from campaigns.surges import Surges
from campaigns.tiers import VisitMode
from campaigns.who import Who, conditions, matches
from campaigns.windows import Windows
from records.audit import audit
from records.bulk import these
from records.nudges import Work, nudge
from records.people import Elder
from records.visits import Campaign, Visit

BATCH = 5000
"""Elders looked at in one go."""

PlanProgress = Callable[[int, int], None]
"""Called with the number of elders looked at and the total of those to be looked at."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One elder in a plan. ``reason`` is a code of ``campaigns.tiers.ModeReason`` or a person's words.

    Names are left to those who show a plan (``names_of``): to open a million of them takes a minute.
    """

    elder_id: int
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
    who = Who.model_validate(campaign.who)
    rules = _rules(session, campaign, who, now, policy)
    kinds, booking = Kinds(session, rules.policy_in, rules.surges), Booking(rules)
    asked = conditions(session, who)
    total = (session.scalar(select(func.count(Elder.id)).where(*asked)) or 0) if progress else 0
    report, seen, due = PlanReport(), 0, _Due(kinds, rules)
    begun = session.scalar(select(Visit.id).where(Visit.campaign_id == campaign.id).limit(1)) is not None
    for batch in candidates(session, asked, only, BATCH):
        meant = due.among(session, _those_meant(batch, rules))
        known = _known(session, meant, campaign) if begun else set()
        _plan(session, [each for each in meant if each.elder_id not in known], kinds, booking, report)
        booking.write(session)
        report.known += len(known)
        seen += len(batch)
        if progress is not None:
            progress(seen, total)
    _note(session, campaign, now, report)
    return report


def names_of(session: Session, planned: Iterable[Planned]) -> dict[int, str]:
    """The names of elders in a plan, by id."""
    ids = these(session, [each.elder_id for each in planned])
    rows = session.execute(select(Elder.id, Elder.name).where(Elder.id.in_(ids)))
    return dict(rows.all())


def _those_meant(batch: Sequence[Candidate], rules: Rules) -> Sequence[Candidate]:
    """Those of the groups and ages that the campaign is for."""
    who, today = rules.who, rules.now.date()
    if not who.categories and who.age_from is None and who.age_to is None:
        return batch
    return [each for each in batch if matches(each.categories, each.birth_date, who, today)]


class _Due:
    """Whose next visit is due by the filter's date: asked once about those alike, visited on the same day."""

    def __init__(self, kinds: Kinds, rules: Rules) -> None:
        self._kinds = kinds
        self._rules = rules
        self._found: dict[tuple[int, date | None], bool] = {}

    def among(self, session: Session, batch: Sequence[Candidate]) -> Sequence[Candidate]:
        """Those of a batch; everybody when the filter names no date."""
        by = self._rules.who.due_by
        if by is None:
            return batch
        last = last_visited(session, these(session, [each.elder_id for each in batch]))
        return [each for each in batch if self._is_due(each, last.get(each.elder_id), by)]

    def _is_due(self, one: Candidate, last: datetime | None, by: date) -> bool:
        kind = self._kinds.of(one)
        alike = kind.number, None if last is None else last.astimezone(kind.zone).date()
        found = self._found.get(alike)
        if found is None:
            due = due_after(kind.elder, alike[1], kind.policy, self._rules.surges)
            found = self._found[alike] = due <= by
        return found


def _known(session: Session, batch: Sequence[Candidate], campaign: Campaign) -> set[int]:
    """Those of a batch who have a visit in the campaign already."""
    ids = these(session, [each.elder_id for each in batch])
    mine = select(Visit.elder_id).where(Visit.campaign_id == campaign.id, Visit.elder_id.in_(ids))
    return set(session.scalars(mine))


def _plan(
    session: Session, batch: Iterable[Candidate], kinds: Kinds, booking: Booking, report: PlanReport
) -> None:
    lists = {VisitMode.TELEPHONE: report.telephone, VisitMode.IN_HOME: report.in_home, None: report.left_out}
    for each in batch:
        kind = kinds.of(each)
        decision = booking.decision(kind)
        lists[decision.mode].append(Planned(each.elder_id, decision.reason, decision.first))
        if decision.mode is not None:
            booking.add(session, each.elder_id, kind)


def _rules(session: Session, campaign: Campaign, who: Who, now: datetime, policy: Policy | None) -> Rules:
    return Rules(
        campaign=campaign,
        script=stored_script(campaign.script_version),
        who=who,
        policy=policy,
        policies=Policies.read(session),
        surges=Surges.read(session),
        windows=Windows.model_validate(campaign.windows),
        retries=RetryPolicy.model_validate(campaign.retries),
        now=now,
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
