"""How an elder spoke, against their own earlier calls: a reason to look, never more."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from support.casebook import (
    CORE,
    MORNING,
    aftercare,
    assessment,
    end,
    orders,
    plan_visit,
    ring,
    say,
    settle_village,
)

from records.sessions import Ledger
from records.visits import Assessment, Campaign, Visit

STAFF = ("grid_worker:li", "social_worker:zhang", "^coordinator:zhao")
CARE = aftercare()


def phoned_every_month(ledger: Ledger, *months: dict[str, float]) -> list[Visit]:
    """One elder, well each time, who answers in the manner of that month (as ``say`` has it)."""
    village = settle_village(ledger, *STAFF)
    visits: list[Visit] = []
    with ledger.session() as session:
        for month, manner in enumerate(months):
            if not visits:
                visit = plan_visit(session, village)
            else:
                at = MORNING + timedelta(days=month)
                later = another_period(session, village.campaign, f"month {month}")
                visit = plan_visit(session, village, campaign=later.id, elder=visits[0].elder, created_at=at)
            call = ring(session, visit, "answered_human", "completed")
            for question in CORE:
                say(session, call, question, "都挺好的", **manner)
            end(visit, "completed")
            CARE.visit_ended(session, visit, MORNING + timedelta(days=month))
            visits.append(visit)
    return visits


def another_period(session: Session, campaign: int, name: str) -> Campaign:
    """A campaign like another one."""
    template = session.get_one(Campaign, campaign)
    columns = [column.name for column in Campaign.__table__.columns if column.name not in ("id", "name")]
    later = Campaign(**{column: getattr(template, column) for column in columns}, name=name)
    session.add(later)
    session.flush()
    return later


def test_an_elder_who_answers_slower_than_ever_is_yellow(ledger: Ledger) -> None:
    first, *_, last = phoned_every_month(
        ledger, {"delay": 1.0}, {"delay": 1.1}, {"delay": 1.2}, {"delay": 6.0}
    )
    with ledger.reading() as session:
        assert assessment(session, first).overall == "green"
        made = assessment(session, last)
        assert made.overall == "yellow"
        (departure,) = made.manner["departures"]
        assert (departure["measure"], departure["value"], departure["median"]) == (
            "response_delay_s",
            6.0,
            1.1,
        )
        assert made.manner["earlier_calls"] == 3
        assert made.manner["baseline"]["response_delay_s"]["calls"] == 3
        assert orders(session) == [], "a change of manner asks for a look, not for a visit"


def test_an_elder_whose_voice_is_weak_and_halting_is_yellow(ledger: Ledger) -> None:
    usual = [{"dbfs": level, "paused": 0.1} for level in (-26.0, -27.0, -25.5)]
    *_, before, last = phoned_every_month(ledger, *usual, {"dbfs": -36.0, "paused": 0.8})
    with ledger.reading() as session:
        assert assessment(session, before).overall == "green"
        made = assessment(session, last)
        assert made.overall == "yellow"
        assert [(each["measure"], each["value"], each["median"]) for each in made.manner["departures"]] == [
            ("pause_share", 0.44, 0.09),
            ("speech_dbfs", -36.0, -26.0),
        ]
        assert orders(session) == []


def test_a_change_that_is_still_there_in_the_next_call_makes_somebody_ring_and_ask(ledger: Ledger) -> None:
    *_, last = phoned_every_month(ledger, *[{"delay": 1.0}] * 3, {"delay": 6.0}, {"delay": 6.5})
    with ledger.reading() as session:
        (order,) = orders(session)
        assert (order.visit_id, order.kind, order.urgency) == (last.id, "phone_follow_up", "need")
        assert order.reason == "changed_manner"
        assert "应答变慢" in order.summary


def test_a_change_that_went_away_makes_nobody_ring(ledger: Ledger) -> None:
    phoned_every_month(ledger, *[{"delay": 1.0}] * 3, {"delay": 6.0}, {"delay": 1.1})
    with ledger.reading() as session:
        assert orders(session) == []


def test_assessments_from_before_the_voice_was_measured_still_count_for_the_rest(ledger: Ledger) -> None:
    *_, last = phoned_every_month(ledger, *[{"delay": 1.0}] * 3, {"delay": 6.0, "dbfs": -36.0, "paused": 0.8})
    with ledger.session() as session:
        for old in session.scalars(select(Assessment).where(Assessment.visit_id != last.id)):
            known = (
                "turns",
                "response_delay_s",
                "speaking_rate",
                "repeats",
                "silences",
                "keys_only",
                "speech_s",
            )
            old.manner = {**old.manner, "measures": {name: old.manner["measures"][name] for name in known}}
    with ledger.session() as session:
        CARE.reconsider(session, session.get_one(Visit, last.id), MORNING + timedelta(days=4))
    with ledger.reading() as session:
        made = assessment(session, last)
        assert [each["measure"] for each in made.manner["departures"]] == ["response_delay_s"]
        assert made.manner["measures"]["speech_dbfs"] == -36.0
        assert made.manner["earlier_calls"] == 3
