"""Bringing in a roster (摸底表) from a spreadsheet: what was taken, and what must be mended."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from flask import Blueprint, abort, flash, render_template, request
from flask_babel import get_locale, gettext

from campaigns.roster import ReportLanguage, RosterError, import_roster
from web.access import May, require
from web.identity import SignedIn
from web.panel import panel

blueprint = Blueprint("rosters", __name__, url_prefix="/roster")

SUFFIXES = (".xlsx", ".csv")
"""Kinds of files a roster may come in."""


@blueprint.get("/")
def form() -> str:
    """The page to choose a file."""
    _coordinator()
    return render_template("roster.html", report=None)


@blueprint.post("/")
def bring_in() -> str | tuple[str, int]:
    """Import the file and show what came of it."""
    user = _coordinator()
    uploaded = request.files.get("roster")
    name = (uploaded.filename or "") if uploaded is not None else ""
    suffix = Path(name).suffix.lower()
    if uploaded is None or suffix not in SUFFIXES:
        flash(gettext("Choose a spreadsheet: a file ending in .xlsx or .csv."), "problem")
        return render_template("roster.html", report=None), 400
    language: ReportLanguage = "en" if str(get_locale()) == "en" else "zh-CN"
    with tempfile.TemporaryDirectory(prefix="wenan-roster-") as folder:
        path = Path(folder) / f"roster{suffix}"
        uploaded.save(path)
        try:
            report = import_roster(
                panel().ledger,
                path,
                now=panel().now(),
                default_area_code=panel().default_area_code or None,
                settings=replace(panel().roster_settings, language=language, actor=user.login),
            )
        except RosterError as error:
            flash(error.text(language).replace(str(path), name), "problem")
            return render_template("roster.html", report=None), 400
    return render_template("roster.html", report=report, name=name)


def _coordinator() -> SignedIn:
    """A coordinator of the whole tree: a roster may name any area, so nobody else may bring one in."""
    user = require(May.IMPORT)
    if not user.sees_everything:
        abort(403)
    return user
