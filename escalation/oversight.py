"""Something that somebody should have done and has not, as the auditor finds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from escalation.policy import UrgencyLabel


@dataclass(frozen=True, slots=True)
class Oversight:
    """Something that somebody should have done and has not."""

    kind: str
    """A key of ``findings`` in the wording."""
    subject_type: str
    """visit, work_order, notification, campaign or component."""
    subject_id: int | None
    subject: str
    """The subject as messages name it: its number, or the campaign's or component's name."""
    urgency: UrgencyLabel
    since: datetime
    area_id: int | None = None
    """Where the elder lives; None when the whole deployment is concerned."""
