"""What Twilio says of calls that nobody was talked to in, in our words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.lines import Disposition
from ivr.lines.twilio.causes import OF_ERROR, not_connected, words_for
from ivr.lines.twilio.news import FINAL

BUSY, NO_ANSWER, FAILED = Disposition.BUSY, Disposition.NO_ANSWER, Disposition.FAILED
REJECTED, INVALID = Disposition.REJECTED, Disposition.INVALID_NUMBER


@pytest.mark.parametrize(
    ("status", "sip", "error", "disposition"),
    [
        ("busy", None, None, BUSY),
        ("busy", 486, None, BUSY),
        ("busy", 603, None, REJECTED),
        ("no-answer", None, None, NO_ANSWER),
        ("no-answer", 480, None, NO_ANSWER),
        ("no-answer", 404, None, NO_ANSWER),
        ("failed", None, None, FAILED),
        ("failed", 404, None, INVALID),
        ("failed", 484, None, INVALID),
        ("failed", 480, None, NO_ANSWER),
        ("failed", 486, None, BUSY),
        ("failed", 403, None, REJECTED),
        ("failed", 500, None, FAILED),
        ("failed", 503, None, FAILED),
        ("failed", 404, 13227, FAILED),
        ("failed", None, 13224, INVALID),
        ("failed", None, 34002, BUSY),
        ("failed", 404, 99999, INVALID),
        ("canceled", 487, None, FAILED),
        ("completed", 200, None, FAILED),
        ("something new", None, None, FAILED),
    ],
)
def test_an_error_goes_before_the_carrier_and_the_carrier_before_the_status(
    status: str, sip: int | None, error: int | None, disposition: Disposition
) -> None:
    assert not_connected(status, sip, error) is disposition


def test_only_the_number_itself_is_given_up_for_ever() -> None:
    never = {code for code, meaning in OF_ERROR.items() if meaning.disposition is INVALID}
    assert never == {13223, 13224, 21211, 21217, 21401}


@pytest.mark.parametrize("code", [10004, 20429, 31901, 31902, 31910, 31920, 31921, 21215, 20003])
def test_trouble_on_our_side_is_tried_again_and_named(code: int) -> None:
    assert not_connected("failed", None, code) is FAILED
    assert f"Twilio {code}: " in words_for("failed", None, code)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(sorted(FINAL)) | st.text(),
    st.none() | st.integers(100, 699),
    st.none() | st.integers(1, 99999),
)
def test_whatever_is_reported_nobody_was_reached(status: str, sip: int | None, error: int | None) -> None:
    assert not_connected(status, sip, error) not in {
        Disposition.ANSWERED_HUMAN,
        Disposition.ANSWERED_MACHINE,
    }


@settings(deadline=None, max_examples=40)
@given(st.integers(100, 399) | st.integers(500, 599))
def test_a_carrier_in_trouble_says_nothing_of_the_number(sip: int) -> None:
    assert not_connected("failed", sip) is not INVALID


def test_what_goes_on_record() -> None:
    assert words_for("failed", 404) == "failed, SIP 404"
    assert words_for("", None, 21211) == "Twilio 21211: not a telephone number"
    assert words_for("failed", None, 99999) == "failed, Twilio 99999"
