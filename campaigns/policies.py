"""Which visiting policy is in force where, and on which day: versions in the ledger above the shipped one.

An area has the newest version in force of its own; else that of the nearest area above it; else the one for
the whole ledger; else the shipped policy. What has been stored is never changed: visits are marked with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer, selectinload

from campaigns.policy import Policy, PolicyError, Rounds, document_of, load_policy, policy_from
from campaigns.standing import settle
from campaigns.who import with_everything_below
from campaigns.windows import known_zone
from records.audit import audit
from records.locks import take_turns
from records.people import NOT_ON_ROSTER, Area, Elder, Phone
from records.policies import PolicyVersion

NOT_VISITED = ("moved", "deceased", NOT_ON_ROSTER)
"""Elders on whom no policy has a say any more."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A policy of an area with the day from which it holds. A later ``order`` of the same day counts."""

    area_id: int | None
    effective_from: date
    policy: Policy
    order: int = 0


class Policies:
    """All policies, to be asked for an area's on a day. Reads nothing itself."""

    def __init__(
        self, dated: Sequence[Dated], parents: Mapping[int, int | None], *, shipped: Policy | None = None
    ) -> None:
        self._dated = dated
        self._parents = parents
        self._shipped = shipped or _as_shipped()

    @classmethod
    def read(cls, session: Session, parents: Mapping[int, int | None] | None = None) -> Policies:
        """Everything the ledger has; ``parents`` of areas where somebody keeps an account of new ones.

        Raises PolicyError for a version this program cannot read.
        """
        versions = session.scalars(select(PolicyVersion)).all()
        dated = [
            Dated(each.area_id, each.effective_from, policy_of(each), order=each.id) for each in versions
        ]
        if parents is None:
            parents = {each.id: each.parent_id for each in session.execute(select(Area.id, Area.parent_id))}
        return cls(dated, parents)

    def of(self, area_id: int | None, day: date) -> Policy:
        """The policy in force for those who live in an area, on a day."""
        in_force = (self._own(place, day) for place in self._upwards(area_id))
        return next((policy for policy in in_force if policy is not None), self._shipped)

    def rounds_of(self, area_id: int | None, day: date) -> tuple[int | None, Rounds]:
        """The area (None: the whole ledger) whose rounds those who live in an area belong to, and which."""
        for place in self._upwards(area_id):
            policy = self._own(place, day)
            if policy is not None and policy.rounds is not None:
                return place, policy.rounds
        return None, self._shipped.rounds or Rounds()

    def _own(self, place: int | None, day: date) -> Policy | None:
        """The version of a place itself that is in force on a day."""
        found = [each for each in self._dated if each.area_id == place and each.effective_from <= day]
        if not found:
            return None
        return max(found, key=lambda each: (each.effective_from, each.order)).policy

    def with_one_more(self, area_id: int | None, effective_from: date, policy: Policy) -> Policies:
        """The same with a version that is only being thought about."""
        last = max((each.order for each in self._dated), default=0)
        one = Dated(area_id, effective_from, policy, order=last + 1)
        return Policies([*self._dated, one], self._parents, shipped=self._shipped)

    def youngest(self, day: date) -> int:
        """The lowest age at which anybody is visited, over all policies in force on a day."""
        places: set[int | None] = {None, *self._parents}
        return min(self.of(place, day).minimum_age for place in places)

    def _upwards(self, area_id: int | None) -> list[int | None]:
        path: list[int | None] = []
        while area_id is not None and area_id not in path:
            path.append(area_id)
            area_id = self._parents.get(area_id)
        return [*path, None]


@cache
def _as_shipped() -> Policy:
    """The policy that comes with the program, read once: it is asked for in every area of a city."""
    return load_policy()


def policy_of(version: PolicyVersion) -> Policy:
    """What a stored version says. Raises PolicyError."""
    return policy_from(version.document, origin=f"version {version.version} in the ledger")


def save_policy(
    session: Session,
    area: Area | None,
    policy: Policy,
    effective_from: date,
    *,
    today: date,
    now: datetime,
    actor: str,
    note: str = "",
) -> PolicyVersion:
    """Store a version for an area (None: for the whole ledger), in force from a day on.

    The same version with the same contents and day again is the one that is there. Raises PolicyError for a
    day that is past, and for a version whose contents or day differ from what is stored under its name.
    """
    take_turns(session, "policy")
    area_id = area.id if area else None
    where = area.name if area else "the whole ledger"
    kept = session.scalar(
        select(PolicyVersion).where(
            PolicyVersion.area_id.is_(None) if area_id is None else PolicyVersion.area_id == area_id,
            PolicyVersion.version == policy.version,
        )
    )
    if kept is not None:
        if policy_of(kept) == policy and kept.effective_from == effective_from:
            return kept
        raise PolicyError(
            f"{where} has a version {policy.version} already, with other contents or another day: visits may "
            "be marked with it. Give the changed policy a version of its own"
        )
    if effective_from < today:
        raise PolicyError(
            f"The policy {policy.version} cannot be in force since {effective_from}: that day is past"
        )
    version = PolicyVersion(
        area_id=area_id,
        version=policy.version,
        effective_from=effective_from,
        document=document_of(policy),
        note=note[:200],
        created_by=actor,
        created_at=now,
    )
    session.add(version)
    session.flush()
    audit(
        session,
        at=now,
        actor=actor,
        action="policy_saved",
        subject_type="policy",
        subject_id=version.id,
        version=policy.version,
        area=area_id,
        effective_from=effective_from.isoformat(),
    )
    return version


def versions_due(session: Session, now: datetime) -> list[PolicyVersion]:
    """The versions whose first day has come and by which nobody's standing was derived yet."""
    waiting = session.scalars(select(PolicyVersion).where(PolicyVersion.applied_at.is_(None))).all()
    return [each for each in waiting if each.effective_from <= today_in(session, each.area, now)]


def put_in_force(session: Session, *, now: datetime, actor: str) -> int:
    """Derive tiers and ways of visiting anew where a version has come into force; how many elders changed.

    The day begins when it does in the version's area. Visits that are planned already keep
    the policy they were planned under. Raises PolicyError for a version this program cannot read.
    """
    take_turns(session, "policy")
    due = versions_due(session, now)
    if not due:
        return 0
    policies = Policies.read(session)
    changed = 0
    for version in due:
        today = today_in(session, version.area, now)
        moved = [
            elder.id
            for elder in elders_to_judge(session, version.area_id)
            if settle(elder, policies.of(elder.area_id, today), today)
        ]
        version.applied_at = now
        changed += len(moved)
        audit(
            session,
            at=now,
            actor=actor,
            action="policy_in_force",
            subject_type="policy",
            subject_id=version.id,
            version=version.version,
            elders=moved,
        )
    return changed


def today_in(session: Session, area: Area | None, now: datetime) -> date:
    """The date in an area; for the whole ledger in its first one."""
    return now.astimezone(zone_in(session, area)).date()


def zone_in(session: Session, area: Area | None) -> tzinfo:
    """The clock by which an area's days begin; for the whole ledger its first area's."""
    place = area or session.scalar(select(Area).where(Area.parent_id.is_(None)).order_by(Area.id).limit(1))
    return (known_zone(place.timezone) if place else None) or UTC


def elders_under(session: Session, area_id: int | None) -> Sequence[Elder]:
    """The elders of an area and all below it (None: of the whole ledger) who may be visited, by id."""
    return session.scalars(_under(session, area_id)).all()


def elders_to_judge(session: Session, area_id: int | None) -> Sequence[Elder]:
    """The same, with all that their standing depends on read beside them, and nothing sealed but the name.

    Left to itself each elder would ask for their numbers, and then for their answers.
    """
    facts = (
        selectinload(Elder.phones).options(defer(Phone.number)),
        selectinload(Elder.consents),
        *(defer(sealed) for sealed in (Elder.resident_id, Elder.address, Elder.remarks)),
    )
    return session.scalars(_under(session, area_id).options(*facts)).all()


def _under(session: Session, area_id: int | None) -> Select[Elder]:
    wanted = select(Elder).where(Elder.status.not_in(NOT_VISITED)).order_by(Elder.id)
    if area_id is not None:
        wanted = wanted.where(Elder.area_id.in_(with_everything_below(session, [area_id])))
    return wanted
