"""Encryption of personal fields at rest, and keyed hashes to look them up by."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import JSON, Dialect, Text, TypeDecorator

from records.keyring import Keyring

_keyring: Keyring | None = None


class Sealed(TypeDecorator[str]):
    """Text that is encrypted in the database and plain in memory. See ``records.keyring``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encrypt."""
        return None if value is None else keyring().seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Decrypt."""
        return None if value is None else keyring().open(value)


class SealedJson(TypeDecorator[Any]):
    """JSON that is encrypted in the database, as ``{"sealed": ...}``, and plain data in memory."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> dict[str, str] | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Encrypt."""
        return None if value is None else {"sealed": keyring().seal(json.dumps(value, ensure_ascii=False))}

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Decrypt."""
        return None if value is None else json.loads(keyring().open(value["sealed"]))


def use_keyring(ring: Keyring) -> None:
    """Install the process's keyring; done once where the process is wired together."""
    global _keyring  # noqa: PLW0603 - one ledger, one keyring per process
    _keyring = ring


def keyring() -> Keyring:
    """The keyring in force. Raises RuntimeError before ``use_keyring``."""
    if _keyring is None:
        raise RuntimeError("No keyring: call records.sealing.use_keyring() before touching the ledger")
    return _keyring
