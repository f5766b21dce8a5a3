"""Rounds of visits by themselves: opened when their period begins, filled up as long as it lasts.

A round is opened once, whatever number of keepers look: its key is unique, and opening and planning are one
transaction. Nobody is forgotten: whoever becomes due while a round lasts (moves in, is moved to another tier,
falls under surge days) gets a visit in it. Whoever has a visit open elsewhere, or was seen to in this period,
is looked after already and gets none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.calling_for import CalledFor, rounds_called_for
from campaigns.coverage import Kept, read_kept
from campaigns.opening import CampaignError, open_campaign, pause_campaign
from campaigns.planner import plan_visits
from campaigns.policy import RoundStart
from campaigns.retries import RetryPolicy
from campaigns.scripts import script_named
from campaigns.windows import Windows, end_of_day
from ivr.script import Script
from records.audit import audit
from records.locks import take_turns
from records.nudges import Work, nudge
from records.people import Elder
from records.rounds import Round
from records.visits import Campaign, Visit, is_open

ACTOR = "calendar"


@dataclass(frozen=True, slots=True)
class RoundTerms:
    """What is the same for all rounds of a deployment."""

    script: Script
    """Where the policy names none."""
    timezone: str
    max_concurrent: int = 4
    nothing_dials: str = ""
    """Why no call can be placed here; rounds are paused with it, and visits at home go on."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A round to be opened, or one that runs and to be filled up, and for whom."""

    round: CalledFor
    elders: frozenset[int]


def rounds_to_keep(session: Session, now: datetime) -> list[Wanted]:
    """The rounds with somebody to be visited who is not looked after. Queries only; raises PolicyError."""
    called = rounds_called_for(session, now)
    if not called:
        return []
    areas = frozenset[int]().union(*(each.areas for each in called))
    kept = read_kept(session, now, where=Elder.area_id.in_(areas))
    busy = _with_an_open_visit(session)
    running = set(session.scalars(select(Round.key).join(Campaign).where(Campaign.status == "running")))
    known = set(session.scalars(select(Round.key).where(Round.key.in_([each.key for each in called]))))
    wanted = []
    for each in called:
        if each.key in known - running:
            # A draft is filled when it is started, one that is paused when it goes on: until then whoever is
            # due belongs to the other rounds. One that has ended stays as it is.
            continue
        elders = _wanting(session, each, kept, busy)
        if elders:
            wanted.append(Wanted(each, elders))
            if each.start is RoundStart.BY_ITSELF or each.key in running:
                busy = busy | elders
    return wanted


def keep_round(session: Session, wanted: Wanted, terms: RoundTerms, now: datetime) -> int:
    """Open a round, or fill up the one that runs; how many visits are new.

    Raises CampaignError, ScriptError and PolicyError: nothing is changed then.
    """
    take_turns(session, "rounds")
    round_ = session.scalar(select(Round).where(Round.key == wanted.round.key))
    if round_ is None:
        round_ = _open(session, wanted.round, terms, now)
        if wanted.round.start is not RoundStart.BY_ITSELF:
            round_.campaign.status = "draft"
            return 0
        return _begin(session, round_, wanted.elders, now, terms.nothing_dials)
    if round_.campaign.status != "running" or round_.started_at is None:
        return 0
    still = wanted.elders - _with_an_open_visit(session)
    return plan_visits(session, round_.campaign, now, only=still).added


def start_draft(session: Session, campaign_id: int, *, now: datetime, actor: str) -> int | None:
    """Let a round that waits begin, for everybody who is due by now; how many visits were planned.

    None when there is no such draft, e.g. because somebody was quicker. Raises CampaignError for a round
    whose period is over.
    """
    take_turns(session, "rounds")
    round_ = session.scalar(select(Round).where(Round.campaign_id == campaign_id).with_for_update())
    if round_ is None or round_.campaign.status != "draft":
        return None
    campaign = round_.campaign
    if end_of_day(campaign.ends_on, campaign.timezone) <= now:
        raise CampaignError(f"The round {campaign.name!r} cannot begin: its period is over")
    campaign.status = "running"
    audit(session, at=now, actor=actor, action="running", subject_type="campaign", subject_id=campaign_id)
    called = next((each for each in rounds_called_for(session, now) if each.key == round_.key), None)
    if called is None:  # the policy has changed since: for those whom the round was opened for
        return _begin(session, round_, frozenset(session.scalars(select(Elder.id))), now)
    kept = read_kept(session, now, where=Elder.area_id.in_(called.areas))
    return _begin(session, round_, _wanting(session, called, kept), now)


def _open(session: Session, called: CalledFor, terms: RoundTerms, now: datetime) -> Round:
    campaign = open_campaign(
        session,
        script=script_named(session, called.script, usual=terms.script),
        now=now,
        name=_free_name(session, called.name),
        who=called.who,
        windows=Windows(timezone=terms.timezone),
        retries=RetryPolicy(),
        starts_on=called.period.first,
        ends_on=called.period.last,
        max_concurrent=terms.max_concurrent,
    )
    round_ = Round(key=called.key, area_id=called.area_id, campaign=campaign, opened_at=now)
    session.add(round_)
    session.flush()
    return round_


def _begin(
    session: Session, round_: Round, elders: frozenset[int], now: datetime, nothing_dials: str = ""
) -> int:
    round_.started_at = now
    session.flush()
    still = elders - _with_an_open_visit(session)  # somebody may have planned for them meanwhile
    added = plan_visits(session, round_.campaign, now, only=still).added
    nudge(session, Work.CALLS, round_.campaign_id)
    if nothing_dials:
        pause_campaign(session, round_.campaign_id, nothing_dials, now=now, actor=ACTOR)
    return added


def _wanting(
    session: Session, called: CalledFor, kept: Sequence[Kept], busy: frozenset[int] = frozenset()
) -> frozenset[int]:
    """Ids of those at home who are due in the period, are not ``busy``, and were not seen to in it."""
    due = {
        each.elder_id
        for each in kept
        if each.area_id in called.areas and each.due <= called.period.last and not each.absent
    } - busy
    if called.surge is not None and due:
        due &= _meant(session, called)
    if not due:
        return frozenset()
    visited = {each.elder_id for each in kept if each.last is not None and each.last >= called.period.first}
    return frozenset(due - visited - _seen_to(session, called))


def _meant(session: Session, called: CalledFor) -> set[int]:
    assert called.surge is not None  # noqa: S101 - asked for rounds of surge days only
    rows = session.execute(
        select(Elder.id, Elder.tier, Elder.categories).where(Elder.area_id.in_(called.areas))
    )
    return {each.id for each in rows if called.surge.is_for(each.tier, each.categories)}


def _seen_to(session: Session, called: CalledFor) -> set[int]:
    """Whose visit ended in this period without their being visited: whoever was not reached has a work order.

    A visit of an earlier period that ended with it, some moments into this one, is none of this one's. Asked
    of the campaigns that reach into the period, so that it takes no longer after years of visits.
    """
    now = select(Campaign.id).where(Campaign.ends_on >= called.period.first)
    ended = select(Visit.elder_id).where(
        Visit.campaign_id.in_(list(session.scalars(now))),
        Visit.ended_at >= called.begins,
        Visit.outcome != "cancelled",
    )
    return set(session.scalars(ended))


def _with_an_open_visit(session: Session) -> frozenset[int]:
    """Ids of those whom a campaign that runs or is paused has still to visit."""
    return frozenset(
        session.scalars(
            select(Visit.elder_id).join(Campaign).where(is_open(), Campaign.status.in_(["running", "paused"]))
        )
    )


def _free_name(session: Session, name: str) -> str:
    """The name, numbered where a campaign is called so already; names have up to 120 characters."""
    name = name[:100]
    taken = set(session.scalars(select(Campaign.name).where(Campaign.name.startswith(name, autoescape=True))))
    numbered = (f"{name} ({number})" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(each for each in numbered if each not in taken)
