"""Sentences that a person has recorded: they replace the synthesised ones, sentence by sentence.

The folder holds WAV files and an ``index.yaml``:

    zh-CN:
      您好！: hello.wav
    en:
      Hello!: hello_en.wav
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from speech.audio import read_wav
from speech.types import LANGUAGES, AudioUnreadableError, Language, Pcm, SpeechError

INDEX = "index.yaml"


class RecordedPromptsError(SpeechError):
    """The folder of recorded prompts cannot be used; the message names the file, the place and what to do."""


class RecordedPrompts:
    """Recordings by language and sentence; white space around a sentence does not count."""

    def __init__(self, recordings: Mapping[tuple[Language, str], Pcm]) -> None:
        self._recordings = dict(recordings)

    @classmethod
    def load(cls, folder: Path) -> RecordedPrompts:
        """Read a folder and every recording its index names. Raises RecordedPromptsError."""
        return cls(
            {(language, sentence): _read(folder, language, sentence, name)
             for language, entries in _index(folder).items()
             for sentence, name in entries.items()}
        )  # fmt: skip

    def find(self, sentence: str, language: Language) -> Pcm | None:
        """The recording of a sentence, or None."""
        return self._recordings.get((language, sentence.strip()))


def _index(folder: Path) -> dict[Language, dict[str, str]]:
    path = folder / INDEX
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecordedPromptsError(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecordedPromptsError(f"{path} is not YAML in UTF-8: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise RecordedPromptsError(f"{path} must map languages to sentences and their files")
    unknown = [language for language in document if language not in LANGUAGES]
    if unknown:
        raise RecordedPromptsError(f"{path}: {unknown[0]} is no language I know; use {', '.join(LANGUAGES)}")
    index: dict[Language, dict[str, str]] = {}
    for language in LANGUAGES:
        entries = document.get(language, {})
        if not isinstance(entries, dict) or not all(isinstance(name, str) for name in entries.values()):
            raise RecordedPromptsError(
                f"{path}, {language}: must map each sentence to the name of a WAV file"
            )
        index[language] = {str(sentence).strip(): name for sentence, name in entries.items()}
    return index


def _read(folder: Path, language: Language, sentence: str, name: str) -> Pcm:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise RecordedPromptsError(
            f"{folder / INDEX}, {language}: {name} lies outside the folder; copy it there"
        )
    try:
        return read_wav(path)
    except AudioUnreadableError as error:
        raise RecordedPromptsError(f"The recording of {sentence!r} ({language}): {error}") from error
