"""Opening a campaign, pausing and resuming it, letting it last longer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NotRequired, TypedDict, Unpack

from pydantic import BaseModel, ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from campaigns.retries import RetryPolicy
from campaigns.scripts import store_script
from campaigns.who import Who
from campaigns.windows import Windows, end_of_day
from ivr.script import Script
from records.audit import audit
from records.nudges import Work, nudge
from records.visits import Campaign

ACTOR = "campaigns"
LONGEST_NAME = 120


class CampaignError(Exception):
    """A campaign cannot be opened or changed so; the message says which one, why, and what to do."""


class CampaignTerms(TypedDict):
    """What a campaign is: for whom, when, and how often to try."""

    name: str
    who: Who | Mapping[str, Any]
    windows: Windows | Mapping[str, Any]
    """Calling windows; their time zone is replaced by ``timezone`` where that is given."""
    retries: RetryPolicy | Mapping[str, Any]
    starts_on: date
    ends_on: date
    """Last day, inclusive."""
    timezone: NotRequired[str]
    max_concurrent: NotRequired[int]
    """Calls of this campaign at the same time; 4 where nothing is said."""


def open_campaign(
    session: Session, *, script: Script, now: datetime, **terms: Unpack[CampaignTerms]
) -> Campaign:
    """Open a campaign and let it run. The same terms again, by the same name, give the same campaign.

    Raises CampaignError for terms that make no sense or differ from those of a campaign of that name, and
    ScriptChangedError for a script that was changed without a new version.
    """
    opened = _campaign(terms)
    if opened.ends_on < opened.starts_on:
        raise CampaignError(f"The campaign {opened.name!r} would end on {opened.ends_on}, before it starts")
    opened.script_version_id = store_script(session, script).id
    existing = session.scalar(select(Campaign).filter_by(name=opened.name))
    if existing is not None:
        _same_or_refuse(existing, opened)
        return existing
    if end_of_day(opened.ends_on, opened.timezone) <= now:
        raise CampaignError(
            f"The campaign {opened.name!r} would be over already: it ends on {opened.ends_on}"
        )
    opened.created_at = now
    opened.status = "running"
    session.add(opened)
    session.flush()
    audit(session, at=now, actor=ACTOR, action="opened", subject_type="campaign", subject_id=opened.id)
    return opened


def pause_campaign(session: Session, campaign_id: int, reason: str, *, now: datetime, actor: str) -> bool:
    """Stop placing calls; those under way go on. Whether the campaign was running."""
    return _change_status(session, campaign_id, ("running", "paused", reason), now=now, actor=actor)


def resume_campaign(session: Session, campaign_id: int, *, now: datetime, actor: str) -> bool:
    """Place calls again. Whether the campaign was paused."""
    return _change_status(session, campaign_id, ("paused", "running", ""), now=now, actor=actor)


def extend_campaign(session: Session, campaign_id: int, last_day: date, *, now: datetime, actor: str) -> bool:
    """Let a campaign last longer. Whether it was changed: one that has ended begins no more.

    Raises CampaignError for a day that is not later than the last one so far, or is past.
    """
    campaign = session.scalar(
        select(Campaign)
        .where(Campaign.id == campaign_id, Campaign.status.in_(["running", "paused"]))
        .with_for_update()
    )
    if campaign is None:
        return False
    before = campaign.ends_on
    if last_day <= before or end_of_day(last_day, campaign.timezone) <= now:
        raise CampaignError(
            f"The campaign {campaign.name!r} lasts until {before}; {last_day} would not make it longer"
        )
    campaign.ends_on = last_day
    nudge(session, Work.CALLS, campaign_id)
    audit(
        session,
        at=now,
        actor=actor,
        action="extended",
        subject_type="campaign",
        subject_id=campaign_id,
        before=before.isoformat(),
        until=last_day.isoformat(),
    )
    return True


def _change_status(
    session: Session, campaign_id: int, change: tuple[str, str, str], *, now: datetime, actor: str
) -> bool:
    before, after, reason = change
    changed = session.scalar(
        update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.status == before)
        .values(status=after, status_reason=reason[:200])
        .returning(Campaign.id)
    )
    if changed is None:
        return False
    if after == "running":
        nudge(session, Work.CALLS, campaign_id)
    audit(
        session,
        at=now,
        actor=actor,
        action=after,
        subject_type="campaign",
        subject_id=campaign_id,
        reason=reason[:200],
    )
    return True


def _campaign(terms: CampaignTerms) -> Campaign:
    name = terms["name"].strip()
    if not name:
        raise CampaignError("A campaign needs a name by which people know it")
    if len(name) > LONGEST_NAME:
        raise CampaignError(f"A campaign's name has at most {LONGEST_NAME} characters, this one {len(name)}")
    most = terms.get("max_concurrent", 4)
    if most < 1:
        raise CampaignError(f"The campaign {name!r} would make {most} calls at a time; at least 1 is needed")
    try:
        who = Who.model_validate(terms["who"])
        retries = RetryPolicy.model_validate(terms["retries"])
        windows = Windows.model_validate(_with_zone(terms))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or error.title
        raise CampaignError(
            f"The campaign {name!r} cannot be opened: {error.title}, {place}: {first['msg']}"
        ) from error
    if windows.zone is None:
        raise CampaignError(
            f"The campaign {name!r} names an unknown time zone {windows.timezone!r}; "
            "use a name such as Asia/Shanghai"
        )
    return Campaign(
        name=name,
        starts_on=terms["starts_on"],
        ends_on=terms["ends_on"],
        timezone=windows.timezone,
        who=who.model_dump(mode="json"),
        windows=windows.model_dump(mode="json"),
        retries=retries.model_dump(mode="json"),
        max_concurrent=most,
    )


def _with_zone(terms: CampaignTerms) -> dict[str, Any]:
    windows = terms["windows"]
    given = windows.model_dump() if isinstance(windows, BaseModel) else dict(windows)
    return given | ({"timezone": terms["timezone"]} if "timezone" in terms else {})


_TERMS = (
    "script_version_id",
    "starts_on",
    "ends_on",
    "timezone",
    "who",
    "windows",
    "retries",
    "max_concurrent",
)


def _same_or_refuse(existing: Campaign, opened: Campaign) -> None:
    differing = [term for term in _TERMS if getattr(existing, term) != getattr(opened, term)]
    if "who" in differing and Who.model_validate(existing.who) == Who.model_validate(opened.who):
        differing.remove("who")  # written down before the filter knew as much as today
    if differing:
        raise CampaignError(
            f"A campaign {existing.name!r} exists already with another {differing[0].removesuffix('_id')}; "
            "choose another name"
        )
