"""What several visits show together, by which policy it was decided, and what overrides everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.casebook import (
    MORNING,
    Village,
    chat_well,
    end,
    orders,
    plan_visit,
    raise_flag,
    ring,
    rules,
    say,
    settle_village,
)

from escalation.aftercare import VisitAftercare
from records.orders import Notification, WorkOrder
from records.people import Consent, Elder
from records.sessions import Ledger
from records.visits import Campaign, Visit
from speech.types import Urgency

STAFF = ("grid_worker:li", "social_worker:zhang", "^coordinator:zhao")


class Year:
    """One elder who is phoned month after month."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.village: Village = settle_village(ledger, *STAFF)
        self.month = 0
        self.laws = rules()

    def phones(self, *heard: tuple[str, str, str], outcome: str = "completed") -> list[WorkOrder]:
        """A month's call in which these were heard (question, words, code); the orders that come of it."""
        self.month += 1
        now = MORNING + timedelta(days=30 * self.month)
        with self.ledger.session() as session:
            visit = self._plan(session, now)
            attempt = (
                ring(session, visit, "answered_human", "completed") if heard else chat_well(session, visit)
            )
            for question, words, code in heard:
                nominal = self.laws.policy.nominal(code) or Urgency.NONE
                turn = say(session, attempt, question, words, "problem", urgency=nominal.label, codes=(code,))
                if nominal >= Urgency.URGENT:
                    flag = raise_flag(session, visit, code, nominal, words=words, turn=turn, at=now)
                    VisitAftercare(self.laws).flag_raised(session, visit, flag, now)
            end(visit, outcome, now)
            VisitAftercare(self.laws).visit_ended(session, visit, now)
            return [order for order in orders(session) if order.visit_id == visit.id]

    def _plan(self, session: Session, now: datetime) -> Visit:
        first = session.get_one(Campaign, self.village.campaign)
        campaign = Campaign(
            name=f"{now:%Y-%m-%d}",
            script_version_id=first.script_version_id,
            starts_on=date(2026, 1, 1),
            ends_on=date(2027, 12, 31),
            timezone="Asia/Shanghai",
            who={},
            windows=first.windows,
            retries={},
            status="running",
            created_at=now,
        )
        session.add(campaign)
        session.flush()
        elder = session.scalars(select(Elder)).one_or_none()
        return plan_visit(session, self.village, elder=elder, campaign=campaign.id, created_at=now)


ALONE = ("company", "老是一个人", "alone")
DIZZY = ("wellbeing", "头晕得站不住", "dizzy")
MISSED = ("medicine", "药又忘了吃", "missed_doses")


def kinds(found: list[WorkOrder]) -> list[tuple[str, str]]:
    return [(order.kind, order.reason) for order in found]


def test_the_same_small_complaint_three_times_running_has_somebody_call(sqlite_ledger: Ledger) -> None:
    year = Year(sqlite_ledger)
    assert year.phones(ALONE) == []
    assert year.phones(ALONE) == []
    (order,) = year.phones(ALONE)
    assert (order.kind, order.reason, order.urgency) == ("phone_follow_up", "repeated_concern", "need")
    assert order.codes == ["alone"]
    assert "老是一个人" in order.summary
    assert "几次" in order.summary


def test_a_complaint_that_stays_away_once_begins_anew(sqlite_ledger: Ledger) -> None:
    year = Year(sqlite_ledger)
    for month in (ALONE, ALONE, None, ALONE, ALONE):
        assert year.phones(*([month] if month else [])) == []
    assert kinds(year.phones(ALONE)) == [("phone_follow_up", "repeated_concern")]


def test_months_in_which_nobody_was_reached_neither_count_nor_break_the_row(sqlite_ledger: Ledger) -> None:
    year = Year(sqlite_ledger)
    year.phones(ALONE)
    year.phones(ALONE)
    with sqlite_ledger.session() as session:
        visit = year._plan(session, MORNING + timedelta(days=75))
        end(visit, "cancelled")
    assert kinds(year.phones(ALONE)) == [("phone_follow_up", "repeated_concern")]


def test_signs_that_come_again_suggest_visits_at_home_or_a_new_assessment_and_change_nothing(
    sqlite_ledger: Ledger,
) -> None:
    year = Year(sqlite_ledger)
    assert year.phones(MISSED) == []
    assert year.phones() == []
    (order,) = year.phones(MISSED)
    assert (order.kind, order.reason) == ("data_correction", "mode_outgrown")
    assert "改为上门探访" in order.summary
    assert "重新评估" in order.summary
    with sqlite_ledger.reading() as session:
        elder = session.scalars(select(Elder)).one()
        assert (elder.visit_mode, elder.ability) == ("telephone", "unknown"), "a person decides"


def test_signs_of_long_ago_suggest_nothing(sqlite_ledger: Ledger) -> None:
    year = Year(sqlite_ledger)
    year.phones(MISSED)
    year.phones()
    year.phones()
    assert year.phones(MISSED) == []


def test_somebody_goes_at_once_and_the_suggestion_stands_beside_it(sqlite_ledger: Ledger) -> None:
    year = Year(sqlite_ledger)
    year.phones(MISSED)
    assert kinds(year.phones(DIZZY, outcome="escalated")) == [
        ("in_person_visit", "urgent"),
        ("data_correction", "mode_outgrown"),
    ]


def test_what_the_elder_took_back_is_no_sign(sqlite_ledger: Ledger) -> None:
    year = Year(sqlite_ledger)
    year.phones(MISSED)
    with sqlite_ledger.session() as session:
        earlier = session.scalars(select(Visit)).one()
        raise_flag(session, earlier, "missed_doses", Urgency.NEED, confirmed="no")
    assert year.phones(MISSED) == []


def test_an_order_keeps_the_version_of_the_policy_that_decided_it(sqlite_ledger: Ledger) -> None:
    year = Year(sqlite_ledger)
    (first,) = year.phones(("help_needed", "想要个助行器", "need_aids"))
    shipped = year.laws.policy.version
    year.laws = replace(
        year.laws, policy=year.laws.policy.model_copy(update={"version": "policy-of-next-year"})
    )
    (second,) = year.phones(("help_needed", "想有人送饭", "need_meals"))
    with sqlite_ledger.reading() as session:
        kept = [session.get_one(WorkOrder, each.id).policy_version for each in (first, second)]
    assert kept == [shipped, "policy-of-next-year"]


@pytest.mark.parametrize(
    "course", ["refused", "wrong_person", "partial", "completed", "unreachable", "expired"]
)
def test_a_call_for_help_overrides_whatever_else_the_visit_shows(sqlite_ledger: Ledger, course: str) -> None:
    """No refusal, no missing consent, no wish to be left alone and no later word keeps anybody at home."""
    village = settle_village(sqlite_ledger, *STAFF)
    with sqlite_ledger.session() as session:
        visit = plan_visit(session, village)
        visit.elder.status = "opted_out"
        for kind in ("telephone_visit", "in_home_visit"):
            session.add(
                Consent(elder_id=visit.elder_id, kind=kind, granted=False, source="call", recorded_at=MORNING)
            )
        attempt = ring(session, visit, "answered_human", "partial")
        turn = say(session, attempt, "wellbeing", "救命啊", "problem", urgency="emergency", codes=("help",))
        flag = raise_flag(session, visit, "help", words="救命啊", turn=turn, confirmed="unclear")
        VisitAftercare(rules()).flag_raised(session, visit, flag, MORNING)
        (at_once,) = orders(session)
        assert (at_once.kind, at_once.urgency) == ("in_person_visit", "emergency"), "while they still speak"
        assert at_once.deadline == MORNING + timedelta(minutes=30)
        end(visit, course)
        VisitAftercare(rules()).visit_ended(session, visit, MORNING)
        first = orders(session)[0]
        assert (first.id, first.urgency, first.reason, first.status) == (
            at_once.id,
            "emergency",
            "emergency",
            "open",
        )
        told = {row.recipient for row in session.scalars(select(Notification)) if row.order_id == first.id}
        assert {"li", "zhao"} <= told, "whoever goes, and the coordinator"
