"""A bad connection: packets that are late or lost, and what hides them."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.lines import NUMBER, with_line
from support.telephone import Person, quiet, say, tone

from ivr.clock import LoopClock
from ivr.lines.simulated import FarEndFrame, SimulatedLine
from ivr.lines.wire import SILENCE, Wire
from speech.types import FRAME_SAMPLES


def test_lost_frames_are_hidden_by_the_last_good_one_fading_away():
    class Dice(random.Random):
        """Loses frames 2 to 6."""

        def __init__(self) -> None:
            super().__init__(0)
            self.thrown = 0

        def random(self) -> float:
            self.thrown += 1
            return 0.0 if 2 <= self.thrown <= 6 else 0.99

    wire = Wire(loss=0.5, dice=Dice())
    loud = tone(0.02, level=10_000)
    frames = [wire.carry(loud) for _ in range(7)]
    assert [frame.lost for frame in frames] == [False, True, True, True, True, True, False]
    peaks = [int(np.abs(frame.pcm).max()) for frame in frames]
    assert peaks[0] > peaks[1] > peaks[2] > peaks[3] > 0
    assert peaks[4] == peaks[5] == 0
    assert peaks[6] == peaks[0]


@pytest.mark.parametrize("loss", [0.0, 0.05, 0.3, 1.0])
def test_as_many_frames_are_lost_as_asked_for(loss: float):
    wire = Wire(loss=loss)
    lost = sum(wire.carry(SILENCE).lost for _ in range(4000))
    assert lost / 4000 == pytest.approx(loss, abs=0.02)


def test_jitter_delays_everything_by_the_depth_of_the_buffer_and_little_comes_too_late():
    wire = Wire(jitter_ms=50)
    first = tone(0.02)
    carried = [wire.carry(first if n == 0 else SILENCE) for n in range(3000)]
    assert next(index for index, frame in enumerate(carried) if frame.pcm.any()) == 3
    assert sum(frame.lost for frame in carried) < 30


def test_the_same_seed_gives_the_same_bad_line():
    def losses(seed: int) -> list[bool]:
        async def story(line: SimulatedLine, _clock: LoopClock) -> list[bool]:
            call = await line.dial(NUMBER, reference="a1")
            return [(await call.receive()).lost for _ in range(300)]

        return with_line(Person(lambda: say(tone(6))), story, loss=0.1, jitter_ms=40, seed=seed)

    assert losses(1) == losses(1)
    assert losses(1) != losses(2)


@pytest.mark.parametrize(("jitter", "loss"), [(-1, 0.0), (0, -0.1), (0, 1.1)])
def test_a_connection_that_cannot_be_is_refused(jitter: float, loss: float):
    with pytest.raises(ValueError, match="A line cannot have"):
        Wire(jitter_ms=jitter, loss=loss)


@settings(max_examples=50, deadline=None)
@given(jitter=st.floats(0, 200), loss=st.floats(0, 1), seed=st.integers(0, 99), count=st.integers(1, 60))
def test_whatever_the_connection_every_frame_sent_is_one_frame_received(
    jitter: float, loss: float, seed: int, count: int
):
    wire = Wire(jitter_ms=jitter, loss=loss, dice=random.Random(seed))
    for _ in range(count):
        assert len(wire.carry(tone(0.02)).pcm) == FRAME_SAMPLES


def test_a_frame_of_the_far_end_is_silence_unless_it_says_otherwise():
    frame = FarEndFrame()
    assert (frame.key, frame.hangs_up) == ("", False)
    assert not frame.pcm.any()
    with pytest.raises(ValueError, match="read-only"):
        frame.pcm[0] = 1


def test_quiet_people_send_frames_too():
    assert len(list(quiet(0.1))) == 5
