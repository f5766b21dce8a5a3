"""A whole community is phoned by the real dialer, and real aftercare follows every call."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update
from support.campaigning import MONDAY, Community, Talk, number, rings
from support.casebook import HandClock, rules

from campaigns.rehearsal import Plan, flag
from escalation.aftercare import VisitAftercare
from escalation.auditor import Auditor
from escalation.notifiers import MemoryNotifier
from escalation.outbox import Outbox
from escalation.oversights import find_oversights
from ivr.lines import Disposition
from ivr.report import CallOutcome, Confirmed
from records.audit import beat
from records.orders import Notification, WorkOrder
from records.people import Area, Elder, Worker
from records.sessions import Ledger
from records.visits import Assessment, Visit
from speech.types import Urgency

NOBODY = rings(Disposition.NO_ANSWER)
PLANS: dict[str, tuple[Plan, str, list[tuple[str, str]]]] = {
    "is well": (rings(Talk()), "green", []),
    "has chest pain": (
        rings(Talk(CallOutcome.PARTIAL, 1, {0: flag("chest_pain", Urgency.EMERGENCY, Confirmed.UNCLEAR)})),
        "red",
        [("in_person_visit", "emergency")],
    ),
    "has no food": (
        rings(Talk(flags={2: flag("no_food", Urgency.URGENT)})),
        "orange",
        [("in_person_visit", "urgent")],
    ),
    "was nearly swindled": (
        rings(Talk(flags={0: flag("fraud", Urgency.URGENT)})),
        "orange",
        [("phone_follow_up", "urgent_call")],
    ),
    "wants a handrail": (
        rings(Talk(flags={5: flag("need_aids", Urgency.NEED)})),
        "yellow",
        [("service_referral", "need")],
    ),
    "did not fall after all": (
        rings(Talk(flags={1: flag("fall_now", Urgency.EMERGENCY, Confirmed.NO)})),
        "yellow",
        [("phone_follow_up", "withdrawn")],
    ),
    "never answers": (NOBODY, "orange", [("in_person_visit", "unreachable")]),
    "lifts the receiver in silence": (
        rings(Talk(CallOutcome.SILENT, 0)),
        "orange",
        [("in_person_visit", "silent")],
    ),
    "has moved away": (
        rings(Talk(CallOutcome.WRONG_PERSON, 0)),
        "orange",
        [("data_correction", "wrong_person"), ("in_person_visit", "wrong_person")],
    ),
    "is in hospital": (
        rings(Talk(CallOutcome.PROXY, 1, {0: flag("in_hospital", Urgency.URGENT)})),
        "orange",
        [("phone_follow_up", "in_hospital")],
    ),
    "wants a person": (
        rings(Talk(CallOutcome.PARTIAL, 1, {0: flag("human", Urgency.NEED)}, human_requested=True)),
        "yellow",
        [("phone_follow_up", "asked_for_person")],
    ),
    "does not want to be called": (
        rings(Talk(CallOutcome.REFUSED, 0, do_not_call=True)),
        "yellow",
        [("phone_follow_up", "opted_out")],
    ),
}
STORIES = list(PLANS)


@pytest.fixture
def community(sqlite_ledger: Ledger, tmp_path: Path) -> Community:
    """Everybody of the stories, phoned until nothing is left to do."""
    made = Community(sqlite_ledger, tmp_path / "recordings")
    made.aftercare = VisitAftercare(rules())  # type: ignore[assignment]  # the real one instead of the noted one
    made.plans = {number(index): PLANS[story][0] for index, story in enumerate(STORIES, start=1)}
    made.settle(len(STORIES))
    with sqlite_ledger.session() as session:
        area = session.scalars(select(Area)).one()
        for role in ("grid_worker", "social_worker", "coordinator"):
            session.add(Worker(login=role, name=role, role=role, area_id=area.id))
    made.run()
    return made


def found(ledger: Ledger) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Story -> level and orders."""
    with ledger.reading() as session:
        result = {}
        for visit in session.scalars(select(Visit).join(Elder).order_by(Elder.id)):
            story = STORIES[int(visit.elder.roster_key.removeprefix("elder-")) - 1]
            level = session.scalar(select(Assessment.overall).where(Assessment.visit_id == visit.id)) or ""
            made = session.scalars(select(WorkOrder).where(WorkOrder.visit_id == visit.id))
            result[story] = (level, sorted((order.kind, order.reason) for order in made))
        return result


def test_everybody_gets_what_their_call_asks_for(community: Community) -> None:
    expected = {story: (PLANS[story][1], PLANS[story][2]) for story in STORIES}

    assert found(community.ledger) == expected


def test_every_order_is_told_and_the_auditor_has_nothing_to_add(community: Community) -> None:
    clock = HandClock(community.now)
    notifier = MemoryNotifier()
    Outbox(community.ledger, {"memory": notifier}, rules().policy.delivery, clock).drain()
    with community.ledger.session() as session:
        assert {row.status for row in session.scalars(select(Notification))} == {"sent"}
        told = {row.order_id for row in session.scalars(select(Notification))}
        assert told == set(session.scalars(select(WorkOrder.id)))
        for component in rules().policy.auditor.heartbeats:
            beat(session, component, clock.now())
        oversights = find_oversights(session, rules().policy.auditor, clock.now(), watching_since=MONDAY)
        assert not [each for each in oversights if each.subject_type == "visit"]


def test_the_auditor_mends_what_a_lost_aftercare_left_behind(community: Community) -> None:
    before = found(community.ledger)
    lost = [story for story, (_, made) in before.items() if made]
    with community.ledger.session() as session:
        for table in (Notification, Assessment):
            for row in session.scalars(select(table)):
                session.delete(row)
        for order in session.scalars(select(WorkOrder)):
            for event in order.events:
                session.delete(event)
            session.flush()
            session.delete(order)
        session.execute(update(Visit).values(settled=False))
    clock = HandClock(community.now)
    auditor = Auditor(community.ledger, rules(), VisitAftercare(rules()), clock)
    clock.forward(minutes=6)
    auditor.make_round()

    after = found(community.ledger)
    assert after == before
    assert lost
