"""The words of survey forms, read from ``vocabulary.yaml``, and the comparison that finds them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("vocabulary.yaml")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Each mapping leads from a word as ``folded`` leaves it to our own code for it."""

    columns: Mapping[str, str]
    contact_groups: tuple[str, ...]
    contact_parts: Mapping[str, str]
    categories: Mapping[str, str]
    category_endings: tuple[str, ...]
    abilities: Mapping[str, str]
    services: Mapping[str, str]
    sexes: Mapping[str, str]
    languages: Mapping[str, str]
    relations: tuple[str, ...]
    """As written, longest first."""
    ticks: Mapping[str, bool]
    """By the mark itself as ``marked`` leaves it."""
    blanks: frozenset[str]
    footers: tuple[str, ...]


def folded(text: str) -> str:
    """A text without all that does not matter when headers and words are compared.

    Full and half width, capitals, accents, spaces, brackets and punctuation.
    """
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())


def marked(text: str) -> str:
    """A short text whose signs do matter (√, ×, /), without regard to width and capitals."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def vocabulary() -> Vocabulary:
    """The shipped words."""
    data: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Vocabulary(
        columns=_by_word(data["columns"]),
        contact_groups=_longest_first(folded(word) for word in data["contact_groups"]),
        contact_parts=_by_word(data["contact_parts"]),
        categories=_by_word(data["categories"]),
        category_endings=_longest_first(data["category_endings"]),
        abilities=_by_word(data["abilities"]),
        services=_by_word(data["services"]),
        sexes=_by_word(data["sexes"]),
        languages=_by_word(data["languages"]),
        relations=_longest_first(data["relations"]),
        ticks={marked(word): mark == "yes" for mark, words in data["ticks"].items() for word in words},
        blanks=frozenset(marked(word) for word in data["blanks"]),
        footers=_longest_first(folded(word) for word in data["footers"]),
    )


def _by_word(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {folded(word): code for code, words in table.items() for word in words}


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=len, reverse=True))
