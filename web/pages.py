"""Long lists in pages, and what their addresses say."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

_DIGITS = 9
"""Longest number taken from an address: any of that length fits a column."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class Slice:
    """Which rows of a list a page shows. Pages count from 1."""

    total: int
    page: int
    pages: int
    offset: int


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list and where they stand in it."""

    rows: Sequence[Row]
    at: Slice


def fingerprint(facts: object) -> str:
    """A short text that is the same for the same facts and hardly ever for others."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def slice_of(total: int, page: int, per_page: int) -> Slice:
    """The slice for a wanted page; a page beyond either end is the nearest that exists."""
    pages = max(1, -(-total // per_page))
    page = min(max(1, page), pages)
    return Slice(total, page, pages, (page - 1) * per_page)


def wanted_page() -> int:
    """The page number this request asks for, 1 when it names none."""
    return number("page") or 1


def number(name: str) -> int | None:
    """A whole number from the query string; None when absent, negative or not a number."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def choice(name: str, allowed: Sequence[str] | frozenset[str], default: str = "") -> str:
    """A word from the query string if it is one of those allowed, else the default."""
    text = request.args.get(name, default)
    return text if text in allowed else default
