"""Calls to us: who rang, when, and what became of it; those with which nobody spoke stand first."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response

from records.audit import audit
from records.call_ins import UNHEARD, CallIn, waits_for_somebody
from records.orders import WorkOrder
from records.people import Elder
from web.access import May, call_in_or_404, may, require
from web.identity import SignedIn, me
from web.pages import Page, choice, slice_of, wanted_page
from web.panel import panel
from web.trail import note_view

blueprint = Blueprint("call_ins", __name__, url_prefix="/call-ins")

PER_PAGE = 50
BY_PERSON = "by_person"
SHOW = ("waiting", "all")


@blueprint.get("/")
def listed() -> str:
    """Calls to us, newest first: those that wait for somebody, or all."""
    user = me()
    show = choice("show", SHOW, "waiting")
    with panel().ledger.reading() as session:
        wanted = (ours(user), waits_for_somebody()) if show == "waiting" else (ours(user),)
        total = session.scalar(_of(*wanted).with_only_columns(func.count(CallIn.id))) or 0
        at = slice_of(total, wanted_page(), PER_PAGE)
        rows = session.scalars(
            _of(*wanted)
            .options(joinedload(CallIn.elder).joinedload(Elder.area), joinedload(CallIn.attempt))
            .order_by(CallIn.came_at.desc(), CallIn.id.desc())
            .offset(at.offset)
            .limit(PER_PAGE)
        ).all()
        return render_template("call_ins.html", page=Page(rows, at), show=show, may_answer=may(user, May.ACT))


@blueprint.get("/<int:call_in_id>")
def one(call_in_id: int) -> str:
    """A talk with an elder for whom no visit was waiting: what was said, to be read and heard."""
    user = me()
    with panel().ledger.reading() as session:
        _talk_or_404(session, user, call_in_id)
    note_view(user, "viewed_call_in", "call_in", call_in_id)
    with panel().ledger.reading() as session:
        call = _talk_or_404(session, user, call_in_id)
        orders = select(WorkOrder).where(WorkOrder.dedupe_key.startswith(f"call_in:{call.id}:"))
        return render_template("call_in.html", call=call, orders=session.scalars(orders).all())


def _talk_or_404(session: Session, user: SignedIn, call_in_id: int) -> CallIn:
    call = call_in_or_404(session, user, call_in_id)
    if call.elder is None or not call.said:
        abort(404)
    return call


@blueprint.post("/<int:call_in_id>/seen")
def seen(call_in_id: int) -> Response:
    """The worker has called back, or knows that it is not needed: nobody rings any more."""
    user = require(May.ACT)
    with panel().ledger.session() as session:
        call = call_in_or_404(session, user, call_in_id)
        look_after(session, user, call)
    flash(gettext("Noted: you have called back."), "done")
    return redirect(url_for("call_ins.listed"))


def look_after(session: Session, user: SignedIn, call: CallIn) -> None:
    """Put on record that a person has made a call good; a second time it changes nothing."""
    if call.seen_at is not None or call.outcome not in UNHEARD:
        return
    now = panel().now()
    call.seen_by, call.seen_at = user.login, now
    call.followed_up, call.call_back_at = call.followed_up or BY_PERSON, None
    audit(
        session,
        at=now,
        actor=user.login,
        action="call_made_good",
        subject_type="call_in",
        subject_id=call.id,
        how=BY_PERSON,
    )


def calls_of(session: Session, elder_id: int, most: int) -> list[CallIn]:
    """An elder's calls to us, newest first."""
    wanted = select(CallIn).where(CallIn.elder_id == elder_id).options(joinedload(CallIn.attempt))
    return list(session.scalars(wanted.order_by(CallIn.came_at.desc()).limit(most)))


def ours(user: SignedIn) -> ColumnElement[bool]:
    """Calls from elders of the worker's areas; strangers' too where they see everything."""
    theirs = Elder.area_id.in_(user.areas)
    return or_(theirs, CallIn.elder_id.is_(None)) if user.sees_everything else theirs


def to_call_back(session: Session, user: SignedIn) -> int:
    """How many calls wait for somebody."""
    wanted = _of(ours(user), waits_for_somebody())
    return session.scalar(wanted.with_only_columns(func.count(CallIn.id))) or 0


def _of(*conditions: ColumnElement[bool]) -> Select[CallIn]:
    return select(CallIn).outerjoin(Elder, Elder.id == CallIn.elder_id).where(*conditions)
