"""A villager goes on where they were when the village is stopped and started again."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from speech.prompts import Prompt
from speech.synthesizers.tones import ToneSynthesizer
from speech.types import FRAME_SAMPLES, Pcm
from wenan.village.personas import load_village
from wenan.village.villager import Villager

TONES = ToneSynthesizer()
QUESTION = "这阵子您摔过跤吗？"
PROMPT = Prompt(QUESTION, "zh-CN", TONES.render(QUESTION, language="zh-CN"), "tones")
SECONDS = 50
"""Frames in a second."""


def the_one_who_hangs_up(said: list[str]) -> Villager:
    (persona,) = (each for each in load_village() if each.id == "hangs_up")

    def speak(sentence: str, _voice: str, _pace: float) -> Pcm:
        said.append(sentence)
        return np.ones(FRAME_SAMPLES, np.int16)

    return Villager(
        persona, speak=speak, prompts=lambda: [PROMPT], cues=lambda text: "falls" if text == QUESTION else ""
    )


def hangs_up_when_asked(villager: Villager) -> bool:
    villager.ring("+8653355501", datetime(2026, 3, 4, tzinfo=UTC))
    heard = [PROMPT.pcm[at : at + FRAME_SAMPLES] for at in range(0, len(PROMPT.pcm), FRAME_SAMPLES)]
    silence: Sequence[Pcm] = [np.zeros(FRAME_SAMPLES, np.int16)] * (5 * SECONDS)
    whole = [frame for frame in heard if len(frame) == FRAME_SAMPLES]
    return any(villager.frame(frame).hangs_up for frame in (*silence, *whole, *silence))


@pytest.mark.parametrize("calls_cut_short", [0, 1])
def test_whoever_hung_up_half_way_goes_on_talking_when_rung_again(calls_cut_short: int) -> None:
    said: list[str] = []
    villager = the_one_who_hangs_up(said)
    villager.remember(calls_cut_short, {}, hung_up=calls_cut_short)

    assert hangs_up_when_asked(villager) is not bool(calls_cut_short)
    assert ("没摔过。" in said) is bool(calls_cut_short)
