"""Asking the people around an elder whom nobody reached, before somebody is sent: the ledger's side.

The order to go there exists all the while. Its ladder rests while contacts are asked, at most for
``ContactRules.wait``, and goes on by itself: whoever crashes here delays a visit and never loses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from escalation.addresses import AddressError, e164
from escalation.climbing import ON_AGAIN, RESTS
from escalation.contact_rules import ContactRules
from escalation.history import note_event
from escalation.reading import newest_consent
from records.contact_calls import ContactCall
from records.orders import WorkOrder
from records.people import Elder
from records.sealing import keyring

CONSENT = "contacts_called"
"""Kind of consent; somebody who refused it has nobody rung on their behalf."""
NOT_REACHED = frozenset({"unreachable", "expired"})
"""Reasons of orders that a word about the elder settles: nothing was heard in them but silence."""
ALIVE = ("open", "accepted", "on_the_way")
"""States of orders about which somebody may still be asked."""
LEASE = timedelta(minutes=10)
"""A call that has not ended by then was lost with its process."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody around an elder who may be rung."""

    name: str
    relation: str
    phone: str


@dataclass(frozen=True, slots=True)
class ContactJob:
    """One call to be made now."""

    id: int
    order_id: int
    name: str
    phone: str
    purpose: str
    elder: str
    language: str
    reference: str


def people_to_ask(session: Session, elder: Elder, most: int) -> list[Person]:
    """Whoever may be rung about an elder, in order; keyholders first, for they can open the door.

    Only those on the elder's own file, each number once, never the elder's own; nobody when the elder has
    said that they do not want it or is not there any more.
    """
    consent = newest_consent(session, elder.id, CONSENT)
    if elder.status != "active" or (consent is not None and not consent.granted):
        return []
    seen = {phone.number for phone in elder.phones}
    found = []
    for contact in sorted(elder.contacts, key=lambda each: (not each.keyholder, each.position)):
        phone = _dialable(contact.number)
        if phone and phone not in seen and contact.name:
            seen.add(phone)
            found.append(Person(contact.name, contact.relation, phone))
    return found[:most]


def ask_first(session: Session, rules: ContactRules, order: WorkOrder, now: datetime) -> bool:
    """Plan the calls to the contacts of a new order; returns whether its ladder rests meanwhile.

    Outside the calling hours nobody is asked before somebody is sent; the calls follow when hours allow.
    """
    if order.kind != "in_person_visit" or order.reason != "unreachable":
        return False  # of an expired visit nobody knows that it was ever dialled: contacts would be misled
    people = people_to_ask(session, order.elder, rules.most)
    for position, person in enumerate(people):
        _plan(session, order, person, position, "ask", now)
    if not people or not rules.may_ring(session, order, now):
        return False
    _rest(session, order, now + min(rules.wait, (order.deadline - now) / 4), now)
    return True


def claim(session: Session, rules: ContactRules, now: datetime) -> ContactJob | None:
    """Take the next call that is due: commits the intent before the telephone rings. None: nothing is due.

    One contact of an order at a time; of two processes that take the same call one gets it.
    """
    rows = session.scalars(
        select(ContactCall)
        .where(ContactCall.status == "planned", ContactCall.due_at <= now)
        .order_by(ContactCall.due_at, ContactCall.order_id, ContactCall.position)
    ).all()
    for row in rows:
        order = row.order
        if order.status not in ALIVE:
            row.status = "dropped"
        elif not _busy(session, order) and rules.may_ring(session, order, now) and _take(session, row, now):
            note_event(session, order, "contact_rung", label(row), now=now)
            elder = order.elder
            return ContactJob(
                row.id,
                order.id,
                row.name,
                row.phone,
                row.purpose,
                elder.name,
                elder.language,
                f"contact-{order.id}-{row.id}",
            )
    return None


def lost_calls(session: Session, now: datetime) -> list[int]:
    """Calls whose process is gone: nobody knows what was said in them."""
    return list(
        session.scalars(
            select(ContactCall.id).where(
                ContactCall.status == "dialling", ContactCall.dialled_at < now - LEASE
            )
        )
    )


def plan_again(session: Session, call: ContactCall, due: datetime, purpose: str) -> bool:
    """Plan one more call to the same contact; False when it stands already."""
    number = call.number + 1
    known = select(ContactCall.id).where(
        ContactCall.order_id == call.order_id,
        ContactCall.number_key == call.number_key,
        ContactCall.number == number,
    )
    if session.scalar(known) is not None:
        return False
    person = Person(call.name, call.relation, call.phone)
    _plan(session, call.order, person, call.position, purpose, due, number)
    return True


def rest_until(session: Session, order: WorkOrder, until: datetime, now: datetime) -> None:
    """Let the order's ladder rest for whoever is going there."""
    _rest(session, order, until, now)


def nobody_left(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Note that all contacts have been asked, unless a call is planned or under way."""
    left = session.scalar(
        select(func.count(ContactCall.id)).where(
            ContactCall.order_id == order.id, ContactCall.status.in_(["planned", "dialling"])
        )
    )
    if left:
        return False
    note_event(session, order, ON_AGAIN, "", now=now)
    return True


def drop_planned(session: Session, order: WorkOrder) -> None:
    """Nobody further needs to be asked."""
    session.execute(
        update(ContactCall)
        .where(ContactCall.order_id == order.id, ContactCall.status == "planned")
        .values(status="dropped")
        .execution_options(synchronize_session="fetch")
    )


def silent_orders(session: Session, elder_id: int, before: datetime) -> list[WorkOrder]:
    """Orders, opened before that moment and not done, to go to an elder only because nobody reached them."""
    rows = session.scalars(
        select(WorkOrder).where(
            WorkOrder.elder_id == elder_id,
            WorkOrder.kind == "in_person_visit",
            WorkOrder.status.in_(ALIVE),
            WorkOrder.opened_at <= before,
        )
    ).all()
    return [
        row for row in rows if row.evidence and {each.get("reason") for each in row.evidence} <= NOT_REACHED
    ]


def _plan(
    session: Session,
    order: WorkOrder,
    person: Person,
    position: int,
    purpose: str,
    due: datetime,
    number: int = 1,
) -> None:
    session.add(
        ContactCall(
            order_id=order.id,
            number_key=keyring().lookup_key(person.phone),
            number=number,
            position=position,
            name=person.name,
            relation=person.relation,
            phone=person.phone,
            purpose=purpose,
            due_at=due,
        )
    )
    session.flush()


def _rest(session: Session, order: WorkOrder, until: datetime, now: datetime) -> None:
    note_event(session, order, RESTS, until.isoformat(), now=now)
    order.next_step_at = until


def _busy(session: Session, order: WorkOrder) -> bool:
    return (
        session.scalars(
            select(ContactCall.id).where(ContactCall.order_id == order.id, ContactCall.status == "dialling")
        ).first()
        is not None
    )


def _take(session: Session, row: ContactCall, now: datetime) -> bool:
    taken = session.execute(
        update(ContactCall)
        .where(ContactCall.id == row.id, ContactCall.status == "planned")
        .values(status="dialling", dialled_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return isinstance(taken, CursorResult) and taken.rowcount == 1


def label(call: ContactCall) -> str:
    """Who that is, for an order's history, where names are not sealed."""
    return call.relation or f"contact {call.position + 1}"


def _dialable(number: str) -> str:
    """A number as it is dialled; empty for what cannot be rung."""
    try:
        return e164(number)
    except AddressError:
        return ""
