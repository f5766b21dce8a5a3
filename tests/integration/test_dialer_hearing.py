"""What was said reaches the ledger exactly once, and what is grave is never made mild."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from support.campaigning import MONDAY, Community

from campaigns.claims import claim_due
from campaigns.hearing import left_open, store_answers, store_flag, store_flags, store_turn
from campaigns.pauses import FEWEST_ANSWERS, habit, usual_pause
from campaigns.rehearsal import NotedAftercare, Rehearsal, Talk
from ivr.dialogue import AnswerGiven
from ivr.gaps import Gap
from ivr.lines import Call
from ivr.report import CallOutcome, CallReport, Confirmed, FlagRaised, TurnTaken
from records.sessions import Ledger
from records.upgrading import alembic_config
from records.visits import Answer, CallAttempt, Flag, Turn, Visit
from speech.types import Evidence, Understanding, Urgency

AFTERCARE = NotedAftercare()


@pytest.fixture
def community(ledger: Ledger, tmp_path: Path) -> Community:
    """An elder on the telephone: visit 1, attempt 1."""
    community = Community(ledger, tmp_path)
    community.settle(1)
    with ledger.session() as session:
        claim_due(session, 1, owner="one", now=MONDAY, limit=1)
        attempt = CallAttempt(
            visit_id=1, number=1, phone_id=1, reference="r1", fence=1, intended_at=MONDAY, status="dialling"
        )
        session.add(attempt)
    return community


def turn(index: int = 0) -> TurnTaken:
    return TurnTaken(
        index=index,
        question="wellbeing",
        prompt=("王奶奶，您今天身体怎么样？", "请说吧。"),
        asked_at=datetime(2026, 11, 23, 1, 31, tzinfo=UTC),
        started_s=10.0,
        ended_s=14.5,
        understanding=Understanding(
            question="wellbeing",
            transcript="胸口疼",
            alternatives=("兄口疼", "想扣腾"),
            answer="problem",
            urgency=Urgency.EMERGENCY,
            codes=("chest_pain",),
            confirm=True,
            evidence=(Evidence("chest_pain", "zh-CN/chest_pain/1", "胸口疼", "胸口疼", "text", 0.9),),
            confidence=0.8,
            engine="whisper",
        ),
        response_delay_s=0.9,
        speech_s=1.2,
        pause_s=0.4,
        speech_dbfs=-27.5,
        background_dbfs=-52.0,
        longest_pause_s=0.3,
        gap=Gap(wait_s=0.6, delay_s=0.2),
    )


def answer(*, codes: tuple[str, ...] = (), withdrawn: tuple[str, ...] = (), said: str = "ok") -> AnswerGiven:
    return AnswerGiven(
        question="wellbeing",
        hears="wellbeing",
        dimension="health",
        column="健康管理",
        turn=0,
        answer=said,
        codes=codes,
        withdrawn=withdrawn,
        confirmed=dict.fromkeys(codes, Confirmed.YES),
    )


def raised(urgency: Urgency, confirmed: Confirmed, code: str = "chest_pain") -> FlagRaised:
    return FlagRaised(code, urgency, "wellbeing", 0, confirmed, "胸口疼")


def flags(ledger: Ledger) -> list[tuple[str, str, str]]:
    with ledger.reading() as session:
        return [
            (each.code, each.urgency, each.confirmed)
            for each in session.scalars(select(Flag).order_by(Flag.id))
        ]


def test_a_turn_told_twice_is_written_once_with_everything_in_it(community: Community) -> None:
    for _ in range(2):
        with community.ledger.session() as session:
            store_turn(session, 1, turn())
    [kept] = community.visit().attempts[0].turns
    assert kept.prompt == "王奶奶，您今天身体怎么样？\n请说吧。"
    assert (kept.transcript, kept.alternatives) == ("胸口疼", "兄口疼\n想扣腾")
    assert (kept.urgency, kept.codes, kept.evidence[0]["rule"]) == (
        "emergency",
        ["chest_pain"],
        "zh-CN/chest_pain/1",
    )
    assert (kept.speech_s, kept.pause_s, kept.speech_dbfs, kept.background_dbfs) == (1.2, 0.4, -27.5, -52.0)
    assert (kept.longest_pause_s, kept.gap_wait_s, kept.gap_delay_s) == (0.3, 0.6, 0.2)


def test_a_prompt_that_answers_nothing_was_not_waited_for(community: Community) -> None:
    with community.ledger.session() as session:
        store_turn(session, 1, replace(turn(), gap=None))
    [kept] = community.visit().attempts[0].turns
    assert (kept.gap_wait_s, kept.gap_delay_s) == (None, None)


def test_how_an_elder_pauses_is_known_from_their_answers_and_nobody_elses(community: Community) -> None:
    with community.ledger.session() as session:
        for index in range(FEWEST_ANSWERS - 1):
            store_turn(session, 1, replace(turn(index), longest_pause_s=0.4 * index))
        store_turn(session, 1, replace(turn(20), speech_s=0.4, longest_pause_s=9.0))  # a "yes"
    with community.ledger.reading() as session:
        assert usual_pause(session, 1) is None
    with community.ledger.session() as session:
        store_turn(session, 1, replace(turn(30), longest_pause_s=None, pause_s=2.5))  # of an older version
    with community.ledger.reading() as session:
        assert usual_pause(session, 1) == 2.5
        assert usual_pause(session, 2) is None


def test_how_an_elder_pauses_reaches_the_next_call(ledger: Ledger, tmp_path: Path) -> None:
    community = Community(ledger, tmp_path)
    community.settle(1)
    known: list[float | None] = []

    class Listening(Rehearsal):
        async def __call__(self, call: Call, /, **about: Any) -> CallReport:
            known.append(about["state"].brief.pause_s)
            with community.ledger.session() as session:
                for index in range(FEWEST_ANSWERS):
                    store_turn(session, len(known), replace(turn(90 + index), longest_pause_s=1.8))
            return await super().__call__(call, **about)

    community.plans = {
        phone.number: (Talk(outcome=CallOutcome.PARTIAL, questions=1), Talk())
        for phone in community.visit().elder.phones
    }
    community.run(converse=Listening)
    assert known == [None, 1.8]


@settings(deadline=None)
@given(st.lists(st.floats(0, 5), min_size=FEWEST_ANSWERS, max_size=80))
def test_nine_of_ten_answers_are_heard_out(pauses: list[float]) -> None:
    usual = habit(pauses)
    assert usual is not None
    assert sum(pause <= usual + 0.006 for pause in pauses) >= 0.9 * len(pauses)


def test_turns_from_before_the_voice_was_measured_stay_when_the_tables_learn_of_it(
    community: Community,
) -> None:
    with community.ledger.session() as session:
        store_turn(session, 1, turn())
    with community.ledger.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0004")
    community.ledger.migrate()
    [kept] = community.visit().attempts[0].turns
    assert (kept.transcript, kept.speech_s) == ("胸口疼", 1.2)
    assert (kept.pause_s, kept.speech_dbfs, kept.background_dbfs) == (None, None, None)


def test_what_was_asked_and_said_is_sealed_in_the_database(community: Community) -> None:
    with community.ledger.session() as session:
        store_turn(session, 1, turn())
        session.get_one(Visit, 1).dialogue_state = {"brief": {"name": "王桂英"}}
    with community.ledger.engine.connect() as connection:
        columns = "prompt || transcript || alternatives"
        kept = connection.exec_driver_sql(f"SELECT {columns} FROM turns").scalar_one()  # noqa: S608
        state = connection.exec_driver_sql("SELECT dialogue_state FROM visits").scalar_one()
    assert "王" not in kept
    assert "王" not in str(state)
    assert "\\u738b" not in str(state)
    assert community.visit().dialogue_state == {"brief": {"name": "王桂英"}}


def test_a_later_answer_to_a_question_replaces_the_earlier_one(community: Community) -> None:
    with community.ledger.session() as session:
        store_answers(session, 1, [answer()])
        store_answers(
            session, 1, [answer(said="problem", codes=("chest_pain", "dizzy"), withdrawn=("dizzy",))]
        )
    [kept] = community.visit().answers
    assert (kept.answer, kept.codes, kept.confirmed_by) == ("problem", ["chest_pain"], "elder")


def test_an_answer_that_a_worker_has_confirmed_stays(community: Community) -> None:
    with community.ledger.session() as session:
        store_answers(session, 1, [answer(said="problem")])
        session.scalars(select(Answer)).one().confirmed_by = "wang"
    with community.ledger.session() as session:
        store_answers(session, 1, [answer(said="ok")])
    assert community.visit().answers[0].answer == "problem"


class TestFlags:
    def test_told_twice_are_one(self, community: Community) -> None:
        for _ in range(2):
            with community.ledger.session() as session:
                store_flag(session, 1, raised(Urgency.EMERGENCY, Confirmed.NOT_ASKED), AFTERCARE, MONDAY)
        assert flags(community.ledger) == [("chest_pain", "emergency", "not_asked")]
        assert community.aftercare_of() == ["flag:chest_pain:emergency"]

    @pytest.mark.parametrize(
        ("first", "then", "stands"),
        [
            ((Urgency.URGENT, Confirmed.YES), (Urgency.EMERGENCY, Confirmed.UNCLEAR), ("emergency", "yes")),
            ((Urgency.EMERGENCY, Confirmed.YES), (Urgency.URGENT, Confirmed.YES), ("emergency", "yes")),
            (
                (Urgency.EMERGENCY, Confirmed.UNCLEAR),
                (Urgency.EMERGENCY, Confirmed.NO),
                ("emergency", "unclear"),
            ),
            ((Urgency.EMERGENCY, Confirmed.NO), (Urgency.EMERGENCY, Confirmed.YES), ("emergency", "yes")),
            ((Urgency.URGENT, Confirmed.YES), (Urgency.EMERGENCY, Confirmed.NO), ("urgent", "yes")),
        ],
    )
    def test_only_ever_become_graver(
        self,
        community: Community,
        first: tuple[Urgency, Confirmed],
        then: tuple[Urgency, Confirmed],
        stands: tuple[str, str],
    ) -> None:
        with community.ledger.session() as session:
            store_flag(session, 1, raised(*first), AFTERCARE, MONDAY)
        with community.ledger.session() as session:
            store_flag(session, 1, raised(*then), AFTERCARE, MONDAY)
        assert flags(community.ledger) == [("chest_pain", *stands)]

    def test_raised_before_their_turn_is_written_are_tied_to_it_later(self, community: Community) -> None:
        flag = raised(Urgency.EMERGENCY, Confirmed.YES)
        with community.ledger.session() as session:
            store_flag(session, 1, flag, AFTERCARE, MONDAY)
        with community.ledger.session() as session:
            store_turn(session, 1, turn())
            store_flags(session, 1, [flag], AFTERCARE, MONDAY)
        visit = community.visit()
        assert visit.flags[0].turn_id == visit.attempts[0].turns[0].id

    def test_and_their_work_orders_stand_or_fall_together(self, community: Community) -> None:
        class Failing(NotedAftercare):
            def flag_raised(self, session: Session, visit: Visit, flag: Flag, now: datetime) -> None:
                super().flag_raised(session, visit, flag, now)
                raise RuntimeError

        pain = raised(Urgency.EMERGENCY, Confirmed.YES)
        with pytest.raises(RuntimeError), community.ledger.session() as session:
            store_flag(session, 1, pain, Failing(), MONDAY)
        assert (flags(community.ledger), community.aftercare_of()) == ([], [])


@pytest.mark.parametrize("state", [{}, {"script_id": "standard"}, {"version": 0}])
def test_a_dialogue_of_another_version_leaves_nothing_open(state: dict[str, object]) -> None:
    assert left_open(state) == ()


def test_turns_of_two_calls_are_counted_through(community: Community) -> None:
    with community.ledger.session() as session:
        store_turn(session, 1, turn(0))
        session.add(
            CallAttempt(visit_id=1, number=2, phone_id=1, reference="r2", fence=2, intended_at=MONDAY)
        )
        session.flush()
        store_turn(session, 2, turn(1))
        store_flags(session, 1, [raised(Urgency.URGENT, Confirmed.YES)], AFTERCARE, MONDAY)
        assert session.scalar(select(func.count()).select_from(Turn)) == 2
    assert community.visit().flags[0].turn_id == community.visit().attempts[0].turns[0].id
