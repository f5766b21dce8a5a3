"""How words sound, and how near one sound is to another.

``sounds_of(language)`` gives the model of a language: it spells a text as units of sound and says what
mistaking one unit for another costs. ``alignment`` finds phrases in transcripts by those costs.
"""

from __future__ import annotations

from functools import cache

from speech.phonetics.alignment import PhraseBook, Sounded, SoundMatch
from speech.phonetics.latin import LatinSounds
from speech.phonetics.mandarin import MandarinSounds
from speech.phonetics.model import Sounds, Spelt
from speech.phonetics.tables import SoundTableError
from speech.types import Language

__all__ = ["PhraseBook", "SoundMatch", "SoundTableError", "Sounded", "Sounds", "Spelt", "sounds_of"]


@cache
def sounds_of(language: Language) -> Sounds:
    """The sound model of a language, loaded once. Raises SoundTableError if its table is broken."""
    return MandarinSounds.shipped() if language == "zh-CN" else LatinSounds.shipped(language)
