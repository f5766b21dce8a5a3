"""Find the elder an entry speaks of, among those in the ledger and those that the same file added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from campaigns.roster.entries import Entry
from campaigns.roster.vocabulary import folded
from records.keyring import Keyring
from records.people import Elder

CHUNK = 400
"""Keys in one query; SQLite takes at most 999 values in older builds."""


class OtherIdError(Exception):
    """The same name, address and birth date are registered with another resident ID."""


class Registry:
    """Elders by resident ID, and by name and address for those whose ID is not known."""

    def __init__(self, session: Session, entries: Sequence[Entry], ring: Keyring) -> None:
        self._ring = ring
        self._by_key: dict[str, Elder] = {}
        self._by_place: dict[str, list[Elder]] = defaultdict(list)
        keys = {self.roster_key(entry) for entry in entries} | {self.place_key(entry) for entry in entries}
        for elder in _load(session, keys):
            self.remember(elder)

    def remember(self, elder: Elder) -> None:
        """Make an elder findable."""
        self._by_key[elder.roster_key] = elder
        if elder not in self._by_place[elder.place_key]:
            self._by_place[elder.place_key].append(elder)

    def find(self, entry: Entry) -> Elder | None:
        """The elder an entry speaks of, or None for a new one. Raises OtherIdError."""
        elder = self._by_key.get(self.roster_key(entry))
        if elder is not None:
            return elder
        namesakes = [
            one for one in self._by_place[self.place_key(entry)] if one.birth_date == entry.birth_date
        ]
        if not namesakes:
            return None
        without_id = [one for one in namesakes if not one.resident_id]
        if entry.resident_id and not without_id:
            raise OtherIdError
        return (without_id or namesakes)[0]

    def roster_key(self, entry: Entry) -> str:
        """By resident ID, else by name and address."""
        return (
            self._ring.lookup_key(f"id {entry.resident_id}") if entry.resident_id else self.place_key(entry)
        )

    def place_key(self, entry: Entry) -> str:
        """By name and address, or by name and village for a row without an address."""
        where = entry.address or " ".join(name for _, name in entry.places)
        return self._ring.lookup_key(f"place {folded(entry.name)} {folded(where)}")


def _load(session: Session, keys: Iterable[str]) -> Iterator[Elder]:
    everything = (selectinload(Elder.phones), selectinload(Elder.contacts), selectinload(Elder.consents))
    wanted_keys = sorted(keys)
    for start in range(0, len(wanted_keys), CHUNK):
        chunk = wanted_keys[start : start + CHUNK]
        wanted = or_(Elder.roster_key.in_(chunk), Elder.place_key.in_(chunk))
        yield from session.scalars(select(Elder).where(wanted).options(*everything))
