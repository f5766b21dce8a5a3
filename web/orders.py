"""Work orders: the list by urgency and deadline, and the page to act on one."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from escalation import work_orders
from escalation.consents import REPLIES, consent_state
from escalation.photos import may_add
from escalation.work_orders import (
    ConsentError,
    MissingWordsError,
    NotYourOrderError,
    OrderError,
    OrderTakenError,
)
from records.feedback import RATINGS, Feedback
from records.orders import WorkOrder
from records.people import Worker
from speech.weights import COLUMNS
from web import order_data
from web.access import May, may, order_or_404, require
from web.calls import listening
from web.corrections import LONGEST_NOTE
from web.identity import SignedIn, me
from web.order_data import OrderFilter
from web.pages import choice, wanted_page
from web.panel import panel
from web.photos import keep_uploaded, photos_of
from web.satisfaction_data import unasked_count
from web.trail import note_view
from web.word_lists import WORDS

LONGEST_ENTRY = 300
"""Characters of one column of the visit record."""

_PLACE = re.compile(r"-?\d{1,2}(\.\d{1,6})?, ?-?\d{1,3}(\.\d{1,6})?")

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


@blueprint.get("/")
def found() -> str:
    """The list, filtered by the query string."""
    user = me()
    wanted = OrderFilter(
        show=choice("show", order_data.SHOW, "open"),
        urgency=choice("urgency", order_data.URGENCIES),
        kind=choice("kind", tuple(WORDS["order_kind"])),
    )
    with panel().ledger.reading() as session:
        return render_template(
            "orders.html",
            page=order_data.find_orders(session, user, wanted, wanted_page(), panel().now()),
            overdue=order_data.overdue_count(session, user, panel().now()),
            unasked=unasked_count(session, user, panel().now()),
            wanted=wanted,
            revision=order_data.revision(session, user),
        )


@blueprint.get("/<int:order_id>")
def one(order_id: int) -> str:
    """One order: what to do, where, whom to ask, what was heard, and what has been done."""
    user = me()
    with panel().ledger.reading() as session:
        order_or_404(session, user, order_id)
    note_view(user, "viewed_order", "work_order", order_id)
    with panel().ledger.reading() as session:
        order = order_or_404(session, user, order_id)
        turns = order_data.evidence_turns(session, order)
        calls = {turn.attempt_id: listening(turn.attempt.visit, turn.attempt) for turn in turns}
        shown = {turn.id for turn in turns}
        return render_template(
            "order.html",
            order=order,
            elder=order.elder,
            calls=calls,
            came_of=order_data.call_of(session, order),
            exchanges=[one for call in calls.values() for one in call.exchanges if one.turn.id in shown],
            history=order_data.history(session, order),
            following=order_data.next_step(session, order, panel().now()),
            acts=acts(order, user),
            consent=consent_state(session, order),
            may_answer=may(user, May.ACT) and (order.assignee_id == user.id or user.role == "coordinator"),
            columns=COLUMNS,
            photos=photos_of(session, order),
            may_add=may(user, May.ACT) and may_add(order, user.id, user.role),
            feedback=session.get(Feedback, order.id) if order.status == "closed" else None,
            ratings=RATINGS,
            may_note=may(user, May.ACT),
        )


@blueprint.post("/<int:order_id>/consent")
def consent(order_id: int) -> Response:
    """Keep what the elder or whoever supports them said to a visit at home."""
    user = require(May.ACT)
    reply = next((each for each in REPLIES if each == request.form.get("reply")), None)
    with panel().ledger.reading() as session:
        order_or_404(session, user, order_id)
    if reply is None:
        abort(400)
    try:
        with panel().ledger.session() as session:
            worker = session.get_one(Worker, user.id)
            work_orders.answer_consent(session, order_id, worker, reply, panel().now())
    except OrderError as error:
        flash(refusal(error), "problem")
    else:
        flash(gettext("Noted."), "done")
    return redirect(url_for("orders.one", order_id=order_id))


@blueprint.post("/<int:order_id>/<any(accept, on_the_way, on_site, close, decline, take_away, reopen):act>")
def do(order_id: int, act: str) -> Response:
    """Take one step with an order. Of two workers who press at the same moment one is told who has it."""
    user = require(May.ACT)
    words = request.form.get("words", "").strip()[:LONGEST_NOTE]
    with panel().ledger.reading() as session:
        order_or_404(session, user, order_id)
    try:
        with panel().ledger.session() as session:
            _step(session, act, order_id, session.get_one(Worker, user.id), words)
    except OrderError as error:
        flash(refusal(error), "problem")
    else:
        flash(_DONE[act], "done")
        keep_uploaded(order_id, user.id)
    return redirect(url_for("orders.one", order_id=order_id))


def _step(session: Session, act: str, order_id: int, worker: Worker, words: str) -> None:
    now, rules = panel().now(), panel().rules
    if act == "accept":
        work_orders.accept(session, order_id, worker, now)
    elif act == "on_the_way":
        work_orders.on_the_way(session, order_id, worker, now)
    elif act == "on_site":
        work_orders.on_site(session, order_id, worker, now, place=_place())
    elif act == "decline":
        work_orders.decline(session, rules, order_id, worker, words, now)
    elif act == "take_away":
        work_orders.take_away(session, rules, order_id, worker, now)
    elif act == "reopen":
        work_orders.reopen(session, rules, order_id, worker, words, now)
    else:
        elder_seen = request.form.get("elder_seen") != "no"
        sheet: dict[str, str] = {
            column: request.form.get(f"sheet-{number}", "")[:LONGEST_ENTRY]
            for number, column in enumerate(COLUMNS)
        }
        work_orders.close(session, order_id, worker, words, now, elder_seen=elder_seen, sheet=sheet)


def _place() -> str:
    """Where the worker is, if they let their telephone say so: latitude and longitude in degrees."""
    said = request.form.get("place", "").strip()
    return said if _PLACE.fullmatch(said) else ""


_DONE = {
    "accept": _l("It is yours now. Thank you."),
    "on_the_way": _l("Noted: you are on the way."),
    "on_site": _l("Noted: you are there."),
    "close": _l("Closed. Thank you."),
    "decline": _l("Given back: somebody else is being asked."),
    "take_away": _l("Somebody else is being asked, and whoever had it is told so."),
    "reopen": _l("Opened again."),
}


_REFUSALS: tuple[tuple[type[OrderError], Any], ...] = (
    (OrderTakenError, _l("Somebody else has taken this order already.")),
    (NotYourOrderError, _l("Somebody else holds this order: take it on first.")),
    (ConsentError, _l("Ask the elder or whoever supports them first, and note what they said.")),
    (MissingWordsError, _l("Please say it in a few words.")),
    (OrderError, _l("The order has moved on in the meantime. Look at where it stands now.")),
)


def refusal(error: OrderError) -> str:
    """Why a step was refused, in the worker's language."""
    return str(next(words for kind, words in _REFUSALS if isinstance(error, kind)))


def acts(order: WorkOrder, user: SignedIn) -> list[str]:
    """What this worker may do with the order now, the next step first; ``escalation`` has the last word."""
    if not may(user, May.ACT):
        return []
    if order.status == "closed":
        return ["reopen"]
    mine = order.assignee_id == user.id
    coordinates = user.role == "coordinator"
    if order.status == "open":
        return ["accept"] + ["close"] * coordinates + ["decline"] * mine
    if not mine:
        going = order.status in ("accepted", "on_the_way")
        return (["close"] + ["take_away"] * going) * coordinates
    if order.kind != "in_person_visit":  # done by telephone or at a desk: there is no way to set out on
        return ["close", *(["decline"] if order.status != "on_site" else [])]
    onward = {"accepted": ["on_the_way", "on_site"], "on_the_way": ["on_site"], "on_site": []}
    return [*onward.get(order.status, []), "close", *(["decline"] if order.status != "on_site" else [])]
