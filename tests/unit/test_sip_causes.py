"""What SIP and the telephone network answer, in our words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.lines import Disposition
from ivr.lines.sip.causes import OF_CAUSE, OF_STATUS, end_of_call, not_connected

BUSY, NO_ANSWER, FAILED = Disposition.BUSY, Disposition.NO_ANSWER, Disposition.FAILED
REJECTED, INVALID = Disposition.REJECTED, Disposition.INVALID_NUMBER


@pytest.mark.parametrize(
    ("answer", "disposition"),
    [
        ("486 Busy Here", BUSY),
        ("600 Busy Everywhere", BUSY),
        ("603 Decline", REJECTED),
        ("403 Forbidden", REJECTED),
        ("606 Not Acceptable", REJECTED),
        ("607 Unwanted", REJECTED),
        ("699 Whatever", REJECTED),
        ("404 Not Found", INVALID),
        ("484 Address Incomplete", INVALID),
        ("485 Ambiguous", INVALID),
        ("604 Does Not Exist Anywhere", INVALID),
        ("480 Temporarily Unavailable", NO_ANSWER),
        ("408 Request Timeout", NO_ANSWER),
        ("487 Request Terminated", NO_ANSWER),
        ("401 Unauthorized", FAILED),
        ("488 Not Acceptable Here", FAILED),
        ("302 Moved Temporarily", FAILED),
        ("500 Server Internal Error", FAILED),
        ("503 Service Unavailable", FAILED),
        ("Connection refused [111]", FAILED),
        ("Connection timed out [110]", FAILED),
        ("", FAILED),
    ],
)
def test_the_status_decides(answer: str, disposition: Disposition) -> None:
    assert not_connected(answer) is disposition


@pytest.mark.parametrize(
    ("answer", "disposition"),
    [
        ('480 Temporarily Unavailable,Q.850;cause=17;text="User busy"', BUSY),
        ("480 Temporarily Unavailable,Q.850 ; cause=1", INVALID),
        ("404 Not Found,q.850;text=x;cause=3", FAILED),
        ("500 Server Internal Error,Q.850;cause=19", NO_ANSWER),
        ("503 Service Unavailable,Q.850;cause=21", REJECTED),
        ("502 Bad Gateway,Q.850;cause=27", NO_ANSWER),
        ("403 Forbidden,SIP;cause=403,Q.850;cause=50", FAILED),
    ],
)
def test_the_telephone_network_knows_better(answer: str, disposition: Disposition) -> None:
    assert not_connected(answer) is disposition


@pytest.mark.parametrize("cause", [16, 31, 127, 999])
def test_causes_that_say_nothing_leave_it_to_the_status(cause: int) -> None:
    assert not_connected(f"486 Busy Here,Q.850;cause={cause}") is BUSY


def test_a_sip_reason_is_not_a_cause_of_the_telephone_network() -> None:
    assert not_connected("480 Temporarily Unavailable,SIP;cause=17") is NO_ANSWER


@given(st.text())
def test_whatever_comes_over_the_network_nobody_was_reached(text: str) -> None:
    assert not_connected(text) not in {Disposition.ANSWERED_HUMAN, Disposition.ANSWERED_MACHINE}


def test_only_the_number_itself_is_given_up_for_ever() -> None:
    never = {status for status, meaning in OF_STATUS.items() if meaning is INVALID}
    assert never == {404, 410, 484, 485, 604}
    assert {cause for cause, meaning in OF_CAUSE.items() if meaning is INVALID} == {1, 22, 28}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Connection reset by peer [104]", "normal"),
        ("Connection reset by peer [104],Q.850;cause=16", "Q.850;cause=16"),
        ("", "normal"),
        ("session timer expired", "session timer expired"),
    ],
)
def test_why_a_call_ended(text: str, cause: str) -> None:
    assert end_of_call(text) == cause
