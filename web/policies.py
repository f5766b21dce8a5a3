"""Visiting policies of areas: which are in force, and changing them after seeing whom it affects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import yaml
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response as Answer

from campaigns.policies import Policies, policy_of, put_in_force, save_policy
from campaigns.policy import (
    Ability,
    Category,
    Policy,
    PolicyError,
    RoundLength,
    RoundStart,
    Tier,
    load_policy,
    policy_from,
)
from campaigns.policy_changes import ASPECTS, Aspect, Change, changes_by, counted
from campaigns.scripts import known_scripts
from records.locks import take_turns
from records.people import Area
from records.policies import PolicyVersion
from web.access import May, require
from web.cadence_words import choices
from web.holdings import areas_of, is_ours, place_asked_for, wanted_area
from web.i18n import today
from web.identity import SignedIn
from web.panel import panel
from web.policy_file import as_file
from web.policy_form import Form, fill, phones_without_consent, read, rules_in

blueprint = Blueprint("policies", __name__, url_prefix="/policies")

SHORT_LIST = 12
"""Names shown of those whom a change affects; the counts are always complete."""
LONGEST_VERSION, LONGEST_NOTE = 40, 200


@dataclass(frozen=True)
class Preview:
    """Whom a policy would affect on its first day."""

    elders: int
    found: Sequence[Change]
    steps: Sequence[tuple[Aspect, list[tuple[str, str, int]]]]
    later: Sequence[PolicyVersion]
    """Versions of the same place that take over on a later day."""


@dataclass
class Sheet:
    """The page on which a policy is changed."""

    area: Area | None
    form: Form
    problems: list[str] = field(default_factory=list)
    preview: Preview | None = None


@blueprint.get("/")
def listed() -> str:
    """What is in force in the worker's areas, and all versions."""
    user = require(May.PLAN)
    with panel().ledger.reading() as session:
        policies, areas = Policies.read(session), areas_of(session, user)
        in_force = [
            (area, policies.of(area.id, today()), policies.rounds_of(area.id, today())[1]) for area in areas
        ]
        versions = _versions(session, user)
        own = {row.area_id for row in versions}
        return render_template(
            "policies.html",
            areas=areas,
            in_force=[each for each in in_force if each[0].id in own or each[0] is areas[0]],
            versions=versions,
            shipped=load_policy(),
            today=today(),
        )


@blueprint.get("/<int:version_id>.yaml")
def download(version_id: int) -> Answer:
    """A stored version as YAML; 0 is the shipped one."""
    user = require(May.PLAN)
    with panel().ledger.reading() as session:
        if not version_id:
            return as_file(load_policy())
        row = session.get(PolicyVersion, version_id)
        if row is None or row not in _versions(session, user):
            abort(404)
        return as_file(policy_of(row))


@blueprint.get("/edit")
def edit() -> str:
    """The form, filled with what holds in an area now or is to hold next."""
    user = require(May.PLAN)
    with panel().ledger.reading() as session:
        area = place_asked_for(session, user)
        form = fill(_begin_from(session, area))
        return _sheet(session, Sheet(area, _headed(session, area, form)))


@blueprint.post("/upload")
def upload() -> str | tuple[str, int]:
    """The form, filled with what a YAML file says. Nothing is saved."""
    user = require(May.PLAN)
    uploaded = request.files.get("policy")
    with panel().ledger.reading() as session:
        area = wanted_area(session, user, request.form.get("area", ""))
        try:
            data = yaml.safe_load(uploaded.read().decode() if uploaded is not None else "")
            policy = policy_from(data, origin=(uploaded.filename or "") if uploaded is not None else "")
        except (UnicodeDecodeError, yaml.YAMLError, PolicyError, RecursionError) as error:
            why = " ".join(str(error).split())
            sheet = Sheet(area, _headed(session, area, fill(_begin_from(session, area))))
            sheet.problems.append(gettext("The file cannot be used; nothing was changed. %(why)s", why=why))
            return _sheet(session, sheet), 400
        form = _headed(session, area, fill(policy))
        form["version"] = policy.version
        flash(gettext("The file is read. Nothing is saved yet: look at it and see whom it affects."), "done")
        return _sheet(session, Sheet(area, form))


@blueprint.post("/edit")
def change() -> str | Answer | tuple[str, int]:
    """Show whom the policy affects, go back to the form, or save it."""
    user = require(May.PLAN)
    form = Form(request.form)
    with panel().ledger.reading() as session:
        sheet = Sheet(wanted_area(session, user, form.get("area", "")), form)
        newest = _newest(session, sheet.area)
        if newest is not None and str(newest.id) != form.get("base", ""):
            _begin_anew(session, sheet, newest)
            return _sheet(session, sheet), 409
        policy, day = _read(session, sheet)
        if sheet.problems:
            return _sheet(session, sheet), 400
        if form.get("act") == "edit":
            return _sheet(session, sheet)
        if policy is not None and form.get("act") != "save":
            sheet.preview = _preview(session, sheet.area, policy, day)
            return _sheet(session, sheet)
    assert policy is not None  # noqa: S101 - without one there are problems
    if not _save(user, sheet, policy, day):
        with panel().ledger.reading() as session:
            return _sheet(session, sheet), 409
    return redirect(url_for("policies.listed"))


def _save(user: SignedIn, sheet: Sheet, policy: Policy, day: date) -> bool:
    """Save it unless somebody else has saved one for the place since the form was opened."""
    now = panel().now()
    with panel().ledger.session() as session:
        take_turns(session, "policy")
        newest = _newest(session, sheet.area)
        if newest is not None and str(newest.id) != sheet.form.get("base", ""):
            _begin_anew(session, sheet, newest)
            return False
        area = session.get(Area, sheet.area.id) if sheet.area else None
        note = sheet.form.get("note", "").strip()[:LONGEST_NOTE]
        save_policy(session, area, policy, day, today=today(), now=now, actor=user.login, note=note)
        changed = put_in_force(session, now=now, actor=user.login)
    if day <= today():
        flash(
            gettext("Saved and in force: %(n)s elders are treated otherwise from now on.", n=changed), "done"
        )
    else:
        flash(gettext("Saved. It holds from %(day)s.", day=day.isoformat()), "done")
    return True


def _begin_anew(session: Session, sheet: Sheet, newest: PolicyVersion) -> None:
    """Tell that somebody was quicker; what was typed stays, to be saved as the version after theirs."""
    sheet.form["base"] = str(newest.id)
    if sheet.form.get("version", "").strip() == newest.version:
        sheet.form["version"] = _free_version(session, sheet.area)
    sheet.problems.append(
        gettext(
            "%(name)s has saved the version %(version)s in the meantime. Yours is not saved. Look at "
            "that one, change below what you need, and preview again if yours is to follow it.",
            name=newest.created_by,
            version=newest.version,
        )
    )


def _read(session: Session, sheet: Sheet) -> tuple[Policy | None, date]:
    """The policy and its first day; what is wrong goes to the sheet."""
    version = sheet.form.get("version", "").strip()
    policy, sheet.problems = read(sheet.form, version)
    if not version or len(version) > LONGEST_VERSION:
        sheet.problems = [
            gettext("Give the changed policy a name of up to 40 characters."),
            *(each for each in sheet.problems if policy is not None),
        ]
    script = sheet.form.get("round_script", "")
    if script and script not in known_scripts(session):
        sheet.problems.append(gettext("There is no script “%(name)s”.", name=script[:40]))
    same = select(PolicyVersion.id).where(_at(sheet.area), PolicyVersion.version == version)
    if session.scalar(same) is not None:
        sheet.problems.append(
            gettext(
                "There is a version “%(version)s” here already: give the changed one another name.",
                version=version,
            )
        )
    try:
        day = date.fromisoformat(sheet.form.get("effective_from", ""))
    except ValueError:
        sheet.problems.append(gettext("Give the day from which it is to hold."))
        return policy, today()
    if day < today():
        sheet.problems.append(gettext("The day from which it is to hold must not be past."))
    return policy, day


def _preview(session: Session, area: Area | None, policy: Policy, day: date) -> Preview:
    found, elders = changes_by(session, area.id if area else None, day, policy)
    later = session.scalars(
        select(PolicyVersion)
        .where(_at(area), PolicyVersion.effective_from > day)
        .order_by(PolicyVersion.effective_from)
    ).all()
    return Preview(elders, found, [(aspect, counted(found, aspect)) for aspect in ASPECTS], later)


def _sheet(session: Session, sheet: Sheet) -> str:
    return render_template(
        "policy_edit.html",
        sheet=sheet,
        form=sheet.form,
        tiers=list(Tier),
        abilities=list(Ability),
        categories=list(Category),
        starts=list(RoundStart),
        lengths=list(RoundLength),
        scripts=known_scripts(session),
        cadences=choices(),
        rules=rules_in(sheet.form),
        seasons=[name.removeprefix("season.") for name in sheet.form if name.startswith("season.")],
        newest=_newest(session, sheet.area),
        no_consent=phones_without_consent(sheet.form),
        short=SHORT_LIST,
    )


def _headed(session: Session, area: Area | None, form: Form) -> Form:
    """The form with the place, what it was made from, and suggestions for name and day."""
    newest = _newest(session, area)
    form["area"] = str(area.id) if area else ""
    form["base"] = str(newest.id) if newest else ""
    form["effective_from"] = today().isoformat()
    form["version"] = _free_version(session, area)
    form["note"] = ""
    return form


def _free_version(session: Session, area: Area | None) -> str:
    taken = set(session.scalars(select(PolicyVersion.version).where(_at(area))))
    names = (f"{today():%Y-%m-%d}.{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _begin_from(session: Session, area: Area | None) -> Policy:
    newest = _newest(session, area)
    if newest is not None:
        return policy_of(newest)
    return Policies.read(session).of(area.id if area else None, today())


def _newest(session: Session, area: Area | None) -> PolicyVersion | None:
    return session.scalar(select(PolicyVersion).where(_at(area)).order_by(PolicyVersion.id.desc()).limit(1))


def _at(area: Area | None):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a condition of SQLAlchemy
    return PolicyVersion.area_id.is_(None) if area is None else PolicyVersion.area_id == area.id


def _versions(session: Session, user: SignedIn) -> list[PolicyVersion]:
    """Those of the worker's areas and those for everywhere, the newest first."""
    rows = session.scalars(
        select(PolicyVersion)
        .options(joinedload(PolicyVersion.area))
        .order_by(PolicyVersion.effective_from.desc(), PolicyVersion.id.desc())
    )
    return [row for row in rows if row.area_id is None or is_ours(user, row.area_id)]
