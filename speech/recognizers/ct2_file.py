"""The file in which CTranslate2 keeps a model's weights: read them, and give some of them other values.

Layout (binary version 6, little-endian): version, specification, revision, then each variable with name,
shape, type, length and bytes, then aliases. A string is its length (16 bit, with the closing zero) and its
bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speech.types import SpeechError

VERSION = 6
_HALF = 4
"""The number of the type float16."""
_MATRIX = 2
_HEAD = "<IIBI"
"""What stands before the values of a matrix, behind its name and the number of its dimensions."""


class WeightsError(SpeechError):
    """A file is not one of weights as they are known here; the message says what is the matter."""


@dataclass(frozen=True, slots=True)
class Variable:
    """Where one variable's values stand in the file, and of what shape they are."""

    name: str
    shape: tuple[int, ...]
    kind: int
    start: int
    size: int


def variables(data: bytes | bytearray) -> Iterator[Variable]:
    """All variables of a file. Raises WeightsError."""
    reader = _Reader(data)
    try:
        version = reader.number("I")
        if version != VERSION:
            raise WeightsError(f"weights of binary version {version}, {VERSION} is known")
        reader.string()
        reader.number("I")
        for _ in range(reader.number("I")):
            yield reader.variable()
    except struct.error as error:
        raise WeightsError("the file of weights ends in the middle") from error


def read_weights(data: bytes | bytearray) -> dict[str, NDArray[np.float16]]:
    """The variables of type float16 by name."""
    return {variable.name: _view(data, variable) for variable in variables(data) if variable.kind == _HALF}


@dataclass(frozen=True, slots=True)
class LowRank:
    """The matrix ``up @ down``, multiplied only when it is needed: all of them at once are twice a model."""

    up: NDArray[np.float32]
    down: NDArray[np.float32]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the product."""
        return (self.up.shape[0], self.down.shape[1])

    def full(self) -> NDArray[np.float32]:
        """The product."""
        return np.asarray(self.up @ self.down)


def add_to_weights(data: bytearray, changes: Mapping[str, LowRank]) -> None:
    """Add to named variables in place.

    Raises WeightsError when a name or shape does not fit; nothing is changed then.
    """
    found = {variable.name: variable for variable in variables(data) if variable.kind == _HALF}
    for name, change in changes.items():
        if name not in found:
            raise WeightsError(f"there are no weights named {name}")
        if found[name].shape != change.shape:
            raise WeightsError(f"weights {name} are of shape {found[name].shape}, not {change.shape}")
    for name, change in changes.items():
        values = _view(data, found[name])
        values[...] = (values.astype(np.float32) + change.full()).astype(np.float16)


def with_rows(data: bytes, name: str, rows: Sequence[int]) -> bytes:
    """The same file with only these rows of a matrix, in this order.

    Raises WeightsError when there is no such matrix, IndexError when it lacks a row.
    """
    found = next((each for each in variables(data) if each.name == name and each.kind == _HALF), None)
    if found is None or len(found.shape) != _MATRIX:
        raise WeightsError(f"there is no matrix named {name}")
    kept = _view(data, found)[list(rows)]
    head = found.start - struct.calcsize(_HEAD)
    return b"".join(
        (
            memoryview(data)[:head],
            struct.pack(_HEAD, *kept.shape, _HALF, kept.nbytes),
            kept.tobytes(),
            memoryview(data)[found.start + found.size :],
        )
    )


def _view(data: bytes | bytearray, variable: Variable) -> NDArray[np.float16]:
    count = variable.size // 2
    return np.frombuffer(data, np.dtype("<f2"), count, variable.start).reshape(variable.shape)


class _Reader:
    def __init__(self, data: bytes | bytearray) -> None:
        self._data = data
        self._at = 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from(f"<{form}", self._data, self._at)
        self._at += struct.calcsize(form)
        return int(value)

    def string(self) -> str:
        length = self.number("H")
        raw = bytes(self._data[self._at : self._at + length])
        self._at += length
        return raw.rstrip(b"\0").decode("utf-8", "replace")

    def variable(self) -> Variable:
        name = self.string()
        shape = tuple(self.number("I") for _ in range(self.number("B")))
        kind, size = self.number("B"), self.number("I")
        start = self._at
        if start + size > len(self._data):
            raise WeightsError("the file of weights ends in the middle")
        self._at += size
        return Variable(name, shape, kind, start, size)
