"""The telephone numbers of a row and the people it names around the elder."""

from __future__ import annotations

from campaigns.roster.entries import ContactEntry
from campaigns.roster.fields import read_text, read_tick
from campaigns.roster.headers import ContactColumns
from campaigns.roster.relatives import Relative, read_relatives
from campaigns.roster.rowcells import RowCells
from campaigns.roster.telephones import Telephone, read_number, relation_in, split_numbers
from campaigns.roster.troubles import BadCellError, Trouble

UNNAMED = "未具名"


def read_phones(cells: RowCells) -> tuple[list[Telephone], list[ContactEntry]]:
    """The elder's own numbers, and the relatives whose number a cell itself says it is: 138...(女儿)."""
    own: dict[str, Telephone] = {}
    relatives = []
    for column in cells.header.phones:
        for piece in cells.read(column, split_numbers) or []:
            relation = relation_in(piece)
            telephone = _number(cells, column, piece, abroad=bool(relation))
            if telephone and relation:
                relatives.append(ContactEntry(relation, relation, telephone.number))
            elif telephone:
                own.setdefault(telephone.number, telephone)
    return list(own.values()), relatives


def read_contacts(cells: RowCells) -> list[ContactEntry]:
    """The relatives named in the columns about them."""
    return [
        _contact(cells, relative, columns.parts.get("number", columns.parts.get("whole", -1)))
        for columns in cells.header.contacts
        for relative in _relatives_in(cells, columns)
    ]


def read_keyholders(cells: RowCells) -> list[ContactEntry]:
    """Who holds a key to the elder's home (钥匙保管人)."""
    people = read_relatives(cells.read("keyholder", read_text) or "", keyholder=True)
    column = cells.header.single.get("keyholder", -1)
    return [_contact(cells, person, column) for person in people]


def _relatives_in(cells: RowCells, columns: ContactColumns) -> list[Relative]:
    parts = columns.parts
    if "whole" in parts:
        return read_relatives(cells.read(parts["whole"], read_text) or "")
    name, relation, number = (
        (cells.read(parts[part], read_text) or "") if part in parts else ""
        for part in ("name", "relation", "number")
    )
    if not name and not number:
        return []
    holds_key = "keyholder" in parts and bool(cells.read(parts["keyholder"], read_tick))
    return [Relative(name, relation, number, holds_key)]


def _contact(cells: RowCells, relative: Relative, column: int) -> ContactEntry:
    if not relative.name and not relative.relation:
        cells.note(Trouble.CONTACT_WITHOUT_NAME, column)
    telephone = _number(cells, column, relative.number, abroad=True) if relative.number else None
    name = relative.name or relative.relation or UNNAMED
    return ContactEntry(name, relative.relation, telephone.number if telephone else "", relative.keyholder)


def _number(cells: RowCells, column: int, text: str, *, abroad: bool) -> Telephone | None:
    try:
        return read_number(text, cells.rules.numbering, abroad=abroad)
    except BadCellError as error:
        cells.note(error.trouble, column, **error.details)
        return None
