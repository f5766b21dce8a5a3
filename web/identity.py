"""Who is signed in: loaded afresh for every request, so that a change of role counts at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import abort
from flask_login import LoginManager, current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.people import Area, Worker
from web.areas import subtree
from web.panel import panel


@dataclass(frozen=True)
class SignedIn:
    """A worker at the panel and the areas they may see. The ``is_`` fields are what Flask-Login asks for."""

    id: int
    login: str
    name: str
    role: str
    area: str
    areas: frozenset[int]
    """Own area and everything below it."""
    sees_everything: bool
    """Whether the own area is the root of the tree."""
    language: str
    timezone: str
    fingerprint: str
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False
    area_id: int = 0

    def get_id(self) -> str:
        """What the session cookie holds: a new password ends the sessions begun with the old one."""
        return f"{self.id}:{self.fingerprint}"

    @property
    def zone(self) -> ZoneInfo:
        """Time zone in which this worker reads times; UTC when the area's is unknown."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")


def describe(session: Session, worker: Worker) -> SignedIn:
    """The signed-in form of a ledger row."""
    parents = {row.id: row.parent_id for row in session.execute(select(Area.id, Area.parent_id))}
    return SignedIn(
        id=worker.id,
        login=worker.login,
        name=worker.name,
        role=worker.role,
        area=worker.area.name,
        area_id=worker.area_id,
        areas=subtree(parents, worker.area_id),
        sees_everything=worker.area.parent_id is None,
        language=worker.language,
        timezone=worker.area.timezone,
        fingerprint=hashlib.sha256(worker.password_hash.encode()).hexdigest()[:16],
    )


def load(user_id: str) -> SignedIn | None:
    """The worker a session cookie speaks of, or None if they may no longer sign in."""
    number, _, fingerprint = user_id.partition(":")
    if not number.isdecimal():
        return None
    with panel().ledger.reading() as session:
        worker = session.get(Worker, int(number))
        if worker is None or not worker.active:
            return None
        signed_in = describe(session, worker)
    return signed_in if signed_in.fingerprint == fingerprint else None


def manager() -> LoginManager:
    """Flask-Login, set up for the panel."""
    logins = LoginManager()
    logins.login_view = "auth.sign_in"
    logins.login_message = None
    logins.user_loader(load)
    return logins


def me() -> SignedIn:
    """The worker at the other end of this request; answers 401 when nobody is signed in."""
    user = current_user._get_current_object()  # noqa: SLF001 - the documented way to unwrap werkzeug's proxy
    if not isinstance(user, SignedIn):
        abort(401)
    return user
