"""Telephone audio: reading and writing WAV files, changing rates, measuring and setting levels."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import soxr
from numpy.typing import NDArray

from speech.files import write_atomically
from speech.g711 import alaw_decode, alaw_encode, mulaw_decode, mulaw_encode
from speech.types import SAMPLE_RATE, AudioUnreadableError, Pcm

__all__ = [
    "alaw_decode",
    "alaw_encode",
    "fade",
    "from_float",
    "level_dbfs",
    "mulaw_decode",
    "mulaw_encode",
    "read_wav",
    "resample",
    "set_level",
    "silence",
    "to_float",
    "wav_bytes",
    "write_wav",
]

_FULL_SCALE = 32768.0
_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_FORMAT_BYTES, _EXTENSIBLE_BYTES = 16, 40
_RATES = range(1000, 768_001)
_CHANNELS = range(1, 33)
_SILENT_DBFS = -120.0


@dataclass(frozen=True, slots=True)
class _Format:
    """The ``fmt`` chunk of a WAV file."""

    tag: int
    channels: int
    rate: int
    bits: int


def read_wav(path: Path, *, channel: int | None = None) -> Pcm:
    """Read a WAV file as 8 kHz mono.

    Understands linear PCM of 8, 16, 24 and 32 bits, floating point of 32 and 64 bits, mu-law and A-law, at
    any rate. Several channels are averaged, or one is taken with ``channel`` (from 0). A file whose header
    was never completed (a recording cut off) gives the audio that is there.

    Raises AudioUnreadableError, naming the file and what is wrong with it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise AudioUnreadableError(msg) from error
    return pcm_of(data, path, channel=channel)


def pcm_of(data: bytes, path: Path, *, channel: int | None = None) -> Pcm:
    """The same of a WAV file's content; ``path`` names it. Raises AudioUnreadableError."""
    layout, body = _chunks(path, data)
    samples = _samples(path, layout, body)
    if channel is None:
        mono = samples.mean(axis=1)
    elif 0 <= channel < layout.channels:
        mono = samples[:, channel]
    else:
        _refuse(path, f"has {layout.channels} channel(s), there is no channel {channel}")
    return from_float(resample(mono.astype(np.float32), layout.rate, SAMPLE_RATE))


def write_wav(path: Path, pcm: NDArray[np.int16]) -> None:
    """Write 8 kHz 16 bit audio, shape (samples,) for mono or (samples, 2) for stereo, atomically.

    Raises OSError.
    """
    write_atomically(path, wav_bytes(pcm))


def wav_bytes(pcm: NDArray[np.int16]) -> bytes:
    """The content of an 8 kHz 16 bit WAV file, shape (samples,) or (samples, channels)."""
    channels = 1 if pcm.ndim == 1 else pcm.shape[1]
    body = np.ascontiguousarray(pcm, dtype="<i2").tobytes()
    block = 2 * channels
    layout = struct.pack("<HHIIHH", _PCM, channels, SAMPLE_RATE, SAMPLE_RATE * block, block, 16)
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + len(body), b"WAVE", b"fmt ", len(layout))
    return head + layout + struct.pack("<4sI", b"data", len(body)) + body


def _refuse(path: Path, why: str) -> NoReturn:
    msg = f"{path} {why}"
    raise AudioUnreadableError(msg)


def _chunks(path: Path, data: bytes) -> tuple[_Format, bytes]:
    """Find format and audio in a RIFF file."""
    if not data:
        _refuse(path, "is empty")
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        _refuse(path, "is not a WAV file; convert it to WAV first")
    layout: _Format | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + size]
        if name == b"fmt ":
            layout = _format(path, body)
        elif name == b"data":
            if layout is None:
                _refuse(path, "has audio before its format is told; the file is damaged")
            # A recorder that was stopped leaves 0 here, a pipe 0xFFFFFFFF: the audio is what follows.
            return layout, body if size else data[at + 8 :]
        at += 8 + size + (size & 1)
    _refuse(path, "has no audio in it; the file is damaged" if layout else "has no format in it")


def _format(path: Path, body: bytes) -> _Format:
    if len(body) < _FORMAT_BYTES:
        _refuse(path, "has a damaged header")
    tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:_FORMAT_BYTES])
    if tag == _EXTENSIBLE and len(body) >= _EXTENSIBLE_BYTES:
        tag = int.from_bytes(body[24:26], "little")
    if channels not in _CHANNELS or rate not in _RATES:
        _refuse(path, f"claims {channels} channels at {rate} Hz; the header is damaged")
    return _Format(tag, channels, rate, bits)


def _samples(path: Path, layout: _Format, body: bytes) -> NDArray[np.float64]:
    """Decode to floats in -1..1, shape (samples, channels)."""
    width = layout.bits // 8
    known = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64), _ALAW: (8,), _MULAW: (8,)}
    if layout.tag not in known:
        _refuse(
            path, f"holds audio of kind {layout.tag:#06x}, which is not supported; convert it to 16 bit PCM"
        )
    if layout.bits not in known[layout.tag]:
        _refuse(path, f"holds audio of {layout.bits} bits, which is not supported; convert it to 16 bit PCM")
    body = body[: len(body) // (width * layout.channels) * width * layout.channels]
    match layout.tag, layout.bits:
        case (6, _):
            flat = alaw_decode(body) / _FULL_SCALE
        case (7, _):
            flat = mulaw_decode(body) / _FULL_SCALE
        case (3, bits):
            flat = np.nan_to_num(
                np.frombuffer(body, f"<f{bits // 8}").astype(np.float64), posinf=1, neginf=-1
            )
        case (_, 8):
            flat = (np.frombuffer(body, np.uint8).astype(np.float64) - 128) / 128
        case (_, 24):
            # Three bytes a sample: put them in the upper part of a 32 bit word, sign and all.
            wide = np.zeros((len(body) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
            flat = wide.view("<i4").ravel() / 2.0**31
        case (_, bits):
            flat = np.frombuffer(body, f"<i{bits // 8}") / 2.0 ** (bits - 1)
    return np.asarray(flat, np.float64).reshape(-1, layout.channels)


def resample(samples: NDArray[np.float32], rate: int, to: int) -> NDArray[np.float32]:
    """Change the sampling rate of mono audio, band-limited."""
    if rate == to or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, rate, to), dtype=np.float32)


def to_float(pcm: Pcm) -> NDArray[np.float32]:
    """Samples as floats in -1..1."""
    return pcm.astype(np.float32) / np.float32(_FULL_SCALE)


def from_float(samples: NDArray[np.floating]) -> Pcm:
    """Floats in -1..1 as 16 bit samples, rounded; what is louder is clipped."""
    clipped = np.clip(np.rint(samples * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
    return np.asarray(clipped, np.int16)


def silence(seconds: float) -> Pcm:
    """So many seconds of digital silence."""
    return np.zeros(round(seconds * SAMPLE_RATE), np.int16)


def level_dbfs(pcm: Pcm) -> float:
    """Root mean square level in decibels below full scale; -120 for digital silence or no samples."""
    if not len(pcm):
        return _SILENT_DBFS
    power = float(np.mean(np.square(to_float(pcm), dtype=np.float64)))
    return max(10 * float(np.log10(power)), _SILENT_DBFS) if power > 0 else _SILENT_DBFS


def set_level(pcm: Pcm, dbfs: float, *, peak_dbfs: float = -1.0, reference_dbfs: float | None = None) -> Pcm:
    """Scale audio to a level (RMS, dB below full scale), but never so far that its peak passes ``peak_dbfs``.

    ``reference_dbfs`` is the level to count from when only part of the audio is what should be set (speech
    among pauses); by default the level of the whole. Silence stays silence.
    """
    present = level_dbfs(pcm) if reference_dbfs is None else reference_dbfs
    peak = float(np.max(np.abs(to_float(pcm)))) if len(pcm) else 0.0
    if peak == 0:
        return pcm
    gain = min(10 ** ((dbfs - present) / 20), 10 ** (peak_dbfs / 20) / peak)
    return from_float(to_float(pcm) * np.float32(gain))


def fade(pcm: Pcm, seconds: float = 0.005) -> Pcm:
    """Let the audio come and go softly over so many seconds at both ends, so that it does not click."""
    count = min(round(seconds * SAMPLE_RATE), len(pcm) // 2)
    if not count:
        return pcm
    ramp = np.linspace(0, 1, count, endpoint=False, dtype=np.float32)
    faded = pcm.astype(np.float32)
    faded[:count] *= ramp
    faded[-count:] *= ramp[::-1]
    return np.rint(faded).astype(np.int16)
