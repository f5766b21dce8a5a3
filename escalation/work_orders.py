"""What workers do with a work order: accept, decline, set out, arrive, close, reopen.

```
open --accept--> accepted --on_the_way--> on_the_way --on_site--> on_site --close--> closed
  ^                  |                        |                                         |
  +---- decline, or taken away by a coordinator +          <-------- reopen ------------+
```
Every step is one conditional UPDATE, so of two workers who press at the same moment one gets the order and
the other is told who has it. Pressing twice does nothing the second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from escalation import consents
from escalation.anew import note_taken_away
from escalation.asking import FIELD_ROLES, climb, put_on_ladder
from escalation.carried_out import carried_out
from escalation.deadlines import renewed
from escalation.history import note_event
from escalation.rules import Rules
from records.orders import WorkOrder
from records.people import Worker
from speech.weights import COLUMNS


class OrderError(Exception):
    """A step that a work order does not allow; the message is for the worker who tried it.

    OrderError
     +-- OrderNotFoundError
     +-- OrderTakenError
     +-- NotYourOrderError
     +-- WrongStepError
     +-- ConsentError
     +-- MissingWordsError
    """


class OrderNotFoundError(OrderError):
    """There is no such order."""


class OrderTakenError(OrderError):
    """Somebody else holds the order; the message says who."""


class NotYourOrderError(OrderError):
    """The worker neither holds the order nor coordinates."""


class WrongStepError(OrderError):
    """The order is not in a state from which this step leads on."""


class ConsentError(OrderError):
    """The elder (or whoever supports them) must be asked first, or has refused the visit."""


class MissingWordsError(OrderError):
    """The step needs a reason or a result in words."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One step: from which states, to which, and how its event is called."""

    event: str
    sources: tuple[str, ...]
    target: str


_ACCEPT = _Step("accepted", ("open",), "accepted")
_DECLINE = _Step("declined", ("open", "accepted", "on_the_way"), "open")
_TAKE_AWAY = _Step("taken_away", ("accepted", "on_the_way"), "open")
_SET_OUT = _Step("on_the_way", ("accepted",), "on_the_way")
_ARRIVE = _Step("on_site", ("accepted", "on_the_way"), "on_site")
_CLOSE = _Step("closed", ("accepted", "on_the_way", "on_site"), "closed")
_CLOSE_BY_COORDINATOR = _Step("closed", ("open", "accepted", "on_the_way", "on_site"), "closed")
_REOPEN = _Step("reopened", ("closed",), "open")


def accept(session: Session, order_id: int, worker: Worker, now: datetime) -> WorkOrder:
    """Take an open order, whoever it was offered to.

    Raises:
        OrderNotFoundError, NotYourOrderError (a viewer), OrderTakenError (somebody has it), WrongStepError.
    """
    _may_hold(worker)
    order = _order(session, order_id)
    if order.status in ("accepted", "on_the_way", "on_site") and order.assignee_id == worker.id:
        return order
    taken = _move(session, order_id, _ACCEPT, {"assignee_id": worker.id})
    order = _order(session, order_id)
    if not taken:
        raise _refusal(order, _ACCEPT)
    note_event(session, order, _ACCEPT.event, "", actor=worker.login, now=now)
    return order


def decline(
    session: Session, rules: Rules, order_id: int, worker: Worker, reason: str, now: datetime
) -> WorkOrder:
    """Give an order back with a reason; the next step of its ladder is taken at once.

    Raises:
        MissingWordsError, OrderNotFoundError, NotYourOrderError, WrongStepError.
    """
    note = _words(reason, "Say why you cannot take the order")
    order = _order(session, order_id)
    if order.status in _DECLINE.sources and order.assignee_id != worker.id:
        raise NotYourOrderError(f"Order {order_id} is not yours to decline")
    if not _move(session, order_id, _DECLINE, {"assignee_id": None}, holder=worker):
        raise _refusal(_order(session, order_id), _DECLINE)
    order = _order(session, order_id)
    note_event(session, order, _DECLINE.event, note, actor=worker.login, now=now)
    climb(session, rules, order, now)
    return order


def take_away(session: Session, rules: Rules, order_id: int, worker: Worker, now: datetime) -> WorkOrder:
    """Have somebody else asked instead of whoever has the order and does not go; only for coordinators.

    Whoever had it is told so; the next step of the ladder is taken at once and passes them over.
    Raises OrderNotFoundError, NotYourOrderError, WrongStepError.
    """
    former = _order(session, order_id).assignee
    if worker.role != "coordinator":
        raise NotYourOrderError(f"{worker.name} coordinates nobody")
    if former is None or not _move(session, order_id, _TAKE_AWAY, {"assignee_id": None}, holder=former):
        raise _refusal(_order(session, order_id), _TAKE_AWAY)
    order = _order(session, order_id)
    note_taken_away(session, rules, order, former, worker, now)
    climb(session, rules, order, now)
    return order


def on_the_way(session: Session, order_id: int, worker: Worker, now: datetime) -> WorkOrder:
    """Set out. Raises OrderNotFoundError, NotYourOrderError, WrongStepError, ConsentError."""
    return _advance(session, order_id, worker, _SET_OUT, "", now)


def on_site(session: Session, order_id: int, worker: Worker, now: datetime, place: str = "") -> WorkOrder:
    """Arrive; ``place`` is where, if the worker allows it to be kept.

    Raises:
        OrderNotFoundError, NotYourOrderError, WrongStepError, ConsentError.
    """
    return _advance(session, order_id, worker, _ARRIVE, place.strip(), now)


def answer_consent(
    session: Session, order_id: int, worker: Worker, reply: consents.Reply, now: datetime
) -> WorkOrder:
    """Keep what the elder or whoever supports them said to a visit at home; only for whoever has the order.

    Raises:
        OrderNotFoundError, NotYourOrderError.
    """
    order = _order(session, order_id)
    if order.assignee_id != worker.id and worker.role != "coordinator":
        raise NotYourOrderError(f"Order {order_id} is {_holder(order)}, not yours: accept it first")
    consents.note_reply(session, order, worker, reply, now)
    return order


def close(
    session: Session,
    order_id: int,
    worker: Worker,
    result: str,
    now: datetime,
    *,
    elder_seen: bool = True,
    sheet: Mapping[str, str] | None = None,
) -> WorkOrder:
    """Close an order with its result. A coordinator may close any order, e.g. when word came another way.

    ``sheet`` is what was found and done by column of the visit record; columns left empty stay empty.
    Closing the order of a planned visit in person ends that visit: completed if the elder was seen,
    unreachable otherwise. An elder for whom something was done is to be asked how it was.

    Raises:
        MissingWordsError, OrderNotFoundError, NotYourOrderError, WrongStepError.
    """
    note = _words(result, "Say what came of it before closing the order")
    before = _order(session, order_id)
    if before.status == "closed" and before.result == note:
        return before
    step = _CLOSE_BY_COORDINATOR if worker.role == "coordinator" else _CLOSE
    filled = {column: words for column in COLUMNS if (words := (sheet or {}).get(column, "").strip())}
    values = {"result": note, "closed_at": now, "record_sheet": (filled or None) if elder_seen else None}
    order = _advance(session, order_id, worker, step, note, now, values=values)
    carried_out(session, order, worker, now, elder_seen=elder_seen)
    return order


def reopen(
    session: Session, rules: Rules, order_id: int, worker: Worker, reason: str, now: datetime
) -> WorkOrder:
    """Open a closed order again with a reason and a new deadline; whoever held it is asked first.

    Raises:
        MissingWordsError, OrderNotFoundError, NotYourOrderError (a viewer), WrongStepError.
    """
    note = _words(reason, "Say why the order is opened again")
    _may_hold(worker)
    _order(session, order_id)
    if not _move(session, order_id, _REOPEN, {"closed_at": None}):
        raise _refusal(_order(session, order_id), _REOPEN)
    order = _order(session, order_id)
    order.deadline = renewed(rules, order, now)
    put_on_ladder(session, rules, order)
    note_event(session, order, _REOPEN.event, note, actor=worker.login, now=now)
    climb(session, rules, order, now)
    return order


def _order(session: Session, order_id: int) -> WorkOrder:
    """The order as the database has it now. Raises OrderNotFoundError."""
    session.flush()
    order = session.get(WorkOrder, order_id, populate_existing=True)
    if order is None:
        raise OrderNotFoundError(f"There is no work order {order_id}")
    return order


def _advance(
    session: Session,
    order_id: int,
    worker: Worker,
    step: _Step,
    note: str,
    now: datetime,
    *,
    values: dict[str, object] | None = None,
) -> WorkOrder:
    """Take one step that only the holder (or a coordinator, in closing) may take; again: nothing."""
    order = _order(session, order_id)
    holds = order.assignee_id == worker.id
    if order.status == step.target and holds and step is not _CLOSE:
        return order
    coordinates = step is _CLOSE_BY_COORDINATOR
    if order.status in step.sources and not holds and not coordinates:
        raise NotYourOrderError(f"Order {order_id} is {_holder(order)}, not yours: accept it first")
    going = step in (_SET_OUT, _ARRIVE) and order.status in step.sources
    if going and (objection := consents.objection(session, order)):
        raise ConsentError(f"Order {order_id}: {objection}")
    if not _move(session, order_id, step, values or {}, holder=None if coordinates else worker):
        raise _refusal(_order(session, order_id), step)
    order = _order(session, order_id)
    note_event(session, order, step.event, note, actor=worker.login, now=now)
    return order


def _move(
    session: Session, order_id: int, step: _Step, values: dict[str, object], *, holder: Worker | None = None
) -> bool:
    """Change the state if it still is one the step starts from (and the holder still holds it)."""
    statement = update(WorkOrder).where(WorkOrder.id == order_id, WorkOrder.status.in_(step.sources))
    if holder is not None:
        statement = statement.where(WorkOrder.assignee_id == holder.id)
    result = session.execute(
        statement.values(status=step.target, next_step_at=None, **values).execution_options(
            synchronize_session=False
        )
    )
    return isinstance(result, CursorResult) and result.rowcount == 1


def _refusal(order: WorkOrder, step: _Step) -> OrderError:
    """Why a step was refused, in the words of whoever tried it."""
    if step is _ACCEPT and order.status != "closed":
        return OrderTakenError(f"Order {order.id} has been taken: it is {_holder(order)}")
    allowed = " or ".join(step.sources)
    return WrongStepError(f"Order {order.id} is {order.status}; {step.event} is possible only from {allowed}")


def _holder(order: WorkOrder) -> str:
    return f"with {order.assignee.name}" if order.assignee is not None else "with nobody"


def _may_hold(worker: Worker) -> None:
    if not worker.active or worker.role not in FIELD_ROLES:
        raise NotYourOrderError(f"{worker.name} may look at orders but not take them")


def _words(text: str, missing: str) -> str:
    words = text.strip()
    if not words:
        raise MissingWordsError(missing)
    return words
