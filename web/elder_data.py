"""Elders: finding them by name, and everything one file holds (一户一档)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from records.orders import WorkOrder
from records.people import NOT_ON_ROSTER, Area, Consent, Elder
from records.visits import Visit
from web.identity import SignedIn
from web.pages import Page, slice_of

PER_PAGE = 25
COUNTED = 10_000
"""Elders that a list counts and turns pages over at most; more are found by narrowing it down."""
RECENT = 24
"""Visits shown in a file; older ones stay in the ledger."""


@dataclass(frozen=True)
class ElderFilter:
    """What the list of elders is narrowed to; empty means anybody on the roster."""

    name: str = ""
    tier: str = ""
    mode: str = ""
    status: str = ""
    area_id: int | None = None


def find_elders(session: Session, user: SignedIn, wanted: ElderFilter, page: int) -> Page[Elder]:
    """Elders of the worker's areas, by name if one is asked for, else in the order of the roster.

    Names are sealed in the ledger, so they are opened and compared here: some 50 microseconds each.
    """
    conditions = _conditions(user, wanted)
    if wanted.name:
        rows = session.execute(select(Elder.id, Elder.name).where(*conditions)).all()
        ids = sorted(matching(wanted.name, [(elder_id, name) for elder_id, name in rows]))
        at = slice_of(len(ids), page, PER_PAGE)
        statement = select(Elder).where(Elder.id.in_(ids[at.offset : at.offset + PER_PAGE]))
    else:
        some = select(Elder.id).where(*conditions).limit(COUNTED).subquery()
        at = slice_of(session.scalar(select(func.count()).select_from(some)) or 0, page, PER_PAGE)
        statement = select(Elder).where(*conditions).offset(at.offset).limit(PER_PAGE)
    elders = session.scalars(statement.options(joinedload(Elder.area)).order_by(Elder.id)).all()
    return Page(elders, at)


def matching(wanted: str, names: Sequence[tuple[int, str]]) -> list[int]:
    """Ids of those whose name contains what is wanted, whatever the case and the spaces."""
    needle = "".join(wanted.casefold().split())
    return [elder_id for elder_id, name in names if needle in "".join(name.casefold().split())]


def _conditions(user: SignedIn, wanted: ElderFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Elder.area_id.in_(user.areas)]
    if wanted.tier:
        conditions.append(Elder.tier == wanted.tier)
    if wanted.mode:
        conditions.append(Elder.visit_mode == wanted.mode)
    if wanted.status:
        conditions.append(Elder.status == wanted.status)
    else:  # strangers who called for help are no elders of ours until somebody says so
        conditions.append(Elder.status != NOT_ON_ROSTER)
    if wanted.area_id is not None:
        conditions.append(Elder.area_id == wanted.area_id)
    return conditions


def areas_with_elders(session: Session, user: SignedIn) -> Sequence[Area]:
    """The worker's areas that have elders, for the filter: asked once for each area, not of every elder."""
    peopled = select(Elder.id).where(Elder.area_id == Area.id).exists()
    return session.scalars(select(Area).where(Area.id.in_(user.areas), peopled).order_by(Area.id)).all()


def area_path(area: Area) -> list[str]:
    """Names from the district down to this area."""
    names: list[str] = []
    seen: set[int] = set()
    above: Area | None = area
    while above is not None and above.id not in seen:
        seen.add(above.id)
        names.insert(0, above.name)
        above = above.parent
    return names


def visits_of(session: Session, elder: Elder) -> Sequence[Visit]:
    """An elder's visits, newest first."""
    return session.scalars(
        select(Visit)
        .where(Visit.elder_id == elder.id)
        .options(
            joinedload(Visit.campaign),
            joinedload(Visit.assessment),
            selectinload(Visit.flags),
            selectinload(Visit.answers),
            selectinload(Visit.attempts),
        )
        .order_by(Visit.created_at.desc(), Visit.id.desc())
        .limit(RECENT)
    ).all()


def orders_of(session: Session, elder: Elder) -> Sequence[WorkOrder]:
    """An elder's work orders, open ones first, then newest."""
    return session.scalars(
        select(WorkOrder)
        .where(WorkOrder.elder_id == elder.id)
        .options(joinedload(WorkOrder.assignee))
        .order_by(WorkOrder.closed_at.is_not(None), WorkOrder.opened_at.desc())
        .limit(RECENT)
    ).all()


def consents_in_force(elder: Elder) -> list[Consent]:
    """The newest consent of each kind, and only that counts."""
    newest: dict[str, Consent] = {}
    for consent in sorted(elder.consents, key=lambda one: (one.recorded_at, one.id)):
        newest[consent.kind] = consent
    return [newest[kind] for kind in sorted(newest)]
