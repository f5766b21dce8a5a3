"""Ears behind one Protocol, and choosing among those that are installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import structlog

from speech.allocator import share_arenas
from speech.modelstore import installed
from speech.recognizers.whisper import WhisperRecognizer
from speech.types import Language, ModelMissingError, Recognizer

log = structlog.get_logger(__name__)


def open_recognizer(
    name: str = "auto",
    *,
    models_dir: Path,
    vosk_models: Mapping[Language, Path] | None = None,
    threads: int = 2,
    adapted: bool = True,
    language: Language = "zh-CN",
) -> Recognizer:
    """Open a recogniser; ``auto`` takes Whisper where its model is installed, else Vosk with its models.

    ``adapted``: Whisper with what it learnt about elders on telephones, not as it was fetched; ``language``:
    the one that most elders speak, others are loaded when they are first heard.
    Says in the log which one was picked. Raises ModelMissingError when the one asked for, or any, is missing.
    """
    if name not in {"auto", "whisper", "vosk"}:
        raise ModelMissingError(f"There is no recogniser named {name!r}; there are auto, whisper and vosk")
    share_arenas()
    if name == "whisper" or (name == "auto" and (installed("whisper-base", models_dir) or not vosk_models)):
        ears: Recognizer = WhisperRecognizer(models_dir, threads=threads, adapted=adapted, language=language)
    elif vosk_models:
        from speech.recognizers.vosk import VoskRecognizer  # noqa: PLC0415 - loads a native library

        ears = VoskRecognizer(vosk_models)
    else:
        raise ModelMissingError("No Vosk model is configured: set WENAN_VOSK_MODEL_ZH to the folder of one")
    log.info("recognizer opened", asked=name, picked=ears.name)
    return ears
