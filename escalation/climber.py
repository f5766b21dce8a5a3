"""Climbs the ladders of all orders: takes whatever step is due, and looks again soon."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select

from escalation.asking import climb
from escalation.rules import Rules
from escalation.unforeseen import describe
from ivr.clock import Clock
from records.audit import beat
from records.orders import WorkOrder
from records.sessions import Ledger, LedgerError

COMPONENT = "ladders"
"""The name under which it beats."""

BEAT_EVERY = timedelta(seconds=30)
log = structlog.get_logger(__name__)

CLIMBING = ("open", "accepted", "on_the_way")
"""States of orders that still wait for somebody to be on site."""


class Climber:
    """Makes one round after another over the orders. Any number of processes may climb the same ledger."""

    def __init__(self, ledger: Ledger, rules: Rules, clock: Clock) -> None:
        self._ledger = ledger
        self._rules = rules
        self._clock = clock
        self._beaten: datetime | None = None

    def make_round(self) -> int:
        """Take every step that is due; returns how many. Call it every few seconds. Blocking.

        Each order is a transaction of its own: one that cannot be climbed, for whatever reason, holds up no
        other; the auditor tells a person of a ladder that stands still. LedgerError is passed on.
        """
        now = self._clock.now()
        self._beat(now)
        with self._ledger.reading() as session:
            ids = session.scalars(
                select(WorkOrder.id)
                .where(
                    WorkOrder.status.in_(CLIMBING),
                    or_(WorkOrder.next_step_at.is_(None), WorkOrder.next_step_at <= now),
                )
                .order_by(WorkOrder.deadline, WorkOrder.id)
            ).all()
        return sum(self._try(order_id, now) for order_id in ids)

    def _try(self, order_id: int, now: datetime) -> int:
        try:
            return self._climb(order_id, now)
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - one order's fault is not the others'
            log.error("an order could not be climbed", order=order_id, problem=describe(error))  # noqa: TRY400
            return 0

    def _climb(self, order_id: int, now: datetime) -> int:
        """Decide again under the order's lock: somebody may have taken it meanwhile."""
        with self._ledger.session() as session:
            order = session.scalars(
                select(WorkOrder)
                .where(WorkOrder.id == order_id, WorkOrder.status.in_(CLIMBING))
                .with_for_update(skip_locked=True)
            ).one_or_none()
            return 0 if order is None else climb(session, self._rules, order, now).steps

    def _beat(self, now: datetime) -> None:
        """Show a sign of life now and then."""
        if self._beaten is not None and now - self._beaten < BEAT_EVERY:
            return
        with self._ledger.session() as session:
            beat(session, COMPONENT, now)
        self._beaten = now
