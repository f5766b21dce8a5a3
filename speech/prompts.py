"""Sentences ready to be played: recorded ones first, then cached renderings, then new ones."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from speech.audio import read_wav, wav_bytes
from speech.files import write_atomically
from speech.recorded import RecordedPrompts
from speech.types import AudioUnreadableError, Language, Pcm, Synthesizer

log = structlog.get_logger(__name__)

RENDERING = "2"
"""Goes into every cache key; raised when level or trimming of renderings change."""


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """A sentence with its sound."""

    text: str
    language: Language
    pcm: Pcm
    source: str
    """``recorded``, ``cache`` or the name of the engine that has just rendered it."""


class PromptStore:
    """Gives each sentence its sound; may be used from any number of threads and processes.

    The cache is keyed by content (engine, voice, language, speed, sentence), so nothing is ever stale, and a
    damaged or missing file is simply rendered again.
    """

    def __init__(
        self,
        synthesizer: Synthesizer,
        *,
        cache_dir: Path,
        recorded_dir: Path | None = None,
        voices: Mapping[Language, str] | None = None,
    ) -> None:
        """``voices`` names the robot's voice by language; empty means the engine's own choice.

        Raises ``speech.recorded.RecordedPromptsError`` when the folder of recorded prompts is faulty.
        """
        self._synthesizer = synthesizer
        self._cache_dir = cache_dir
        self._recorded = RecordedPrompts.load(recorded_dir) if recorded_dir else RecordedPrompts({})
        self._voices = dict(voices or {})
        self._prompts: dict[str, Prompt] = {}
        self._lock = threading.Lock()
        self._rendering: dict[str, threading.Lock] = {}

    @property
    def engine(self) -> str:
        """Name of the synthesiser behind the store."""
        return self._synthesizer.name

    def get(self, sentence: str, *, language: Language, speed: float = 1.0, voice: str = "") -> Prompt:
        """The sentence's sound; blocking when it must be rendered. Raises ``SynthesisError``.

        A recorded sentence is played as it is, whatever the speed, unless another voice is asked for.
        """
        if not voice and (recorded := self._recorded.find(sentence, language)) is not None:
            return self._remember(
                f"recorded {language} {sentence}", Prompt(sentence, language, recorded, "recorded")
            )
        key = self._key(sentence, language, speed, voice or self._voices.get(language, ""))
        if (known := self._prompts.get(key)) is not None:
            return known
        with self._lock:
            turn = self._rendering.setdefault(key, threading.Lock())
        with turn:
            if (known := self._prompts.get(key)) is not None:
                return known
            return self._remember(
                key,
                self._from_cache(key, sentence, language)
                or self._render(key, sentence, language, speed, voice or self._voices.get(language, "")),
            )

    def ready(self, sentence: str, *, language: Language, speed: float = 1.0) -> Prompt | None:
        """The sentence's sound if it was given out before; never blocks, renders or reads a file."""
        if (recorded := self._recorded.find(sentence, language)) is not None:
            return Prompt(sentence, language, recorded, "recorded")
        return self._prompts.get(self._key(sentence, language, speed, self._voices.get(language, "")))

    def has(self, sentence: str, *, language: Language, speed: float = 1.0, voice: str = "") -> bool:
        """Whether the sentence can be played without rendering it."""
        if not voice and self._recorded.find(sentence, language) is not None:
            return True
        key = self._key(sentence, language, speed, voice or self._voices.get(language, ""))
        return key in self._prompts or self._path(key).is_file()

    def known(self) -> Iterable[Prompt]:
        """Every prompt that this store has given out, in any order."""
        with self._lock:
            return tuple(self._prompts.values())

    def _remember(self, key: str, prompt: Prompt) -> Prompt:
        with self._lock:
            return self._prompts.setdefault(key, prompt)

    def _key(self, sentence: str, language: Language, speed: float, voice: str) -> str:
        parts = (RENDERING, self._synthesizer.name, language, voice, f"{speed:.3f}", sentence)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _path(self, key: str) -> Path:
        return self._cache_dir / key[:2] / f"{key}.wav"

    def _from_cache(self, key: str, sentence: str, language: Language) -> Prompt | None:
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            pcm = read_wav(path)
        except AudioUnreadableError:
            return None
        whole = len(pcm) == _samples_told(path.with_suffix(".json"))
        return Prompt(sentence, language, pcm, "cache") if whole else None

    def _render(self, key: str, sentence: str, language: Language, speed: float, voice: str) -> Prompt:
        pcm = self._synthesizer.render(sentence, language=language, voice=voice, speed=speed)
        facts = {
            "text": sentence,
            "language": language,
            "voice": voice,
            "speed": speed,
            "engine": self.engine,
            "samples": len(pcm),
        }
        path = self._path(key)
        try:
            write_atomically(path.with_suffix(".json"), json.dumps(facts, ensure_ascii=False).encode())
            write_atomically(path, wav_bytes(pcm))
        except OSError as error:
            # A full disk must not silence the robot in the middle of a call.
            log.warning("prompt not cached", folder=str(self._cache_dir), cause=error.strerror or str(error))
        return Prompt(sentence, language, pcm, self.engine)


def _samples_told(sidecar: Path) -> int | None:
    """How many samples the sidecar says its prompt has; None where it cannot be read."""
    try:
        return int(json.loads(sidecar.read_text(encoding="utf-8"))["samples"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
