"""The ear loses no beginning, adds up no coughs, and knows what was dealt with."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.listening import Ear, Patience, Stretch
from ivr.recording import Recording
from speech.endpointing import EndpointEvent
from speech.types import FRAME_SAMPLES

PATIENT = Patience(end_silence_s=1.0, no_input_s=4.0)


class Marked:
    """A detector for which the samples themselves say how likely speech is."""

    def probability(self, frame: np.ndarray) -> float:
        return float(frame[0]) / 1000


def frame(voiced: float, number: int = 0) -> np.ndarray:
    samples = np.full(FRAME_SAMPLES, number, np.int16)
    samples[0] = round(voiced * 1000)
    return samples


def ear() -> Ear:
    return Ear(Marked(), Recording(600))


def hears(listener: Ear, *pieces: tuple[float, float]) -> list[bool]:
    """Pieces of (seconds, probability of speech); returns what each frame changed."""
    changes = []
    for seconds, voiced in pieces:
        changes += [listener.hear(frame(voiced, listener.now)) for _ in range(round(seconds * 50))]
    return changes


def test_silence_becomes_no_input_after_the_time_given():
    listener = ear()
    listener.attend(PATIENT)
    hears(listener, (3.98, 0.0))
    assert listener.event is None
    hears(listener, (0.02, 0.0))
    assert listener.event is EndpointEvent.NO_INPUT
    assert listener.stretch is None


def test_an_utterance_ends_after_the_silence_given():
    listener = ear()
    listener.attend(PATIENT)
    hears(listener, (1.0, 0.0), (2.0, 0.9), (0.98, 0.0))
    assert listener.event is None
    hears(listener, (0.02, 0.0))
    assert listener.event is EndpointEvent.SPEECH_ENDED
    assert listener.stretch == Stretch(50, 150, pytest.approx(2.0))


def test_the_audio_of_an_utterance_begins_before_its_first_voiced_frame():
    listener = ear()
    listener.attend(PATIENT)
    hears(listener, (1.0, 0.0), (2.0, 0.9), (1.0, 0.0))
    frames = listener.audio(listener.stretch).reshape(-1, FRAME_SAMPLES)[:, 1]
    assert frames[0] == 50 - 15
    assert frames[-1] == 150 + 10 - 1
    assert list(frames) == list(range(35, 160))


def test_speech_that_began_before_anybody_attended_is_heard_from_its_beginning():
    listener = ear()
    listener.overhear(lambda _stretch: pytest.fail("not over yet"))
    hears(listener, (1.0, 0.0), (1.5, 0.9))
    listener.attend(PATIENT)
    hears(listener, (0.5, 0.9), (1.0, 0.0))
    assert listener.event is EndpointEvent.SPEECH_ENDED
    assert listener.stretch == Stretch(50, 150, pytest.approx(2.0))


def test_the_time_to_begin_counts_from_when_somebody_attends():
    listener = ear()
    listener.overhear(lambda _stretch: None)
    hears(listener, (10.0, 0.0))
    listener.attend(PATIENT)
    hears(listener, (3.98, 0.0))
    assert listener.event is None
    hears(listener, (0.02, 0.0))
    assert listener.event is EndpointEvent.NO_INPUT


def test_what_is_overheard_is_told_stretch_by_stretch_and_is_then_taken():
    listener = ear()
    told: list[Stretch] = []
    listener.overhear(told.append)
    hears(listener, (0.2, 0.0), (0.3, 0.9), (0.5, 0.0), (0.3, 0.9), (0.6, 0.0))
    assert told == [Stretch(10, 25, pytest.approx(0.3)), Stretch(50, 65, pytest.approx(0.3))]
    listener.attend(PATIENT)
    assert not listener.speaking
    hears(listener, (4.0, 0.0))
    assert listener.event is EndpointEvent.NO_INPUT


def test_speech_is_sustained_after_half_a_second_and_that_is_news_once():
    listener = ear()
    listener.overhear(lambda _stretch: None)
    changes = hears(listener, (0.48, 0.9))
    assert not listener.sustained
    assert changes.count(True) == 1  # that somebody began
    assert hears(listener, (0.02, 0.9)) == [True]
    assert listener.sustained
    assert hears(listener, (0.46, 0.9)).count(True) == 0


def test_how_long_somebody_speaks_and_is_silent_is_looked_at_again_and_again():
    listener = ear()
    listener.attend(PATIENT)
    hears(listener, (0.5, 0.9))
    assert hears(listener, (2.0, 0.9)).count(True) == 2
    assert hears(listener, (0.5, 0.0)).count(True) == 12
    assert listener.pause_s == pytest.approx(0.5)
    hears(listener, (0.02, 0.9))
    assert listener.pause_s == 0.0


def test_the_last_sound_is_that_of_the_voice_and_not_what_a_detector_still_takes_for_it():
    listener = ear()
    listener.attend(PATIENT)
    for index in range(100):
        sound = frame(0.9, 3000 if index < 80 else 20)
        sound[0] = 900
        listener.hear(sound)
    hears(listener, (1.0, 0.0))
    assert listener.stretch == Stretch(0, 100, pytest.approx(2.0))
    assert listener.last_sound(listener.stretch) == 80


def test_coughs_do_not_add_up():
    listener = ear()
    listener.overhear(lambda _stretch: None)
    for _ in range(6):
        hears(listener, (0.2, 0.9), (0.42, 0.0))
        assert not listener.sustained


def test_a_cry_that_does_not_end_is_told_after_six_seconds():
    listener = ear()
    told: list[Stretch] = []
    listener.overhear(told.append)
    hears(listener, (13.0, 0.9))
    assert [(stretch.start, stretch.end) for stretch in told] == [(0, 300), (300, 600)]


def test_an_utterance_can_be_followed_by_more_of_it():
    listener = ear()
    listener.attend(PATIENT)
    hears(listener, (1.0, 0.9), (1.0, 0.0))
    first = listener.stretch
    hears(listener, (0.3, 0.0), (0.5, 0.9))  # while the first part is being read
    listener.attend(PATIENT, since=first.end)
    hears(listener, (0.5, 0.9), (1.0, 0.0))
    assert first.joined(listener.stretch) == Stretch(0, 165, pytest.approx(2.0))


def test_what_an_utterance_sounded_like_is_told_from_what_was_heard_of_it():
    listener = ear()
    listener.attend(PATIENT)
    hears(listener, (1.0, 0.0), (1.0, 0.9), (0.6, 0.0), (1.0, 0.9), (1.0, 0.0))
    voice = listener.voice(listener.stretch)
    assert voice.pause_s == pytest.approx(0.6)
    assert voice.speech_dbfs > voice.background_dbfs  # frames are numbered louder and louder


def test_an_utterance_with_which_the_call_began_has_nothing_before_it_and_is_measured():
    listener = ear()
    listener.attend(PATIENT)
    hears(listener, (1.0, 0.9), (1.0, 0.0))
    assert listener.voice(listener.stretch).background_dbfs is None
    assert listener.voice(listener.stretch).speech_dbfs is not None


def test_gaps_that_a_line_leaves_are_silence():
    recording = Recording(600)
    listener = Ear(Marked(), recording)
    listener.attend(PATIENT)
    hears(listener, (0.5, 0.9))
    for _ in range(200):
        recording.add_robot(frame(0.0))
    hears(listener, (0.02, 0.0))
    assert listener.now > 200
    assert listener.event is EndpointEvent.SPEECH_ENDED
    assert listener.stretch == Stretch(0, 25, pytest.approx(0.5))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.02, 2.0), st.sampled_from([0.0, 0.9])), min_size=1, max_size=12))
def test_no_voiced_second_goes_missing_however_speech_falls(pieces: Iterable[tuple[float, float]]):
    """Whatever was overheard, and what is still open, together cover every stretch of 0.1 s or more."""
    listener = ear()
    told: list[Stretch] = []
    listener.overhear(told.append)
    spoken: list[tuple[int, int]] = []
    for seconds, voiced in pieces:
        start = listener.now
        hears(listener, (seconds, voiced))
        if voiced and listener.now - start >= 5:
            spoken.append((start, listener.now))
    covered = [
        (stretch.start, stretch.end) for stretch in (*told, *([listener.stretch] if listener.stretch else []))
    ]
    for start, end in spoken:
        inside = sum(max(0, min(end, b) - max(start, a)) for a, b in covered)
        assert end - start - inside < 5


def test_the_sound_of_a_key_is_recorded_but_neither_voice_nor_words_nor_a_machines_tone():
    recording = Recording(600)
    listener = Ear(Marked(), recording)
    listener.attend(PATIENT)
    hears(listener, (1.0, 0.9))
    for _ in range(50):
        listener.hear(frame(0.9, 700), toned=True)
    hears(listener, (0.4, 0.9), (1.0, 0.0))
    assert listener.stretch == Stretch(0, 50, pytest.approx(1.0))
    assert recording.elder(60, 61)[5] == 700
    assert not np.any(listener.audio(Stretch(0, 105, 1.4))[50 * FRAME_SAMPLES : 100 * FRAME_SAMPLES])
    assert not listener.beeped
