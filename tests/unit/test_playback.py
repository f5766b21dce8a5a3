"""Louder without breaking up; taken up again where it was stopped; never dead while somebody waits."""

import asyncio

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.telephone import tone, voice

from ivr.lines.wire import SILENCE
from ivr.playback import Mouth, from_first_sound, louder, resume_point
from ivr.recording import Recording
from speech.audio import level_dbfs
from speech.types import FRAME_SAMPLES, Pcm


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


@example(0.0, -32_768)
@given(st.floats(-40, 40), st.integers(-32_768, 32_767))
def test_no_sample_ever_overflows_or_changes_sign(gain_db: float, sample: int):
    before = np.array([sample], np.int16)
    after = int(louder(before, gain_db)[0])
    assert abs(after) <= 32_767 or (gain_db == 0 and after == sample)
    assert after * sample >= 0


# Taking up a sentence again


def phrases(*seconds: float, breath_s: float = 0.2) -> Pcm:
    silence = np.zeros(round(breath_s * 8000), np.int16)
    return np.concatenate([piece for length in seconds for piece in (tone(length, 300), silence)])


def test_a_sentence_is_taken_up_at_the_phrase_in_which_it_was_stopped():
    sentence = phrases(1.0, 1.5, 2.0)
    assert resume_point(sentence, round(4.0 * 8000)) == pytest.approx(2.9 * 8000, abs=0.1 * 8000)
    assert resume_point(sentence, round(2.5 * 8000)) == pytest.approx(1.2 * 8000, abs=0.1 * 8000)


def test_what_was_said_into_the_noise_is_said_again():
    """It was stopped just after the second phrase began, but somebody had made a noise for half a second."""
    assert resume_point(phrases(1.0, 1.5), round(1.5 * 8000)) == 0


@pytest.mark.parametrize("sentence", [tone(3.0, 300), np.zeros(0, np.int16), np.zeros(24_000, np.int16)])
def test_a_sentence_without_phrases_is_said_again_from_its_start(sentence: Pcm):
    assert resume_point(sentence, 20_000) == 0


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 2.0), min_size=1, max_size=5), st.floats(0, 12))
def test_nothing_that_was_not_heard_is_left_out(lengths: list[float], played_s: float):
    at = resume_point(phrases(*lengths), round(played_s * 8000))
    assert at % FRAME_SAMPLES == 0
    assert 0 <= at <= max(0.0, played_s - 0.6) * 8000 + FRAME_SAMPLES


# While a reply is worked out


class Taking:
    """A call that takes frames, and does something when it has taken so many."""

    provider_call_id = "taking"

    def __init__(self, then=lambda _count: None) -> None:
        self.frames: list[Pcm] = []
        self._then = then

    async def send(self, pcm: Pcm) -> None:
        self.frames.append(pcm)
        self._then(len(self.frames))
        if len(self.frames) == 60:
            raise asyncio.CancelledError


def sent_by(then) -> tuple[list[Pcm], list[int]]:
    noticed: list[int] = []
    call = Taking(lambda count: then(mouth, count))
    mouth = Mouth(call, Recording(60), lambda: None, sent=lambda frame, _pcm: noticed.append(frame))

    async def run() -> None:
        try:
            await mouth.run()
        except asyncio.CancelledError:
            return

    asyncio.run(run())
    return call.frames, noticed


def test_a_soft_hiss_fills_the_time_until_the_reply_and_is_no_reply():
    def story(mouth: Mouth, count: int) -> None:
        if count == 10:
            mouth.thinking = True
        elif count == 30:
            mouth.play(tone(0.2, 300))

    frames, noticed = sent_by(story)
    assert all(frame is SILENCE for frame in frames[:10])
    assert all(-65 < level_dbfs(frame) < -50 for frame in frames[10:30])
    assert noticed == list(range(30, 40))
    assert all(frame is SILENCE for frame in frames[40:])


def test_a_mouth_that_is_stopped_says_how_much_was_heard():
    played: list[int] = []

    def story(mouth: Mouth, count: int) -> None:
        if count == 1:
            mouth.play(tone(1.0, 300), after_quiet_s=0.1)
        elif count == 25:
            played.append(mouth.stop())
            played.append(mouth.stop())

    frames, _ = sent_by(story)
    loud = sum(level_dbfs(frame) > -40 for frame in frames)
    assert loud == 25 - 1 - 5  # it begins with the second frame, after 0.1 s of quiet
    assert played == [loud * FRAME_SAMPLES, 0]


def test_a_reply_begins_with_its_first_sound_and_loses_none_of_it():
    sentence = np.concatenate([np.zeros(300, np.int16), tone(0.5), np.zeros(800, np.int16)])
    begun = from_first_sound(sentence)
    assert len(sentence) - len(begun) == FRAME_SAMPLES
    assert np.array_equal(begun, sentence[FRAME_SAMPLES:])


@pytest.mark.parametrize("seconds", [0.0, 0.01, 1.0])
def test_a_sentence_without_a_sound_stays_as_it_is(seconds: float):
    silent = np.zeros(round(seconds * 8000), np.int16)
    assert len(from_first_sound(silent)) == len(silent)
