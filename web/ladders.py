"""On-call ladders: as a picture with who would be asked now, who is on duty in the coming days; editing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import yaml
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from escalation.asking import FIELD_ROLES
from escalation.duty import areas_above
from escalation.duty_calendar import DutyBook
from escalation.ladder_books import (
    FROM_FILE,
    BookChangedError,
    book_in_force,
    book_of,
    excerpt,
    newest_book,
    save_book,
    yaml_of,
)
from escalation.ladder_rehearsal import rehearse
from escalation.ladders import LadderBook, LadderError, ladders_from
from escalation.policy import Role
from records.ladders import LadderBookVersion
from records.people import Area, Elder, Worker
from web.access import May, require
from web.holdings import areas_of, place_asked_for, wanted_area
from web.i18n import today
from web.identity import SignedIn
from web.ladder_form import DAYS, PARTS, ROLES, URGENCIES, Form, code_of, fill, move, read, steps_in
from web.panel import panel

blueprint = Blueprint("ladders", __name__, url_prefix="/ladders")

DAYS_AHEAD = 14
MOST_AREAS = 40
"""Areas whose duty is shown, those with a hole first."""
LONGEST_VERSION = 40
EXCERPT = "# An excerpt: what holds in your areas. / 节选：只有您那里用得到的部分。\n"


@dataclass
class Sheet:
    """The page on which ladders are changed."""

    area: Area | None
    form: Form
    problems: list[str] = field(default_factory=list)


@blueprint.get("/")
def shown() -> str:
    """The ladders of an area, and who is on duty."""
    user, now = require(May.PLAN), panel().now()
    with panel().ledger.reading() as session:
        areas = areas_of(session, user)
        asked = request.args.get("area", "")
        area = wanted_area(session, user, asked) if asked else areas[0]
        assert area is not None  # noqa: S101 - a worker has an area
        book = book_in_force(session, panel().rules.ladders)
        names = {row.id: row.name for row in session.execute(select(Area.id, Area.name))}
        above = [names[each] for each in areas_above(session, area.id)]
        pictures = []
        for urgency in URGENCIES:
            ladder = book.for_order(urgency, areas=above, timezone=area.timezone, roles=_roles())
            parts = [(part, rehearse(session, area.id, ladder, getattr(ladder, part), now)) for part in PARTS]
            now_part = "night" if ladder.night and not ladder.hours.contain(now, area.timezone) else "work"
            pictures.append((urgency, ladder, [each for each in parts if each[1]], now_part))
        return render_template(
            "ladders.html",
            area=area,
            areas=areas,
            book=book,
            newest=newest_book(session),
            history=session.scalars(select(LadderBookVersion).order_by(LadderBookVersion.id.desc())).all(),
            pictures=pictures,
            duty=_duty(session, user),
            workers=_field(session, user),
            code_of=code_of,
        )


@blueprint.get("/<int:version_id>.yaml")
def download(version_id: int) -> Answer:
    """A stored book as YAML, as far as it holds in the worker's areas; 0 is the deployment's file."""
    user = require(May.PLAN)
    with panel().ledger.reading() as session:
        row = session.get(LadderBookVersion, version_id) if version_id else None
        if version_id and row is None:
            abort(404)
        book = panel().rules.ladders if row is None else book_of(row)
        return _as_file(book, whole=user.sees_everything, here=_names_that_hold(session, user))


def _names_that_hold(session: Session, user: SignedIn) -> frozenset[str]:
    """Names of the worker's areas, and of those above them whose ladders hold there too."""
    ids = {*user.areas, *areas_above(session, user.area_id)}
    return frozenset(session.scalars(select(Area.name).where(Area.id.in_(ids))))


@blueprint.get("/edit")
def edit() -> str:
    """The form, filled with the ladders of a place."""
    user = require(May.PLAN)
    with panel().ledger.reading() as session:
        area = place_asked_for(session, user)
        book = book_in_force(session, panel().rules.ladders)
        return _sheet(
            session, user, Sheet(area, _headed(session, area, fill(book, area.name if area else "")))
        )


@blueprint.post("/upload")
def upload() -> str | tuple[str, int]:
    """The form, filled with what a YAML file says: for everywhere, so for the root of the tree only."""
    user = require(May.PLAN)
    uploaded = request.files.get("ladders")
    with panel().ledger.reading() as session:
        wanted_area(session, user, "")
        try:
            data = yaml.safe_load(uploaded.read().decode() if uploaded is not None else "")
            name = (uploaded.filename or "") if uploaded is not None else ""
            book = ladders_from(data, origin=name, channels=_channels())
        except (UnicodeDecodeError, yaml.YAMLError, LadderError, RecursionError) as error:
            why = " ".join(str(error).split())
            now_in_force = book_in_force(session, panel().rules.ladders)
            sheet = Sheet(None, _headed(session, None, fill(now_in_force, "")))
            sheet.problems.append(gettext("The file cannot be used; nothing was changed. %(why)s", why=why))
            return _sheet(session, user, sheet), 400
        form = _headed(session, None, fill(book, ""))
        form["version"] = book.version
        flash(gettext("The file is read. Nothing is saved yet: look at it, then save."), "done")
        return _sheet(session, user, Sheet(None, form))


@blueprint.post("/edit")
def save() -> str | Answer | tuple[str, int]:
    """Save the ladders of a place as a new version of the book, in force from now on.

    When a step was to be moved, only the form comes back: nothing is saved yet.
    """
    user = require(May.PLAN)
    form = Form(request.form)
    with panel().ledger.reading() as session:
        sheet = Sheet(wanted_area(session, user, form.get("area", "")), form)
        if which := form.get("move", ""):
            move(form, which)
            return _sheet(session, user, sheet)
        base, newest = form.get("base", ""), newest_book(session)
        if newest is not None and str(newest.id) != base:
            _begin_anew(session, sheet, newest)
            return _sheet(session, user, sheet), 409
        if sheet.area is not None:
            # Only the ladders of their own place are theirs: the rest is the ledger's, whatever came back.
            form["document"] = fill(book_in_force(session, panel().rules.ladders), "")["document"]
        version = form.get("version", "").strip()
        place = sheet.area.name if sheet.area else ""
        book, sheet.problems = read(form, place, version, _channels())
        if not version or len(version) > LONGEST_VERSION:
            sheet.problems.append(gettext("Give the changed ladders a name of up to 40 characters."))
        elif session.scalar(select(LadderBookVersion.id).where(LadderBookVersion.version == version)):
            sheet.problems.append(
                gettext(
                    "There is a version “%(version)s” here already: give the changed one another name.",
                    version=version,
                )
            )
        if sheet.problems or book is None:
            return _sheet(session, user, sheet), 400
    try:
        with panel().ledger.session() as session:
            save_book(
                session,
                book,
                follows=int(base) if base.isdigit() else FROM_FILE,
                channels=_channels(),
                now=panel().now(),
                actor=user.login,
                note=form.get("note", "").strip(),
            )
    except BookChangedError as changed:
        with panel().ledger.reading() as session:
            _begin_anew(session, sheet, changed.newest)
            return _sheet(session, user, sheet), 409
    flash(
        gettext("Saved: orders that are opened from now on go by it. Those that stand keep theirs."), "done"
    )
    return redirect(url_for("ladders.shown", area=sheet.area.id if sheet.area else None))


def _begin_anew(session: Session, sheet: Sheet, newest: LadderBookVersion) -> None:
    """Put what was typed for this place on top of the book that somebody else has saved meanwhile."""
    theirs = fill(book_of(newest), sheet.area.name if sheet.area else "")
    sheet.form["document"], sheet.form["base"] = theirs["document"], str(newest.id)
    sheet.form["version"] = _free_version(session)
    sheet.problems.append(
        gettext(
            "%(name)s has saved the version %(version)s in the meantime. Yours is not saved. Look at "
            "that one; what you typed is still here, and saving it again puts it in place of theirs.",
            name=newest.created_by,
            version=newest.version,
        )
    )


def _sheet(session: Session, user: SignedIn, sheet: Sheet) -> str:
    if sheet.area is not None:
        # What is saved for one place is put on top of the ledger's book: nobody need see the other places'.
        sheet.form["document"] = ""
    offered = ["on_duty", *(f"role:{role}" for role in reversed(ROLES))]
    people = [f"worker:{each.login}" for each in _field(session, user)]
    return render_template(
        "ladder_edit.html",
        sheet=sheet,
        form=sheet.form,
        urgencies=URGENCIES,
        parts=PARTS,
        steps_in=steps_in,
        offered=offered,
        people=people,
        channels=_channels(),
        weekdays=DAYS,
        newest=newest_book(session),
    )


def _field(session: Session, user: SignedIn) -> Sequence[Worker]:
    """Those of the worker's areas who take orders."""
    wanted = select(Worker).where(Worker.active, Worker.role.in_(FIELD_ROLES), Worker.area_id.in_(user.areas))
    return session.scalars(wanted.order_by(Worker.name)).all()


def _headed(session: Session, area: Area | None, form: Form) -> Form:
    newest = newest_book(session)
    form["area"] = str(area.id) if area else ""
    form["base"] = str(newest.id) if newest else str(FROM_FILE)
    form["version"] = _free_version(session)
    form["note"] = ""
    return form


def _free_version(session: Session) -> str:
    taken = set(session.scalars(select(LadderBookVersion.version)))
    names = (f"{today():%Y-%m-%d}.{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _duty(session: Session, user: SignedIn) -> Sequence[tuple[Area, Sequence[object]]]:
    """Who is on duty in the coming days where elders live, areas with a hole first."""
    lived_in = set(session.scalars(select(Elder.area_id).distinct()))
    book = DutyBook.read(session, panel().now())
    rows = [
        (area, book.days(area.id, _roles(), today(), DAYS_AHEAD, user.zone))
        for area in areas_of(session, user)
        if area.id in lived_in
    ]
    return sorted(rows, key=lambda row: not any(day.hole for day in row[1]))[:MOST_AREAS]


def _roles() -> tuple[Role, ...]:
    """Who goes in an emergency, by preference."""
    return panel().rules.policy.situations["emergency"].orders[0].roles


def _channels() -> list[str]:
    return [channel.name for channel in panel().rules.channels]


def _as_file(book: LadderBook, *, whole: bool, here: frozenset[str]) -> Answer:
    text = yaml_of(book) if whole else EXCERPT + yaml_of(excerpt(book, here))
    answer = Response(text, mimetype="application/yaml")
    answer.headers["Content-Disposition"] = 'attachment; filename="ladders.yaml"'
    return answer
