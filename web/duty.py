"""Who is on duty: workers of the area, who is away, and who stands in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from escalation.absences import (
    AbsenceError,
    StandInElsewhereError,
    StandInError,
    absences_ahead,
    end_absences,
    note_absence,
)
from escalation.addresses import NUMBER, AddressError, Reach, note_address
from escalation.asking import FIELD_ROLES
from escalation.duty import areas_above
from records.people import Worker
from web.access import May, may
from web.i18n import today
from web.identity import SignedIn, me
from web.panel import panel

LONGEST_ADDRESS = 200
"""Characters of an address."""

blueprint = Blueprint("duty", __name__, url_prefix="/duty")

_PROBLEMS = ((StandInElsewhereError, _l("This person works in another area. If that is meant, "
                                        "tick the box below the name.")),
             (StandInError, _l("Whoever stands in must be somebody else who takes orders.")),
             (AbsenceError, _l("The last day must not lie before the first, nor in the past.")))  # fmt: skip


@blueprint.get("/")
def roster() -> str:
    """Everybody who may be asked, in the worker's areas."""
    user = me()
    with panel().ledger.reading() as session:
        workers = _ours(session, user)
        away = absences_ahead(session, panel().now())
        for absence in away.values():
            _ = absence.stand_in
        return render_template(
            "duty.html",
            workers=workers,
            away=away,
            stand_ins=_stand_ins(session, workers),
            may_note={worker.id for worker in workers if _may_note(user, worker)},
            first_day=today(),
            places=_places(),
            reach={worker.id: Reach.of(session, worker.login) for worker in workers},
        )


@blueprint.post("/<int:worker_id>/reach")
def reach(worker_id: int) -> Response:
    """Note where a worker is reached on one channel, or their telephone number; empty forgets it."""
    user = me()
    place = request.form.get("place", "")
    if place not in _places():
        abort(400)
    address = request.form.get("address", "").strip()[:LONGEST_ADDRESS]
    try:
        with panel().ledger.session() as session:
            worker = _worker(session, user, worker_id)
            note_address(session, worker, place, address, actor=user.login, now=panel().now())
    except AddressError:
        flash(gettext("This is no telephone number that can be rung."), "problem")
    else:
        flash(gettext("Noted."), "done")
    return redirect(url_for("duty.roster"))


@blueprint.post("/<int:worker_id>/away")
def leave(worker_id: int) -> Response:
    """Note an absence of whole days, first and last included, on the clock of whoever notes it."""
    user = me()
    try:
        first, last = (date.fromisoformat(request.form.get(name, "")) for name in ("first", "last"))
    except ValueError:
        flash(gettext("Give the first and the last day."), "problem")
        return redirect(url_for("duty.roster"))
    with panel().ledger.session() as session:
        worker = _worker(session, user, worker_id)
        stand_in = session.get(Worker, request.form.get("stand_in", type=int) or 0)
        try:
            note_absence(
                session,
                worker,
                datetime.combine(first, time(0), user.zone),
                datetime.combine(last + timedelta(days=1), time(0), user.zone),
                stand_in=stand_in,
                from_elsewhere=request.form.get("from_elsewhere") == "yes",
                actor=user.login,
                now=panel().now(),
            )
        except AbsenceError as error:
            flash(str(next(words for kind, words in _PROBLEMS if isinstance(error, kind))), "problem")
        else:
            flash(gettext("Noted. %(name)s will not be asked on these days.", name=worker.name), "done")
    return redirect(url_for("duty.roster"))


@blueprint.post("/<int:worker_id>/back")
def come_back(worker_id: int) -> Response:
    """The worker is there again."""
    user = me()
    with panel().ledger.session() as session:
        worker = _worker(session, user, worker_id)
        end_absences(session, worker, actor=user.login, now=panel().now())
        flash(gettext("Noted. %(name)s is asked again.", name=worker.name), "done")
    return redirect(url_for("duty.roster"))


def _places() -> list[str]:
    """Where workers can be reached: by telephone, and on the channels that need an address of theirs."""
    return [NUMBER, *(channel.name for channel in panel().rules.channels if channel.needs == "address")]


def _worker(session: Session, user: SignedIn, worker_id: int) -> Worker:
    """Somebody for whom this worker may note absences: themselves, or with the ability anybody of theirs."""
    worker = session.get(Worker, worker_id)
    if worker is None or worker.area_id not in user.areas:
        abort(404)
    if not _may_note(user, worker):
        abort(403)
    return worker


def _may_note(user: SignedIn, worker: Worker) -> bool:
    return may(user, May.DUTY) or worker.id == user.id


def _ours(session: Session, user: SignedIn) -> list[Worker]:
    return [worker for worker in _field(session) if worker.area_id in user.areas]


@dataclass(frozen=True, slots=True)
class StandIns:
    """Who may stand in for somebody: those who see the same elders, and those who work elsewhere."""

    here: list[Worker]
    elsewhere: list[Worker]


def _stand_ins(session: Session, workers: list[Worker]) -> dict[int, StandIns]:
    """By the id of the worker who is away."""
    field = _field(session)
    above = {each: set(areas_above(session, each)) for each in {worker.area_id for worker in workers}}
    found = {}
    for worker in workers:
        others = [each for each in field if each.id != worker.id]
        here = [each for each in others if each.area_id in above[worker.area_id]]
        found[worker.id] = StandIns(here, [each for each in others if each not in here])
    return found


def _field(session: Session) -> list[Worker]:
    rows = session.scalars(
        select(Worker)
        .where(Worker.active, Worker.role.in_(FIELD_ROLES))
        .order_by(Worker.area_id, Worker.role, Worker.name)
    ).all()
    for worker in rows:
        _ = worker.area.name
    return list(rows)
