"""Twenty milliseconds out, twenty milliseconds in, whatever the threads and the network do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.telephone import tone

from ivr.lines.sip.pacing import LEAD_S, Pacer, Playout
from speech.types import FRAME_SAMPLES

FRAMES = [tone(0.02, level=1000.0 + each) for each in range(80)]


def test_the_first_frames_go_ahead_and_the_rest_keep_time() -> None:
    pacer = Pacer()
    now, waits = 100.0, []
    for _ in range(10):
        waits.append(pacer.wait_after(now))
        now += waits[-1]
    assert waits[:3] == pytest.approx([0.0, 0.0, 0.0])
    assert waits[3:] == pytest.approx([0.02] * 7)


@given(st.lists(st.floats(0.0, 0.05), min_size=1, max_size=200))
def test_delays_do_not_add_up(delays: list[float]) -> None:
    pacer = Pacer()
    now = began = 0.0
    for delay in delays:
        now += pacer.wait_after(now) + delay
    on_time = began + len(delays) * 0.02 - LEAD_S
    assert now >= on_time - 1e-9, "nobody speaks faster than time"
    assert now <= max(on_time, 0.0) + sum(delays) + 1e-9
    if max(delays) <= 0.02:
        assert now <= max(on_time, 0.0) + LEAD_S + 0.02 + 1e-9, "small delays are made up for"


def heard(playout: Playout) -> np.ndarray | None:
    frame = playout.pull()
    return None if frame.lost else frame.pcm


def test_it_is_silent_until_somebody_is_heard_and_nothing_counts_as_lost() -> None:
    frames = [Playout().pull() for _ in range(5)]
    assert not any(frame.lost or frame.pcm.any() for frame in frames)


def test_lumps_come_out_in_order_as_frames() -> None:
    playout = Playout()
    stream = np.concatenate(FRAMES[:10]).tobytes()
    played = []
    for at in range(0, len(stream), 700):
        playout.push(stream[at : at + 700])
        played += [playout.pull(), playout.pull()]
    good = [frame.pcm for frame in played if not frame.lost and frame.pcm.any()]
    assert all(len(pcm) == FRAME_SAMPLES for pcm in good)
    assert np.array_equal(np.concatenate(good)[: 5 * FRAME_SAMPLES], np.concatenate(FRAMES[:5]))


def test_a_gap_is_concealed_fading_and_marked_and_speech_goes_on_after_it() -> None:
    playout = Playout()
    playout.push(np.concatenate(FRAMES[:2]).tobytes())
    assert [heard(playout) is not None for _ in range(2)] == [True, True]
    gap = [playout.pull() for _ in range(5)]
    assert all(frame.lost for frame in gap)
    assert [int(np.abs(frame.pcm).max()) > 0 for frame in gap] == [True, True, True, False, False]
    playout.push(np.concatenate(FRAMES[2:4]).tobytes())
    assert np.array_equal(heard(playout), FRAMES[2])


def test_after_a_long_stall_the_newest_second_is_what_counts() -> None:
    playout = Playout()
    playout.push(np.concatenate(FRAMES).tobytes())
    assert np.array_equal(heard(playout), FRAMES[30])


@given(st.lists(st.integers(0, 1500), max_size=60))
def test_every_beat_brings_exactly_one_frame(lumps: list[int]) -> None:
    playout = Playout()
    for lump in lumps:
        playout.push(b"\1" * lump)
        assert len(playout.pull().pcm) == FRAME_SAMPLES
