"""Where workers are reached: telephone numbers and addresses by channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from escalation.rules import Channel
from records.people import Worker, WorkerAddress


@dataclass(frozen=True, slots=True)
class Reach:
    """What is known of one worker."""

    number: str = ""
    """Telephone number; empty when none is known."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """By channel."""

    @classmethod
    def of(cls, session: Session, login: str) -> Self:
        """A worker's number and addresses; nothing for a login nobody has."""
        worker = session.scalars(select(Worker).where(Worker.login == login)).one_or_none()
        if worker is None:
            return cls()
        rows = session.scalars(select(WorkerAddress).where(WorkerAddress.worker_id == worker.id))
        return cls(worker.number, {row.channel: row.address for row in rows})

    def on(self, channel: Channel) -> bool:
        """Whether a message on this channel would find them."""
        if channel.needs is None:
            return True
        return bool(self.number if channel.needs == "number" else self.addresses.get(channel.name))


def note_address(session: Session, worker: Worker, channel: str, address: str) -> None:
    """Keep where a worker is reached on a channel; an empty address forgets it."""
    session.execute(
        delete(WorkerAddress).where(WorkerAddress.worker_id == worker.id, WorkerAddress.channel == channel)
    )
    if address:
        session.add(WorkerAddress(worker_id=worker.id, channel=channel, address=address))
    session.flush()
