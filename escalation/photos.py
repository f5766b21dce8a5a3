"""Photos of a work order: kept as sealed files beside the recordings, each with its row in the ledger.

The file is on the disk before the row is committed, so that no row points to nothing; a file that a crash
left without a row is swept away.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from escalation.work_orders import NotYourOrderError, OrderError
from records.audit import audit
from records.orders import WorkOrder
from records.people import Worker
from records.photos import OrderPhoto
from records.sealing import keyring
from records.sessions import Ledger

if TYPE_CHECKING:
    from escalation.pictures import Picture  # brings a library of pictures along that only the panel needs

MOST_PHOTOS = 12
"""Of one order."""
FOLDER = "photos"
"""Below the recordings."""
LEFT_BEHIND = timedelta(days=1)
"""A file without a row is left behind by a crash once it is older than any request."""


class TooManyPhotosError(OrderError):
    """The order has all the photos it may have."""


def may_add(order: WorkOrder, worker_id: int, role: str) -> bool:
    """Whether somebody may add photos: whoever has (or had) the order, and coordinators."""
    return role == "coordinator" or (order.status != "open" and order.assignee_id == worker_id)


def keep_photo(
    ledger: Ledger,
    folder: Path,
    order_id: int,
    worker: Worker,
    picture: Picture,
    now: datetime,
    *,
    keep_place: bool = False,
) -> bool:
    """Keep a photo of an order; returns whether it is new. ``folder``: of the recordings.

    Raises:
        NotYourOrderError, TooManyPhotosError, OSError (the disk), LedgerError.
    """
    key = keyring().lookup_key(hashlib.sha256(picture.jpeg).hexdigest())
    name = f"{secrets.token_hex(16)}.sealed"
    place = folder / FOLDER / name
    with ledger.session() as session:
        order = session.scalars(select(WorkOrder).where(WorkOrder.id == order_id).with_for_update()).one()
        if not may_add(order, worker.id, worker.role):
            raise NotYourOrderError(f"Order {order_id} is not yours")
        known = select(OrderPhoto.id).where(OrderPhoto.order_id == order_id, OrderPhoto.picture_key == key)
        if session.scalar(known) is not None:
            return False
        counted = select(func.count(OrderPhoto.id)).where(OrderPhoto.order_id == order_id)
        if (session.scalar(counted) or 0) >= MOST_PHOTOS:
            raise TooManyPhotosError(f"Order {order_id} has {MOST_PHOTOS} photos already")
        # From here on nothing is taken back: whether a commit that fails has reached the disk is not known.
        _write(place, keyring().seal_bytes(picture.jpeg))
        _note(session, order_id, worker, key, name, picture if keep_place else None, now)
    return True


def open_photo(folder: Path, photo: OrderPhoto) -> bytes | None:
    """The picture, a JPEG; None when its file is gone or its name points out of the folder.

    Raises KeyringError when somebody tampered with the file.
    """
    root = (folder / FOLDER).resolve()
    file = (root / photo.file).resolve()
    if not file.is_relative_to(root) or not file.is_file():
        return None
    return keyring().open_bytes(file.read_bytes())


def forget_photos(
    ledger: Ledger,
    folder: Path,
    *,
    closed_before: datetime,
    now: datetime,
    but: ColumnElement[bool] | None = None,
) -> int:
    """Delete the photos of orders that were closed before a moment, and files that a crash left behind.

    ``but``: orders whose photos stay. Called by ``escalation.retention``. Returns how many photos went.
    """
    stays = false() if but is None else but
    with ledger.session() as session:
        old = session.scalars(
            select(OrderPhoto)
            .join(WorkOrder, WorkOrder.id == OrderPhoto.order_id)
            .where(WorkOrder.status == "closed", WorkOrder.closed_at < closed_before, ~stays)
        ).all()
        for photo in old:
            session.delete(photo)
            audit(
                session,
                at=now,
                actor="retention",
                action="photo_deleted",
                subject_type="work_order",
                subject_id=photo.order_id,
            )
    with ledger.reading() as session:
        known = set(session.scalars(select(OrderPhoto.file)))
    gone = {photo.file for photo in old}
    for file in (folder / FOLDER).glob("*"):
        written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        if file.name in gone or (file.name not in known and now - written > LEFT_BEHIND):
            file.unlink(missing_ok=True)
    return len(old)


def _note(
    session: Session,
    order_id: int,
    worker: Worker,
    key: str,
    name: str,
    placed: Picture | None,
    now: datetime,
) -> None:
    where = placed.place if placed is not None else None
    session.add(
        OrderPhoto(
            order_id=order_id,
            picture_key=key,
            file=name,
            taken_by=worker.login,
            added_at=now,
            place=None if where is None else {"lat": where[0], "lon": where[1]},
        )
    )
    audit(
        session,
        at=now,
        actor=worker.login,
        action="photo_added",
        subject_type="work_order",
        subject_id=order_id,
    )
    session.flush()


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, readable for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".part")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
