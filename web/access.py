"""Who may do what, and to whom: roles give abilities, the worker's area bounds them."""

from __future__ import annotations

from enum import StrEnum

from flask import Flask, abort, current_app, request
from flask_login import current_user
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from records.call_ins import CallIn
from records.orders import WorkOrder
from records.people import Elder
from records.visits import CallAttempt, Visit
from web.identity import SignedIn, me

PUBLIC = frozenset(
    {
        "auth.sign_in",
        "auth.enter",
        "auth.language",
        "health.alive",
        "health.ready",
        "static",
        "twilio.incoming",
        "twilio.status",
        "receipts.report",
    }
)
"""Endpoints that need no sign-in; every other one does, also those written tomorrow. Providers sign."""


class May(StrEnum):
    """Something a role may be allowed to do beyond looking."""

    REVIEW = "review"  # confirm or correct what the robot understood
    ACT = "act"  # take on work orders and close them
    IMPORT = "import"  # bring in a roster
    STEER = "steer"  # pause a campaign and let it go on
    PLAN = "plan"  # set policies, surge days and ladders
    DUTY = "duty"  # note who is away and who stands in
    TRAIL = "trail"  # read the audit trail
    IDENTITY = "identity"  # read a resident ID in full


ABILITIES: dict[str, frozenset[May]] = {
    "coordinator": frozenset(May),
    "social_worker": frozenset({May.REVIEW, May.ACT, May.IDENTITY}),
    "grid_worker": frozenset({May.ACT}),
    "viewer": frozenset({May.TRAIL}),
}
"""Abilities by ``Worker.role``; a role that is not listed may only look."""


def may(user: SignedIn, ability: May | str) -> bool:
    """Whether this worker's role has the ability."""
    return May(ability) in ABILITIES.get(user.role, frozenset())


def require(ability: May) -> SignedIn:
    """The signed-in worker; answers 403 when their role lacks the ability."""
    user = me()
    if not may(user, ability):
        abort(403)
    return user


def guard(app: Flask) -> None:
    """Close every page that is not public to those who have not signed in."""

    def before() -> Response | None:
        if request.endpoint is None or request.endpoint in PUBLIC or current_user.is_authenticated:
            return None
        answer: Response = current_app.login_manager.unauthorized()  # type: ignore[attr-defined]  # set by Flask-Login
        return answer

    app.before_request(before)


def ours(user: SignedIn) -> ColumnElement[bool]:
    """The condition that keeps a query over ``Elder`` within the worker's areas."""
    return Elder.area_id.in_(user.areas)


def elder_or_404(session: Session, user: SignedIn, elder_id: int) -> Elder:
    """An elder of the worker's areas; others are answered as if they did not exist."""
    elder = session.get(Elder, elder_id)
    if elder is None or elder.area_id not in user.areas:
        abort(404)
    return elder


def visit_or_404(session: Session, user: SignedIn, visit_id: int) -> Visit:
    """A visit to an elder of the worker's areas."""
    visit = session.get(Visit, visit_id)
    if visit is None or visit.elder.area_id not in user.areas:
        abort(404)
    return visit


def order_or_404(session: Session, user: SignedIn, order_id: int) -> WorkOrder:
    """A work order about an elder of the worker's areas, or one that they are asked to take.

    Whoever stands in for somebody of another area sees what they are asked about, and no more.
    """
    order = session.get(WorkOrder, order_id)
    if order is None or (order.elder.area_id not in user.areas and order.assignee_id != user.id):
        abort(404)
    return order


def call_in_or_404(session: Session, user: SignedIn, call_in_id: int) -> CallIn:
    """A call to us from an elder of the worker's areas, or one that they are asked about by an order.

    A stranger's only for those who see everything.
    """
    call = session.get(CallIn, call_in_id)
    theirs = call is not None and (
        user.sees_everything if call.elder is None else call.elder.area_id in user.areas
    )
    if call is None or not (
        theirs or _is_asked(session, user, WorkOrder.dedupe_key.startswith(f"call_in:{call.id}:"))
    ):
        abort(404)
    return call


def attempt_or_404(session: Session, user: SignedIn, attempt_id: int) -> CallAttempt:
    """A call to an elder of the worker's areas, or one that they are asked about by an order."""
    attempt = session.get(CallAttempt, attempt_id)
    if attempt is None or (
        attempt.visit.elder.area_id not in user.areas
        and not _is_asked(session, user, WorkOrder.visit_id == attempt.visit_id)
    ):
        abort(404)
    return attempt


def _is_asked(session: Session, user: SignedIn, about: ColumnElement[bool]) -> bool:
    """Whether such an order is theirs: a stand-in from elsewhere must hear what it rests on."""
    theirs = select(WorkOrder.id).where(about, WorkOrder.assignee_id == user.id, WorkOrder.status != "closed")
    return session.scalars(theirs.limit(1)).first() is not None
