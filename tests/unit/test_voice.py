"""How an answer sounded: its pauses, its level, and the line around it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.types import FRAME_SAMPLES, Pcm
from speech.voice import Voice, voice_of

FRAMES_A_SECOND = 50
NOISE_DBFS = -50.0
VOICE_DBFS = -26.0


def noise(seconds: float, dbfs: float) -> Pcm:
    count = round(seconds * FRAMES_A_SECOND) * FRAME_SAMPLES
    rms = 32768 * 10 ** (dbfs / 20)
    return np.random.default_rng(3).normal(0, rms, count).round().astype(np.int16)


def answered(
    *pieces: tuple[float, float], voice_dbfs: float = VOICE_DBFS, line_dbfs: float = NOISE_DBFS
) -> Voice:
    """Measure pieces of (seconds, probability of speech), after half a second of the line alone."""
    every = ((0.5, 0.0), *pieces)
    pcm = [noise(seconds, voice_dbfs if voiced >= 0.5 else line_dbfs) for seconds, voiced in every]
    likely = [voiced for seconds, voiced in every for _ in range(round(seconds * FRAMES_A_SECOND))]
    return voice_of(np.concatenate(pcm), likely, answer_at=25)


def test_an_answer_in_one_breath_has_no_pause() -> None:
    assert answered((2.0, 0.9)).pause_s == 0.0
    assert answered((2.0, 0.9)).longest_pause_s == 0.0


def test_what_an_elder_falls_silent_for_between_words_is_added_up() -> None:
    said = answered((1.0, 0.9), (0.8, 0.1), (0.6, 0.9), (0.5, 0.0), (1.0, 0.9))
    assert said.pause_s == pytest.approx(1.3)
    assert said.longest_pause_s == pytest.approx(0.8)


def test_the_gaps_between_syllables_are_no_pauses() -> None:
    assert answered((0.4, 0.9), (0.2, 0.1), (0.4, 0.9), (0.28, 0.0), (0.4, 0.9)).pause_s == 0.0


def test_silence_before_and_after_the_words_is_not_a_pause_in_them() -> None:
    assert answered((1.0, 0.9), (1.0, 0.0)).pause_s == 0.0


def test_a_knock_in_a_pause_does_not_end_it() -> None:
    assert answered((1.0, 0.9), (0.5, 0.0), (0.04, 0.9), (0.5, 0.0), (1.0, 0.9)).pause_s == pytest.approx(
        1.04
    )


def test_the_level_is_that_of_the_words_and_not_of_the_pauses() -> None:
    assert answered((1.0, 0.9)).speech_dbfs == pytest.approx(VOICE_DBFS, abs=0.3)
    assert answered((1.0, 0.9), (2.0, 0.0), (1.0, 0.9)).speech_dbfs == pytest.approx(VOICE_DBFS, abs=0.3)


def test_a_quieter_line_lowers_voice_and_background_together() -> None:
    near = answered((1.0, 0.9), (0.5, 0.0), (1.0, 0.9))
    far = answered((1.0, 0.9), (0.5, 0.0), (1.0, 0.9), voice_dbfs=VOICE_DBFS - 10, line_dbfs=NOISE_DBFS - 10)

    assert near.background_dbfs == pytest.approx(NOISE_DBFS, abs=1.5)
    assert near.speech_dbfs - far.speech_dbfs == pytest.approx(10, abs=0.5)  # type: ignore[operator]
    assert near.background_dbfs - far.background_dbfs == pytest.approx(10, abs=0.5)  # type: ignore[operator]


def test_a_line_that_sends_nothing_in_silence_has_no_background() -> None:
    voice = answered((1.0, 0.9), (0.5, 0.0), (1.0, 0.9), line_dbfs=-90.0)

    assert voice.background_dbfs is None
    assert voice.speech_dbfs is not None


def test_on_a_silent_line_the_fading_of_words_is_not_taken_for_a_background() -> None:
    pcm = np.concatenate([noise(0.5, -90), noise(1.0, VOICE_DBFS), noise(0.4, -60), noise(0.4, -90)])
    likely = [0.0] * 25 + [0.9] * 50 + [0.1] * 40

    assert voice_of(pcm, likely, answer_at=25).background_dbfs is None


def test_the_robots_echo_and_a_soft_beginning_are_not_taken_for_the_background() -> None:
    pcm = np.concatenate([noise(0.2, -30), noise(0.3, NOISE_DBFS), noise(0.06, -28), noise(1.0, VOICE_DBFS)])
    likely = [0.1] * 28 + [0.9] * 50

    assert voice_of(pcm, likely, answer_at=28).background_dbfs == pytest.approx(NOISE_DBFS, abs=1.5)


def test_what_was_not_recorded_any_more_is_not_measured() -> None:
    assert voice_of(noise(0.4, -26), [0.9] * 100, answer_at=25) == Voice()
    assert voice_of(np.zeros(0, np.int16), [], answer_at=0) == Voice()


@given(
    st.lists(st.integers(-32768, 32767), max_size=400),
    st.lists(st.floats(0, 1), max_size=30),
    st.integers(0, 30),
)
def test_any_sound_can_be_measured(steps: list[int], likely: list[float], answer_at: int) -> None:
    voice = voice_of(np.repeat(np.array(steps, np.int16), 16), likely, answer_at=answer_at)

    assert voice.pause_s is None or 0 <= voice.pause_s <= len(likely) / FRAMES_A_SECOND
    assert voice.speech_dbfs is None or -120 <= voice.speech_dbfs <= 0
