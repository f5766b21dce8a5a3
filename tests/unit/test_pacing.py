"""Twenty milliseconds out, twenty milliseconds in, whatever the threads and the network do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.telephone import tone

from ivr.lines.pacing import LEAD_S, Pacer, Playout
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
    (frame,) = playout.pull()
    return None if frame.lost else frame.pcm


def test_it_is_silent_until_somebody_is_heard_and_nothing_counts_as_lost() -> None:
    frames = [frame for _ in range(5) for frame in Playout().pull()]
    assert not any(frame.lost or frame.pcm.any() for frame in frames)


def test_lumps_come_out_in_order_as_frames() -> None:
    playout = Playout()
    stream = np.concatenate(FRAMES[:10]).tobytes()
    played = []
    for at in range(0, len(stream), 700):
        playout.push(stream[at : at + 700])
        played += [*playout.pull(), *playout.pull()]
    good = [frame.pcm for frame in played if not frame.lost and frame.pcm.any()]
    assert all(len(pcm) == FRAME_SAMPLES for pcm in good)
    assert np.array_equal(np.concatenate(good)[: 5 * FRAME_SAMPLES], np.concatenate(FRAMES[:5]))


def test_a_gap_is_concealed_fading_and_marked_and_speech_goes_on_after_it() -> None:
    playout = Playout()
    playout.push(np.concatenate(FRAMES[:2]).tobytes())
    assert [heard(playout) is not None for _ in range(2)] == [True, True]
    gap = [frame for _ in range(5) for frame in playout.pull()]
    assert all(frame.lost for frame in gap)
    assert [int(np.abs(frame.pcm).max()) > 0 for frame in gap] == [True, True, True, False, False]
    playout.push(np.concatenate(FRAMES[2:4]).tobytes())
    assert np.array_equal(heard(playout), FRAMES[2])


def test_after_a_long_stall_nothing_that_was_said_is_skipped() -> None:
    playout = Playout()
    playout.push(np.concatenate(FRAMES[:2]).tobytes())
    before = [*playout.pull(), *playout.pull()]
    stalled = [frame for _ in range(60) for frame in playout.pull()]
    assert all(frame.lost for frame in stalled)
    playout.push(np.concatenate(FRAMES[2:]).tobytes())
    after = [frame for _ in range(2) for frame in playout.pull()]
    assert np.array_equal(np.concatenate([frame.pcm for frame in before + after]), np.concatenate(FRAMES)), (
        "the cry for help may have been at the beginning, and the robot is back in step within two beats"
    )


@given(st.lists(st.integers(0, 5000), max_size=60))
def test_every_beat_brings_a_frame_and_whatever_came_is_passed_on_soon(lumps: list[int]) -> None:
    playout = Playout()
    given, passed_on = 0, 0
    for lump in lumps:
        playout.push(b"\1" * lump)
        given += lump
        frames = playout.pull()
        assert frames
        assert all(len(frame.pcm) == FRAME_SAMPLES for frame in frames)
        passed_on += sum(320 for frame in frames if not frame.lost and frame.pcm.any())
        assert 0 <= given - passed_on < 11 * 320 + 320, "200 ms and a piece of a frame at most"
