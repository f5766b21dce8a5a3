"""Where workers are reached: telephone numbers and addresses by channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from escalation.rules import Channel
from ivr.lines import callers
from records.audit import audit
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


NUMBER = "number"
"""Stands for the telephone number where a channel is named."""
REGION = "CN"
"""Numbers written without a country code are of this country."""


class AddressError(Exception):
    """An address that cannot be kept; the message says why."""


def note_address(
    session: Session, worker: Worker, channel: str, address: str, *, actor: str, now: datetime
) -> None:
    """Keep where a worker is reached on a channel, or with ``number`` their telephone number.

    An empty address forgets it. Raises AddressError for a telephone number that is none.
    """
    if channel == NUMBER:
        worker.number = e164(address) if address else ""
    else:
        session.execute(
            delete(WorkerAddress).where(
                WorkerAddress.worker_id == worker.id, WorkerAddress.channel == channel
            )
        )
        if address:
            session.add(WorkerAddress(worker_id=worker.id, channel=channel, address=address))
    audit(
        session,
        at=now,
        actor=actor,
        action="address_noted" if address else "address_forgotten",
        subject_type="worker",
        subject_id=worker.id,
        channel=channel,
    )
    session.flush()


def e164(number: str) -> str:
    """A telephone number as it is dialled. Raises AddressError for what cannot be rung."""
    if not (dialled := callers.e164(number, REGION)):
        raise AddressError(f"{number} is no telephone number that can be rung")
    return dialled
