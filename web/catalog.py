"""The panel's catalogue of translations: what it must hold, and keeping it so.

``python -m web.catalog`` collects every text of the panel's code and pages, adds new ones to the ``.po`` file
(to be translated by hand), drops those that are gone, and compiles the ``.mo`` file that is served. A test
fails when a text has no translation or the compiled file is stale.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).parent
_MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""The date in the files' heads: always the same, so that files change only when texts do."""
LOCALES = ("zh",)
"""Locales with a catalogue; English needs none, it is what the texts are written in."""
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "_l": None,
    "_say": None,
    "gettext": None,
    "ngettext": (1, 2),
}


def po_file(locale: str) -> Path:
    """Where a locale's texts are translated."""
    return HERE / "translations" / locale / "LC_MESSAGES" / "messages.po"


def mo_file(locale: str) -> Path:
    """Where a locale's compiled texts lie."""
    return po_file(locale).with_suffix(".mo")


def collect() -> Catalog:
    """Every text of the panel, without translations."""
    texts = Catalog(project="wenan", charset="utf-8")
    found = extract_from_dir(
        HERE, method_map=_METHODS, keywords=_KEYWORDS, options_map={"templates/**.html": {"silent": "false"}}
    )
    for name, _line, message, _comments, context in found:
        texts.add(message, locations=[(name, 0)], context=context)
    return texts


def read(locale: str) -> Catalog:
    """A locale's translations as they stand; empty when there is no file yet."""
    file = po_file(locale)
    if not file.exists():
        return Catalog(locale=locale, charset="utf-8")
    with file.open("rb") as stream:
        return read_po(stream, locale=locale)


def missing(locale: str) -> list[str]:
    """Texts that a locale has no translation for (or only a doubtful one)."""
    known = read(locale)
    gaps = []
    for message in collect():
        if not message.id:
            continue
        translated = known.get(message.id)
        words = translated.string if translated is not None and not translated.fuzzy else ""
        if not words or (isinstance(words, tuple) and not all(words)):
            gaps.append(message.id if isinstance(message.id, str) else message.id[0])
    return gaps


def compiled(locale: str) -> bytes:
    """The compiled file that belongs to a locale's translations."""
    stream = io.BytesIO()
    write_mo(stream, read(locale))
    return stream.getvalue()


def refresh(locale: str) -> None:
    """Bring a locale's files up to the panel's texts."""
    catalog = read(locale)
    catalog.update(collect(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.header_comment = "# Texts of the panel; see web/catalog.py."
    catalog.project, catalog.version = "wenan", "1"
    catalog.creation_date = catalog.revision_date = _MADE
    catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = "wenan"
    catalog.fuzzy = False
    po_file(locale).parent.mkdir(parents=True, exist_ok=True)
    with po_file(locale).open("wb") as stream:
        write_po(stream, catalog, width=110, no_location=True, sort_output=True)
    mo_file(locale).write_bytes(compiled(locale))


if __name__ == "__main__":
    for each in LOCALES:
        refresh(each)
        for gap in missing(each):
            print(f"{each}: not translated: {gap!r}")  # noqa: T201 - a tool for those who write texts
