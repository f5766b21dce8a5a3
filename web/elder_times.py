"""When an elder may be called: their own wish, and absences from home, noted by those who know them."""

from __future__ import annotations

from datetime import date
from typing import Literal, cast

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response

from campaigns.absences import AbsenceError, be_away, come_back
from campaigns.places import wish_of
from campaigns.wishes import WishError, read_wish, wish_text
from records.audit import audit
from records.people import Elder
from web.access import May, elder_or_404, require
from web.panel import panel

blueprint = Blueprint("elder_times", __name__, url_prefix="/elders")
LONGEST_WISH = 80
"""Characters of a wish that are read."""


def wish_words(elder: Elder) -> str:
    """When the elder likes to be phoned, in the language of the page; empty for at any time."""
    return wish_text(wish_of(elder), "en" if str(get_locale()) == "en" else "zh-CN")


@blueprint.post("/<int:elder_id>/away")
def away(elder_id: int) -> Response:
    """Note that an elder is not at home, until a day if one is given."""
    user = require(May.ACT)
    why = cast("Literal['in_hospital', 'away']", _one_of(request.form.get("why", "")))
    try:
        until = request.form.get("until", "")
        back_on = date.fromisoformat(until) if until else None
        with panel().ledger.session() as session:
            elder = elder_or_404(session, user, elder_id)
            be_away(session, elder, why, back_on, now=panel().now(), actor=user.login)
    except (ValueError, AbsenceError):
        flash(gettext("Not noted: the day of return must lie ahead, or be left empty."), "problem")
    else:
        flash(gettext("Noted: the robot does not call until the elder is back."), "done")
    return redirect(url_for("elders.one", elder_id=elder_id))


@blueprint.post("/<int:elder_id>/back")
def back(elder_id: int) -> Response:
    """Note that an elder is at home again."""
    user = require(May.ACT)
    with panel().ledger.session() as session:
        elder = elder_or_404(session, user, elder_id)
        returned = come_back(session, elder, now=panel().now(), actor=user.login)
    if returned:
        flash(gettext("Welcome home: the robot calls again."), "done")
    else:
        flash(gettext("Nothing was changed: the elder was not away."), "problem")
    return redirect(url_for("elders.one", elder_id=elder_id))


@blueprint.post("/<int:elder_id>/wish")
def wish(elder_id: int) -> Response:
    """Note when an elder likes to be phoned."""
    user = require(May.ACT)
    try:
        wanted = read_wish(request.form.get("times", "")[:LONGEST_WISH])
    except WishError:
        flash(gettext("Not understood. Write it like: Tue, Thu 09:00-11:00, afternoons, anytime."), "problem")
        return redirect(url_for("elders.one", elder_id=elder_id))
    with panel().ledger.session() as session:
        elder = elder_or_404(session, user, elder_id)
        elder.call_wish, elder.updated_at = wanted.stored(), panel().now()
        audit(
            session,
            at=panel().now(),
            actor=user.login,
            action="wish_noted",
            subject_type="elder",
            subject_id=elder_id,
            wish=elder.call_wish,
        )
    flash(gettext("Noted: the robot calls at these times only."), "done")
    return redirect(url_for("elders.one", elder_id=elder_id))


def _one_of(why: str) -> str:
    return why if why in {"in_hospital", "away"} else "away"
