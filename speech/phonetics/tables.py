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


class LatinTable(_Strict):
    """Table of a language written in Latin letters: rewriting rules to folded sounds, then costs."""

    language: Language
    rules: tuple[tuple[str, str], ...]
    """Regular expression and replacement, applied in order to a folded word."""
    letters: Costs
    skip_letter: float
    skip: Skips
    extra: float


def split_pair(pair: str) -> tuple[str, str]:
    """``zh-z`` -> ("zh", "z"); ``--h`` -> ("", "h"). Raises ValueError for anything else."""
    first, dash, second = ("", "-", pair[2:]) if pair.startswith("--") else pair.partition("-")
    if not dash or not second or (not first and not pair.startswith("--")):
        raise ValueError(f"{pair!r} is not a pair of sounds such as 'zh-z'")
    return first, second


def load_table(language: Language, kind: type[Table]) -> Table:
    """Load the shipped table of a language. Raises SoundTableError."""
    name = f"{language}.sounds.yaml"
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
