"""Playing the very words: found in the recording, not guessed from the clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.voice_spans import LEAD_S, TAIL_S, words_at, words_by_length


def side(*stretches, seconds=30):
    """The elder's side of a call, loud in the given stretches (seconds)."""
    return [any(start <= block / 10 < end for start, end in stretches) for block in range(seconds * 10)]


def test_an_answer_is_played_from_just_before_its_first_sound_to_just_after_its_last():
    start, end = words_at(side((10, 13)), ended_s=13.0, speech_s=2.8)
    assert start == pytest.approx(10 - LEAD_S)
    assert end == pytest.approx(13 + TAIL_S)


def test_a_cry_before_the_first_question_is_played_though_the_exchange_began_after_it():
    """She cried for help while the robot had not yet spoken; the turn was put down at second two."""
    start, end = words_at(side((0.2, 0.9), (12, 14)), ended_s=2.0, speech_s=0.7)
    assert start == 0.0
    assert end == pytest.approx(0.9 + TAIL_S)


def test_a_pause_for_breath_does_not_cut_the_answer_in_two():
    start, _ = words_at(side((10, 11), (12.2, 13)), ended_s=13.0, speech_s=1.8)
    assert start == pytest.approx(10 - LEAD_S)


def test_what_was_said_to_the_question_before_is_not_played_again():
    start, _ = words_at(side((5, 7), (10, 11)), ended_s=11.0, speech_s=1.0)
    assert start == pytest.approx(10 - LEAD_S)


def test_a_side_that_is_loud_all_the_time_is_played_only_as_long_as_was_heard():
    start, end = words_at(side((0, 30)), ended_s=20.0, speech_s=2.0)
    assert 3 < end - start < 7


def test_where_the_elder_was_silent_there_are_no_words():
    assert words_at(side((2, 3)), ended_s=20.0, speech_s=1.0) is None
    assert words_at([], ended_s=20.0, speech_s=1.0) is None


def test_without_a_recording_to_look_at_the_length_of_the_answer_decides():
    start, end = words_by_length(10.0, 20.0, 2.0)
    assert 10 <= start < 18
    assert end > 20


@given(st.lists(st.booleans(), max_size=300), st.floats(0, 60), st.floats(0.1, 20))
def test_words_lie_within_the_recording_and_end_after_they_begin(loud, ended_s, speech_s):
    found = words_at(loud, ended_s=ended_s, speech_s=speech_s)
    if found is not None:
        start, end = found
        assert 0 <= start < end <= len(loud) / 10 + TAIL_S + 0.01
