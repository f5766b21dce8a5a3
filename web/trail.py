"""The audit trail: who looked at what and who changed what."""

from __future__ import annotations

from flask import Blueprint, render_template
from sqlalchemy import Select, and_, func, or_, select

from records.audit import AuditEvent, audit
from records.call_ins import CallIn
from records.orders import WorkOrder
from records.people import Elder
from records.visits import CallAttempt, Visit
from web.access import May, require
from web.identity import SignedIn
from web.pages import Page, slice_of, wanted_page
from web.panel import panel

blueprint = Blueprint("trail", __name__, url_prefix="/trail")

PER_PAGE = 50


def note_view(user: SignedIn, action: str, subject_type: str, subject_id: int) -> None:
    """Note, before anything is shown, that a worker looks at somebody's file."""
    with panel().ledger.session() as session:
        audit(
            session,
            at=panel().now(),
            actor=user.login,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
        )


@blueprint.get("/")
def listed() -> str:
    """The trail, newest first, for coordinators and auditors."""
    user = require(May.TRAIL)
    with panel().ledger.reading() as session:
        total = session.scalar(select(func.count()).select_from(visible(user).subquery())) or 0
        at = slice_of(total, wanted_page(), PER_PAGE)
        events = session.scalars(
            visible(user).order_by(AuditEvent.id.desc()).offset(at.offset).limit(PER_PAGE)
        ).all()
        return render_template("trail.html", page=Page(events, at))


def visible(user: SignedIn) -> Select[AuditEvent]:
    """Events that a worker may read: all at the root of the tree, else those about elders of their areas."""
    events = select(AuditEvent)
    if user.sees_everything:
        return events
    ours = select(Elder.id).where(Elder.area_id.in_(user.areas))
    visits = select(Visit.id).where(Visit.elder_id.in_(ours))
    subjects = {
        "elder": ours,
        "visit": visits,
        "call_attempt": select(CallAttempt.id).where(CallAttempt.visit_id.in_(visits)),
        "call_in": select(CallIn.id).where(CallIn.elder_id.in_(ours)),
        "work_order": select(WorkOrder.id).where(WorkOrder.elder_id.in_(ours)),
    }
    return events.where(
        or_(
            *(
                and_(AuditEvent.subject_type == kind, AuditEvent.subject_id.in_(ids))
                for kind, ids in subjects.items()
            )
        )
    )
