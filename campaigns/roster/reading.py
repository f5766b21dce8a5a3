"""Read the rows of a form one by one: a checked entry each, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from campaigns.roster.around import read_contacts, read_keyholders, read_phones
from campaigns.roster.cells import Cell, SheetRow, is_empty, shown
from campaigns.roster.entries import Entry
from campaigns.roster.fields import (
    UNDETERMINED,
    read_ability,
    read_age,
    read_birth_date,
    read_call_wish,
    read_categories,
    read_language,
    read_name,
    read_services,
    read_sex,
    read_text,
    read_tick,
)
from campaigns.roster.headers import Header
from campaigns.roster.identity import Identity, read_resident_id
from campaigns.roster.report import RowProblem
from campaigns.roster.rowcells import ReadingRules, RowCells, RowRejectedError
from campaigns.roster.troubles import Trouble
from campaigns.roster.vocabulary import folded, vocabulary
from campaigns.tiers import age_on

OLDEST = 120
AGE_TOLERANCE = range(-1, 3)
"""Years by which a form's age may differ: it is a year old, or counts as tradition does (虚岁)."""
CONSENTS = {
    "consent_phone": "telephone_visit",
    "consent_home": "in_home_visit",
    "consent_recording": "recording",
}
LEVELS = ("district", "town", "village")
TELLING = ("name", "resident_id", "birth_date", "address", "categories", "ability")
"""Columns that are about somebody when filled in; numbers, towns and formulas are filled down in advance."""
SEXES = {"zh-CN": {"female": "女", "male": "男"}, "en": {"female": "female", "male": "male"}}

Listing = Callable[[Cell], tuple[list[str], list[str]]]


def read_rows(
    header: Header, sheet: str, rules: ReadingRules
) -> Iterator[tuple[SheetRow, Entry | None, list[RowProblem]]]:
    """Read the rows below a header that are about elders, each with what is wrong with it.

    The entry is None for a row of which nothing can be taken. A row that only names more relatives belongs to
    the elder above it, whose cells are merged downwards.
    """
    pending: tuple[SheetRow, Entry | None, list[RowProblem]] | None = None
    for row in header.body:
        cells = RowCells(row, header, sheet, rules)
        if _is_about_nobody(cells):
            continue
        if pending and _names_relatives_only(cells):
            above, entry, problems = pending
            if entry:
                more = replace(entry, contacts=(*entry.contacts, *read_contacts(cells)))
                pending = (above, more, problems + cells.problems)
            continue
        if pending:
            yield pending
        pending = (row, read_row(cells), cells.problems)
    if pending:
        yield pending


def read_row(cells: RowCells) -> Entry | None:
    """Read one row; None when it has to be left out. Its problems are in ``cells.problems``."""
    try:
        return _read(cells)
    except RowRejectedError:
        return None


def _read(cells: RowCells) -> Entry:
    name = cells.must("name", read_name)
    if not name:
        cells.reject(Trouble.NAME_MISSING, "name")
    identity = cells.must("resident_id", read_resident_id)
    birth_date = _birth_date(cells, identity)
    phones, their_relatives = read_phones(cells)
    return Entry(
        row=cells.row.number,
        sheet=cells.sheet,
        name=name,
        birth_date=birth_date,
        sex=_sex(cells, identity),
        resident_id=identity.number if identity else "",
        categories=_listed(
            cells, "categories", read_categories, cells.header.categories, Trouble.CATEGORY_NOT_KNOWN
        ),
        ability=cells.read("ability", read_ability) or "",
        address=cells.read("address", read_text) or "",
        language=_language(cells),
        phones=tuple(phones),
        contacts=(*read_contacts(cells), *their_relatives, *read_keyholders(cells)),
        services=_listed(cells, "services", read_services, cells.header.services, Trouble.SERVICE_NOT_KNOWN),
        remarks=cells.read("remarks", read_text) or "",
        call_wish=cells.read("call_times", read_call_wish),
        consents=_consents(cells),
        places=_places(cells),
    )


def _birth_date(cells: RowCells, identity: Identity | None) -> date:
    told = cells.read("birth_date", read_birth_date)
    birth_date = identity.birth_date if identity else told
    if birth_date is None:
        cells.reject(Trouble.ID_MISSING, "resident_id")
    source = "resident_id" if identity else "birth_date"
    minimum = cells.rules.policy.minimum_age
    age = age_on(birth_date, cells.rules.today) or 0
    if age < minimum:
        cells.reject(Trouble.TOO_YOUNG, source, age=age, minimum=minimum)
    if age > OLDEST:
        cells.reject(Trouble.TOO_OLD, source, age=age)
    if told and told != birth_date:
        cells.note(Trouble.BIRTH_DATE_DIFFERS, "birth_date", derived=birth_date.isoformat())
    stated = cells.read("age", read_age)
    then = age_on(birth_date, cells.header.filled_in_on or cells.rules.today) or 0
    if stated is not None and stated - then not in AGE_TOLERANCE:
        cells.note(Trouble.AGE_DIFFERS, "age", derived=then)
    return birth_date


def _sex(cells: RowCells, identity: Identity | None) -> str:
    told = cells.read("sex", read_sex) or ""
    if identity and told and told != identity.sex:
        cells.note(Trouble.SEX_DIFFERS, "sex", derived=SEXES[cells.rules.language][identity.sex])
    return identity.sex if identity else told


def _language(cells: RowCells) -> str:
    language = cells.read("language", read_language)
    return UNDETERMINED if language is None else language


def _listed(
    cells: RowCells, column: str, how: Listing, ticked: Mapping[str, int], strange: Trouble
) -> tuple[str, ...] | None:
    """What is named in one cell or ticked in columns of their own; None when nothing is."""
    codes, unknown = cells.read(column, how) or ([], [])
    for word in unknown:
        cells.note(strange, column, word=word)
    codes = [*codes, *(code for code, index in ticked.items() if cells.read(index, read_tick))]
    return tuple(dict.fromkeys(codes)) or None


def _consents(cells: RowCells) -> tuple[tuple[str, bool], ...]:
    answers = {kind: cells.read(column, read_tick) for column, kind in CONSENTS.items()}
    return tuple((kind, answer) for kind, answer in answers.items() if answer is not None)


def _places(cells: RowCells) -> tuple[tuple[str, str], ...]:
    named = {level: cells.read(level, read_text) or cells.header.places.get(level, "") for level in LEVELS}
    return tuple((level, name) for level, name in named.items() if name)


def _is_about_nobody(cells: RowCells) -> bool:
    """Whether a row is a signature, an explanation, or prepared but not filled in."""
    first = next((shown(cell) for cell in cells.row.cells if not is_empty(cell)), "")
    identified = cells.told("name") and cells.told("resident_id")
    if folded(first).startswith(vocabulary().footers) and not identified:
        return True
    columns: tuple[str | int, ...] = (*TELLING, *cells.header.phones, *cells.header.contact_columns())
    return not any(cells.told(column) for column in columns)


def _names_relatives_only(cells: RowCells) -> bool:
    contacts = cells.header.contact_columns()
    others = cells.header.known_columns() - contacts
    return any(map(cells.told, contacts)) and not any(map(cells.told, others))
