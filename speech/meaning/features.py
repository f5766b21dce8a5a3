"""What a sentence is made of: its characters, its sounds, and the question it answers, as names to count."""

from __future__ import annotations

import re
from functools import lru_cache

from speech.phonetics.pinyin import Style, lazy_pinyin
from speech.types import Language
from speech.wording import fold, spaced

_FLAT = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_SHORT = 5
"""Syllables or words up to which the question and the words are counted together: 有 means what was asked."""
_LONGEST_RUN = 3
_LETTERS = 4


def features(text: str, question: str, language: Language) -> list[str]:
    """Names of everything that is counted in a sentence; a name stands as often as it occurs."""
    folded = fold(text, language)
    return _latin(folded, question) if spaced(language) else _chinese(folded, question)


def _chinese(folded: str, question: str) -> list[str]:
    letters = folded.replace(" ", "")
    sounds = ["<", *syllables(letters), ">"]
    names = [f"s:{run}" for run in _runs(sounds, "_")]
    names += [f"s:{first}..{last}" for first, last in zip(sounds, sounds[2:], strict=False)]
    names += [f"c:{run}" for run in _runs(["<", *letters, ">"], "")]
    return names + _asked(sounds[1:-1], question)


def _latin(folded: str, question: str) -> list[str]:
    words = folded.split()
    names = [f"w:{run}" for run in _runs(["<", *words, ">"], "_")]
    for word in words:
        padded = f"<{word}>"
        names += [f"l:{padded[at : at + _LETTERS]}" for at in range(max(1, len(padded) - _LETTERS + 1))]
    return names + _asked(words, question)


def _asked(units: list[str], question: str) -> list[str]:
    names = [f"q:{question}"]
    if len(units) <= _SHORT:
        names += [f"q:{question}|{unit}" for unit in units]
        names.append(f"q:{question}|{'_'.join(units)}")
    return names


def _runs(units: list[str], between: str) -> list[str]:
    return [
        between.join(units[at : at + length])
        for length in range(1, _LONGEST_RUN + 1)
        for at in range(len(units) - length + 1)
    ]


@lru_cache(maxsize=4096)
def syllables(letters: str) -> tuple[str, ...]:
    """Toneless syllables with what northern and south-western mouths and telephones merge made one."""
    return tuple(_rough(sound) for sound in lazy_pinyin(letters, style=Style.NORMAL))


def _rough(sound: str) -> str:
    for curled, flat in _FLAT:
        if sound.startswith(curled):
            sound = flat + sound[len(curled) :]
    if sound.startswith("n"):
        sound = "l" + sound[1:]
    if sound.startswith("hu") and sound != "hu":
        sound = "f" + sound[2:]
    return re.sub("ng$", "n", sound)
