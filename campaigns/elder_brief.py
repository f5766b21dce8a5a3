"""An elder's brief from the ledger: the same for a visit that calls them and for a talk that they began."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.briefing import Caller, brief_for
from campaigns.pauses import usual_pause
from ivr.brief import Brief
from records.people import Elder


def elder_brief(
    session: Session, elder: Elder, caller: Caller, now: datetime, *, language: str, module: str = ""
) -> Brief:
    """What a talk may know of an elder, with how long they usually pause. Raises as ``brief_for``."""
    brief = brief_for(
        name=elder.name,
        sex=elder.sex,
        language=language,
        preferences=elder.speech_preferences,
        module=module,
        caller=caller,
        moment=now,
        timezone=elder.area.timezone,
    )
    return replace(brief, pause_s=usual_pause(session, elder.id))
