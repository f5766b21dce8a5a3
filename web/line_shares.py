"""Shares of the lines: how many elders of an area may be called at the same time."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from campaigns.area_lines import MOST_LINES, AreaLinesError, LinesInUse, limit_lines, lines_in_use
from records.people import Area
from web.access import May, require
from web.holdings import areas_of
from web.identity import SignedIn
from web.panel import panel

blueprint = Blueprint("line_shares", __name__, url_prefix="/lines")


@blueprint.get("/")
def listed() -> str:
    """The areas with a limit and how many of their lines are in use, and a form to set one."""
    user = require(May.PLAN)
    with panel().ledger.reading() as session:
        return render_template(
            "lines.html",
            rows=shares_of(session, user),
            areas=[area for area in areas_of(session, user) if may_limit(user, area)],
            may_limit=may_limit,
            most=MOST_LINES,
        )


@blueprint.post("/")
def change() -> Response:
    """Set or lift the limit of an area."""
    user = require(May.PLAN)
    asked, wanted = (request.form.get(name, "").strip() for name in ("area", "lines"))
    lines = _number(wanted) if wanted else None
    with panel().ledger.session() as session:
        area = session.get(Area, _number(asked))
        if area is None or area.id not in user.areas:
            abort(404)
        if not may_limit(user, area):
            abort(403)
        try:
            changed = limit_lines(session, area, lines, now=panel().now(), actor=user.login)
        except AreaLinesError:
            flash(
                gettext("Nothing was changed: a whole number from 1 to %(most)s is needed.", most=MOST_LINES),
                "problem",
            )
            return redirect(url_for("line_shares.listed"))
        if not changed:
            flash(gettext("That is how it was already."), "done")
        elif lines is None:
            flash(gettext("%(area)s may use as many lines as there are.", area=area.name), "done")
        else:
            flash(
                gettext(
                    "%(area)s may use %(n)s lines at the same time from now on.", area=area.name, n=lines
                ),
                "done",
            )
    return redirect(url_for("line_shares.listed"))


def may_limit(user: SignedIn, area: Area | LinesInUse) -> bool:
    """Whether an area's share is theirs to decide on: nobody but those above gives an area its share."""
    area_id = area.id if isinstance(area, Area) else area.area_id
    return user.sees_everything or (area_id in user.areas and area_id != user.area_id)


def shares_of(session: Session, user: SignedIn) -> Sequence[LinesInUse]:
    """Areas of the worker that have a limit."""
    return lines_in_use(session, user.areas)


def _number(text: str) -> int:
    """0 for what is none: no area has that number, and none may have so many lines."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 - any such number fits a column
