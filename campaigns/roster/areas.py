"""The tree of areas that a roster names: district, town, village."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.people import Area

LEVELS = {"district": "district", "town": "town", "village": "community"}
"""A form's levels and the ledger's."""
UNNAMED = "本辖区"
"""The district of a roster that names none, in a ledger that has none."""


class Areas:
    """Finds areas by name below each other, and makes those that are new."""

    def __init__(self, session: Session, *, district: str | None, timezone: str) -> None:
        self._session = session
        self._timezone = timezone
        self._given = district
        self._known = {(area.parent_id, area.name): area for area in session.scalars(select(Area))}
        self._by_id = {area.id: area for area in self._known.values()}
        self.parents: dict[int, int | None] = {area.id: area.parent_id for area in self._known.values()}
        """The tree by ids, kept up to date as areas are made."""
        districts = [area.name for area in self._known.values() if area.level == "district"]
        self._usual = district or (districts[0] if len(districts) == 1 else UNNAMED)

    def find(self, places: tuple[tuple[str, str], ...]) -> Area:
        """The area that a row names, made if it is new; the district for a row that names nothing."""
        named = dict(places)
        own = named.pop("district", "")
        area = self._child(None, "district", self._given or own or self._usual)
        for level, name in named.items():
            area = self._child(area, LEVELS[level], name)
        return area

    def lies_within(self, area_id: int | None, outer: Area) -> bool:
        """Whether an area is another one or a part of it."""
        area = self._by_id.get(area_id) if area_id else None
        while area is not None and area.id != outer.id:
            area = self._by_id.get(area.parent_id) if area.parent_id else None
        return area is not None

    def _child(self, parent: Area | None, level: str, name: str) -> Area:
        key = (parent.id if parent else None, name)
        area = self._known.get(key)
        if area is None:
            area = Area(parent_id=key[0], level=level, name=name, timezone=self._timezone)
            self._session.add(area)
            self._session.flush()
            self._known[key] = self._by_id[area.id] = area
            self.parents[area.id] = area.parent_id
        return area
