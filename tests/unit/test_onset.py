"""The first syllable is heard whole, however late a detector notices that somebody speaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.listening import Ear, Patience
from ivr.recording import Recording
from speech.audio import alaw_decode, alaw_encode, read_wav, set_level, silence
from speech.onset import MOST_S, sound_begins
from speech.recognizers.utterance import pieces_of
from speech.types import FRAME_SAMPLES, SAMPLE_RATE, Pcm
from speech.vad import VoiceActivity

VOICES = Path(__file__).parents[1] / "data" / "voices"
TEN_MS = SAMPLE_RATE // 100


def hiss(seconds: float, level: float) -> Pcm:
    drawn = np.random.default_rng(3).normal(0, level, round(seconds * SAMPLE_RATE))
    return drawn.astype(np.int16)


def heard_by_an_ear(pcm: Pcm, *, quiet_s: float) -> tuple[Ear, int]:
    """What an elder says after some quiet, over a telephone line; and the sample at which they begin."""
    line = alaw_decode(alaw_encode(np.concatenate([silence(quiet_s), pcm, silence(1.5)])))
    ear = Ear(VoiceActivity(), Recording(60))
    ear.attend(Patience(end_silence_s=1.2))
    for at in range(0, len(line) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        ear.hear(line[at : at + FRAME_SAMPLES])
    return ear, round(quiet_s * SAMPLE_RATE) + first_sound(pcm)


def first_sound(pcm: Pcm) -> int:
    """Where a recording is first louder than thirty decibels below its loud moments."""
    levels = np.sqrt(
        np.mean(pcm[: len(pcm) // TEN_MS * TEN_MS].astype(float).reshape(-1, TEN_MS) ** 2, axis=1)
    )
    return int(np.flatnonzero(levels > 0.03 * np.quantile(levels, 0.9))[0]) * TEN_MS


@pytest.mark.parametrize("quiet_s", [0.5, 3.0, 20.0])
@pytest.mark.parametrize("name", sorted(path.stem for path in VOICES.glob("*.wav")))
def test_what_an_elder_says_reaches_the_recogniser_from_its_first_sound(name: str, quiet_s: float) -> None:
    spoken = read_wav(VOICES / f"{name}.wav")
    ear, begins = heard_by_an_ear(spoken, quiet_s=quiet_s)
    assert ear.stretch is not None
    whole = ear.audio(ear.stretch)
    (piece, *_) = pieces_of(whole)
    wanted = alaw_decode(alaw_encode(spoken))[begins - round(quiet_s * SAMPLE_RATE) :][: TEN_MS * 20]
    for heard, what in ((whole, "the ear"), (piece.pcm, "the recogniser")):
        shape = np.correlate(heard.astype(float), wanted.astype(float), "valid")
        likeness = shape.max() / (
            np.linalg.norm(wanted.astype(float))
            * np.linalg.norm(heard[int(shape.argmax()) :][: len(wanted)].astype(float))
        )
        assert likeness > 0.999, f"the first 0.2 s are not what {what} got"


def test_a_soft_beginning_is_part_of_the_sound_and_the_quiet_before_it_is_not() -> None:
    soft, loud = hiss(0.4, 300), hiss(0.5, 6000)
    pcm = np.concatenate([silence(1.0), soft, loud])
    at = round(1.4 * SAMPLE_RATE)
    assert sound_begins(pcm, at) == SAMPLE_RATE


def test_a_closure_within_a_word_does_not_end_it() -> None:
    pcm = np.concatenate([silence(1.0), hiss(0.1, 2000), silence(0.1), hiss(0.5, 6000)])
    assert sound_begins(pcm, round(1.2 * SAMPLE_RATE)) == SAMPLE_RATE


def test_what_was_said_long_before_is_no_part_of_it() -> None:
    pcm = np.concatenate([hiss(1.0, 6000), silence(0.4), hiss(0.5, 6000)])
    at = round(1.4 * SAMPLE_RATE)
    assert sound_begins(pcm, at) == at


def test_the_noise_of_a_bad_line_is_no_beginning() -> None:
    pcm = (np.concatenate([np.zeros(SAMPLE_RATE), hiss(0.5, 6000)]) + hiss(1.5, 600)).astype(np.int16)
    assert sound_begins(pcm, SAMPLE_RATE) == SAMPLE_RATE


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1))
def test_it_never_looks_ahead_too_far_back_or_before_what_is_not_its_own(
    seed: int, where: float, own: float
) -> None:
    dice = np.random.default_rng(seed)
    pcm = set_level(dice.normal(0, 1000, 8000).astype(np.int16) * dice.integers(0, 2, 8000, np.int16), -20)
    at = round(where * len(pcm))
    earliest = round(own * at)
    begins = sound_begins(pcm, at, earliest=earliest)
    assert max(earliest, at - round(MOST_S * SAMPLE_RATE)) <= begins <= at
