"""What one row of a roster says about one elder, checked and in our own codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from campaigns.overlap import CallWish
from campaigns.roster.telephones import Telephone


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """Somebody around the elder; ``number`` is in E.164, or empty."""

    name: str
    relation: str = ""
    number: str = ""
    keyholder: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One elder. None and empty mean that the row says nothing about it, which erases nothing."""

    row: int = field(compare=False)
    sheet: str = field(compare=False)
    name: str
    birth_date: date
    sex: str = ""
    resident_id: str = ""
    categories: tuple[str, ...] | None = None
    ability: str = ""
    address: str = ""
    language: str = ""
    phones: tuple[Telephone, ...] = ()
    contacts: tuple[ContactEntry, ...] = ()
    services: tuple[str, ...] | None = None
    remarks: str = ""
    call_wish: CallWish | None = None
    """When the elder would like to be phoned; the empty wish means at any time."""
    consents: tuple[tuple[str, bool], ...] = ()
    """(kind as in the ledger, granted)."""
    places: tuple[tuple[str, str], ...] = ()
    """(level, name) from the district down, for the levels that are named."""
