"""The time between an elder's last sound and the robot's first."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.telephone import tone

from ivr.gaps import Gap, Gaps, quantile, summary
from speech.types import FRAME_SECONDS

SPEECH = tone(FRAME_SECONDS)
BREATH = tone(FRAME_SECONDS, level=20)


def test_a_gap_has_what_was_waited_on_purpose_and_what_the_machine_took_beyond_it() -> None:
    gaps = Gaps()
    gaps.answered(100, waited_s=0.6)
    gaps.sent(145, SPEECH)
    assert gaps.all == [Gap(wait_s=0.6, delay_s=0.3)]
    assert gaps.all[0].total_s == 0.9


def test_a_breath_before_the_words_is_not_the_reply() -> None:
    gaps = Gaps()
    gaps.answered(100, waited_s=0.6)
    for frame in range(130, 140):
        gaps.sent(frame, BREATH)
    gaps.sent(140, SPEECH)
    assert gaps.all == [Gap(0.6, 0.2)]


def test_only_the_first_sound_of_a_reply_ends_a_gap_and_a_prompt_that_answers_nothing_has_none() -> None:
    gaps = Gaps()
    gaps.sent(10, SPEECH)
    gaps.answered(100, waited_s=0.6)
    for frame in range(130, 140):
        gaps.sent(frame, SPEECH)
    assert gaps.all == [Gap(0.6, 0.0)]
    assert gaps.replied_at == 130
    assert gaps.before_prompt() == Gap(0.6, 0.0)
    assert gaps.before_prompt() is None


def test_a_reply_into_the_elders_own_words_has_no_negative_gap() -> None:
    gaps = Gaps()
    gaps.answered(100, waited_s=0.4)
    gaps.sent(90, SPEECH)
    assert gaps.all == [Gap(0.0, 0.0)]


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(0, 500), st.floats(0, 10))
def test_the_parts_add_up_to_the_whole(frame: int, later: int, waited_s: float) -> None:
    gaps = Gaps()
    gaps.answered(frame, waited_s)
    gaps.sent(frame + later, SPEECH)
    [gap] = gaps.all
    assert gap.total_s == pytest.approx(later * FRAME_SECONDS, abs=0.011)
    assert min(gap.wait_s, gap.delay_s) >= 0


def test_what_most_callers_noticed_is_summed_up() -> None:
    found = [Gap(0.6, 0.1)] * 90 + [Gap(2.0, 0.5)] * 9 + [Gap(2.0, 3.0)]
    figures = summary(found)
    assert figures["gaps"] == 100
    assert (figures["delay_p50_s"], figures["delay_p95_s"], figures["delay_p99_s"]) == (0.1, 0.5, 0.5)
    assert figures["total_p50_s"] == 0.7


def test_a_call_without_replies_has_no_figures() -> None:
    assert summary([]) == {"gaps": 0}
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


def test_a_quantile_is_never_better_than_what_was_measured() -> None:
    ten, hundred = ([float(each) for each in range(1, most + 1)] for most in (10, 100))
    assert quantile(ten, 0.95) == 10.0, "one of ten replies that are late is more than one in twenty"
    assert quantile(hundred, 0.95) == 95.0
    assert [quantile(hundred[::-1], share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 50.0, 99.0, 100.0]
