"""Louder without breaking up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.telephone import tone, voice

from ivr.playback import louder


def test_nothing_is_done_when_nothing_is_asked():
    pcm = voice("dui")
    assert louder(pcm, 0.0) is pcm


@pytest.mark.parametrize("gain_db", [-6.0, 3.0, 6.0])
def test_soft_speech_is_amplified_by_what_was_asked(gain_db: float):
    soft = tone(0.1, level=4000)
    assert np.abs(louder(soft, gain_db)).max() == pytest.approx(4000 * 10 ** (gain_db / 20), rel=0.01)


def test_loud_speech_is_rounded_off_and_not_clipped():
    loud = louder(tone(0.1, 997, level=30_000), 6.0).astype(np.int32)
    assert np.abs(loud).max() < 32_767
    assert len(np.unique(np.abs(loud[np.abs(loud) > 30_000]))) > 3


@given(st.floats(-40, 40), st.integers(-32_768, 32_767))
def test_no_sample_ever_overflows_or_changes_sign(gain_db: float, sample: int):
    before = np.array([sample], np.int16)
    after = int(louder(before, gain_db)[0])
    assert abs(after) <= 32_767
    assert after * sample >= 0
