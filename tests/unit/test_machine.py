"""Tapes and people: the tone of an answering machine, its phrases, and the benefit of the doubt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.telephone import cough, frames_of, hum, tone, voice

from ivr.machine import Answerer, BeepDetector, has_machine_phrase, judge
from speech.audio import mulaw_decode, mulaw_encode
from speech.types import LANGUAGES


def beeps(pcm: np.ndarray) -> bool:
    detector = BeepDetector()
    return any(detector.hears(frame) for frame in frames_of(mulaw_decode(mulaw_encode(pcm))))


@pytest.mark.parametrize("hertz", [440, 800, 1000, 1004, 1400, 2000])
def test_the_tone_of_a_machine_is_heard(hertz: int):
    assert beeps(tone(0.4, hertz))


def test_the_tone_is_heard_in_the_noise_of_a_line():
    noise = np.random.default_rng(1).normal(0, 300, 3200)
    assert beeps((tone(0.4) + noise).astype(np.int16))


@pytest.mark.parametrize("name", ["dui", "dui_shi_wo", "hao_zhe_ne", "kuai_jiu_ming"])
def test_no_voice_is_taken_for_a_tone(name: str):
    assert not beeps(voice(name))


@pytest.mark.parametrize(
    "sound",
    [
        hum(1.0),
        cough(1.0),
        tone(0.1),  # a click
        tone(1.0, 300),  # the hum of a voice
        tone(1.0, 3000),  # a smoke alarm
        tone(0.4, 697) // 2 + tone(0.4, 1209) // 2,  # a key
        tone(0.4, 1000, level=100),  # from the next room
        np.concatenate([tone(0.1, hertz) for hertz in (600, 700, 800, 900)]),  # a melody
    ],
)
def test_other_sounds_are_not_the_tone_of_a_machine(sound: np.ndarray):
    assert not beeps(sound)


def test_a_greeting_of_a_person_is_a_person():
    assert (
        judge(greeting_s=0.5, readings=["喂"], language="zh-CN", beep=False, urgent=False) is Answerer.PERSON
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN", "您好，请在滴声后留言。"),
        ("zh-CN", "您拨打的用户正在通话中"),
        ("es", "Después de la señal, deje su mensaje"),
        ("es", "ha llamado al BUZON de voz"),
        ("en", "Sorry, I can't come to the phone right now"),
        ("en", "Leave a message after the beep."),
    ],
)
def test_phrases_that_only_machines_say_are_known(language, words: str):
    assert has_machine_phrase(["nonsense", words], language)
    assert (
        judge(greeting_s=3, readings=[words], language=language, beep=False, urgent=False) is Answerer.MACHINE
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN", "她现在不在家，您哪位"),
        ("es", "no está disponible, soy su hija"),
        ("en", "she is not available right now, I am her daughter"),
    ],
)
def test_what_a_relative_says_is_not_what_a_machine_says(language, words: str):
    assert not has_machine_phrase([words], language)


def test_a_tone_after_many_words_is_a_machine_and_after_few_is_a_kettle():
    def with_tone(greeting_s: float) -> Answerer:
        return judge(greeting_s=greeting_s, readings=["您好"], language="zh-CN", beep=True, urgent=False)

    assert with_tone(3.0) is Answerer.MACHINE
    assert with_tone(0.5) is Answerer.PERSON
    assert with_tone(0.0) is Answerer.PERSON


def test_distress_is_a_persons_unless_phrase_and_tone_speak_against_it():
    def cries(words: str, *, beep: bool) -> Answerer:
        return judge(greeting_s=12, readings=[words], language="zh-CN", beep=beep, urgent=True)

    assert cries("救命啊救命啊", beep=True) is Answerer.PERSON
    assert cries("有人留言说要救命", beep=False) is Answerer.PERSON
    assert cries("如需救命请在滴声后留言", beep=True) is Answerer.MACHINE


@settings(max_examples=200)
@given(
    greeting_s=st.floats(0, 1.9),
    words=st.text(alphabet="喂你好谁呀在呢我是", max_size=12),
    beep=st.booleans(),
    language=st.sampled_from(LANGUAGES),
)
def test_a_short_greeting_without_a_machines_phrase_is_always_a_person(greeting_s, words, beep, language):
    who = judge(greeting_s=greeting_s, readings=[words], language=language, beep=beep, urgent=False)
    assert who is Answerer.PERSON
