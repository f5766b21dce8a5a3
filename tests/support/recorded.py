"""Recordings as the product keeps them, sealed: opened with the key in force."""

from __future__ import annotations

from pathlib import Path

from records.sealed_files import open_file
from records.sealing import keyring
from speech.audio import pcm_of
from speech.types import Pcm


def read_recording(path: Path, *, channel: int | None = None) -> Pcm:
    """The sound of a recording, as ``speech.audio.read_wav`` reads a plain file."""
    with open_file(keyring(), path) as file:
        return pcm_of(file.read(), path, channel=channel)
