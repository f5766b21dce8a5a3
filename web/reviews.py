"""The forms of a call's page: confirm or correct an exchange, and sign for the call as a whole."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from records.visits import Turn, Visit
from web.access import May, require, visit_or_404
from web.corrections import LONGEST_NOTE, BadCorrectionError, Correction, confirm, correct, review
from web.panel import panel
from web.words import weighted_codes

blueprint = Blueprint("reviews", __name__, url_prefix="/calls/<int:visit_id>")


@blueprint.post("/turns/<int:turn_id>/confirm")
def confirm_turn(visit_id: int, turn_id: int) -> Response:
    """The machine understood this exchange rightly."""
    user = require(May.REVIEW)
    try:
        with panel().ledger.session() as session:
            visit = visit_or_404(session, user, visit_id)
            confirm(session, user, visit, _turn(session, visit, turn_id), panel().now())
            session.flush()
            panel().reconsider(session, visit)
    except BadCorrectionError:
        flash(gettext("Nothing was changed: no answer rests on this exchange."), "problem")
    else:
        flash(gettext("Confirmed. Thank you for listening."), "done")
    return _back(visit_id, turn_id)


@blueprint.post("/turns/<int:turn_id>/correct")
def correct_turn(visit_id: int, turn_id: int) -> Response:
    """The machine misunderstood this exchange; the form says what was really said."""
    user = require(May.REVIEW)
    with panel().ledger.reading() as session:
        _turn(session, visit_or_404(session, user, visit_id), turn_id)
    try:
        correction = Correction.read(request.form, weighted_codes())
    except BadCorrectionError:
        flash(gettext("Nothing was changed: for something urgent, choose what it is about."), "problem")
        return _back(visit_id, turn_id)
    with panel().ledger.session() as session:
        visit = visit_or_404(session, user, visit_id)
        correct(session, user, visit, _turn(session, visit, turn_id), correction, panel().now())
        session.flush()
        panel().reconsider(session, visit)
    flash(gettext("Corrected. The scores and work orders follow what you heard."), "done")
    return _back(visit_id, turn_id)


@blueprint.post("/review")
def sign(visit_id: int) -> Response:
    """The worker has listened to the call and signs for it."""
    user = require(May.REVIEW)
    note = request.form.get("note", "").strip()[:LONGEST_NOTE]
    with panel().ledger.session() as session:
        visit = visit_or_404(session, user, visit_id)
        if visit.assessment is None:
            flash(gettext("This call has not been scored yet: try again when it has ended."), "problem")
            return _back(visit_id)
        review(session, user, visit.assessment, note, panel().now())
    flash(gettext("Signed. This call no longer waits for review."), "done")
    return _back(visit_id)


def _turn(session: Session, visit: Visit, turn_id: int) -> Turn:
    """A turn of this visit; 404 for any other."""
    turn = session.get(Turn, turn_id)
    if turn is None or turn.attempt.visit_id != visit.id:
        abort(404)
    return turn


def _back(visit_id: int, turn_id: int | None = None) -> Response:
    return redirect(
        url_for("calls.one", visit_id=visit_id, _anchor=f"turn-{turn_id}" if turn_id else "review")
    )
