"""Recordings at rest: nobody without the key hears them, and a browser still gets any piece of them."""

from __future__ import annotations

import io
import os
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from records.keyring import Keyring, KeyringError
from records.sealed_files import BLOCK, open_file, seal_file, size_of
from speech.audio import wav_bytes

RING = Keyring(Fernet.generate_key())
LENGTHS = st.sampled_from([0, 1, 159, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 77])


def sealed(folder: Path, data: bytes) -> Path:
    path = folder / "call.wav"
    path.write_bytes(seal_file(RING, data))
    return path


@given(LENGTHS, st.data())
def test_any_piece_is_what_was_put_in(
    tmp_path_factory: pytest.TempPathFactory, length: int, data: st.DataObject
) -> None:
    inside = os.urandom(length)
    path = sealed(tmp_path_factory.mktemp("sealed"), inside)
    start = data.draw(st.integers(0, length))
    many = data.draw(st.integers(0, length))
    with open_file(RING, path) as file:
        assert size_of(file) == length
        file.seek(start)
        assert file.read(many) == inside[start : start + many]
        file.seek(0)
        assert file.read() == inside


def test_nothing_of_it_lies_on_the_disk_in_plain(tmp_path: Path) -> None:
    voice = wav_bytes(np.arange(16000, dtype=np.int16))
    stored = sealed(tmp_path, voice).read_bytes()
    assert b"RIFF" not in stored
    assert voice[1000:1032] not in stored
    assert seal_file(RING, voice) != seal_file(RING, voice), "two of one sound do not show that they are"


def test_a_recording_from_before_is_read_as_it_is(tmp_path: Path) -> None:
    plain = tmp_path / "old.wav"
    plain.write_bytes(wav_bytes(np.arange(800, dtype=np.int16)))
    with open_file(RING, plain) as file, wave.open(file, "rb") as sound:
        assert sound.getnframes() == 800


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    path = sealed(tmp_path, b"voice")
    with pytest.raises(KeyringError, match=r"call\.wav"):
        open_file(Keyring(Fernet.generate_key()), path)


def _flipped(stored: bytes, at: int) -> bytes:
    return stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :]


@pytest.mark.parametrize(
    "tamper",
    [
        lambda stored: _flipped(stored, 12),  # the salt
        lambda stored: _flipped(stored, 31),  # the length
        lambda stored: _flipped(stored, 40),
        lambda stored: _flipped(stored, len(stored) - 1),
        lambda stored: stored[:20],
        lambda stored: stored[: 32 + BLOCK + 16],  # the last block is missing
        lambda stored: stored[:32] + stored[32 + BLOCK + 16 :],  # the first one is
        lambda stored: stored[:8] + seal_file(RING, b"x" * (BLOCK + 10))[8:32] + stored[32:],  # another head
    ],
)
def test_a_file_that_was_tampered_with_is_not_half_believed(
    tmp_path: Path, tamper: Callable[[bytes], bytes]
) -> None:
    path = sealed(tmp_path, b"x" * (BLOCK + 10))
    path.write_bytes(tamper(path.read_bytes()))

    def read() -> None:
        with open_file(RING, path) as file:
            file.read()

    with pytest.raises(KeyringError):
        read()


def test_what_is_read_is_like_any_file(tmp_path: Path) -> None:
    with open_file(RING, sealed(tmp_path, b"0123456789")) as file:
        assert file.seek(-3, io.SEEK_END) == 7
        assert file.read() == b"789"
        assert file.read() == b""
        file.seek(2)
        file.seek(1, io.SEEK_CUR)
        assert file.read(2) == b"34"
