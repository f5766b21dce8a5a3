"""How words are spoken: the pronunciations of espeak-ng, called within the process.

The library and its data come with the package ``espeakng-loader``; ``phonemizer`` gives every voice a copy of
its own, so that the synthesiser and this module cannot disturb each other.
"""

from __future__ import annotations

import logging
import re
import threading
from functools import cache
from typing import Any

log = logging.getLogger(__name__)

_SPEAKABLE = re.compile(r"[0-9]{1,4}|[a-zñ][a-zñ']{0,39}")
"""What the voice is asked about; anything else it would spell out sign by sign."""
_PARTS = re.compile(r"[_\s]+")
_STRESS = dict.fromkeys(map(ord, "ˈˌːˑ-ʲ\u0329\u0303"))
_REMARK = re.compile(r"\([a-z-]+\)")
"""Where the voice says that it changes to another language."""


class Voice:
    """The pronunciations of one voice. Safe to share among threads."""

    def __init__(self, speaker: Any) -> None:
        self._speaker = speaker
        self._lock = threading.Lock()

    def phonemes(self, word: str) -> tuple[str, ...]:
        """The phonemes of one folded word, without stress and length; empty if it cannot be told.

        Never raises: what the voice cannot speak has no phonemes.
        """
        if not _SPEAKABLE.fullmatch(word):
            return ()
        try:
            with self._lock:
                spoken = str(self._speaker.text_to_phonemes(word))
        except (RuntimeError, ValueError, OSError) as error:
            log.warning("no pronunciation for a word of %d letters: %s", len(word), error)
            return ()
        plain = _REMARK.sub("", spoken).translate(_STRESS)
        return tuple(part for part in _PARTS.split(plain) if part)


@cache
def voice_of(name: str) -> Voice | None:
    """The voice with this name, such as ``es`` or ``en-gb``; None where espeak-ng cannot be loaded.

    A missing library is said once in the log; matching then goes by spelling rules.
    """
    try:
        return Voice(_speaker(name))
    except Exception as error:  # noqa: BLE001 - a foreign library may fail to load in any way
        log.warning("espeak-ng has no voice %s (%s); words are compared by their spelling", name, error)
        return None


def _speaker(name: str) -> Any:
    """A copy of the library that speaks with this voice."""
    import espeakng_loader  # noqa: PLC0415 - absent on some platforms
    from phonemizer.backend.espeak.wrapper import EspeakWrapper  # noqa: PLC0415 - slow to load

    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    speaker = EspeakWrapper()
    speaker.set_voice(name)
    return speaker
