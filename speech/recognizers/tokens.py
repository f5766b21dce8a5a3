"""Which of Whisper's tokens a language needs: weighing all of them for every word takes half of the time.

Whisper writes a hundred languages with 51,865 tokens, of which Mandarin needs a tenth. A model that is cut
down to those finds the same among them; what is left out it spells byte by byte, and English stays English
(``docs/adr/0040-only-the-tokens-that-a-language-needs.md``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tokenizers import Tokenizer

from speech.recognizers.ct2_file import with_rows
from speech.types import Language

FREQUENT_LATIN = 6000
"""Tokens of Latin letters that are kept, the most frequent ones: what is said in English is to look so."""
EMBEDDINGS = "decoder/embeddings/weight"
"""The matrix with a row for each token, read and written with."""
CUT: frozenset[Language] = frozenset({"zh-CN"})
"""Languages with a small share of the tokens. Those in Latin letters need four of five."""
_TIMES = re.compile(r"<\|\d+\.\d\d\|>")
"""Tokens of points in time, which are never asked for."""
_SPECIAL = re.compile(r"<\|.*\|>")
_CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
_NO_LETTERS = re.compile(r"[\x00-\x40\x5b-\x60\x7b-\x7f\u2000-\u206f]+")


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """The tokens that are kept, in the model's order; a model cut down to them counts from 0."""

    kept: tuple[int, ...]
    _inner: Mapping[int, int]
    _bytes: Mapping[int, tuple[int, ...]]
    """Of each token that is left out: the kept ones that write the same, a byte each."""

    def inner(self, tokens: Iterable[int]) -> list[int]:
        """Numbers of the whole model as those of the one cut down."""
        return [
            self._inner[kept]
            for token in tokens
            for kept in ((token,) if token in self._inner else self._bytes.get(token, ()))
        ]

    def outer(self, tokens: Iterable[int]) -> list[int]:
        """And back."""
        return [self.kept[token] for token in tokens]

    def files(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """The files of a model by name, cut down. Raises WeightsError, KeyError."""
        config = json.loads(files["config.json"])
        for name in ("suppress_ids", "suppress_ids_begin", "lang_ids"):
            config[name] = [self._inner[token] for token in config.get(name, ()) if token in self._inner]
        cut = {
            **files,
            "config.json": json.dumps(config).encode(),
            "model.bin": with_rows(files["model.bin"], EMBEDDINGS, self.kept),
        }
        if "vocabulary.txt" in files:
            names = files["vocabulary.txt"].decode("utf-8").split("\n")
            cut["vocabulary.txt"] = "".join(f"{names[token]}\n" for token in self.kept).encode()
        if "vocabulary.json" in files:
            names = json.loads(files["vocabulary.json"])
            cut["vocabulary.json"] = json.dumps([names[token] for token in self.kept]).encode()
        return cut


def needed(tokenizer: bytes, language: Language) -> TokenChoice | None:
    """The tokens of a ``tokenizer.json`` that a language needs; None for one that needs most of them.

    Every byte is among them, so that anything can be spelt with them.
    """
    if language not in CUT:
        return None
    written = Tokenizer.from_buffer(tokenizer).get_vocab()
    spelt = {token: _spelling(text) for text, token in written.items()}
    single = {spelling: token for token, spelling in spelt.items() if spelling and len(spelling) == 1}
    latin = sorted(token for token, spelling in spelt.items() if spelling and spelling.isascii())
    always = {*single.values(), *latin[:FREQUENT_LATIN]}
    kept = sorted(token for text, token in written.items() if token in always or _stays(text, spelt[token]))
    inner = {token: number for number, token in enumerate(kept)}
    apart = {
        token: tuple(single[spelling[at : at + 1]] for at in range(len(spelling)))
        for token, spelling in spelt.items()
        if spelling and token not in inner
    }
    return TokenChoice(tuple(kept), inner, apart)


def _stays(text: str, spelling: bytes | None) -> bool:
    if spelling is None:
        return not _TIMES.fullmatch(text)
    try:
        said = spelling.decode("utf-8")
    except UnicodeDecodeError:
        return True  # part of a character that has no token of its own, of any script
    return bool(_CHINESE.fullmatch(said.strip()) or _NO_LETTERS.fullmatch(said))


def _spelling(text: str) -> bytes | None:
    """The bytes that a token writes; None for one that writes nothing."""
    return None if _SPECIAL.fullmatch(text) else bytes(_bytes_by_letter()[letter] for letter in text)


@cache
def _bytes_by_letter() -> dict[str, int]:
    """The visible letter by which the vocabulary writes each byte (as GPT-2's ``bytes_to_unicode``)."""
    visible: Sequence[int] = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in visible]
    return {
        **{chr(byte): byte for byte in visible},
        **{chr(0x100 + number): byte for number, byte in enumerate(hidden)},
    }
