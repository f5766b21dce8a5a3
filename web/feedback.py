"""How a service was to the elder, noted on the page of its order."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from escalation.feedback import note_feedback
from records.feedback import RATINGS, SAID_BY
from records.orders import WorkOrder
from records.people import Worker
from web.access import May, order_or_404, require
from web.corrections import LONGEST_NOTE
from web.panel import panel

blueprint = Blueprint("feedback", __name__, url_prefix="/orders")


@blueprint.post("/<int:order_id>/feedback")
def note(order_id: int) -> Response:
    """Keep what the elder, or whoever supports them, says of a service that was done."""
    user = require(May.ACT)
    with panel().ledger.reading() as session:
        order_or_404(session, user, order_id)
    rating = next((each for each in RATINGS if each == request.form.get("rating")), None)
    said_by = next((each for each in SAID_BY if each == request.form.get("said_by")), None)
    if rating is None or said_by is None:
        abort(400)
    words = request.form.get("words", "")[:LONGEST_NOTE]
    with panel().ledger.session() as session:
        order, worker = session.get_one(WorkOrder, order_id), session.get_one(Worker, user.id)
        noted = note_feedback(session, order, worker, rating, panel().now(), said_by=said_by, words=words)
    if noted:
        flash(gettext("Noted, thank you."), "done")
    else:
        flash(gettext("The order has moved on in the meantime. Look at where it stands now."), "problem")
    return redirect(url_for("orders.one", order_id=order_id))
