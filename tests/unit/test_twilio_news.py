"""Reports come late, twice, and in any order; what is known in the end is the same."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.lines.answerer import NetworkSays
from ivr.lines.twilio.news import (
    ANSWERERS,
    FINAL,
    STATUSES,
    STREAM_FAILED,
    BadNewsError,
    CallNews,
    Progress,
    read_callback,
)

SID = "CA" + "0" * 32


def news(status: str, **codes: int | None) -> CallNews:
    return CallNews(SID, "visit-1", status, **codes)


reports = st.builds(
    news,
    st.sampled_from(sorted(STATUSES | {STREAM_FAILED} | ANSWERERS.keys())),
    sip_code=st.none() | st.integers(100, 699),
    error_code=st.none() | st.integers(1, 99999),
)


def told(*heard: CallNews) -> Progress:
    progress = Progress()
    for each in heard:
        progress = progress.with_news(each)
    return progress


@settings(deadline=None, max_examples=40)
@given(st.lists(reports, max_size=8).flatmap(lambda all_: st.tuples(st.just(all_), st.permutations(all_))))
def test_the_order_makes_no_difference(orders: tuple[list[CallNews], list[CallNews]]) -> None:
    one, other = orders
    assert told(*one) == told(*other)


@settings(deadline=None, max_examples=40)
@given(st.lists(reports, min_size=1, max_size=8), st.data())
def test_repetition_makes_no_difference(heard: list[CallNews], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(heard)))
    assert told(*heard, *again) == told(*heard)


@settings(deadline=None, max_examples=40)
@given(st.lists(reports), st.sampled_from(sorted(FINAL)))
def test_what_is_over_stays_over(later: list[CallNews], end: str) -> None:
    assert told(news(end), *later).over


def test_an_answer_overtakes_the_ringing() -> None:
    late = told(news("in-progress"), news("ringing"), news("initiated"))
    assert late.status == "in-progress"
    assert late.rang
    assert not late.over


def test_another_call_s_news_is_not_ours() -> None:
    other = CallNews("CA" + "1" * 32, "visit-1", "completed")
    assert told(news("ringing"), other).status == "ringing"


def test_a_callback_is_read_and_numbers_in_it_are_left_behind() -> None:
    form = {
        "CallSid": SID, "AccountSid": "AC" + "0" * 32, "To": "+865331234567", "From": "+14155550100",
        "CallStatus": "failed", "SipResponseCode": "404", "ErrorCode": "13224", "SequenceNumber": "2",
    }  # fmt: skip
    read = read_callback("visit-1", form)
    assert read == CallNews(SID, "visit-1", "failed", 404, 13224)
    assert "1234567" not in repr(read)


def test_a_stream_that_could_not_be_brought_is_news_one_that_began_is_not() -> None:
    form = {"CallSid": SID, "StreamEvent": "stream-error", "StreamError": "31910: SSL error"}
    assert read_callback("visit-1", form) == CallNews(SID, "visit-1", STREAM_FAILED, None, 31910)
    unnamed = read_callback("visit-1", form | {"StreamError": "something"})
    assert unnamed == CallNews(SID, "visit-1", STREAM_FAILED)
    assert read_callback("visit-1", form | {"StreamEvent": "stream-started"}) is None


def detected(**form: str) -> dict[str, str]:
    """As Twilio's machine detection reports, whose form names no status."""
    return {"CallSid": SID, "AccountSid": "AC" + "0" * 32, "MachineDetectionDuration": "2400"} | form


@pytest.mark.parametrize("answered_by", sorted(ANSWERERS))
def test_who_picked_up_is_news_that_says_nothing_of_how_the_call_goes(answered_by: str) -> None:
    read = read_callback("visit-1", detected(AnsweredBy=answered_by))
    assert read == CallNews(SID, "visit-1", answered_by)
    assert not read.final
    known = told(news("in-progress"), read, news("completed", sip_code=200))
    assert (known.status, known.answered_by) == ("completed", answered_by)


def test_a_report_of_the_end_that_also_says_who_picked_up_is_one_of_the_end() -> None:
    read = read_callback("visit-1", detected(CallStatus="completed", AnsweredBy="human"))
    assert read == CallNews(SID, "visit-1", "completed")


def test_of_two_opinions_the_one_that_leaves_a_person_holds() -> None:
    assert ANSWERERS[told(news("machine_start"), news("human")).answered_by] is NetworkSays.PERSON
    assert ANSWERERS[told(news("unknown"), news("machine_start")).answered_by] is None


@pytest.mark.parametrize(
    "form",
    [
        {},
        detected(),
        detected(AnsweredBy="martian"),
        {"CallSid": SID, "CallStatus": "human"},
        {"CallStatus": "ringing"},
        {"CallSid": SID},
        {"CallSid": SID, "CallStatus": "flying"},
        {"CallSid": "../../etc", "CallStatus": "ringing"},
    ],
)
def test_what_twilio_would_not_say_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(BadNewsError):
        read_callback("visit-1", form)


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(st.sampled_from(["CallSid", "CallStatus", "SipResponseCode", "ErrorCode"]), st.text()))
def test_nonsense_is_read_or_refused(form: dict[str, str]) -> None:
    with suppress(BadNewsError):
        read = read_callback("visit-1", form)
        assert read is not None
        assert read.status in STATUSES
