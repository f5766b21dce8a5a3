"""Elders as planning sees them: the few facts that decide, read in batches, and kinds of elders alike.

A kind is everything the rules of planning ask of an elder, so whoever is of the same kind is planned alike.
One elder stands for all of them: an ``Elder`` that is made up from these facts and never stored, so that the
very rules that are asked about a single elder are asked about a kind. Names and numbers are not read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from sqlalchemy import ColumnElement, Select, Text, cast, select
from sqlalchemy.orm import Session

from campaigns.phoning import IN_HOME_VISIT, TELEPHONE_VISIT
from campaigns.places import windows_of
from campaigns.policy import Policy
from campaigns.surges import Surges
from campaigns.windows import known_zone
from records.bulk import these
from records.people import Area, Consent, Elder, Phone

_FACTS = (
    Elder.area_id,
    Elder.tier,
    cast(Elder.categories, Text),
    Elder.status,
    Elder.back_on,
    Elder.ability,
    Elder.language,
    Elder.visit_mode,
    Elder.mode_reason,
    cast(Elder.call_wish, Text),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An elder whom a campaign may be for."""

    elder_id: int
    area_id: int
    birth_date: date | None
    facts: tuple[Hashable, ...]
    """``_FACTS``, whether a number is usable, and the newest consents."""

    @property
    def categories(self) -> list[str]:
        """Codes of the groups that the elder belongs to."""
        found: list[str] = json.loads(str(self.facts[2]))
        return found


def candidates(
    session: Session, where: Sequence[ColumnElement[bool]], only: Collection[int] | None, size: int
) -> Iterator[list[Candidate]]:
    """The elders who meet the conditions, by id, ``size`` at a time; ``only`` are ids, None for all."""
    wanted = select(Elder.id, Elder.birth_date, *_FACTS).where(*where).order_by(Elder.id).limit(size)
    if only is not None:
        wanted = wanted.where(Elder.id.in_(these(session, sorted(only))))
    last = 0
    session.flush()
    ask = session.connection().execute  # plain rows: a session would go over each of them once more
    while rows := ask(wanted.where(Elder.id > last)).all():
        last = rows[-1][0]
        ids = these(session, [row[0] for row in rows])
        usable = select(Phone.elder_id).where(Phone.elder_id.in_(ids), Phone.status == "usable")
        phoned = set(ask(usable).scalars().all())
        calls, visits = _consents(session, ids)
        yield [
            Candidate(elder, facts[0], birth, (*facts, elder in phoned, calls.get(elder), visits.get(elder)))
            for elder, birth, *facts in rows
        ]


def _consents(session: Session, ids: Select[int]) -> tuple[dict[int, bool], dict[int, bool]]:
    """The newest answers to calls and to visits: of two in the same moment the later row counts."""
    newest: dict[str, dict[int, bool]] = {TELEPHONE_VISIT: {}, IN_HOME_VISIT: {}}
    rows = session.connection().execute(
        select(Consent.kind, Consent.elder_id, Consent.granted)
        .where(Consent.elder_id.in_(ids), Consent.kind.in_(list(newest)))
        .order_by(Consent.recorded_at, Consent.id)
    )
    for kind, elder_id, granted in rows.all():
        newest[kind][elder_id] = granted
    return newest[TELEPHONE_VISIT], newest[IN_HOME_VISIT]


@dataclass(frozen=True, slots=True)
class Kind:
    """Elders alike."""

    number: int
    elder: Elder
    """Stands for all of them."""
    policy: Policy
    """In force where they live."""
    zone: tzinfo
    """Of their calendar; UTC where it is unknown."""


class Kinds:
    """The kinds met so far. ``policy_of`` tells the policy in force in an area today."""

    def __init__(self, session: Session, policy_of: Callable[[Area], Policy], surges: Surges) -> None:
        self._areas = {area.id: area for area in session.scalars(select(Area))}
        self._policy_of = policy_of
        self._surges = surges
        self._places: dict[int, tuple[Hashable, Policy]] = {}
        self._kinds: dict[tuple[Hashable, ...], Kind] = {}
        self._met: dict[tuple[Hashable, ...], Kind] = {}
        """By all facts, the area among them: nearly everybody is like somebody before them."""

    def of(self, one: Candidate) -> Kind:
        """The kind of an elder."""
        kind = self._met.get(one.facts)
        if kind is None:
            kind = self._met[one.facts] = self._meet(one)
        return kind

    def _meet(self, one: Candidate) -> Kind:
        place, policy = self._place(one.area_id)
        met = (place, *one.facts[1:])
        kind = self._kinds.get(met)
        if kind is None:
            area = self._areas[one.area_id]
            zone = known_zone(area.timezone) or UTC
            kind = self._kinds[met] = Kind(len(self._kinds), _standing_for(one, area), policy, zone)
        return kind

    def _place(self, area_id: int) -> tuple[Hashable, Policy]:
        """What areas have in common whose elders are planned alike, and the policy there."""
        if area_id not in self._places:
            area = self._areas[area_id]
            policy = self._policy_of(area)
            # Surge days are declared for areas: while there are any, every area is a place of its own.
            place = area_id if self._surges else (id(policy), area.timezone, windows_of(area))
            self._places[area_id] = place, policy
        return self._places[area_id]


def _standing_for(one: Candidate, area: Area) -> Elder:
    _, tier, categories, status, back_on, ability, language, mode, reason, wish, phoned, *answers = one.facts
    consents = [
        Consent(kind=kind, granted=granted, recorded_at=_EPOCH)
        for kind, granted in zip((TELEPHONE_VISIT, IN_HOME_VISIT), answers, strict=True)
        if granted is not None
    ]
    return Elder(
        area=area,
        area_id=area.id,
        tier=tier,
        categories=json.loads(str(categories)),
        status=status,
        back_on=back_on,
        ability=ability,
        language=language,
        visit_mode=mode,
        mode_reason=reason,
        call_wish=json.loads(str(wish)),
        phones=[Phone(position=1, status="usable")] if phoned else [],
        consents=consents,
    )
