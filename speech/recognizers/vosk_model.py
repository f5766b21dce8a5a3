"""A Vosk model folder: what it says about itself, which words it knows, and recognisers made from it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import vosk

from speech.types import ModelMissingError

UNKNOWN = "[unk]"
"""The word that stands for everything outside a grammar, in models that have it."""
_LONGEST_WORD = 8
_DEFAULT_RATE = 16_000
_NEEDED = ("am/final.mdl", "conf/mfcc.conf")
_GRAPHS = (("graph/HCLG.fst",), ("graph/HCLr.fst", "graph/Gr.fst"))
_RUNTIME_GRAPH = "graph/HCLr.fst"

vosk.SetLogLevel(-1)


class VoskModel:
    """A loaded model, shared by any number of recognisers and threads."""

    def __init__(self, folder: Path) -> None:
        """Load a model folder. Raises ModelMissingError when it is not one."""
        lacking = [path for path in _NEEDED if not (folder / path).is_file()]
        if not any(all((folder / path).is_file() for path in graph) for graph in _GRAPHS):
            lacking.append(_GRAPHS[0][0])
        if lacking:
            msg = (
                f"{folder} is not an unpacked Vosk model: {lacking[0]} is missing; "
                "name the folder that holds am, conf and graph"
            )
            raise ModelMissingError(msg)
        self.name = folder.resolve().name
        self.rate = _sample_rate(folder / "conf" / "mfcc.conf")
        self.takes_grammar = (folder / _RUNTIME_GRAPH).is_file()
        """Whether the words to be heard can be chosen for each utterance: small and "lgraph" models."""
        self._model: Any = vosk.Model(str(folder))

    @cached_property
    def knows_unknown(self) -> bool:
        """Whether a grammar can say that something else was said."""
        return self.knows(UNKNOWN)

    def knows(self, word: str) -> bool:
        """Whether the word is in the vocabulary."""
        return int(self._model.vosk_model_find_word(word)) >= 0

    def in_words(self, phrase: str) -> tuple[str, ...] | None:
        """The phrase as words of the vocabulary, or None where one is missing.

        Languages written without spaces are cut into as few known words as possible.
        """
        words: list[str] = []
        for chunk in phrase.lower().split():
            cut = (chunk,) if self.knows(chunk) else self._cut(chunk)
            if cut is None:
                return None
            words += cut
        return tuple(words) or None

    def _cut(self, chunk: str) -> tuple[str, ...] | None:
        """Fewest known words that make up a chunk, by dynamic programming over its characters."""
        best: list[tuple[str, ...] | None] = [(), *[None] * len(chunk)]
        for end in range(1, len(chunk) + 1):
            for start in range(max(0, end - _LONGEST_WORD), end):
                before, word = best[start], chunk[start:end]
                shortest = best[end]
                if before is None or (shortest is not None and len(shortest) <= len(before) + 1):
                    continue
                if self.knows(word):
                    best[end] = (*before, word)
        return best[-1]

    def recogniser(self, phrases: Sequence[Sequence[str]] = (), *, alternatives: int = 0) -> Any:
        """A new recogniser at the model's rate, limited to ``phrases`` (in known words) if any are given."""
        if phrases:
            grammar = [" ".join(words) for words in phrases] + ([UNKNOWN] if self.knows_unknown else [])
            made = vosk.KaldiRecognizer(self._model, self.rate, json.dumps(grammar, ensure_ascii=False))
        else:
            made = vosk.KaldiRecognizer(self._model, self.rate)
        made.SetMaxAlternatives(alternatives)
        return made


def _sample_rate(conf: Path) -> int:
    """The rate in hertz that a model was trained for."""
    found = re.search(r"--sample-frequency=(\d+)", conf.read_text(encoding="utf-8"))
    return int(found[1]) if found else _DEFAULT_RATE
