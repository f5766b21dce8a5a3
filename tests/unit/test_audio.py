"""Telephone audio comes in many shapes and must come out as one, or with a clear word why not."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from speech.audio import (
    alaw_decode,
    alaw_encode,
    fade,
    level_dbfs,
    mulaw_decode,
    mulaw_encode,
    read_wav,
    set_level,
    silence,
    write_wav,
)
from speech.types import AudioUnreadableError, Pcm

PCM, FLOAT, ALAW, MULAW = 1, 3, 6, 7

samples = hnp.arrays(np.int16, st.integers(0, 400))


def tone(seconds: float = 0.5, *, rate: int = 8000, hertz: float = 440.0, peak: float = 0.5) -> np.ndarray:
    return peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def wav(body: bytes, *, tag: int = PCM, bits: int = 16, rate: int = 8000, channels: int = 1) -> bytes:
    block = channels * bits // 8
    layout = struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)
    chunks = b"fmt " + struct.pack("<I", len(layout)) + layout + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def refusal(path: Path) -> str:
    with pytest.raises(AudioUnreadableError) as refused:
        read_wav(path)
    return str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "gone.wav cannot be read: No such file" in refusal(tmp_path / "gone.wav")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"ID3\x04 an mp3 renamed to wav", "is not a WAV file"),
        (wav(b"\0\0")[:12], "has no format in it"),
        (wav(b"\0\0")[:20], "has a damaged header"),
        (wav(b"\0\0")[:36], "has no audio in it"),
        (wav(b"\0\0", rate=0), "the header is damaged"),
        (wav(b"\0\0", tag=85), "is not supported"),
        (wav(b"\0\0", bits=12), "holds audio of 12 bits"),
        (b"RIFF\0\0\0\0WAVEdata\x02\0\0\0\0\0", "audio before its format"),
    ],
)
def test_what_is_not_audio_is_refused_in_one_clear_line(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "answer.wav"
    path.write_bytes(content)
    message = refusal(path)
    assert str(path) in message
    assert why in message
    assert "\n" not in message


def encoded(wave: np.ndarray, tag: int, bits: int) -> bytes:
    if tag == FLOAT:
        return bytes(wave.astype(f"<f{bits // 8}"))
    if tag in {ALAW, MULAW}:
        whole = np.rint(wave * 32767).astype(np.int16)
        return alaw_encode(whole) if tag == ALAW else mulaw_encode(whole)
    scaled = np.rint(wave * (2 ** (bits - 1) - 1)).astype("<i4")
    if bits == 8:
        return bytes((scaled + 128).astype(np.uint8))
    return bytes(np.ascontiguousarray(scaled.view(np.uint8).reshape(-1, 4)[:, : bits // 8]))


@pytest.mark.parametrize(
    ("tag", "bits"),
    [(PCM, 8), (PCM, 16), (PCM, 24), (PCM, 32), (FLOAT, 32), (FLOAT, 64), (ALAW, 8), (MULAW, 8)],
)
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_the_same_tone_is_heard_whatever_the_file_holds(
    tmp_path: Path, tag: int, bits: int, rate: int
) -> None:
    path = tmp_path / "tone.wav"
    path.write_bytes(wav(encoded(tone(rate=rate), tag, bits), tag=tag, bits=bits, rate=rate))
    heard = read_wav(path).astype(float) / 32768
    assert len(heard) == pytest.approx(4000, abs=8)
    assert np.abs(heard[200:3800] - tone()[200:3800]).max() < 0.03


def test_two_channels_are_mixed_or_taken_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    robot, elder = np.full(800, 1000, np.int16), np.full(800, 3000, np.int16)
    write_wav(path, np.stack([robot, elder], axis=1))
    assert set(read_wav(path)) == {2000}
    assert set(read_wav(path, channel=0)) == {1000}
    assert set(read_wav(path, channel=1)) == {3000}
    with pytest.raises(AudioUnreadableError, match="there is no channel 2"):
        read_wav(path, channel=2)


def test_a_recording_that_was_cut_off_gives_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    whole = wav(np.arange(400, dtype="<i2").tobytes())
    path.write_bytes(whole[: 44 + 201])  # in the middle of a sample
    assert list(read_wav(path)) == list(range(100))
    path.write_bytes(whole.replace(b"data" + struct.pack("<I", 800), b"data" + b"\0\0\0\0"))
    assert list(read_wav(path)) == list(range(400))


@given(pcm=samples)
def test_what_is_written_is_read_back_sample_by_sample(
    tmp_path_factory: pytest.TempPathFactory, pcm: Pcm
) -> None:
    path = tmp_path_factory.mktemp("wav") / "deep" / "turn.wav"
    write_wav(path, pcm)
    assert np.array_equal(read_wav(path), pcm)
    assert [entry.name for entry in path.parent.iterdir()] == ["turn.wav"]


@given(pcm=samples)
def test_mulaw_keeps_every_sample_within_its_step(pcm: Pcm) -> None:
    back = mulaw_decode(mulaw_encode(pcm)).astype(int)
    step = np.maximum(np.abs(pcm.astype(int)) / 16, 8)
    assert (np.abs(back - pcm) <= np.where(np.abs(pcm.astype(int)) > 32124, 644, step)).all()


@given(pcm=samples)
def test_alaw_keeps_every_sample_within_its_step(pcm: Pcm) -> None:
    back = alaw_decode(alaw_encode(pcm)).astype(int)
    assert (np.abs(back - pcm) <= np.maximum(np.abs(pcm.astype(int)) / 16, 16)).all()


def test_g711_has_the_values_of_the_recommendation() -> None:
    assert list(mulaw_decode(bytes([0x00, 0x80, 0x7F, 0xFF]))) == [-32124, 32124, 0, 0]
    assert list(alaw_decode(bytes([0x2A, 0xAA, 0x55, 0xD5]))) == [-32256, 32256, -8, 8]
    everything = bytes(range(256))
    assert alaw_encode(alaw_decode(everything)) == everything
    assert mulaw_encode(mulaw_decode(everything)) == everything.replace(b"\x7f", b"\xff")


def test_levels_are_set_but_peaks_are_spared() -> None:
    quiet = np.rint(tone(peak=0.01) * 32768).astype(np.int16)
    assert level_dbfs(set_level(quiet, -20)) == pytest.approx(-20, abs=0.1)
    assert np.abs(set_level(quiet, 20)).max() <= 32768 * 10 ** (-1 / 20) + 1
    assert not set_level(silence(0.1), -20).any()
    assert level_dbfs(silence(0.1)) == level_dbfs(silence(0)) == -120


def test_a_faded_prompt_starts_and_ends_in_silence() -> None:
    loud = np.full(800, 8000, np.int16)
    soft = fade(loud, 0.01)
    assert soft[0] == 0
    assert soft[-1] == 0
    assert (soft[80:720] == 8000).all()
    assert not len(fade(silence(0)))
