"""Tapes and people: the tone of an answering machine, its phrases, and the benefit of the doubt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.telephone import cough, frames_of, hum, tone, voice

from ivr.lines.answerer import NetworkSays
from ivr.machine import Answerer, has_machine_phrase, has_person_phrase, judge
from ivr.tones import BeepDetector
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
    assert with_tone(0.5) is Answerer.UNCERTAIN
    assert with_tone(0.0) is Answerer.UNCERTAIN


def test_distress_is_a_persons_unless_phrase_and_tone_speak_against_it():
    def cries(words: str, *, beep: bool) -> Answerer:
        return judge(greeting_s=12, readings=[words], language="zh-CN", beep=beep, urgent=True)

    assert cries("救命啊救命啊", beep=True) is Answerer.PERSON
    assert cries("有人留言说要救命", beep=False) is Answerer.PERSON
    assert cries("如需救命请在滴声后留言", beep=True) is Answerer.MACHINE


@settings(max_examples=200, deadline=None)
@given(
    greeting_s=st.floats(0, 1.9),
    words=st.text(alphabet="喂你好谁呀在呢我是", max_size=12),
    beep=st.booleans(),
    language=st.sampled_from(LANGUAGES),
)
def test_a_short_greeting_without_a_machines_phrase_is_never_a_machine(greeting_s, words, beep, language):
    who = judge(greeting_s=greeting_s, readings=[words], language=language, beep=beep, urgent=False)
    assert who is not Answerer.MACHINE


def test_silence_is_no_person_and_no_machine():
    who = judge(greeting_s=0.0, readings=[], language="zh-CN", beep=False, urgent=False)
    assert who is Answerer.NOBODY


@pytest.mark.parametrize("beep", [True, False])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN", "喂？喂？哪位呀，我在做饭呢你等一下"),
        ("zh-CN", "喂，谁呀，说话呀，听不见"),
        ("es", "¿Quién es? Espere un momento que no le oigo"),
        ("en", "Hello, hello? Who is this? Hang on, I am at the stove"),
    ],
)
def test_a_long_greeting_in_which_somebody_asks_is_a_persons_though_the_kitchen_beeps(language, words, beep):
    who = judge(greeting_s=11.0, readings=[words], language=language, beep=beep, urgent=False)
    assert who is Answerer.PERSON


def test_whoever_picks_up_while_their_machine_is_talking_is_a_person():
    interrupted = "您好，我现在不在家，有事请留言……喂？喂？我在呢，哪位呀"
    assert has_person_phrase([interrupted], "zh-CN")
    who = judge(greeting_s=8.0, readings=[interrupted], language="zh-CN", beep=False, urgent=False)
    assert who is Answerer.PERSON


def test_a_machine_that_asks_who_is_calling_is_a_machine_by_what_it_says_then():
    words = "喂，您好，哪位呀？我不在家，请在滴声后留言"
    assert (
        judge(greeting_s=6, readings=[words], language="zh-CN", beep=True, urgent=False) is Answerer.MACHINE
    )


@pytest.mark.parametrize("seconds", [0.0, 4.0, 60.0])
def test_music_in_which_there_are_no_words_is_never_decided(seconds):
    who = judge(greeting_s=seconds, readings=[""], language="zh-CN", beep=False, urgent=False)
    assert who in {Answerer.UNCERTAIN, Answerer.NOBODY}


@settings(max_examples=300, deadline=None)
@given(
    greeting_s=st.floats(0, 60),
    words=st.lists(
        st.sampled_from(["您好", "老王家", "哪位呀", "请留言", "你等", "不在家", "滴声", ""]), max_size=6
    ),
    beep=st.booleans(),
)
def test_what_speaks_for_a_machine_and_what_for_a_person(greeting_s, words, beep):
    """Words, or a tone after words, make a machine; a person's question that comes last undoes it."""
    said = "".join(words)
    who = judge(greeting_s=greeting_s, readings=[said], language="zh-CN", beep=beep, urgent=False)
    telling = [word for word in words if word in {"哪位呀", "请留言", "你等", "滴声"}]
    if telling:
        assert who is (Answerer.MACHINE if telling[-1] in {"请留言", "滴声"} else Answerer.PERSON)
    if not said:
        assert who is not Answerer.PERSON
    if who is Answerer.NOBODY:
        assert (greeting_s, said, beep) == (0.0, "", False)


# A fax


def is_fax(pcm: np.ndarray) -> bool:
    detector = BeepDetector()
    for frame in frames_of(mulaw_decode(mulaw_encode(pcm))):
        detector.hears(frame)
    return detector.fax


@pytest.mark.parametrize("hertz", [2085, 2100, 2115])
def test_a_fax_that_answers_is_known_by_its_long_tone(hertz: int):
    assert is_fax(tone(2.6, hertz))


def test_a_fax_that_calls_is_known_by_its_second_short_tone():
    silence, call = tone(3.0, level=0), tone(0.5, 1100)
    assert is_fax(np.concatenate([call, silence, call, silence]))
    assert not is_fax(np.concatenate([call, silence]))


@pytest.mark.parametrize(
    "sound",
    [
        tone(0.8, 2100),  # the beep of a machine
        tone(3.0, 1000),
        tone(3.0, 2000),
        hum(3.0),
        np.concatenate([tone(0.06, hertz) for hertz in range(1900, 2300, 8)]),  # a kettle coming to the boil
    ],
)
def test_other_tones_are_no_fax(sound: np.ndarray):
    assert not is_fax(sound)


@pytest.mark.parametrize(
    "beep",
    [
        np.concatenate([tone(0.2, 1000), tone(0.1, level=0), tone(0.2, 1000)]),  # twice
        tone(1.5, 850),  # long
        tone(0.3, 1400, level=1500),  # soft
        (tone(0.5, 950) + tone(0.5, 1900, level=1200)).astype(np.int16),  # not quite pure
        np.concatenate([tone(0.25, 620), tone(0.25, 930)]),  # in two notes
    ],
)
def test_beeps_come_in_many_kinds(beep: np.ndarray):
    assert beeps(beep)


# What the network says


def with_network(says: NetworkSays | None, *, words: str = "您好这里是老王家", **heard) -> Answerer:
    given = {"greeting_s": 1.5, "beep": False, "urgent": False} | heard
    return judge(readings=[words], language="zh-CN", network=says, **given)


def test_a_network_that_speaks_of_a_machine_makes_a_tone_tell_sooner_and_a_greeting_long_sooner():
    assert with_network(None, beep=True) is Answerer.UNCERTAIN
    assert with_network(NetworkSays.MACHINE, beep=True) is Answerer.MACHINE
    assert with_network(None, greeting_s=7.0) is Answerer.UNCERTAIN
    assert with_network(NetworkSays.MACHINE, greeting_s=7.0) is Answerer.MACHINE


def test_a_network_that_speaks_of_a_person_leaves_in_doubt_what_only_sounded_like_a_machine():
    for heard in ({"beep": True, "greeting_s": 3.0}, {"greeting_s": 11.0}):
        assert with_network(None, **heard) is Answerer.MACHINE
        assert with_network(NetworkSays.PERSON, **heard) is Answerer.UNCERTAIN
    assert with_network(NetworkSays.PERSON, words="请在滴声后留言") is Answerer.MACHINE


@settings(max_examples=200, deadline=None)
@given(
    greeting_s=st.floats(0, 5.9),
    words=st.text(alphabet="喂你好谁呀在呢我是", max_size=12),
    language=st.sampled_from(LANGUAGES),
)
def test_the_networks_word_alone_hangs_up_on_nobody(greeting_s, words, language):
    who = judge(
        greeting_s=greeting_s,
        readings=[words],
        language=language,
        beep=False,
        urgent=False,
        network=NetworkSays.MACHINE,
    )
    assert who is not Answerer.MACHINE


@pytest.mark.parametrize("says", list(NetworkSays))
def test_whatever_the_network_says_who_cries_or_asks_is_a_person(says: NetworkSays):
    assert (
        with_network(says, words="救命啊救命啊", beep=True, greeting_s=12.0, urgent=True) is Answerer.PERSON
    )
    assert with_network(says, words="喂，哪位呀", beep=True, greeting_s=12.0) is Answerer.PERSON
