"""The key that seals personal fields: a file only its owner can read."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class KeyringError(Exception):
    """The key file cannot be used; the message says which file and why."""


class Keyring:
    """Seals and opens text with Fernet (AES-128-CBC with HMAC-SHA256), and makes keyed hashes."""

    def __init__(self, key: bytes) -> None:
        """``key``: 32 bytes, url-safe base64, as ``Fernet.generate_key`` makes them."""
        self._fernet = Fernet(key)
        self._hash_key = hashlib.sha256(b"wenan lookup" + key).digest()
        self._files = base64.urlsafe_b64decode(key)

    @classmethod
    def at(cls, path: Path) -> Keyring:
        """Read the key file, or create it with mode 0600. Raises KeyringError."""
        try:
            if not path.exists():
                _create(path)
            return cls(path.read_bytes().strip())
        except OSError as error:
            raise KeyringError(f"The key file {path} cannot be used: {error.strerror}") from error
        except ValueError as error:
            raise KeyringError(
                f"The key file {path} cannot be used: it does not hold a key. Put back the one in use before."
            ) from error

    def seal(self, text: str) -> str:
        """Encrypt."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """Decrypt. Raises KeyringError when the text was sealed with another key or tampered with."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except InvalidToken as error:
            raise KeyringError("A sealed field does not open with this key file") from error

    def seal_bytes(self, data: bytes) -> bytes:
        """Encrypt what is no text."""
        return self._fernet.encrypt(data)

    def open_bytes(self, sealed: bytes) -> bytes:
        """Decrypt. Raises KeyringError as ``open`` does."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise KeyringError("A sealed file does not open with this key file") from error

    def file_key(self, salt: bytes) -> bytes:
        """The key (32 bytes) of one file; ``salt``: 16 random bytes of its own."""
        return HKDF(hashes.SHA256(), 32, salt, b"wenan files").derive(self._files)

    def lookup_key(self, value: str) -> str:
        """Keyed hash (hex, 64 characters) by which a sealed value can be found again."""
        return hmac.new(self._hash_key, value.encode(), hashlib.sha256).hexdigest()


def _create(path: Path) -> None:
    """Make the key file whole or not at all; of two programs that start at once, one makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        Path(fresh).unlink()
