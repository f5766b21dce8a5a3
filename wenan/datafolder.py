"""The data folder: one process works on it at a time, and its secrets are made once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class DataFolderError(Exception):
    """The data folder cannot be used; the message names it and says why."""


@contextmanager
def only_process(folder: Path) -> Iterator[None]:
    """Hold the folder for this process: two dialers on one embedded ledger would call the same people.

    The lock goes with the process, however it dies. Raises DataFolderError when another one holds it or the
    folder cannot be made.
    """
    lock_file = folder / "wenan.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(lock_file, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise DataFolderError(
            f"Another wenan works on {folder}: stop it first, or choose another folder with WENAN_DATA_DIR"
        ) from error
    except OSError as error:
        raise DataFolderError(f"The data folder {folder} cannot be used: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()


def secret_in(path: Path) -> str:
    """A random secret kept in a file only its owner can read; made at the first call."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    secret = secrets.token_hex(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
    return secret
