"""A wish is taken up at the next visit, and what was not done is done after all."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from support.campaigning import Community, Talk, number, open_monthly, rings
from support.casebook import (
    MORNING,
    Village,
    aftercare,
    end,
    history,
    plan_visit,
    ring,
    rules,
    say,
    settle_village,
)
from support.rows import work_order

from campaigns.call_in_care import TalkResult
from campaigns.planner import plan_visits
from escalation import work_orders
from escalation.call_ins import CallInAftercare
from ivr.report import CallOutcome, Confirmed, FlagRaised
from records.audit import AuditEvent
from records.call_ins import CallIn
from records.orders import WorkOrder
from records.people import Elder, Worker
from records.promises import PROMISED, promised_order
from records.sessions import Ledger
from records.visits import Campaign, Turn, Visit
from speech.types import Urgency

CARE = aftercare()
LATER = MORNING + timedelta(days=7)


class Promise:
    """Wang Guilan has wished for a handrail; a week later she is called again."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.village: Village = settle_village(ledger, "social_worker:zhang", "^coordinator:zhao")
        with ledger.session() as session:
            visit = plan_visit(session, self.village)
            call = ring(session, visit, "answered_human", "completed")
            wish = ("need_aids",)
            say(session, call, "help_needed", "想装个扶手", "concern", urgency="need", codes=wish)
            end(visit, "completed")
            CARE.visit_ended(session, visit, MORNING)
            self.order_id = session.query(WorkOrder.id).filter_by(kind="service_referral").scalar() or 0
            self.elder_id = visit.elder_id
            self.visit_id = self._again(session)

    def _again(self, session: Session) -> int:
        """Plan another visit, in a campaign of its own."""
        old = session.get_one(Campaign, self.village.campaign)
        following = Campaign(
            name=f"campaign after visit {session.query(Visit).count()}",
            script_version_id=old.script_version_id,
            starts_on=old.starts_on,
            ends_on=old.ends_on,
            timezone=old.timezone,
            who={},
            windows=old.windows,
            retries={},
            status="running",
            created_at=LATER,
        )
        session.add(following)
        session.flush()
        elder = session.get_one(Elder, self.elder_id)
        return plan_visit(session, self.village, elder=elder, campaign=following.id).id

    def closes(self) -> None:
        with self.ledger.session() as session:
            worker = session.get_one(Worker, self.village.workers["zhang"])
            work_orders.accept(session, self.order_id, worker, MORNING)
            work_orders.close(session, self.order_id, worker, "已报装", MORNING + timedelta(days=2))

    def elder_answers(self, answer: str) -> None:
        with self.ledger.session() as session:
            visit = session.get_one(Visit, self.visit_id)
            call = ring(session, visit, "answered_human", "completed")
            say(session, call, PROMISED, "还没有呢", answer)
            end(visit, "completed", LATER)
            CARE.visit_ended(session, visit, LATER)
            CARE.visit_ended(session, visit, LATER)

    @property
    def status(self) -> str:
        with self.ledger.reading() as session:
            return session.get_one(WorkOrder, self.order_id).status

    @property
    def events(self) -> list[str]:
        with self.ledger.reading() as session:
            return history(session, session.get_one(WorkOrder, self.order_id))


def test_what_was_not_done_is_opened_again_once_and_offered(ledger: Ledger) -> None:
    promise = Promise(ledger)
    promise.closes()
    promise.elder_answers("problem")

    assert promise.status == "open"
    assert promise.events[-2:] == ["reopened", "assigned"]
    assert promise.events.count("reopened") == 1
    with ledger.reading() as session:
        order = session.get_one(WorkOrder, promise.order_id)
        assert order.deadline == LATER + timedelta(days=7), "a week, as at first"
        assert session.query(AuditEvent).filter_by(action="promise_unkept").count() == 1


def calls_us(promise: Promise, at: datetime) -> int:
    """The elder rings, between two visits, and wishes for something; the order that comes of it."""
    lamp = FlagRaised("need_repair", Urgency.NEED, "why_called", 0, Confirmed.NOT_ASKED, "厕所灯坏了")
    with promise.ledger.session() as session:
        call = CallIn(
            line="sip", provider_call_id=f"call-{at}", elder_id=promise.elder_id, came_at=at, taken_at=at
        )
        session.add(call)
        session.flush()
        result = TalkResult(CallOutcome.COMPLETED, elder_known=True, flags=(lamp,))
        CallInAftercare(rules()).talk_ended(session, call, result, at)
        order = session.query(WorkOrder).filter_by(visit_id=None, kind="service_referral").one()
        return order.id


def test_what_was_wished_for_in_a_call_to_us_is_asked_about_at_the_next_visit_once(ledger: Ledger) -> None:
    promise = Promise(ledger)
    lamp = calls_us(promise, MORNING + timedelta(days=3))
    with ledger.session() as session:
        visit = session.get_one(Visit, promise.visit_id)
        asked = promised_order(session, visit)
        assert asked is not None
        assert asked.id == lamp
    promise.elder_answers("ok")
    with ledger.session() as session:
        again = session.get_one(Visit, promise._again(session))
        assert promised_order(session, again) is None, "they were asked"


def test_a_wish_that_comes_while_they_are_being_called_is_not_yet_a_promise(ledger: Ledger) -> None:
    promise = Promise(ledger)
    promise.elder_answers("ok")
    calls_us(promise, LATER + timedelta(hours=1))
    with ledger.session() as session:
        asked = promised_order(session, session.get_one(Visit, promise.visit_id))
        assert asked is not None
        assert asked.id == promise.order_id, "the same as when they were called"


def test_closing_it_a_second_time_is_not_undone_by_deciding_again(ledger: Ledger) -> None:
    promise = Promise(ledger)
    promise.closes()
    promise.elder_answers("concern")
    promise.closes()
    with ledger.session() as session:
        CARE.reconsider(session, session.get_one(Visit, promise.visit_id), LATER)
    assert promise.status == "closed"


def test_an_order_still_open_learns_that_the_elder_asked(ledger: Ledger) -> None:
    promise = Promise(ledger)
    promise.elder_answers("problem")
    assert promise.status == "open"
    assert promise.events[-1] == "asked_again"


@pytest.mark.parametrize("answer", ["ok", "unclear", "silence"])
def test_what_was_done_or_not_answered_stays_closed(ledger: Ledger, answer: str) -> None:
    promise = Promise(ledger)
    promise.closes()
    promise.elder_answers(answer)
    assert promise.status == "closed"


def test_a_promise_is_taken_up_in_the_very_next_visit_only(ledger: Ledger) -> None:
    promise = Promise(ledger)
    promise.elder_answers("ok")
    with ledger.session() as session:
        second = session.get_one(Visit, promise.visit_id)
        found = promised_order(session, second)
        assert found is not None
        assert found.id == promise.order_id
        third = session.get_one(Visit, promise._again(session))
        assert promised_order(session, third) is None


def test_the_dialer_asks_about_it(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    community = Community(sqlite_ledger, tmp_path, plans={number(1): rings(Talk(questions=9))})
    community.settle(1)
    community.run()
    first = community.visits()[0]
    with sqlite_ledger.session() as session:
        wish = {"kind": "service_referral", "codes": ["need_repair"], "summary": "想修灯"}
        session.add(work_order(first.elder_id, community.now, visit_id=first.id, **wish))
        plan_visits(session, open_monthly(session, community.now, name="再问"), community.now)
    community.run()
    with sqlite_ledger.reading() as session:
        asked = {turn.question: turn.attempt.visit_id for turn in session.query(Turn).order_by(Turn.id).all()}
        assert asked[PROMISED] == community.visits()[1].id
