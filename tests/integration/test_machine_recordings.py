"""Machines and people as the project's own voices speak them, over a telephone line, by the real ears."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from support.models import models_with
from support.telephone import tone

from ivr.listening import Ear, Patience
from ivr.machine import MACHINE_PHRASES, Answerer, judge
from ivr.overhearing import SHORTEST_CRY_S
from ivr.recording import Recording
from speech.audio import mulaw_decode, mulaw_encode, silence
from speech.lexicon import load_lexicon
from speech.recognizers.whisper import WhisperRecognizer
from speech.synthesizers.kokoro import KokoroSynthesizer
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm
from speech.vad import VoiceActivity

pytestmark = pytest.mark.models

HELLO = Patience(end_silence_s=0.8, no_input_s=5.0, max_speech_s=12.0)
RANKED = 8
VOICEMAIL = "您好，我现在不方便接电话，请在提示音后留言。"
AT_THE_STOVE = "喂？喂？哪位呀？我在做饭呢，你等一下。"


@pytest.fixture(scope="module")
def spoken() -> Callable[[str], Pcm]:
    """A sentence in the robot's own voice, rendered once."""
    kokoro = KokoroSynthesizer(models_with("kokoro", "kokoro-voices"))
    return cache(lambda words: kokoro.render(words, language="zh-CN"))


def picked_up(*sounds: Pcm) -> Ear:
    """An ear that has heard this over a telephone line."""
    ear = Ear(VoiceActivity(), Recording(60))
    ear.attend(HELLO)
    line = mulaw_decode(mulaw_encode(np.concatenate([silence(0.3), *sounds, silence(1.5)])))
    whole = line[: len(line) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    for frame in whole:
        ear.hear(frame)
    return ear


def decide(ear: Ear, readings: list[str]) -> Answerer:
    greeting = ear.stretch
    seconds = (greeting.end - greeting.start) * FRAME_SECONDS if greeting else 0.0
    return judge(greeting_s=seconds, readings=readings, language="zh-CN", beep=ear.beeped, urgent=False)


@pytest.mark.parametrize("hertz", [440, 850, 1000, 1400, 2000])
def test_a_greeting_and_a_tone_are_a_machine_though_none_of_its_words_was_made_out(
    spoken: Callable[[str], Pcm], hertz: int
) -> None:
    ear = picked_up(spoken("您好这里是王家我们现在都不在家里。"), silence(0.2), tone(0.4, hertz))
    assert ear.beeped
    assert decide(ear, ["..", "mumbling"]) is Answerer.MACHINE


@pytest.mark.parametrize("words", ["喂？", AT_THE_STOVE, "喂，您好，您找谁呀？"])
def test_no_voice_of_ours_beeps_or_sounds_like_a_fax(spoken: Callable[[str], Pcm], words: str) -> None:
    ear = picked_up(spoken(words))
    assert (ear.beeped, ear.fax) == (False, False)
    assert decide(ear, [words]) is Answerer.PERSON


def test_a_fax_is_known_and_has_said_nothing() -> None:
    ear = picked_up(tone(3.0, 2100))
    assert ear.fax
    assert ear.stretch is None or ear.stretch.voiced_s < SHORTEST_CRY_S


def test_what_was_really_heard_tells_a_machine_from_an_elder_at_the_stove(
    spoken: Callable[[str], Pcm],
) -> None:
    whisper = WhisperRecognizer(models_with("whisper-base"))
    candidates = (*load_lexicon("zh-CN").candidates("any"), *MACHINE_PHRASES["zh-CN"][:RANKED])

    def answerer(words: str, with_tone: Callable[[Pcm], tuple[Pcm, ...]]) -> Answerer:
        ear = picked_up(*with_tone(spoken(words)))
        assert ear.stretch is not None
        heard = whisper.recognize(ear.audio(ear.stretch), language="zh-CN", candidates=candidates)
        return decide(ear, [hypothesis.text for hypothesis in heard.hypotheses])

    assert answerer(VOICEMAIL, lambda pcm: (pcm,)) is Answerer.MACHINE
    assert answerer(AT_THE_STOVE, lambda pcm: (pcm, silence(0.2), tone(0.5))) is not Answerer.MACHINE
