"""A villager makes out what the robot said from its sound alone."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.g711 import mulaw_decode, mulaw_encode
from speech.prompts import Prompt
from speech.synthesizers.tones import ToneSynthesizer
from speech.types import FRAME_SAMPLES, Pcm
from wenan.village.listening import PromptEar

SENTENCES = (
    "您好！",
    "请问您是王秀兰吗？",
    "您这几天身体还好吗？",
    "这阵子您摔过跤吗？",
    "那就好。",
    "谢谢您，再见！",
)
TONES = ToneSynthesizer()
PROMPTS = {text: Prompt(text, "zh-CN", TONES.render(text, language="zh-CN"), "tones") for text in SENTENCES}
GAP = np.zeros(FRAME_SAMPLES * 15, np.int16)


def frames(pcm: Pcm) -> Iterator[Pcm]:
    for at in range(0, len(pcm) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        yield pcm[at : at + FRAME_SAMPLES]


def ear_after(*parts: Pcm) -> PromptEar:
    ear = PromptEar(PROMPTS.values)
    for frame in frames(np.concatenate(parts)):
        ear.feed(mulaw_decode(mulaw_encode(frame)))
    return ear


@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4))
def test_the_sentences_of_a_turn_are_made_out_in_order(said: list[str]) -> None:
    parts = [part for text in said for part in (GAP, PROMPTS[text].pcm)]
    assert ear_after(*parts, GAP).take_turn() == tuple(said)


def test_silence_is_nothing_and_is_measured() -> None:
    ear = ear_after(np.zeros(FRAME_SAMPLES * 50, np.int16))
    assert not ear.robot_has_spoken
    assert ear.silence_s == pytest.approx(1.0)
    assert ear.take_turn() == ()


def test_a_sentence_nobody_knows_is_left_out_and_the_one_before_it_still_found() -> None:
    strange = np.random.default_rng(1).normal(0, 3000, FRAME_SAMPLES * 40).astype(np.int16)
    assert ear_after(PROMPTS[SENTENCES[1]].pcm, GAP, strange, GAP).take_turn() == (SENTENCES[1],)


def test_a_louder_voice_and_lost_frames_do_not_confuse() -> None:
    loud = np.clip(PROMPTS[SENTENCES[3]].pcm.astype(np.int32) * 2, -32768, 32767).astype(np.int16)
    pieces = list(frames(loud))
    pieces[5] = pieces[4]
    assert ear_after(*pieces, GAP).take_turn() == (SENTENCES[3],)


def test_a_turn_is_taken_once() -> None:
    ear = ear_after(PROMPTS[SENTENCES[0]].pcm, GAP)
    assert ear.take_turn() == (SENTENCES[0],)
    assert ear.take_turn() == ()
