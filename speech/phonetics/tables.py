"""Reads the tables of confusions (``speech/lexicons/*.sounds.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from speech.types import Language

Table = TypeVar("Table", bound=BaseModel)


class SoundTableError(ValueError):
    """A table of confusions that cannot be used; the message names the file, the entry and the fault."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Costs(_Strict):
    """Costs of pairs written ``a-b``; a pair not listed costs ``otherwise``. "-" stands for nothing."""

    otherwise: float = Field(ge=0, le=1)
    pairs: Mapping[str, float] = Field(default_factory=dict)

    def symmetric(self) -> dict[tuple[str, str], float]:
        """Both directions of every pair. Raises ValueError for a pair that is not two names."""
        both: dict[tuple[str, str], float] = {}
        for pair, cost in self.pairs.items():
            first, second = split_pair(pair)
            both[first, second] = both[second, first] = cost
        return both


class SyllableWeights(_Strict):
    """Shares of the initial and the final in a syllable; the tone comes on top."""

    initial: float
    final: float
    tone: float


class FinalWeights(_Strict):
    """Shares of a final's parts."""

    medial: float
    vowel: float
    ending: float


class Finals(_Strict):
    """Costs between finals, part by part."""

    weights: FinalWeights
    medials: Costs
    vowels: Costs
    endings: Costs


class Skips(_Strict):
    """Costs of units left out."""

    otherwise: float
    syllables: Mapping[str, float] = Field(default_factory=dict)


class MandarinTable(_Strict):
    """The whole table of Mandarin."""

    language: Language
    weights: SyllableWeights
    initials: Costs
    finals: Finals
    syllables: Mapping[str, float]
    skip: Skips
    extra: float


class Drops(_Strict):
    """Costs of single phonemes left out or put in."""

    otherwise: float = Field(ge=0, le=1)
    phonemes: Mapping[str, float] = Field(default_factory=dict)


class LatinTable(_Strict):
    """Table of a language written in Latin letters: how its words are spoken, then what confusions cost."""

    language: Language
    voice: str
    """Name of the voice of espeak-ng that knows how words are spoken."""
    spoken: Mapping[str, str] = Field(default_factory=dict)
    """Folded words that the voice must be given in another spelling: ``ive`` is ``i've``."""
    merge: Mapping[str, str] = Field(default_factory=dict)
    """Signs of the voice and what to take them for; accents of the language made one."""
    rules: tuple[tuple[str, str], ...]
    """Regular expression and replacement, applied in order to a folded word where there is no voice."""
    pairs: Mapping[str, float] = Field(default_factory=dict)
    """Pairs of phonemes that are nearer or farther than their making tells."""
    dropped: Drops
    skip: Skips
    extra: float


class Consonant(_Strict):
    """How a consonant is made: ``place`` from the lips (0) to the throat (8)."""

    place: int = Field(ge=0, le=8)
    manner: str
    voiced: bool


class Vowel(_Strict):
    """How a vowel is made, each 0..1."""

    open: float = Field(ge=0, le=1)
    back: float = Field(ge=0, le=1)


class PlaceCosts(_Strict):
    """Cost of another place at all, and of each step between the two."""

    differs: float
    per_step: float


class VowelCosts(_Strict):
    """Cost of another vowel at all, and of the whole way from close to open and from front to back."""

    differs: float
    open: float
    back: float


class WordCosts(_Strict):
    """What words differ by beyond ``alike`` per phoneme counts ``beyond`` times: they are other words."""

    alike: float
    beyond: float


class PhonemeCosts(_Strict):
    """Costs of each way in which two phonemes differ; they are added up."""

    place: PlaceCosts
    voice: float
    manner: Costs
    vowel: VowelCosts
    glides: Mapping[str, float]
    """Pairs of a consonant and a vowel that are near each other."""
    word: WordCosts


class PhonemeTable(_Strict):
    """The phonemes of Spanish and English and how they are made."""

    consonants: Mapping[str, Consonant]
    vowels: Mapping[str, Vowel]
    costs: PhonemeCosts


def split_pair(pair: str) -> tuple[str, str]:
    """``zh-z`` -> ("zh", "z"); ``--h`` -> ("", "h"). Raises ValueError for anything else."""
    first, dash, second = ("", "-", pair[2:]) if pair.startswith("--") else pair.partition("-")
    if not dash or not second or (not first and not pair.startswith("--")):
        raise ValueError(f"{pair!r} is not a pair of sounds such as 'zh-z'")
    return first, second


def load_table(table: str, kind: type[Table]) -> Table:
    """Load a shipped table: a language's, or ``latin`` for the phonemes. Raises SoundTableError."""
    name = f"{table}.sounds.yaml"
    try:
        text = resources.files("speech").joinpath("lexicons", name).read_text(encoding="utf-8")
        raw: Any = yaml.safe_load(text)
        return kind.model_validate(raw)
    except (OSError, yaml.YAMLError) as error:
        raise SoundTableError(f"{name} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = " > ".join(str(part) for part in first["loc"])
        raise SoundTableError(f"{name}: {place}: {first['msg']}") from error
