"""A recording keeps both sides in step, and within bounds."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.recording import Recording, Track
from speech.audio import alaw_decode, alaw_encode, mulaw_decode, mulaw_encode
from speech.types import FRAME_SAMPLES


def frame(value: int) -> np.ndarray:
    return np.full(FRAME_SAMPLES, value, np.int16)


def test_an_empty_recording_has_no_samples():
    assert Recording(10).stereo().shape == (0, 2)


def test_the_robot_is_left_and_the_elder_right():
    recording = Recording(10)
    recording.add_robot(frame(1))
    recording.add_elder(frame(2))
    assert recording.stereo().tolist() == [[1, 2]] * FRAME_SAMPLES


def test_a_side_that_sent_nothing_for_a_while_is_filled_with_silence():
    recording = Recording(10)
    for _ in range(50):
        recording.add_elder(frame(2))
    recording.add_robot(frame(1))
    stereo = recording.stereo()
    assert len(stereo) == 50 * FRAME_SAMPLES
    (spoken,) = set(np.flatnonzero(stereo[:, 0]) // FRAME_SAMPLES)
    assert spoken == 45


def test_a_moment_of_unevenness_is_not_a_gap():
    recording = Recording(10)
    for _ in range(4):
        recording.add_elder(frame(2))
    recording.add_robot(frame(1))
    assert recording.stereo()[0, 0] == 1


def test_a_call_that_is_over_holds_no_sound_though_it_is_known_how_long_it_was():
    recording = Recording(60)
    for value in range(1500):
        recording.add_robot(frame(value))
        recording.add_elder(frame(-value))
    recording.forget()
    recording.add_elder(frame(1))
    assert recording.stereo().shape == (0, 2)
    assert recording.seconds == pytest.approx(30.02)


def test_after_the_limit_nothing_more_is_kept_but_time_goes_on():
    recording = Recording(1.0)
    for _ in range(80):
        recording.add_elder(frame(2))
    assert recording.seconds == pytest.approx(1.6)
    assert len(recording.stereo()) == 8000
    assert len(recording.elder(45, 60)) == 5 * FRAME_SAMPLES


def test_a_piece_can_be_taken_out_while_recording_goes_on():
    recording = Recording(10)
    for value in range(5):
        assert recording.add_elder(frame(value)) == value
    piece = recording.elder(-3, 2)
    recording.add_elder(frame(5))
    assert piece.tolist() == [0] * FRAME_SAMPLES + [1] * FRAME_SAMPLES


@given(st.lists(st.sampled_from("re"), max_size=200))
def test_the_sides_never_drift_apart_by_more_than_the_slack(order: list[str]):
    recording = Recording(60)
    for who in order:
        add = recording.add_robot if who == "r" else recording.add_elder
        add(frame(1))
    stereo = recording.stereo()
    assert len(stereo) == recording.frames * FRAME_SAMPLES
    for channel in (0, 1):
        loud = np.flatnonzero(stereo[:, channel])
        if len(loud) and ("re"[channel] == (order or " ")[-1]):
            assert len(stereo) - loud[-1] <= 6 * FRAME_SAMPLES


@given(
    st.lists(st.tuples(st.integers(1, 260), st.booleans()), min_size=1, max_size=12),
    st.integers(-50, 2000),
    st.integers(-50, 2000),
    st.integers(1, 1500),
)
def test_what_is_packed_away_is_given_back_as_it_was(stretches, start, end, most):
    """Whatever was said and whatever was left out, at any length: no sample is lost or moved."""
    track, whole = Track(most), []
    for number, (frames, spoken) in enumerate(stretches):
        for at in range(frames if spoken else 0):
            whole.append(frame(number * 300 + at))
            track.add(whole[-1])
        if not spoken:
            whole += [frame(0)] * frames
            track.fill_up_to(len(whole))
    kept = whole[:most][max(0, start) : max(0, end)]
    assert track.frames == len(whole)
    assert np.array_equal(track.between(start, end), np.concatenate([np.zeros(0, np.int16), *kept]))


@pytest.mark.parametrize(
    "line", [mulaw_decode(bytes(range(256)) * 2000), alaw_decode(bytes(range(256)) * 2000)], ids=["mu", "A"]
)
def test_every_sample_that_a_telephone_line_can_carry_is_kept_as_it_was(line):
    track = Track(30_000)
    for each in line.reshape(-1, FRAME_SAMPLES):
        track.add(each)
    assert np.array_equal(track.between(0, track.frames), line)


def test_our_own_voice_is_kept_as_a_telephone_plays_it_and_its_silence_as_silence():
    voice = np.random.default_rng(2).normal(0, 4000, 2000 * FRAME_SAMPLES).astype(np.int16)
    voice[: 500 * FRAME_SAMPLES] = 0
    recording = Recording(60)
    for each in voice.reshape(-1, FRAME_SAMPLES):
        recording.add_robot(each)
    kept = recording.stereo()[:, 0]
    older = 1200 * FRAME_SAMPLES  # what is newer is at hand as it was
    assert np.array_equal(kept[:older], mulaw_decode(mulaw_encode(voice[:older])))
    assert not kept[: 500 * FRAME_SAMPLES].any()


@pytest.mark.parametrize("codec", [(mulaw_encode, mulaw_decode), (alaw_encode, alaw_decode)], ids=["mu", "A"])
def test_minutes_of_a_call_take_a_third_of_the_memory_of_their_samples(codec):
    encode, decode = codec
    track = Track(30_000)
    hiss = np.random.default_rng(1).normal(0, 60, 15_000 * FRAME_SAMPLES).astype(np.int16)
    line = decode(encode(hiss)).reshape(-1, FRAME_SAMPLES)
    tracemalloc.start()
    for each in line:
        track.add(each)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 0.4 * line.nbytes
    assert np.array_equal(track.between(0, len(line)), line.ravel())
