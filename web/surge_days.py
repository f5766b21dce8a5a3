"""Surge days: heat, cold, storm, epidemic and festivals, on which some elders are visited more often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from campaigns.policies import elders_under
from campaigns.policy import Category, Tier
from campaigns.surges import Surge, SurgeError, SurgeKind, call_off, declare, overlapping
from ivr.script import load_script
from records.people import Elder
from records.surges import SurgeDays
from web.access import May, require
from web.holdings import areas_of, is_ours, wanted_area
from web.i18n import today
from web.identity import SignedIn
from web.panel import panel

blueprint = Blueprint("surge_days", __name__, url_prefix="/surges")

SHORT_LIST = 12
"""Names shown of those who are meant; the count is always complete."""
LONGEST_NAME, MOST_DAYS = 80, 366

Form = MultiDict[str, str]


@dataclass
class Sheet:
    """Surge days that somebody is about to declare."""

    form: Form
    problems: list[str] = field(default_factory=list)
    surge: Surge | None = None
    """Shown before it is saved."""
    meant: Sequence[Elder] = ()
    beside: Sequence[SurgeDays] = ()
    """Other surge days there at the same time."""


@blueprint.get("/")
def listed() -> str:
    """All surge days of the worker's areas, and a form for new ones."""
    user = require(May.PLAN)
    form = Form({"starts_on": today().isoformat(), "kind": SurgeKind.HEAT.value, "cadence": "3"})
    with panel().ledger.reading() as session:
        return _page(session, user, Sheet(form))


@blueprint.post("/")
def add() -> str | Response | tuple[str, int]:
    """Show whom they are for; declare them when that was seen."""
    user = require(May.PLAN)
    sheet = Sheet(Form(request.form))
    with panel().ledger.reading() as session:
        surge = _read(session, user, sheet)
        if sheet.problems or surge is None:
            return _page(session, user, sheet), 400
        if sheet.form.get("act") == "edit":
            return _page(session, user, sheet)
        if sheet.form.get("act") != "save":
            sheet.surge = surge
            sheet.meant = _meant(session, surge)
            sheet.beside = overlapping(session, surge)
            return _page(session, user, sheet)
    try:
        with panel().ledger.session() as session:
            declare(session, surge, modules=_modules(), today=today(), now=panel().now(), actor=user.login)
    except SurgeError:
        sheet.problems.append(
            gettext(
                "There are special days by this name already, or for the same people at the same time: "
                "look at the list below. Nothing was saved."
            )
        )
        with panel().ledger.reading() as session:
            return _page(session, user, sheet), 409
    flash(gettext("Declared. Those whom it is for are visited more often from that day."), "done")
    return redirect(url_for("surge_days.listed"))


@blueprint.post("/<int:surge_id>/end")
def end(surge_id: int) -> Response:
    """Call surge days off before their last day."""
    user = require(May.PLAN)
    with panel().ledger.session() as session:
        row = session.get(SurgeDays, surge_id)
        if row is None:
            abort(404)
        if not is_ours(user, row.area_id):
            abort(403)
        try:
            call_off(session, row.name, now=panel().now(), actor=user.login)
        except SurgeError:
            flash(gettext("Nothing was changed: these days had been ended already."), "problem")
        else:
            flash(gettext("Ended. From now on elders are visited as usual."), "done")
    return redirect(url_for("surge_days.listed"))


def _read(session: Session, user: SignedIn, sheet: Sheet) -> Surge | None:
    """What the form says; what is wrong with it goes to the sheet, in words."""
    form, problems = sheet.form, sheet.problems
    area = wanted_area(session, user, form.get("area", ""))
    name = form.get("name", "").strip()
    if not name or len(name) > LONGEST_NAME:
        problems.append(gettext("Give the days a name by which people know them."))
    days = form.get("cadence", "").strip()
    if not (days.isascii() and days.isdigit() and len(days) < 4 and 1 <= int(days) <= MOST_DAYS):  # noqa: PLR2004
        problems.append(gettext("Days between visits: a whole number from 1 to 366 is needed."))
    try:
        first, last = (date.fromisoformat(form.get(each, "")) for each in ("starts_on", "ends_on"))
    except ValueError:
        problems.append(gettext("Give the first and the last day."))
        return None
    if last < max(first, today()):
        problems.append(gettext("The last day must not lie before the first, nor in the past."))
    if problems:
        return None
    return Surge(
        name=name,
        starts_on=first,
        ends_on=last,
        cadence_days=int(days),
        tiers=frozenset(form.getlist("tiers")) & frozenset(Tier),
        categories=frozenset(form.getlist("categories")) & frozenset(Category),
        area_id=area.id if area else None,
        module=form.get("module", "") if form.get("module", "") in _modules() else "",
        kind=form.get("kind", "") if form.get("kind", "") in set(SurgeKind) else SurgeKind.OTHER.value,
    )


def _meant(session: Session, surge: Surge) -> list[Elder]:
    return [each for each in elders_under(session, surge.area_id) if surge.is_for(each.tier, each.categories)]


@cache
def _modules() -> tuple[str, ...]:
    """Topics of the shipped script that calls may take."""
    return tuple(module.id for module in load_script("standard").modules)


def _page(session: Session, user: SignedIn, sheet: Sheet) -> str:
    rows = session.scalars(
        select(SurgeDays)
        .options(joinedload(SurgeDays.area))
        .order_by(SurgeDays.starts_on.desc(), SurgeDays.id)
    )
    return render_template(
        "surges.html",
        sheet=sheet,
        form=sheet.form,
        rows=[row for row in rows if row.area_id is None or is_ours(user, row.area_id)],
        may_end=lambda row: is_ours(user, row.area_id),
        areas=areas_of(session, user),
        kinds=list(SurgeKind),
        tiers=list(Tier),
        categories=list(Category),
        modules=_modules(),
        today=today(),
        short=SHORT_LIST,
    )
