"""The ladders of one place as a form: steps, people, minutes, hours; read back without losing anything.

The form begins from a whole book, which travels with it: places and fields it does not show stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from escalation.ladder_books import document_of
from escalation.ladders import (
    LONGEST_EMERGENCY_WAIT,
    Hours,
    Ladder,
    LadderBook,
    LadderError,
    Step,
    ladders_from,
)
from escalation.policy import Role, UrgencyLabel

URGENCIES: tuple[UrgencyLabel, ...] = ("emergency", "urgent", "need", "none")
PARTS = ("work", "night", "overdue")
MOST_STEPS = 12
MOST_MINUTES = 20160
"""Two weeks."""
DOCUMENT = "document"
DAYS = range(7)

Form = MultiDict[str, str]


def fill(book: LadderBook, place: str) -> Form:
    """The fields for the ladders of an area (by name), or of everywhere (empty)."""
    form: Form = MultiDict()
    form[DOCUMENT] = json.dumps(document_of(book), ensure_ascii=False)
    own = book.areas.get(place)
    hours = book.working_hours if own is None or own.working_hours is None else own.working_hours
    _fill_hours(form, hours)
    form["own_hours"] = "yes" if not place or (own is not None and own.working_hours) else ""
    for urgency in URGENCIES:
        mine = own.ladders.get(urgency) if own is not None else None
        form[f"own.{urgency}"] = "yes" if not place or mine is not None else ""
        _fill_ladder(form, urgency, mine or book.ladders[urgency])
    return form


def _fill_hours(form: Form, hours: Hours) -> None:
    form.setlist("days", [str(day) for day in sorted(hours.days)])
    form["holidays_off"] = "yes" if hours.public_holidays_off else ""
    form["hours"] = ", ".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in hours.hours)


def _fill_ladder(form: Form, urgency: str, ladder: Ladder) -> None:
    form[f"hold.{urgency}"] = "yes" if ladder.hold_at_night else ""
    for part in PARTS:
        steps: Sequence[Step | None] = [*getattr(ladder, part), None]
        for number, step in enumerate(steps):
            name = f"step.{urgency}.{part}.{number}"
            form[f"{name}.wait"] = "" if step is None else str(step.wait)
            targets = step.model_dump(mode="json", exclude_defaults=True)["to"] if step else []
            form.setlist(f"{name}.who", [code_of(target) for target in targets])
            form.setlist(f"{name}.channels", list(step.channels) if step else [])


def code_of(target: dict[str, str]) -> str:
    """A target in one word: ``on_duty``, ``role:coordinator``, ``worker:wang``, ``on_duty@城关镇``."""
    what = target.get("role") or target.get("login") or ""
    return target["who"] + (f":{what}" if what else "") + (f"@{target['area']}" if target.get("area") else "")


def target_of(code: str) -> dict[str, str]:
    """The target that such a word means; the loader says whether there can be one."""
    code, _, area = code.partition("@")
    who, _, what = code.partition(":")
    target = {"who": who}
    if what:
        target["role" if who == "role" else "login"] = what
    return target | ({"area": area} if area else {})


def steps_in(form: Form, urgency: str, part: str) -> list[str]:
    """The names of a ladder's steps in the form, empty ones too."""
    names = [f"step.{urgency}.{part}.{number}" for number in range(MOST_STEPS)]
    return [name for name in names if f"{name}.wait" in form]


def move(form: Form, which: str) -> None:
    """Let a step and its neighbour change places; ``which``: ``emergency.work.2.up``, or ``down``.

    What cannot be moved that way stays where it is.
    """
    urgency, _, rest = which.partition(".")
    part, _, rest = rest.partition(".")
    number, _, way = rest.partition(".")
    names = steps_in(form, urgency, part)
    step = f"step.{urgency}.{part}.{number}"
    if step not in names or way not in ("up", "down"):
        return
    place = names.index(step) + (1 if way == "down" else -1)
    if not 0 <= place < len(names):
        return
    for field in ("wait", "who", "channels"):
        one, other = f"{step}.{field}", f"{names[place]}.{field}"
        mine, theirs = form.getlist(one), form.getlist(other)
        form.setlist(one, theirs)
        form.setlist(other, mine)


def read(
    form: Form, place: str, version: str, channels: Sequence[str]
) -> tuple[LadderBook | None, list[str]]:
    """The whole book with the ladders of a place as the form says; what is wrong, in words."""
    problems: list[str] = []
    try:
        document = document_of(ladders_from(json.loads(form.get(DOCUMENT, "")), origin="of the form"))
    except (ValueError, LadderError):
        return None, [
            gettext("The form came back incomplete. Load the page again and repeat what you entered.")
        ]
    document["version"] = version
    owner = document.setdefault("areas", {}).setdefault(place, {}) if place else document
    ladders = owner.setdefault("ladders", {})
    if not place or form.get("own_hours") == "yes":
        owner["working_hours"] = _hours(form, problems)
    else:
        owner.pop("working_hours", None)
    for urgency in URGENCIES:
        if place and form.get(f"own.{urgency}") != "yes":
            ladders.pop(urgency, None)
        else:
            ladders[urgency] = _ladder(form, urgency, problems)
    if place and not ladders:
        owner.pop("ladders")
    if place and not owner:
        document["areas"].pop(place)
    if problems:
        return None, list(dict.fromkeys(problems))
    try:
        return ladders_from(document, origin=version, channels=channels), []
    except LadderError as error:
        return None, [gettext("The ladders cannot be used: %(why)s", why=str(error))]


def _hours(form: Form, problems: list[str]) -> dict[str, Any]:
    spans = []
    for piece in form.get("hours", "").replace("，", ",").replace("：", ":").split(","):
        begin, _, end = (part.strip() for part in piece.partition("-"))
        if not _is_time(begin) or not _is_time(end) or begin >= end:
            problems.append(gettext("Working hours are written like 08:30-12:00, 14:00-18:00."))
            break
        spans.append([begin, end])
    days = [day for day in DAYS if str(day) in form.getlist("days")]
    if not days:
        problems.append(gettext("Tick at least one working day."))
    off = {"public_holidays_off": True} if form.get("holidays_off") == "yes" else {}
    return {"days": days, "hours": spans} | off


def _is_time(text: str) -> bool:
    hour, _, minute = text.partition(":")
    return (
        len(text) == len("08:30")
        and hour.isascii()
        and hour.isdigit()
        and int(hour) < 24  # noqa: PLR2004 - hours of a day
        and minute.isascii()
        and minute.isdigit()
        and int(minute) < 60  # noqa: PLR2004 - minutes of an hour
    )


def _ladder(form: Form, urgency: str, problems: list[str]) -> dict[str, Any]:
    """One ladder; the rules that a person is likely to meet are said in words, the loader knows all."""
    ladder: dict[str, Any] = {part: list(_steps(form, urgency, part, problems)) for part in PARTS}
    ladder["hold_at_night"] = form.get(f"hold.{urgency}") == "yes" and urgency != "emergency"
    if not ladder["work"] or not ladder["overdue"]:
        problems.append(
            gettext("A ladder needs at least one step by day, and one when the deadline is past.")
        )
    pressing = urgency in ("urgent", "emergency")
    for part in ("work", "night"):
        people = {code_of(target) for step in ladder[part] for target in step["to"]}
        if pressing and ladder[part] and not any(code.startswith("role:coordinator") for code in people):
            problems.append(
                gettext("What is urgent or an emergency must come to the coordinators by day and by night.")
            )
    waits = [step["wait"] for part in PARTS for step in ladder[part]]
    if urgency == "emergency" and any(wait > LONGEST_EMERGENCY_WAIT for wait in waits):
        problems.append(
            gettext("In an emergency no step may wait longer than %(n)s minutes.", n=LONGEST_EMERGENCY_WAIT)
        )
    return ladder


def _steps(form: Form, urgency: str, part: str, problems: list[str]) -> Iterator[dict[str, Any]]:
    """The steps that have minutes or people; emptied ones are taken away."""
    for name in steps_in(form, urgency, part):
        wait, people = form.get(f"{name}.wait", "").strip(), form.getlist(f"{name}.who")
        if not wait and not people:
            continue
        if not (wait.isascii() and wait.isdigit() and len(wait) < 6 and 0 < int(wait) <= MOST_MINUTES):  # noqa: PLR2004 - digits
            problems.append(
                gettext("Minutes to wait are a whole number above 0, not “%(text)s”.", text=wait[:20])
            )
            continue
        if not people:
            problems.append(gettext("A step needs somebody to be asked; clear its minutes to take it away."))
            continue
        step: dict[str, Any] = {"to": [target_of(code) for code in people], "wait": int(wait)}
        if chosen := form.getlist(f"{name}.channels"):
            step["channels"] = chosen
        yield step


ROLES: tuple[str, ...] = get_args(Role)
