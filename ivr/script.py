"""Scripts: loading them by name and version, naming them by content, listing what they say."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ivr.brief import Brief
from ivr.script_model import Script
from ivr.script_texts import texts_in
from ivr.wording import fill, placeholders, speak_number, split_sentences
from speech.types import Language

__all__ = [
    "Script",
    "ScriptError",
    "all_sentences",
    "document_of",
    "load_script",
    "script_from_document",
    "sentences_for",
    "sha256_of",
    "shipped_scripts",
    "spoken_values",
]

SHIPPED = Path(__file__).parent / "scripts"
_FILE_NAME = re.compile(r"(?P<id>[a-z][a-z0-9_]*)\.v(?P<version>[1-9][0-9]*)\.yaml")


class ScriptError(Exception):
    """A script cannot be used; the message names the file, the place in it and what to do."""


def shipped_scripts(folder: Path = SHIPPED) -> dict[str, tuple[int, ...]]:
    """The scripts in a folder: their names, each with its versions in rising order."""
    found: dict[str, list[int]] = {}
    for path in sorted(folder.glob("*.yaml")):
        if match := _FILE_NAME.fullmatch(path.name):
            found.setdefault(match["id"], []).append(int(match["version"]))
    return {name: tuple(sorted(versions)) for name, versions in found.items()}


def load_script(name_or_path: str, version: int | None = None) -> Script:
    """Load a script: a shipped one by name (the newest version unless one is asked for), or a YAML file.

    Raises:
        ScriptError: no such script or version (the message lists what there is), or the file is not a script.
    """
    if "/" in name_or_path or name_or_path.endswith((".yaml", ".yml")):
        script = _read(Path(name_or_path))
        if version is not None and script.version != version:
            raise ScriptError(
                f"{name_or_path} is version {script.version} of the script {script.id}, not {version}; "
                "ask for the version it is or name another file"
            )
        return script
    return _load_shipped(name_or_path, version)


def _load_shipped(name: str, version: int | None) -> Script:
    shipped = shipped_scripts()
    if name not in shipped:
        known = ", ".join(f"{key} (version {_listed(versions)})" for key, versions in shipped.items())
        raise ScriptError(f'there is no script "{name}"; there are: {known}; or give the path of a YAML file')
    wanted = shipped[name][-1] if version is None else version
    if wanted not in shipped[name]:
        raise ScriptError(f'the script "{name}" has no version {wanted}; there are: {_listed(shipped[name])}')
    path = SHIPPED / f"{name}.v{wanted}.yaml"
    script = _read(path)
    if (script.id, script.version) != (name, wanted):
        raise ScriptError(
            f"{path.name}: holds version {script.version} of the script {script.id}; rename the file or "
            "correct id and version in it"
        )
    return script


def _listed(versions: Iterable[int]) -> str:
    return ", ".join(str(version) for version in versions)


class _StrictLoader(yaml.SafeLoader):
    """Reads YAML without custom tags and refuses a key that is written twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key} is written twice; remove one", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _read(path: Path) -> Script:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScriptError(f"the script {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScriptError(f"the script {path} is not UTF-8 text; save it as UTF-8") from error
    try:
        document = _StrictLoader(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise ScriptError(f"{path}{line}: not readable as YAML: {error.problem}") from error
    return script_from_document(document, origin=str(path))


def script_from_document(document: object, *, origin: str) -> Script:
    """Build a script from parsed YAML or from what ``document_of`` gave. ``origin`` is named in errors.

    Raises ScriptError with one line on the first mistake and the number of further ones.
    """
    if not isinstance(document, Mapping):
        raise ScriptError(f"{origin}: is not a script; it must begin with id, version and title")
    try:
        return Script.model_validate(document)
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        more = f" (and {len(others)} more)" if others else ""
        where = _place(first["loc"], document)
        raise ScriptError(f"{origin}: {where}: {_mistake(first['type'], first['msg'])}{more}") from error


def _mistake(kind: str, message: str) -> str:
    match kind:
        case "missing":
            return "is missing; add it"
        case "extra_forbidden":
            return "is not known here; remove it or correct its spelling"
        case _:
            return message.removeprefix("Value error, ")


def _place(location: tuple[int | str, ...], document: object) -> str:
    """A path such as ``core[2] falls.text.es``: list items are named by their id where they have one."""
    path, here = "", document
    for step in location:
        if isinstance(step, int):
            here = here[step] if isinstance(here, list) and step < len(here) else None
            name = here.get("id") if isinstance(here, Mapping) else None
            path += f"[{step}]" + (f" {name}" if name else "")
        else:
            here = here.get(step) if isinstance(here, Mapping) else None
            path += f".{step}" if path else step
    return path or "the document"


def document_of(script: Script) -> dict[str, Any]:
    """The script as JSON-ready data, complete with defaults; ``script_from_document`` reads it back."""
    return script.model_dump(mode="json", by_alias=True)


def sha256_of(script: Script) -> str:
    """The script's fingerprint: of its canonical JSON, so that layout and comments do not count."""
    canonical = json.dumps(document_of(script), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def spoken_values(script: Script, brief: Brief) -> dict[str, str]:
    """What the placeholders stand for in this call, ``what`` excepted; numbers in spoken form."""
    numbers = script.numbers.model_dump()
    return {
        "name": brief.name,
        "address_as": brief.address_as,
        "organisation": brief.organisation,
        "callback_number": speak_number(brief.callback_number, brief.language),
        **{name: speak_number(number, brief.language) for name, number in numbers.items()},
    }


def all_sentences(script: Script, language: Language) -> list[str]:
    """Every sentence of the script that is the same in every call, each once, for rendering beforehand.

    The numbers of help and what was heard are filled in; sentences that name the elder or the caller are left
    out: see ``sentences_for``.
    """
    numbers = {name: speak_number(value, language) for name, value in script.numbers.model_dump().items()}
    return _unique(
        sentence
        for template in _templates(script, language)
        if placeholders(template) <= {*numbers, "what"}
        for sentence in _filled(template, numbers, script, language)
    )


def sentences_for(script: Script, brief: Brief) -> list[str]:
    """Every sentence that a call with this brief may say, each once, its recap included."""
    values = spoken_values(script, brief)
    language = brief.language
    chosen = script.module(brief.module)
    of_this_call = script.model_copy(update={"modules": (chosen,) if chosen else ()})
    filled = (
        sentence
        for template in _templates(of_this_call, language)
        for sentence in _filled(template, values, script, language)
    )
    return _unique([*filled, *split_sentences(brief.recap)])


def _templates(script: Script, language: Language) -> Iterator[str]:
    """Every sentence with its placeholders, titles excepted: nobody says those."""
    for path, text in texts_in(script):
        if path != "title" and not path.endswith(("].title", ".what")):
            yield from text.of(language)


def _filled(template: str, values: Mapping[str, str], script: Script, language: Language) -> Iterator[str]:
    if "what" not in placeholders(template):
        yield fill(template, values)
        return
    for concern in script.concerns.values():
        yield fill(template, {**values, "what": "".join(concern.what.of(language))})


def _unique(sentences: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sentences))
