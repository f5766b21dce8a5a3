"""How characters are read: pypinyin, with its dictionaries packed.

The library keeps 47,000 phrases and 44,000 characters as lists of lists of strings, and every beginning of a
phrase besides: 57 MB in each process that has ears. Packed they take a tenth of it, and are not unpacked at
every start. The phrases are a file of ours that ``tools/pack_pinyin.py`` makes of the library's; that it says
the same, phrase by phrase, is tested. Everybody here takes the library from this module, so that nobody gets
it otherwise.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, MutableMapping
from importlib.resources import as_file, files
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_WITHOUT = {"PYPINYIN_NO_PHRASES": "1", "PYPINYIN_NO_DICT_COPY": "1"}
_before = {name: os.environ.get(name) for name in _WITHOUT}
os.environ.update(_WITHOUT)
try:
    from pypinyin import Style, constants, converter, core, lazy_pinyin, pinyin_dict
    from pypinyin.seg import mmseg, simpleseg
finally:  # processes that this one starts may want the library whole
    for _name, _value in _before.items():
        if _value is None:
            del os.environ[_name]
        else:
            os.environ[_name] = _value

__all__ = ["Style", "lazy_pinyin"]

PACKED = files("speech") / "data" / "pinyin_phrases.npz"
_SYLLABLE, _READING = " ", ","
"""Between the syllables of a phrase, and between the readings of one of them."""


class Texts:
    """Many short strings one after the other in a single one."""

    def __init__(self, everything: str, lengths: NDArray[np.uint8]) -> None:
        """``everything``: all of them together; ``lengths``: characters of each."""
        self._all = everything
        self._ends = array("I", np.cumsum(lengths, dtype=np.uint32).tobytes())

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> str:
        return self._all[self._ends[number - 1] if number else 0 : self._ends[number]]

    def place(self, text: str) -> int:
        """Where this is, or belongs, among texts that are sorted."""
        return bisect_left(self, text)


class Phrases(MutableMapping[str, list[list[str]]]):
    """Phrase -> for each of its characters how it may be read; what is added later comes first."""

    def __init__(self, names: Texts, read: Texts) -> None:
        """``names`` are sorted; ``read`` holds the readings of each."""
        self._names = names
        self._read = read
        self._added: dict[str, list[list[str]]] = {}

    @classmethod
    def shipped(cls) -> Self:
        """Those of the library."""
        with as_file(PACKED) as path, np.load(path) as file:
            names, read = (
                Texts(file[name].tobytes().decode(), file[f"{name}_lengths"]) for name in ("names", "read")
            )
        return cls(names, read)

    @staticmethod
    def packed(known: MutableMapping[str, list[list[str]]]) -> dict[str, NDArray[np.uint8]]:
        """The file's content made of a dictionary of the library's."""
        names = sorted(known)
        read = [_SYLLABLE.join(_READING.join(each) for each in known[name]) for name in names]
        arrays: dict[str, NDArray[np.uint8]] = {}
        for key, texts in (("names", names), ("read", read)):
            arrays[key] = np.frombuffer("".join(texts).encode(), np.uint8)
            arrays[f"{key}_lengths"] = np.array([len(text) for text in texts], np.uint8)
        return arrays

    def begins(self, text: str) -> bool:
        """Whether a phrase begins so."""
        at = self._names.place(text)
        return (at < len(self._names) and self._names[at].startswith(text)) or any(
            name.startswith(text) for name in self._added
        )

    def __contains__(self, phrase: object) -> bool:
        return isinstance(phrase, str) and (phrase in self._added or self._at(phrase) is not None)

    def __getitem__(self, phrase: str) -> list[list[str]]:
        if phrase in self._added:
            return self._added[phrase]
        at = self._at(phrase)
        if at is None:
            raise KeyError(phrase)
        return [syllable.split(_READING) for syllable in self._read[at].split(_SYLLABLE)]

    def __setitem__(self, phrase: str, read: list[list[str]]) -> None:
        self._added[phrase] = read

    def __delitem__(self, phrase: str) -> None:
        del self._added[phrase]

    def __iter__(self) -> Iterator[str]:
        yield from (self._names[number] for number in range(len(self._names)))
        yield from (phrase for phrase in self._added if self._at(phrase) is None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return bool(len(self._names) or self._added)

    def _at(self, phrase: str) -> int | None:
        at = self._names.place(phrase)
        return at if at < len(self._names) and self._names[at] == phrase else None


class Characters(MutableMapping[int, str]):
    """Character's number -> its readings, joined by commas; what is added later comes first."""

    def __init__(self, known: MutableMapping[int, str]) -> None:
        self._codes: NDArray[np.uint32] = np.array(sorted(known), np.uint32)
        self._kinds = sorted(set(known.values()))
        number = {kind: index for index, kind in enumerate(self._kinds)}
        self._kind = array("H", [number[known[code]] for code in self._codes.tolist()])
        self._added: dict[int, str] = {}

    def __contains__(self, code: object) -> bool:
        return isinstance(code, int) and (code in self._added or self._at(code) is not None)

    def __getitem__(self, code: int) -> str:
        if code in self._added:
            return self._added[code]
        at = self._at(code)
        if at is None:
            raise KeyError(code)
        return self._kinds[self._kind[at]]

    def __setitem__(self, code: int, readings: str) -> None:
        self._added[code] = readings

    def __delitem__(self, code: int) -> None:
        del self._added[code]

    def __iter__(self) -> Iterator[int]:
        yield from self._codes.tolist()
        yield from (code for code in self._added if self._at(code) is None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _at(self, code: int) -> int | None:
        at = int(np.searchsorted(self._codes, code))
        return at if at < len(self._codes) and self._codes[at] == code else None


class Beginnings:
    """Every beginning of a phrase, asked of the phrases themselves."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases

    def __contains__(self, text: str) -> bool:
        return self._phrases.begins(text)

    def train(self, phrases: Iterable[str]) -> None:
        """Further phrases are known by being added."""


def _pack() -> None:
    phrases, characters = Phrases.shipped(), Characters(constants.PINYIN_DICT)
    places: tuple[Any, ...] = (constants, converter, core, mmseg, simpleseg)
    for place in places:
        for name, packed in (("PHRASES_DICT", phrases), ("PINYIN_DICT", characters)):
            if hasattr(place, name):
                setattr(place, name, packed)
    beginnings: Any = Beginnings(phrases)
    mmseg.p_set = mmseg.seg._prefix_set = beginnings  # noqa: SLF001 - it has no other door
    pinyin_dict.pinyin_dict.clear()


_pack()
