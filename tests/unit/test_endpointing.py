"""When is an elder done speaking? Too early cuts them off, too late leaves them in silence."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.endpointing import Endpointer, EndpointEvent
from speech.types import FRAME_SECONDS

STARTED, ENDED = EndpointEvent.SPEECH_STARTED, EndpointEvent.SPEECH_ENDED
NO_INPUT, TOO_LONG = EndpointEvent.NO_INPUT, EndpointEvent.TOO_LONG


def speaking(seconds: float) -> list[float]:
    return [0.9] * round(seconds / FRAME_SECONDS)


def quiet(seconds: float) -> list[float]:
    return [0.05] * round(seconds / FRAME_SECONDS)


def listen(endpointer: Endpointer, frames: Iterable[float]) -> list[tuple[EndpointEvent, float]]:
    said = [(endpointer.step(frame), endpointer.elapsed_s) for frame in frames]
    return [(event, round(at, 2)) for event, at in said if event is not None]


@pytest.fixture
def patient() -> Endpointer:
    return Endpointer(end_silence_s=2.0, no_input_s=8.0)


def test_an_elder_who_never_answers_is_no_input_after_eight_seconds(patient: Endpointer) -> None:
    assert listen(patient, quiet(20)) == [(NO_INPUT, 8.0)]
    assert patient.finished
    assert patient.started_s is None


def test_a_door_that_slams_is_not_an_answer(patient: Endpointer) -> None:
    frames = quiet(1) + speaking(0.06) + quiet(9)
    assert listen(patient, frames) == [(NO_INPUT, 8.0)]


def test_a_short_yes_is_an_answer_and_its_times_are_those_of_the_voice(patient: Endpointer) -> None:
    frames = quiet(1.0) + speaking(0.24) + quiet(3)
    assert [event for event, _ in listen(patient, frames)] == [STARTED, ENDED]
    assert patient.started_s == pytest.approx(1.0)
    assert patient.ended_s == pytest.approx(1.24)
    assert patient.voiced_s == pytest.approx(0.24)


def test_an_elder_who_pauses_to_think_is_not_cut_off(patient: Endpointer) -> None:
    frames = quiet(1) + speaking(1) + quiet(1.9) + speaking(1) + quiet(2.5)
    assert listen(patient, frames) == [(STARTED, 1.1), (ENDED, 6.9)]
    assert patient.ended_s == pytest.approx(4.9)


def test_an_elder_who_opens_their_mouth_at_the_last_moment_is_heard(patient: Endpointer) -> None:
    assert listen(patient, quiet(7.96) + speaking(1) + quiet(3))[0] == (STARTED, 8.06)


def test_an_elder_who_goes_on_and_on_is_interrupted_at_last() -> None:
    endpointer = Endpointer(end_silence_s=2, no_input_s=8, max_speech_s=5)
    assert listen(endpointer, speaking(20)) == [(STARTED, 0.1), (TOO_LONG, 5.0)]


def test_a_voice_that_grows_faint_is_followed_down_to_the_lower_threshold(patient: Endpointer) -> None:
    faint = [0.4] * 100
    assert [event for event, _ in listen(patient, speaking(0.5) + faint)] == [STARTED]
    assert patient.speaking
    assert listen(Endpointer(end_silence_s=2, no_input_s=1), faint) == [(NO_INPUT, 1.0)]


probabilities = st.lists(st.floats(0, 1), max_size=1500)


@given(frames=probabilities, end=st.floats(0.1, 3), wait=st.floats(0.1, 10))
def test_events_come_in_order_and_nothing_follows_the_last(
    frames: list[float], end: float, wait: float
) -> None:
    endpointer = Endpointer(end_silence_s=end, no_input_s=wait)
    events = [event for event, _ in listen(endpointer, frames)]
    assert events in ([], [NO_INPUT], [STARTED], [STARTED, ENDED], [STARTED, TOO_LONG])
    assert endpointer.finished == (events[-1:] not in ([], [STARTED]))
    if endpointer.started_s is not None and endpointer.ended_s is not None:
        assert 0 <= endpointer.started_s < endpointer.ended_s <= endpointer.elapsed_s + 1e-9


@given(frames=probabilities)
def test_the_same_frames_always_give_the_same_events(frames: list[float]) -> None:
    first, second = (Endpointer(end_silence_s=1.2, no_input_s=4) for _ in range(2))
    assert listen(first, frames) == listen(second, frames)
