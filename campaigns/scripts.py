"""Scripts as campaigns took them: stored once, never changed, read back for every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from ivr.script import (
    Script,
    document_of,
    load_script,
    script_from_document,
    sha256_of,
    shipped_scripts,
)
from records.visits import ScriptVersion

_read: dict[str, Script] = {}
"""Scripts by fingerprint, so that a long document is not read again for every call."""


class ScriptChangedError(Exception):
    """A script was changed without a new version; the message names it and says what to do."""


def store_script(session: Session, script: Script) -> ScriptVersion:
    """Keep a script, or find it where it is kept already. Raises ScriptChangedError."""
    kept = session.scalar(select(ScriptVersion).filter_by(script_id=script.id, version=script.version))
    fingerprint = sha256_of(script)
    if kept is None:
        kept = ScriptVersion(
            script_id=script.id, version=script.version, sha256=fingerprint, document=document_of(script)
        )
        session.add(kept)
        session.flush()
    elif kept.sha256 != fingerprint:
        raise ScriptChangedError(
            f"Version {script.version} of the script {script.id} is in the ledger with other contents: "
            f"elders were asked by it. Give the changed script version {script.version + 1}."
        )
    return kept


def stored_script(version: ScriptVersion) -> Script:
    """The script that a campaign took. Raises ivr.script.ScriptError when this program cannot read it."""
    script = _read.get(version.sha256)
    if script is None:
        origin = f"script {version.script_id} version {version.version} in the ledger"
        script = _read[version.sha256] = script_from_document(version.document, origin=origin)
    return script


def script_named(session: Session, name: str, *, usual: Script) -> Script:
    """The newest version of a script that was shipped or is in the ledger; ``usual`` without a name.

    Raises ScriptError when there is none of that name or it cannot be read.
    """
    if not name or name == usual.id:
        return usual
    kept = session.scalar(
        select(ScriptVersion)
        .where(ScriptVersion.script_id == name)
        .order_by(ScriptVersion.version.desc())
        .limit(1)
    )
    shipped = shipped_scripts().get(name, ())
    if kept is not None and kept.version >= max(shipped, default=0):
        return stored_script(kept)
    return load_script(name)


def known_scripts(session: Session) -> list[str]:
    """Ids of the scripts that a round may name."""
    return sorted({*shipped_scripts(), *session.scalars(select(ScriptVersion.script_id).distinct())})


def with_module(script: Script, module: str) -> Script:
    """The script with a topic of the standard script that surge days ask for, where it has no such topic."""
    if not module or any(each.id == module for each in script.modules):
        return script
    found = [each for each in _standard().modules if each.id == module]
    return script.model_copy(update={"modules": (*script.modules, *found)})


def modules_for_surges(script: Script) -> list[str]:
    """Ids of the topics that surge days may ask for in calls by a script: its own and the standard's."""
    return list(dict.fromkeys(each.id for each in (*script.modules, *_standard().modules)))


@cache
def _standard() -> Script:
    return load_script("standard")


def module_for(
    script: Script, elder_id: int, month: date, seasons: Mapping[str, Sequence[int]] | None = None
) -> str:
    """The module whose turn it is: every elder hears another one each month, and all in turn.

    ``seasons`` are the months of those modules that belong to a season: in the first month everybody hears
    them, in the others they take their turn, outside of the season they are left out. Empty when the script
    has no module for the month.
    """
    months = seasons or {}
    turn = elder_id + 12 * month.year + month.month
    modules = [module.id for module in script.modules]
    fresh = [each for each in modules if months.get(each) and months[each][0] == month.month]
    due = fresh or [each for each in modules if not months.get(each) or month.month in months[each]]
    if not due:
        return ""
    # The place in the whole rotation, so that a season that begins does not shuffle the other topics.
    at = turn % len(modules)
    return next((each for each in modules[at:] + modules[:at] if each in due), "")


def turn_of(script: Script, elder_id: int) -> int:
    """Elders of the same turn hear the same module in every month."""
    return elder_id % max(1, len(script.modules))
