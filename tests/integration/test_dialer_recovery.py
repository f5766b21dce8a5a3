"""What a vanished caller leaves behind is put in order, and what lies is found."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from support.campaigning import CALLER, MONDAY, Community, Talk, number, open_monthly, rings, script

from campaigns.aftercare import ToldLater
from campaigns.attempts import Ready, mark_dialling, prepare
from campaigns.claims import LEASE, Lease, LeaseLostError, claim_due
from campaigns.hearing import left_open, store_flags
from campaigns.planner import plan_visits
from campaigns.recovery import Recovered, lapsed_visits, recover
from campaigns.retries import End, EndReason, Retry, VisitOutcome
from campaigns.sweeper import expire, expired_visits, overdue, tidy_up
from ivr.dialogue import DialogueState
from ivr.dialogue.state import PendingFlag
from records.audit import AuditEvent
from records.people import Phone
from records.sessions import Ledger
from records.visits import CallAttempt, Campaign, Visit
from speech.types import Urgency

DEAD = MONDAY + LEASE
"""When the lease of a caller who vanished at once has run out."""


@pytest.fixture
def community(ledger: Ledger, tmp_path: Path) -> Community:
    community = Community(ledger, tmp_path)
    community.settle(1)
    return community


def claimed(ledger: Ledger) -> Lease:
    with ledger.session() as session:
        [lease] = claim_due(session, 1, owner="dead", now=MONDAY, limit=1)
    return lease


def intended(community: Community) -> Ready:
    lease = claimed(community.ledger)
    with community.ledger.session() as session:
        ready = prepare(session, lease, caller=CALLER, aftercare=community.aftercare, now=MONDAY)
    assert isinstance(ready, Ready)
    return ready


def dialling(community: Community) -> Ready:
    ready = intended(community)
    with community.ledger.session() as session:
        mark_dialling(session, ready, line="rehearsal", now=MONDAY)
    return ready


def recovered(community: Community) -> Recovered | None:
    with community.ledger.reading() as session:
        [visit_id] = lapsed_visits(session, DEAD)
    with community.ledger.session() as session:
        return recover(session, visit_id, community.aftercare, DEAD)


class TestRecovery:
    def test_leaves_those_alone_who_are_still_at_work(self, community: Community) -> None:
        dialling(community)
        with community.ledger.session() as session:
            assert lapsed_visits(session, DEAD - timedelta(seconds=1)) == []
            assert recover(session, 1, community.aftercare, DEAD - timedelta(seconds=1)) is None

    def test_of_a_visit_that_was_only_claimed_makes_it_due_again(self, community: Community) -> None:
        claimed(community.ledger)
        assert recovered(community) == Recovered(1, None)
        visit = community.visit()
        assert (visit.status, visit.next_attempt_at, visit.attempts, visit.lease_owner) == (
            "planned",
            MONDAY,
            [],
            None,
        )

    def test_of_an_attempt_that_was_only_intended_does_not_count_it(self, community: Community) -> None:
        intended(community)
        assert recovered(community) == Recovered(1, None)
        visit = community.visit()
        [attempt] = visit.attempts
        assert (attempt.status, attempt.disposition, attempt.cause) == ("ended", "failed", "never dialled")
        assert (visit.status, visit.next_attempt_at, visit.attempts_made) == ("planned", MONDAY, 0)

    def test_of_an_attempt_that_was_given_to_the_line_counts_it_and_goes_on(
        self, community: Community
    ) -> None:
        dialling(community)
        assert recovered(community) == Recovered(1, Retry(DEAD + timedelta(minutes=2), 1))
        visit = community.visit()
        [attempt] = visit.attempts
        assert (attempt.status, attempt.disposition, attempt.cause) == ("ended", "failed", "interrupted")
        assert visit.attempts_made == 1

    def test_takes_what_awaited_confirmation_for_said(self, community: Community) -> None:
        ready = dialling(community)
        pain = PendingFlag(
            code="chest_pain", urgency=Urgency.EMERGENCY, question="wellbeing", turn=0, words="胸口疼"
        )
        state = ready.state.model_copy(update={"pending": (pain,)})
        with community.ledger.session() as session:
            session.get_one(Visit, 1).dialogue_state = state.model_dump(mode="json")
        result = recovered(community)
        assert result is not None
        assert result.decision == End(VisitOutcome.ESCALATED, EndReason.FLAGGED)
        [flag] = community.visit().flags
        assert (flag.code, flag.confirmed) == ("chest_pain", "unclear")
        assert community.aftercare_of() == ["flag:chest_pain:emergency", "ended:escalated"]

    def test_tells_of_a_flag_that_nobody_could_be_told_of_while_the_call_was_alive(
        self, community: Community
    ) -> None:
        ready = dialling(community)
        pain = PendingFlag(
            code="chest_pain", urgency=Urgency.EMERGENCY, question="wellbeing", turn=0, words="胸口疼"
        )
        state = ready.state.model_copy(update={"pending": (pain,)}).model_dump(mode="json")
        with community.ledger.session() as session:
            store_flags(session, 1, left_open(state), ToldLater(), MONDAY)
        assert community.aftercare_of() == []
        recovered(community)
        assert "flag:chest_pain:emergency" in community.aftercare_of()

    def test_twice_is_once(self, community: Community) -> None:
        dialling(community)
        recovered(community)
        with community.ledger.session() as session:
            assert lapsed_visits(session, DEAD) == []
            assert recover(session, 1, community.aftercare, DEAD) is None

    def test_is_on_record(self, community: Community) -> None:
        ready = dialling(community)
        recovered(community)
        with community.ledger.reading() as session:
            event = session.scalars(select(AuditEvent).filter_by(action="recovered")).one()
        assert (event.subject_id, event.detail) == (1, {"attempts": [ready.attempt_id]})

    def test_hands_the_dialogue_on_to_the_next_call(self, community: Community) -> None:
        ready = dialling(community)
        answered = ready.state.model_copy(update={"turns": 3, "speed": 0.8})
        with community.ledger.session() as session:
            session.get_one(Visit, 1).dialogue_state = answered.model_dump(mode="json")
        recovered(community)
        community.now = DEAD
        community.run()
        last = community.visit().dialogue_state
        assert last is not None
        assert last["turns"] > 3
        assert last["speed"] == 0.8

    def test_of_a_dialogue_nobody_can_read_any_more_begins_anew(self, community: Community) -> None:
        dialling(community)
        with community.ledger.session() as session:
            session.get_one(Visit, 1).dialogue_state = {"stage": "of an older program"}
        recovered(community)
        community.now = DEAD
        community.run()
        assert community.visit().outcome == "completed"


class TestOverdue:
    def find(self, community: Community, at: datetime) -> list[tuple[int, str]]:
        with community.ledger.reading() as session:
            return [(each.visit_id, each.why) for each in overdue(session, at)]

    def change(self, community: Community, table: Any, **values: Any) -> None:
        with community.ledger.session() as session:
            session.execute(update(table).values(**values))

    def test_finds_nothing_where_all_is_well(self, community: Community) -> None:
        assert self.find(community, MONDAY + timedelta(minutes=29)) == []

    def test_finds_who_was_not_called(self, community: Community) -> None:
        assert self.find(community, MONDAY + timedelta(minutes=31)) == [(1, "not_called")]

    @pytest.mark.parametrize(
        ("status", "why"), [("paused", "campaign_paused"), ("draft", "campaign_not_started")]
    )
    def test_finds_who_waits_for_a_campaign_that_stands_still(
        self, community: Community, status: str, why: str
    ) -> None:
        self.change(community, Campaign, status=status)
        assert self.find(community, MONDAY + timedelta(hours=1)) == [(1, why)]

    def test_finds_who_has_no_next_date(self, community: Community) -> None:
        self.change(community, Visit, next_attempt_at=None)
        assert self.find(community, MONDAY + timedelta(hours=1)) == [(1, "no_next_attempt")]
        with community.ledger.session() as session:
            tidy_up(session, MONDAY)
        assert community.visit().next_attempt_at == MONDAY

    def test_finds_who_is_held_by_nobody(self, community: Community) -> None:
        claimed(community.ledger)
        assert self.find(community, MONDAY + timedelta(hours=1)) == [(1, "call_lost")]

    def test_finds_who_is_claimed_and_claimed_and_never_rung(self, community: Community) -> None:
        later = MONDAY + timedelta(hours=1)
        self.change(community, Visit, fence=12, next_attempt_at=later)
        assert self.find(community, later) == [(1, "never_gets_to_ring")]
        dialled = CallAttempt(
            visit_id=1, number=1, phone_id=1, reference="r", fence=12, intended_at=MONDAY, dialled_at=MONDAY
        )
        with community.ledger.session() as session:
            session.add(dialled)
        assert self.find(community, later) == []

    def test_finds_whose_period_passed_by_telephone_or_in_person(self, community: Community) -> None:
        self.change(community, Visit, mode="in_home", next_attempt_at=None)
        assert self.find(community, datetime(2026, 11, 30, tzinfo=UTC)) == []
        assert self.find(community, datetime(2026, 12, 1, tzinfo=UTC)) == [(1, "period_over")]


class TestExpiring:
    def test_ends_only_what_nobody_works_on(self, community: Community) -> None:
        over = datetime(2026, 12, 1, tzinfo=UTC)
        with community.ledger.reading() as session:
            assert expired_visits(session, over) == [1]
        claimed(community.ledger)
        with community.ledger.session() as session:
            assert expired_visits(session, over) == []
            assert expire(session, 1, community.aftercare, over) is None

    def test_a_visit_in_another_campaign_goes_on(self, community: Community) -> None:
        with community.ledger.session() as session:
            other = open_monthly(session, name="十二月", ends_on=date(2026, 12, 31))
            plan_visits(session, other, MONDAY)
        with community.ledger.reading() as session:
            assert expired_visits(session, datetime(2026, 12, 1, tzinfo=UTC)) == [1]


class TestPreparing:
    def test_the_intent_names_number_reference_and_dialogue(self, community: Community) -> None:
        ready = intended(community)
        assert ready.phone_number == number(1)
        assert ready.reference.startswith("visit-1-attempt-1-")
        assert ready.state == DialogueState.model_validate(ready.state.model_dump(mode="json"))
        assert (ready.state.brief.address_as, ready.state.brief.organisation) == ("王奶奶", "滨河社区")
        assert ready.script == script()
        [attempt] = community.visit().attempts
        assert (attempt.status, attempt.dialled_at, attempt.fence) == ("intended", None, 1)

    def test_a_number_corrected_since_is_the_one_that_is_rung(self, community: Community) -> None:
        with community.ledger.session() as session:
            session.execute(update(Phone).values(number=number(7)))
        assert intended(community).phone_number == number(7)

    def test_two_attempts_never_have_the_same_reference(self, community: Community) -> None:
        community.plans[number(1)] = rings(Talk(questions=0))
        references = {intended(community).reference}
        recovered(community)
        references.add(intended(community).reference)
        assert len(references) == 2


class TestAProcessThatStoodStill:
    """Suspended between its intent and the call: what was true of the hours then need not be true now."""

    def test_does_not_dial_an_old_intent(self, community: Community) -> None:
        ready = intended(community)
        with pytest.raises(LeaseLostError), community.ledger.session() as session:
            mark_dialling(session, ready, line="rehearsal", now=DEAD)
        assert recovered(community) == Recovered(1, None)
        assert community.visit().attempts_made == 0

    def test_whose_clock_was_set_back_does_not_dial_either(self, community: Community) -> None:
        ready = intended(community)
        with pytest.raises(LeaseLostError), community.ledger.session() as session:
            mark_dialling(session, ready, line="rehearsal", now=MONDAY - timedelta(seconds=1))
