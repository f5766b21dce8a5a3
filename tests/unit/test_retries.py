import itertools
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from campaigns.retries import (
    Circumstances,
    End,
    EndReason,
    Past,
    Retry,
    RetryPolicy,
    VisitOutcome,
    after,
    next_phone,
)
from campaigns.windows import Windows, end_of_day, may_begin
from ivr.lines import Disposition
from ivr.report import CallOutcome
from speech.types import Urgency

SHANGHAI = ZoneInfo("Asia/Shanghai")
WINDOWS = Windows(hours=((time(9), time(11, 30)), (time(14, 30), time(17, 30))))
MORNING = datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)
MONTH_END = datetime(2026, 12, 1, tzinfo=SHANGHAI)

BUSY = Past(Disposition.BUSY, 1)
NO_ANSWER = Past(Disposition.NO_ANSWER, 1)
MACHINE = Past(Disposition.ANSWERED_MACHINE, 1, CallOutcome.MACHINE)
REJECTED = Past(Disposition.REJECTED, 1)
INVALID = Past(Disposition.INVALID_NUMBER, 1)
FAILED = Past(Disposition.FAILED, 1)
INTERRUPTED = Past(Disposition.FAILED, 1, interrupted=True)
HUNG_UP = Past(Disposition.ANSWERED_HUMAN, 1, CallOutcome.PARTIAL)
SILENT = Past(Disposition.ANSWERED_HUMAN, 1, CallOutcome.SILENT)
PROXY = Past(Disposition.ANSWERED_HUMAN, 1, CallOutcome.PROXY)
LATER = Past(Disposition.ANSWERED_HUMAN, 1, CallOutcome.CALL_LATER)
STRANGER = Past(Disposition.ANSWERED_HUMAN, 1, CallOutcome.WRONG_PERSON)
REFUSED = Past(Disposition.ANSWERED_HUMAN, 1, CallOutcome.REFUSED)
TALKED = Past(Disposition.ANSWERED_HUMAN, 1, CallOutcome.COMPLETED)
CALM = Circumstances()


def decide(
    *past: Past,
    what: Circumstances = CALM,
    phones: tuple[int, ...] = (1,),
    policy: RetryPolicy | None = None,
    moment: datetime = MORNING,
    ends: datetime = MONTH_END,
    windows: Windows = WINDOWS,
) -> Retry | End:
    return after(
        past,
        what,
        phones=phones,
        policy=policy or RetryPolicy(),
        windows=windows,
        moment=moment,
        ends=ends,
    )


def local(hour: int, minute: int = 0, *, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


class TestTryingAgain:
    @pytest.mark.parametrize(
        ("attempt", "at"),
        [
            (BUSY, local(9, 45)),
            (NO_ANSWER, local(11, 0)),
            (HUNG_UP, local(9, 50)),
            (SILENT, local(10, 0)),
            (FAILED, local(9, 40)),
            (INTERRUPTED, local(9, 32)),
            (MACHINE, local(14, 30)),  # two hours on it is lunch time
            (REJECTED, local(14, 30)),
            (PROXY, local(14, 30)),
            (LATER, local(14, 30)),
        ],
    )
    def test_comes_after_a_pause_that_suits_what_happened(self, attempt: Past, at: datetime) -> None:
        assert decide(attempt) == Retry(at, 1)

    def test_who_does_not_answer_twice_in_the_morning_is_tried_in_the_afternoon(self) -> None:
        assert decide(NO_ANSWER, NO_ANSWER, moment=local(11)) == Retry(local(14, 30), 1)

    def test_who_does_not_answer_in_the_afternoon_is_tried_next_morning(self) -> None:
        assert decide(NO_ANSWER, NO_ANSWER, moment=local(15)) == Retry(local(9, day=24), 1)

    def test_a_third_silence_leads_to_the_same_hour_of_the_next_day(self) -> None:
        patient = RetryPolicy(max_attempts=5)
        assert decide(NO_ANSWER, NO_ANSWER, NO_ANSWER, policy=patient) == Retry(local(9, 30, day=24), 1)

    def test_an_elder_who_names_a_time_is_called_then(self) -> None:
        assert decide(LATER, what=Circumstances(call_later_minutes=60)) == Retry(local(10, 30), 1)

    def test_a_wish_for_midnight_is_kept_in_the_morning(self) -> None:
        assert decide(LATER, what=Circumstances(call_later_minutes=14 * 60)) == Retry(local(9, day=24), 1)

    def test_an_elder_may_say_later_and_still_has_every_attempt(self) -> None:
        assert isinstance(decide(LATER, LATER, NO_ANSWER, BUSY), Retry)

    def test_a_failing_line_uses_up_none_of_the_attempts(self) -> None:
        assert isinstance(decide(FAILED, FAILED, FAILED, NO_ANSWER), Retry)

    def test_a_talk_our_program_broke_off_is_taken_up_again(self) -> None:
        assert isinstance(decide(NO_ANSWER, NO_ANSWER, INTERRUPTED), Retry)


class TestSeveralNumbers:
    def test_the_first_number_comes_first(self) -> None:
        assert next_phone([], [3, 2]) == 3

    def test_an_elder_without_any_number_is_not_rung(self) -> None:
        assert next_phone([], []) is None

    def test_numbers_take_turns_while_nobody_answers(self) -> None:
        second = Past(Disposition.NO_ANSWER, 2)
        assert next_phone([NO_ANSWER], [1, 2]) == 2
        assert next_phone([NO_ANSWER, second], [1, 2]) == 1
        assert next_phone([NO_ANSWER, second], [1, 2, 3]) == 3

    def test_a_number_that_is_busy_has_somebody_at_home(self) -> None:
        assert next_phone([BUSY], [1, 2]) == 1

    @pytest.mark.parametrize("dead", [INVALID, STRANGER])
    def test_a_number_that_is_not_the_elders_is_never_rung_again(self, dead: Past) -> None:
        assert decide(dead, phones=(1, 2)) == Retry(local(9, 35), 2)
        second = Past(Disposition.NO_ANSWER, 2)
        assert next_phone([dead, second], [1, 2]) == 2

    def test_wrong_numbers_do_not_cost_the_right_one_its_attempts(self) -> None:
        past = [STRANGER, Past(Disposition.INVALID_NUMBER, 2), Past(Disposition.INVALID_NUMBER, 3)]
        assert decide(*past, phones=(1, 2, 3, 4)) == Retry(local(9, 35), 4)

    def test_a_number_taken_off_the_list_meanwhile_is_not_rung(self) -> None:
        assert next_phone([HUNG_UP], [2]) == 2


class TestTheEnd:
    @pytest.mark.parametrize(
        ("past", "outcome", "reason"),
        [
            ([TALKED], VisitOutcome.COMPLETED, EndReason.TALK_FINISHED),
            ([REFUSED], VisitOutcome.REFUSED, EndReason.REFUSED),
            ([STRANGER], VisitOutcome.WRONG_PERSON, EndReason.WRONG_PERSON),
            ([INVALID], VisitOutcome.UNREACHABLE, EndReason.NO_USABLE_NUMBER),
            ([NO_ANSWER] * 3, VisitOutcome.UNREACHABLE, EndReason.ATTEMPTS_USED_UP),
            ([BUSY] * 3, VisitOutcome.UNREACHABLE, EndReason.ATTEMPTS_USED_UP),
            ([MACHINE] * 3, VisitOutcome.UNREACHABLE, EndReason.ATTEMPTS_USED_UP),
            ([SILENT] * 3, VisitOutcome.UNREACHABLE, EndReason.ATTEMPTS_USED_UP),
            ([PROXY, NO_ANSWER, NO_ANSWER], VisitOutcome.UNREACHABLE, EndReason.ATTEMPTS_USED_UP),
            ([HUNG_UP, NO_ANSWER, NO_ANSWER], VisitOutcome.PARTIAL, EndReason.ATTEMPTS_USED_UP),
            ([HUNG_UP] * 3, VisitOutcome.PARTIAL, EndReason.ATTEMPTS_USED_UP),
            ([FAILED] * 5, VisitOutcome.UNREACHABLE, EndReason.LINE_FAILED),
            ([INTERRUPTED] * 5, VisitOutcome.UNREACHABLE, EndReason.LINE_FAILED),
            ([LATER] * 4, VisitOutcome.PARTIAL, EndReason.PUT_OFF_TOO_OFTEN),
            ([LATER, NO_ANSWER, NO_ANSWER, NO_ANSWER], VisitOutcome.UNREACHABLE, EndReason.ATTEMPTS_USED_UP),
        ],
    )
    def test_is_reached(self, past: list[Past], outcome: VisitOutcome, reason: EndReason) -> None:
        assert decide(*past) == End(outcome, reason)

    def test_a_person_may_be_asked_for_and_then_the_robot_stays_silent(self) -> None:
        asked = Circumstances(asked_for_person=True)
        assert decide(HUNG_UP, what=asked) == End(VisitOutcome.PARTIAL, EndReason.ASKED_FOR_PERSON)

    def test_dont_call_again_is_heard_whatever_else_happened(self) -> None:
        no_more = Circumstances(do_not_call=True)
        assert decide(HUNG_UP, what=no_more) == End(VisitOutcome.REFUSED, EndReason.OPTED_OUT)

    @pytest.mark.parametrize("urgency", [Urgency.URGENT, Urgency.EMERGENCY])
    @pytest.mark.parametrize("attempt", [TALKED, HUNG_UP, REFUSED, PROXY, INTERRUPTED, SILENT])
    def test_a_visit_with_a_red_flag_is_in_a_persons_hands(self, urgency: Urgency, attempt: Past) -> None:
        flagged = Circumstances(urgency=urgency, do_not_call=True)
        assert decide(attempt, what=flagged) == End(VisitOutcome.ESCALATED, EndReason.FLAGGED)

    def test_a_need_alone_does_not_end_the_visit(self) -> None:
        assert decide(TALKED, what=Circumstances(urgency=Urgency.NEED)) == End(
            VisitOutcome.COMPLETED, EndReason.TALK_FINISHED
        )

    def test_no_attempt_lies_past_the_period(self) -> None:
        tonight = datetime(2026, 11, 24, tzinfo=SHANGHAI)
        assert decide(NO_ANSWER, NO_ANSWER, moment=local(16), ends=tonight) == End(
            VisitOutcome.UNREACHABLE, EndReason.PERIOD_OVER
        )

    def test_nobody_is_rung_by_a_clock_nobody_knows(self) -> None:
        assert decide(BUSY, windows=Windows(timezone="Mars/Olympus")) == End(
            VisitOutcome.UNREACHABLE, EndReason.NO_WINDOW
        )


class TestPolicyIsData:
    def test_the_whole_policy_goes_into_the_snapshot_and_comes_back(self) -> None:
        policy = RetryPolicy.model_validate({"max_attempts": 4, "pauses": {"busy": [5, "next_day"]}})
        stored = policy.model_dump(mode="json")
        assert stored["pauses"]["busy"] == [5, "next_day"]
        assert stored["pauses"]["no_answer"] == [90, "other_half_day", "next_day"]
        assert RetryPolicy.model_validate(stored) == policy

    @pytest.mark.parametrize(
        "wrong",
        [
            {"max_attempts": 0},
            {"pauses": {"busy": []}},
            {"pauses": {"busy": [0]}},
            {"pauses": {"busy": ["sometime"]}},
            {"pauses": {"completed": [5]}},
            {"pauses": {"on_holiday": [5]}},
            {"patience": 3},
        ],
    )
    def test_a_policy_that_makes_no_sense_is_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            RetryPolicy.model_validate(wrong)


histories = st.lists(
    st.builds(
        Past,
        disposition=st.sampled_from(Disposition),
        phone=st.integers(1, 3),
        outcome=st.none() | st.sampled_from(CallOutcome),
        interrupted=st.booleans(),
    ),
    min_size=1,
    max_size=12,
)
circumstances = st.builds(
    Circumstances,
    urgency=st.sampled_from(Urgency),
    asked_for_person=st.booleans(),
    do_not_call=st.booleans(),
    call_later_minutes=st.none() | st.integers(0, 3000),
)
moments = st.datetimes(datetime(2026, 11, 1), datetime(2026, 11, 29), timezones=st.just(UTC))  # noqa: DTZ001


@given(histories, circumstances, st.sets(st.integers(1, 3)), moments)
def test_another_attempt_always_lies_ahead_within_hours_and_period_at_a_usable_number(
    past: list[Past], what: Circumstances, phones: set[int], moment: datetime
) -> None:
    ends = end_of_day(MONTH_END.date() - timedelta(days=1), WINDOWS.timezone)
    decision = decide(*past, what=what, phones=tuple(phones), moment=moment, ends=ends)
    if isinstance(decision, Retry):
        assert decision.at > moment
        assert may_begin(WINDOWS, decision.at)
        assert decision.at < ends
        assert decision.phone in phones


@given(histories, st.integers(1, 5))
def test_no_telephone_rings_in_vain_more_often_than_allowed(past: list[Past], most: int) -> None:
    policy = RetryPolicy(max_attempts=most)
    rung: list[Past] = []
    phone = 1
    for attempt in itertools.cycle(past):
        rung.append(replace(attempt, phone=phone))
        decision = decide(*rung, phones=(1, 2, 3), policy=policy)
        if isinstance(decision, End):
            break
        phone = decision.phone
    assert len(rung) <= most + policy.max_failed + policy.max_put_off + 3


@given(histories, circumstances.filter(lambda what: what.urgency >= Urgency.URGENT))
def test_no_history_hides_a_red_flag(past: list[Past], what: Circumstances) -> None:
    assert decide(*past, what=what) == End(VisitOutcome.ESCALATED, EndReason.FLAGGED)
