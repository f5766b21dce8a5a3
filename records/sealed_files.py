"""Files that hold somebody's voice: encrypted at rest, block by block, so that any piece can be read alone.

A file begins with a head of 32 bytes (mark, salt, length of what is inside), then come blocks of 64 KiB, at
least one, each sealed with AES-256-GCM under a key that is derived from the keyring's and the salt. Every
block is bound to the head and to its place: none can be changed, moved, left out or taken from another file
unnoticed.
"""

from __future__ import annotations

import io
import os
import secrets
import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from records.keyring import Keyring, KeyringError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MARK = b"WENAN-S1"
BLOCK = 65536
_TAG = 16
_HEAD = struct.Struct(">8s16sQ")


def seal_file(ring: Keyring, data: bytes) -> bytes:
    """What a sealed file with this content holds."""
    salt = secrets.token_bytes(16)
    head = _HEAD.pack(MARK, salt, len(data))
    cipher = AESGCM(ring.file_key(salt))
    pieces = (data[at : at + BLOCK] for at in range(0, max(1, len(data)), BLOCK))
    return head + b"".join(cipher.encrypt(_nonce(n), piece, head) for n, piece in enumerate(pieces))


def open_file(ring: Keyring, path: Path) -> BinaryIO:
    """A file to read and seek in: what is inside a sealed one, or a plain one from before as it is.

    Raises OSError, and KeyringError when it is sealed with another key or was tampered with; a later piece
    that was tampered with raises when it is read.
    """
    file = path.open("rb")
    try:
        if file.read(len(MARK)) != MARK:
            file.seek(0)
            return file
        return io.BufferedReader(_Sealed(ring, file, path), BLOCK)
    except BaseException:
        file.close()
        raise


def size_of(file: BinaryIO) -> int:
    """How many bytes there are to read in all."""
    here = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(here)
    return end


class _Sealed(io.RawIOBase):
    """The inside of a sealed file."""

    def __init__(self, ring: Keyring, file: BinaryIO, path: Path) -> None:
        file.seek(0)
        self._file = file
        self._name = path.name
        self._head = file.read(_HEAD.size)
        if len(self._head) < _HEAD.size:
            raise KeyringError(f"The sealed file {self._name} is cut off")
        _, salt, self._size = _HEAD.unpack(self._head)
        self._cipher = AESGCM(ring.file_key(salt))
        self._at = 0
        self._number = -1
        self._block = b""
        self._load(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer).cast("B")
        if self._at >= self._size:
            return 0
        number, begin = divmod(self._at, BLOCK)
        self._load(number)
        piece = self._block[begin : begin + len(room)]
        room[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        with suppress(AttributeError):  # never opened
            self._file.close()
        super().close()

    def _load(self, number: int) -> None:
        if number == self._number:
            return
        self._file.seek(_HEAD.size + number * (BLOCK + _TAG))
        inside = min(BLOCK, self._size - number * BLOCK)
        try:
            self._block = self._cipher.decrypt(_nonce(number), self._file.read(inside + _TAG), self._head)
        except (InvalidTag, ValueError) as error:
            raise KeyringError(f"The sealed file {self._name} does not open with this key file") from error
        self._number = number


def _nonce(number: int) -> bytes:
    """Of a block. Each file has a key of its own, so that no nonce is used twice with one."""
    return struct.pack(">IQ", 0, number)
