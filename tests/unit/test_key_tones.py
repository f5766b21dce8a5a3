"""Keys that come as sound are heard as ITU-T Q.24 wants it, and nobody's voice is taken for one."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.key_sounds import a_law, key_sound, keys_in, mu_law, noise, pause
from support.telephone import VOICES, cough, frames_of, hum, tone, voice

from ivr.key_tones import KEYPAD, KeyTones
from ivr.lines.wire import Wire
from speech.audio import level_dbfs
from speech.synthesizers.tones import ToneSynthesizer

KEYS = "".join(KEYPAD)
codecs = st.sampled_from([mu_law, a_law])
starts = st.floats(0.05, 0.07)
"""Keys do not wait for a frame to begin."""


def test_all_sixteen_keys_are_heard_through_both_codecs() -> None:
    dialled = np.concatenate([piece for key in KEYS for piece in (pause(0.06), key_sound(key, 0.08))])
    assert keys_in(dialled, mu_law) == KEYS
    assert keys_in(dialled, a_law) == KEYS


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(KEYS),
    codecs,
    starts,
    st.floats(0.04, 0.5),
    st.floats(-25.0, -3.0),
    st.floats(-4.0, 8.0),
    st.tuples(st.floats(-0.015, 0.015), st.floats(-0.015, 0.015)),
)
def test_a_key_is_heard_at_every_level_twist_and_pitch_that_is_allowed(
    key: str, codec, start: float, seconds: float, dbm0: float, twist_db: float, off: tuple[float, float]
) -> None:
    sound = key_sound(key, seconds, dbm0=dbm0, twist_db=twist_db, off=off)
    assert keys_in(np.concatenate([pause(start), sound, pause(0.1)]), codec) == key


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(KEYS), starts, st.floats(0.06, 0.2), st.floats(15.0, 40.0), st.integers(0, 2**32))
def test_a_key_is_heard_in_the_noise_of_a_bad_line(
    key: str, start: float, seconds: float, ratio_db: float, seed: int
) -> None:
    sound = np.concatenate([pause(start), key_sound(key, seconds), pause(0.1)])
    power = float(np.mean(key_sound(key).astype(np.float64) ** 2))
    rustle = noise(len(sound), np.sqrt(power) * 10 ** (-ratio_db / 20), seed)
    assert keys_in(np.clip(sound + rustle, -32768, 32767).astype(np.int16)) == key


@settings(deadline=None, max_examples=60)
@given(st.text(KEYS, min_size=1, max_size=12), codecs, starts, st.floats(0.04, 0.2), st.floats(0.04, 0.2))
def test_every_press_counts_as_often_as_it_is_made(
    keys: str, codec, start: float, seconds: float, rest: float
) -> None:
    pieces = [piece for key in keys for piece in (key_sound(key, seconds), pause(rest))]
    assert keys_in(np.concatenate([pause(start), *pieces]), codec) == keys


def test_with_three_per_cent_of_packets_lost_keys_are_heard_once_each() -> None:
    wrong = 0
    for seed in range(20):
        wire = Wire(loss=0.03, dice=random.Random(seed))
        pieces = [piece for key in KEYS for piece in (key_sound(key, 0.12), pause(0.12))]
        sound = np.concatenate([pause(0.053), *pieces])
        wrong += keys_in(wire.carry(frame) for frame in frames_of(sound)) != KEYS
    assert wrong == 0


def test_a_packet_lost_in_the_middle_of_a_key_does_not_make_it_two() -> None:
    wire = Wire(loss=0.0001, dice=random.Random(0))
    frames = list(frames_of(key_sound("5", 0.2)))
    carried = [wire.carry(frame) for frame in frames]
    patched = Wire(loss=1.0)
    patched._concealment.arrived(carried[4].pcm)
    carried[5] = patched.carry(frames[5])
    assert carried[5].lost
    assert keys_in(carried) == "5"


def test_a_key_held_down_for_long_is_one_press() -> None:
    assert keys_in(key_sound("#", 5.0)) == "#"


def test_an_interruption_of_ten_milliseconds_is_no_pause() -> None:
    for lead in (0.05, 0.053, 0.058, 0.061, 0.067):
        assert keys_in(np.concatenate([pause(lead), key_sound("8"), pause(0.01), key_sound("8")])) == "8"


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(KEYS), starts, st.floats(0.001, 0.02))
def test_a_blip_of_twenty_milliseconds_is_no_key(key: str, start: float, seconds: float) -> None:
    assert keys_in(np.concatenate([pause(start), key_sound(key, seconds), pause(0.1)])) == ""


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(KEYS), st.floats(0.036, 0.05), st.sampled_from([1, -1]), st.booleans())
def test_tones_that_are_off_by_more_than_three_and_a_half_per_cent_are_no_key(
    key: str, off: float, sign: int, high: bool
) -> None:
    wrong = (0.0, sign * off) if high else (sign * off, 0.0)
    assert keys_in(np.concatenate([pause(0.05), key_sound(key, 0.3, off=wrong)])) == ""


@pytest.mark.parametrize("twist_db", [14.0, -10.0])
def test_tones_of_which_one_drowns_the_other_are_no_key(twist_db: float) -> None:
    assert keys_in(key_sound("1", 0.3, twist_db=twist_db)) == ""


def test_what_is_nearly_inaudible_is_no_key() -> None:
    assert keys_in(key_sound("1", 0.3, dbm0=-50.0)) == ""


@pytest.mark.parametrize(
    "sound",
    [
        hum(2.0),
        cough(1.0),
        tone(1.0, 697),
        tone(1.0, 1336),
        tone(1.0, 450),  # the busy tone
        tone(1.0, 350) // 2 + tone(1.0, 440) // 2,  # America's dial tone
        tone(1.0, 697) // 2 + tone(1.0, 852) // 2,  # two rows
        tone(1.0, 1209) // 2 + tone(1.0, 1477) // 2,  # two columns
        tone(1.0, 697) // 3 + tone(1.0, 1209) // 3 + tone(1.0, 2000) // 3,
        ToneSynthesizer().render("您今天身体怎么样", language="zh-CN"),
    ],
)
def test_other_tones_are_no_keys(sound: np.ndarray) -> None:
    assert keys_in(sound) == ""


@pytest.mark.parametrize("name", sorted(path.stem for path in VOICES.glob("*.wav")))
@pytest.mark.parametrize("gain", [0.1, 0.5, 1.0, 3.0])
def test_no_voice_presses_a_key(name: str, gain: float) -> None:
    louder = np.clip(voice(name) * gain, -32768, 32767).astype(np.int16)
    assert keys_in(louder, mu_law) == ""
    assert keys_in(louder, a_law) == ""


@settings(deadline=None, max_examples=60)
@given(
    st.floats(80.0, 500.0),
    st.lists(st.floats(0.05, 1.0), min_size=3, max_size=12),
    st.floats(-0.3, 0.3),
    st.floats(0.0, 0.03),
)
def test_a_vowel_held_or_gliding_is_no_key(
    hertz: float, overtones: list[float], glide: float, breath: float
) -> None:
    moments = np.arange(8000) / 8000
    turns = np.cumsum(hertz * (1 + glide * moments)) / 8000
    sound = sum(
        share * np.sin(2 * np.pi * number * turns) for number, share in enumerate(overtones, 1)
    ) + noise(8000, breath, 3)
    assert keys_in((sound / np.abs(sound).max() * 12_000).astype(np.int16)) == ""


def test_the_sound_of_a_key_is_told_from_the_first_whole_frame_to_the_last() -> None:
    ear = KeyTones()
    sound = np.concatenate([pause(0.05), key_sound("7", 0.3), pause(0.15)])
    toned = [ear.hears(frame).toned for frame in frames_of(mu_law(sound))]
    assert all(toned[4:17])
    assert not any(toned[:2])
    assert not any(toned[19:])


def test_a_cry_over_a_key_that_is_held_down_is_not_taken_for_its_sound() -> None:
    ear = KeyTones()
    cry = voice("kuai_jiu_ming")
    held = key_sound("5", len(cry) / 8000 + 0.2, dbm0=-24.0)[: len(cry)]
    assert level_dbfs(cry) > level_dbfs(held)
    both = np.clip(cry.astype(np.int32) + held, -32768, 32767).astype(np.int16)
    frames = list(frames_of(both))
    toned = [ear.hears(frame).toned for frame in frames]
    spoken = [np.abs(frame).max() > 5000 for frame in frames_of(cry)]
    masked = sum(a and b for a, b in zip(toned, spoken, strict=True))
    assert masked <= 0.1 * sum(spoken)
