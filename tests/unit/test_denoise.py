"""Steady noise becomes quieter, a voice stays; nothing is ever broken by it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from speech.audio import level_dbfs, silence
from speech.denoise import denoised
from speech.types import SAMPLE_RATE, Pcm

DICE = np.random.default_rng(5)


def noise(seconds: float, level: float) -> Pcm:
    return (DICE.standard_normal(round(seconds * SAMPLE_RATE)) * level).astype(np.int16)


def voice(seconds: float) -> Pcm:
    moments = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (8000 * np.sin(2 * np.pi * 440 * moments) * (1 + np.sin(2 * np.pi * 4 * moments)) / 2).astype(
        np.int16
    )


def test_noise_between_words_is_lowered_by_about_ten_decibels() -> None:
    line = noise(2, 600)
    line[4000:12000] += voice(1)
    clean = denoised(line)

    assert level_dbfs(line[:3000]) - level_dbfs(clean[:3000]) == pytest.approx(10, abs=1.5)


def test_the_voice_itself_stays_as_loud() -> None:
    line = noise(2, 300)
    line[4000:12000] += voice(1)
    clean = denoised(line)

    assert level_dbfs(clean[5000:11000]) == pytest.approx(level_dbfs(line[5000:11000]), abs=1.0)


@pytest.mark.parametrize("pcm", [silence(0), silence(0.01), silence(1), noise(0.05, 9000)])
def test_what_is_no_speech_stays_what_it_is(pcm: Pcm) -> None:
    assert len(denoised(pcm)) == len(pcm)
    assert level_dbfs(denoised(pcm)) <= level_dbfs(pcm) + 1.0


@given(arrays.arrays(np.int16, st.integers(0, 2000)))
def test_any_samples_give_as_many_samples(pcm: Pcm) -> None:
    clean = denoised(pcm)

    assert clean.shape == pcm.shape
    assert clean.dtype == np.int16
