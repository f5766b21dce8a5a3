"""One script for Chinese: Whisper writes traditional characters as it pleases, we read simplified ones."""

from __future__ import annotations

from functools import cache

from opencc import OpenCC


@cache
def _converter(direction: str) -> OpenCC:
    return OpenCC(direction)


def to_simplified(text: str) -> str:
    """The text in simplified characters; what is no Chinese stays as it is."""
    return str(_converter("t2s").convert(text))


def to_traditional(text: str) -> str:
    """The text in traditional characters, as a model may spell it to itself."""
    return str(_converter("s2t").convert(text))
