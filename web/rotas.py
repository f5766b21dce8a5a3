"""Rotas: workers of an area take duty in turns."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from escalation.absences import AbsenceError
from escalation.asking import FIELD_ROLES
from escalation.rotas import RotaClashError, note_rota
from records.people import Worker
from web.access import May, require
from web.panel import panel

blueprint = Blueprint("rotas", __name__, url_prefix="/rotas")

MOST_WORKERS = 6


@blueprint.post("/")
def note() -> Response:
    """Note a rota; the workers take their turns in the order in which the form names them."""
    user = require(May.DUTY)
    ids = [
        number for place in range(MOST_WORKERS) if (number := request.form.get(f"worker.{place}", type=int))
    ]
    days, number = (request.form.get(name, type=int) or 0 for name in ("days", "turns"))
    try:
        first = date.fromisoformat(request.form.get("first", ""))
    except ValueError:
        flash(gettext("Give the first and the last day."), "problem")
        return redirect(url_for("ladders.shown"))
    try:
        with panel().ledger.session() as session:
            workers = [session.get(Worker, each) for each in ids]
            ours = [
                worker
                for worker in workers
                if worker is not None
                and worker.active
                and worker.role in FIELD_ROLES
                and worker.area_id in user.areas
            ]
            if len(ours) != len(ids):
                abort(404)
            note_rota(
                session, ours, first, days=min(days, 366), number=number, zone=user.zone, actor=user.login,
                now=panel().now(),
            )  # fmt: skip
    except RotaClashError:
        flash(
            gettext("Some of them have a rota in this time already. End it on the page “On duty” first."),
            "problem",
        )
    except AbsenceError:
        flash(
            gettext(
                "Not noted: choose at least two different people, days and turns above 0, and a day ahead."
            ),
            "problem",
        )
    else:
        flash(gettext("Noted. Below you see who is on duty."), "done")
    return redirect(url_for("ladders.shown"))
