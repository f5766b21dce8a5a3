"""What a sentence means, as a direction in space: sentences of like meaning point the same way.

Multilingual-e5-small (118 million parameters, 384 dimensions, zh / es / en among its languages), run by
numpy alone from weights of four bits, with the small changes that ``tools/tune_encoder`` has learnt of
elders' answers: who has fallen, when, and whether at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from speech.meaning.packed import PER_BLOCK, Packed, open_packed, unpacked
from speech.meaning.pieces import Pieces
from speech.remembered import Remembered

_PREFIX = "query: "
"""What the model was trained to see before a sentence."""


def asked(text: str, question: str) -> str:
    """A sentence with the question it answers, as the encoder reads them: "query: falls: no"."""
    return f"{_PREFIX}{question}: {text}"


_MOST_PIECES = 384
"""Pieces of a text that are read; nobody answers at greater length in one breath."""
_AT_ONCE = 16
"""Texts that are read together: what the matrices take to come from memory is paid once for all of them."""
_REMEMBERED = 1024

Floats = NDArray[np.float32]
Span = tuple[int, int]
"""Where a stretch of a text begins and ends, in characters."""
_Asked = tuple[str, tuple[Span, ...]]
"""A text with its question, and its stretches."""


@dataclass(frozen=True, slots=True)
class _Linear:
    weight: Floats
    bias: Floats

    def __call__(self, values: Floats) -> Floats:
        return values @ self.weight.T + self.bias


@dataclass(frozen=True, slots=True)
class _Norm:
    weight: Floats
    bias: Floats
    epsilon: float

    def __call__(self, values: Floats) -> Floats:
        centred = values - values.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + self.epsilon)
        return np.asarray(centred / spread * self.weight + self.bias, np.float32)


@dataclass(frozen=True, slots=True)
class _Layer:
    query: _Linear
    key: _Linear
    value: _Linear
    joined: _Linear
    after_attention: _Norm
    widened: _Linear
    narrowed: _Linear
    after_all: _Norm


class SentenceEncoder:
    """A loaded encoder. Immutable; safe among threads."""

    def __init__(self, path: Path, changes: Mapping[str, NDArray[np.float16]] | None = None) -> None:
        """Load a packed model. Raises PackedModelError.

        ``changes`` holds for a matrix ``l0.q`` two thin ones, ``l0.q.a`` of shape (rank, inputs) and
        ``l0.q.b`` of (outputs, rank), whose product is added to it; a matrix without them stays as it was
        published.
        """
        # On matrices this small, threads that wait for one another cost ten times what they bring.
        threadpool_limits(limits=1, user_api="blas")
        packed = open_packed(path)
        self._pieces = Pieces(packed.vocabulary)
        self._vocabulary = packed.vocabulary
        self._shape = packed.shape
        width = packed.shape.width
        self._words = packed.blocks("emb.word").reshape(-1, width // PER_BLOCK)
        self._positions = packed.floats("emb.pos").reshape(-1, width)
        self._kind = packed.floats("emb.type")[:width]
        self._first = _norm(packed, "emb.ln")
        self._layers = [_layer(packed, number, changes or {}) for number in range(packed.shape.layers)]
        self.width = width
        self._known = Remembered(self._encode_all, _REMEMBERED)

    def encode(
        self, texts: Sequence[str], question: str, apart: Mapping[str, Sequence[Span]] | None = None
    ) -> list[Floats]:
        """Unit vectors of answers to a question, one array a text; lately encoded ones are remembered.

        The first row stands for the whole text, the others for its stretches in ``apart``, in their order.
        A text is read once, and of a stretch the mean is taken over its own pieces alone: what stands beside
        a cry explains it or does not, and never drowns it.
        """
        before = len(asked("", question))
        stretches = apart or {}
        return self._known(
            [
                (
                    asked(text, question),
                    tuple((before + start, before + end) for start, end in stretches.get(text, ())),
                )
                for text in texts
            ]
        )

    def _encode_all(self, texts: Sequence[_Asked]) -> list[Floats]:
        return [
            directions
            for first in range(0, len(texts), _AT_ONCE)
            for directions in self._encode_together(texts[first : first + _AT_ONCE])
        ]

    def _encode_together(self, texts: Sequence[_Asked]) -> list[Floats]:
        cut = [self._pieces.cut(text) for text, _ in texts]
        read = self._read_together([numbers[:_MOST_PIECES] for numbers, _ in cut])
        return [
            np.stack([_direction(values), *(_direction(values[within(places, span)]) for span in spans)])
            for values, (_, places), (_, spans) in zip(read, cut, texts, strict=True)
        ]

    def _read_together(self, texts: Sequence[Sequence[int]]) -> list[Floats]:
        """What the pieces of some texts mean, (2 + pieces, width): the first and last stand for the ends.

        All pieces are read one below the other; each heeds only those of its own text.
        """
        cut = [[self._vocabulary.begin, *numbers, self._vocabulary.end] for numbers in texts]
        ends = np.cumsum([len(numbers) for numbers in cut])
        each = [slice(end - len(numbers), end) for numbers, end in zip(cut, ends, strict=True)]
        places = np.concatenate([np.arange(len(numbers)) for numbers in cut])
        values = unpacked(self._words[np.concatenate(cut)]) + self._positions[places] + self._kind
        values = self._first(values)
        for layer in self._layers:
            values = layer.after_attention(values + layer.joined(self._attend(layer, values, each)))
            values = layer.after_all(values + layer.narrowed(_gelu(layer.widened(values))))
        return [values[one] for one in each]

    def _attend(self, layer: _Layer, values: Floats, each: Sequence[slice]) -> Floats:
        heads, size = self._shape.heads, self.width // self._shape.heads
        apart = (len(values), heads, size)
        query = layer.query(values).reshape(apart).transpose(1, 0, 2)
        key = layer.key(values).reshape(apart).transpose(1, 2, 0)
        value = layer.value(values).reshape(apart).transpose(1, 0, 2)
        heeded = np.empty(apart, np.float32)
        for one in each:
            scores = query[:, one] @ key[:, :, one] / np.float32(np.sqrt(size))
            scores = np.exp(scores - scores.max(axis=2, keepdims=True))
            weighed = scores / scores.sum(axis=2, keepdims=True)
            heeded[one] = (weighed @ value[:, one]).transpose(1, 0, 2)
        return heeded.reshape(len(values), self.width)


def within(places: Sequence[Span], span: Span) -> list[int]:
    """The rows of the pieces that a stretch touches; what lies behind the last has the beginning's."""
    rows = [row for row, (start, end) in enumerate(places, 1) if start < span[1] and end > span[0]]
    return [row for row in rows if row <= _MOST_PIECES] or [0]


def _direction(values: Floats) -> Floats:
    mean = values.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def _gelu(values: Floats) -> Floats:
    return np.asarray(0.5 * values * (1 + _erf(values * np.float32(0.70710678))), np.float32)


def _erf(values: Floats) -> Floats:
    """The error function to 1.5e-7 (Abramowitz and Stegun 7.1.26)."""
    size = np.abs(values)
    step = 1 / (1 + np.float32(0.3275911) * size)
    series = np.full_like(step, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = series * step + np.float32(factor)
    return np.asarray(np.sign(values) * (1 - series * step * np.exp(-(size**2))), np.float32)


def _norm(packed: Packed, name: str) -> _Norm:
    return _Norm(packed.floats(f"{name}.w"), packed.floats(f"{name}.b"), packed.shape.epsilon)


def _layer(packed: Packed, number: int, changes: Mapping[str, NDArray[np.float16]]) -> _Layer:
    def linear(name: str) -> _Linear:
        at = f"l{number}.{name}"
        bias = packed.floats(f"{at}.b")
        weight = packed.matrix(f"{at}.w", len(packed.blocks(f"{at}.w")) * PER_BLOCK // len(bias))
        if f"{at}.a" in changes:
            weight = weight + changes[f"{at}.b"].astype("f4") @ changes[f"{at}.a"].astype("f4")
        return _Linear(weight, bias)

    return _Layer(
        query=linear("q"),
        key=linear("k"),
        value=linear("v"),
        joined=linear("ao"),
        after_attention=_norm(packed, f"l{number}.aln"),
        widened=linear("fi"),
        narrowed=linear("fo"),
        after_all=_norm(packed, f"l{number}.oln"),
    )
