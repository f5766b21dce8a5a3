"""From a sentence to the phonemes that Kokoro was trained on."""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import Any

from speech.types import Language

_ESPEAK_VOICES = {"es": "es", "en": "en-us"}
_lock = threading.Lock()
"""Neither jieba (inside misaki) nor the espeak library may be used by two threads at once."""


def phonemes(sentence: str, language: Language) -> str:
    """Phonemes of a sentence in Kokoro's alphabet (IPA with tone arrows for Mandarin)."""
    with _lock:
        if language == "zh-CN":
            spoken, _ = _mandarin()(sentence)
            return str(spoken)
        return str(_espeak().phonemize(sentence, _ESPEAK_VOICES[language]))


@cache
def _mandarin() -> Any:
    import jieba  # noqa: PLC0415 - a second of loading that only a rendering should pay for
    from misaki import zh  # noqa: PLC0415 - the same

    jieba.setLogLevel(logging.WARNING)
    return zh.ZHG2P()


def token_numbers() -> dict[str, int]:
    """The model's number for each sound of its alphabet."""
    return dict(_espeak().vocab)


@cache
def _espeak() -> Any:
    from kokoro_onnx.tokenizer import Tokenizer  # noqa: PLC0415 - loads the espeak library

    return Tokenizer()
