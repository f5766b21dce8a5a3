"""Who is on the telephone with the robot: nobody on duty is rung by two calls at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, or_, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from records.base import Base
from records.bulk import upserting


class WorkerRing(Base):
    """A call to a worker that is under way, or was when a process died."""

    __tablename__ = "worker_rings"

    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_orders.id"))
    holder: Mapped[str] = mapped_column(String(120))
    """Whose call it is: it takes up its own place again after a crash, and nobody else's."""
    until: Mapped[datetime]
    """From then on the call counts as over, whatever became of it."""


def take_ring(
    session: Session, worker_id: int, order_id: int, *, holder: str, now: datetime, seconds: float
) -> bool:
    """Have the worker's telephone for ``seconds`` at most; False while another call has it."""
    values = {
        "worker_id": worker_id,
        "order_id": order_id,
        "holder": holder,
        "until": now + timedelta(seconds=seconds),
    }
    statement = upserting(session, WorkerRing).values(**values)
    statement = statement.on_conflict_do_update(
        index_elements=["worker_id"],
        set_={name: values[name] for name in ("order_id", "holder", "until")},
        where=or_(WorkerRing.until <= now, WorkerRing.holder == holder),
    )
    taking = statement.returning(WorkerRing.worker_id).execution_options(synchronize_session=False)
    return session.scalar(taking) is not None


def hold_ring(session: Session, worker_id: int, *, now: datetime, seconds: float) -> None:
    """The call that is under way takes longer."""
    session.execute(
        update(WorkerRing)
        .where(WorkerRing.worker_id == worker_id)
        .values(until=now + timedelta(seconds=seconds))
        .execution_options(synchronize_session=False)
    )


def give_back_ring(session: Session, worker_id: int, *, holder: str) -> None:
    """The call is over."""
    session.execute(
        delete(WorkerRing)
        .where(WorkerRing.worker_id == worker_id, WorkerRing.holder == holder)
        .execution_options(synchronize_session=False)
    )


def ringing_about(session: Session, worker_id: int, now: datetime) -> int | None:
    """The order about which a worker is on the telephone; None when they are not."""
    ring = session.get(WorkerRing, worker_id, populate_existing=True)
    return ring.order_id if ring is not None and ring.until > now else None
