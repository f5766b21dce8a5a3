"""Word about an elder whom nobody reached: from a contact, from the elder, or none.

Every function writes rows of the caller's transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from escalation.alerts import Occasion, Recipient, recipients, tell
from escalation.anew import ask_anew
from escalation.asking import climb, put_on_ladder
from escalation.contact_rules import ContactRules
from escalation.contacts import (
    ALIVE,
    drop_planned,
    label,
    nobody_left,
    plan_again,
    rest_until,
    silent_orders,
)
from escalation.duty import of_role
from escalation.history import how_often, note_event, occasions
from escalation.rules import Rules
from records.contact_calls import ContactCall
from records.orders import WorkOrder
from speech.types import Urgency

CONTACT = "contact"
"""Who closed an order on a contact's word, in its history."""
ELDER = "elder"
HEARD: dict[str, str] = {
    "zh-CN": "老人本人接了电话，平安。",
    "en": "The elder was heard on the telephone.",
    "es": "Se habló por teléfono con la persona mayor.",
}
SAFE: dict[str, str] = {
    "zh-CN": "电话里{who}说老人平安。",
    "en": "By telephone {who} said that the elder is safe.",
    "es": "Por teléfono {who} dijo que la persona mayor está bien.",
}
WORRIED: dict[str, str] = {
    "zh-CN": "电话里{who}说情况不好，要人马上去看。",
    "en": "By telephone {who} said that help is needed at once. ",
    "es": "Por teléfono {who} dijo que hace falta ayuda ahora mismo. ",
}
MOST_LOST = 2
"""How often a call that our side lost is made again."""


def note_answer(session: Session, rules: Rules, call_id: int, answer: str, now: datetime) -> bool:
    """Write down what came of a call to a contact, with everything that follows from it.

    Returns whether it was news: an answer is taken once, the first one counts, unless they cried for help
    after it. A word that comes after the order was closed or somebody has arrived changes nothing but the
    history.
    """
    taken = session.execute(
        update(ContactCall)
        .where(ContactCall.id == call_id, ContactCall.status == "dialling")
        .values(status="ended", ended_at=now, answer=answer)
        .execution_options(synchronize_session="fetch")
    )
    if not isinstance(taken, CursorResult) or taken.rowcount != 1:
        return answer == "trouble" and _trouble_after_all(session, rules, call_id, now)
    call = session.get_one(ContactCall, call_id)
    order = _locked(session, call.order_id)
    note_event(session, order, f"contact_{answer}", label(call), now=now)
    asking = rules.contacts
    if order.status not in ALIVE or asking is None:
        drop_planned(session, order)
    elif answer == "well":
        all_is_well(session, rules, order, SAFE[rules.language].format(who=_named(call)), CONTACT, now)
    elif answer == "trouble":
        _send_at_once(session, rules, order, call, now)
    elif answer in ("going", "not_yet"):
        _wait_for(session, rules, asking, order, call, now)
    else:
        _go_on(session, rules, asking, order, call, now)
    return True


def elder_was_heard(session: Session, rules: Rules, elder_id: int, heard_at: datetime, now: datetime) -> int:
    """The elder was talked to after all: nobody needs to go because of silence. Returns how many orders.

    An order that was opened after the elder was heard stands: they may have fallen since.
    """
    orders = silent_orders(session, elder_id, heard_at)
    for order in orders:
        all_is_well(session, rules, _locked(session, order.id), HEARD[rules.language], ELDER, now)
    return len(orders)


def all_is_well(
    session: Session, rules: Rules, order: WorkOrder, result: str, actor: str, now: datetime
) -> bool:
    """Close an order on somebody's word, and tell whoever has been asked to go. Once; on site it stays."""
    drop_planned(session, order)
    if order.status not in ALIVE:
        return False
    order.status, order.result, order.closed_at, order.next_step_at = "closed", result, now, None
    note_event(session, order, "closed", "", actor=actor, now=now)
    if order.assignee is not None:
        occasion = Occasion(how_often(session, order, "closed"), standing="settled")
        tell(session, rules, order, [Recipient.of(order.assignee)], occasion, now)
    return True


def _trouble_after_all(session: Session, rules: Rules, call_id: int, now: datetime) -> bool:
    """Somebody has given an answer and then cried for help: what they said last counts, once."""
    changed = session.execute(
        update(ContactCall)
        .where(ContactCall.id == call_id, ContactCall.status == "ended", ContactCall.answer != "trouble")
        .values(answer="trouble")
        .execution_options(synchronize_session="fetch")
    )
    if not isinstance(changed, CursorResult) or changed.rowcount != 1:
        return False
    call = session.get_one(ContactCall, call_id)
    order = _locked(session, call.order_id)
    note_event(session, order, "contact_trouble", label(call), now=now)
    if order.status == "closed":
        order.status, order.closed_at = "open", None
        note_event(session, order, "reopened", "emergency", now=now)
    if order.status in ALIVE:
        _send_at_once(session, rules, order, call, now)
    return True


def _send_at_once(session: Session, rules: Rules, order: WorkOrder, call: ContactCall, now: datetime) -> None:
    """A contact is worried or asks for help: that is an emergency until somebody has looked."""
    drop_planned(session, order)
    order.urgency = Urgency.EMERGENCY.label
    on_site = now + timedelta(minutes=rules.policy.deadlines["on_site"].minutes or 30)
    order.deadline = min(order.deadline, on_site) if order.deadline > now else on_site
    order.evidence = [*order.evidence, {"reason": "emergency"}]
    order.reason = "emergency"
    if (said := WORRIED[rules.language].format(who=_named(call))) not in order.summary:
        order.summary = said + order.summary
    put_on_ladder(session, rules, order)
    ask_anew(session, order, now)
    note_event(session, order, "raised", "emergency", now=now)
    told = climb(session, rules, order, now).told
    people = [order.assignee] if order.assignee is not None else []
    for role in rules.policy.situations["emergency"].inform:
        people += of_role(session, order.elder.area_id, role, now)
    if ahead := [worker for worker in people if worker.login not in told]:
        tell(session, rules, order, recipients(ahead, rules), Occasion(occasions(session, order)), now)


def _named(call: ContactCall) -> str:
    return f"{call.name}（{call.relation}）" if call.relation else call.name


def _wait_for(
    session: Session, rules: Rules, asking: ContactRules, order: WorkOrder, call: ContactCall, now: datetime
) -> None:
    """Somebody goes: they are asked again, and the ladder rests until shortly after that."""
    again = now + min(asking.going, (order.deadline - now) / 2)
    late = call.answer == "not_yet" and call.number > MOST_LOST
    if late or again <= now or not plan_again(session, call, again, "follow_up"):
        _go_on(session, rules, asking, order, call, now)
        return
    session.execute(
        update(ContactCall)
        .where(
            ContactCall.order_id == order.id, ContactCall.status == "planned", ContactCall.purpose == "ask"
        )
        .values(status="dropped")
        .execution_options(synchronize_session="fetch")
    )
    rest_until(session, order, min(again + asking.busy, order.deadline), now)
    climb(session, rules, order, now)


def _go_on(
    session: Session, rules: Rules, asking: ContactRules, order: WorkOrder, call: ContactCall, now: datetime
) -> None:
    """No word: the next contact, or after the last one the ladder."""
    times = {"busy": 1, "lost": MOST_LOST, "failed": 1}.get(call.answer, 0)
    if call.number <= times:
        plan_again(
            session, call, now + (asking.busy if call.answer == "busy" else timedelta(0)), call.purpose
        )
    nobody_left(session, order, now)
    climb(session, rules, order, now)


def _locked(session: Session, order_id: int) -> WorkOrder:
    session.flush()
    return session.scalars(
        select(WorkOrder)
        .where(WorkOrder.id == order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
