"""The sentence encoder of ``speech.meaning.encoder`` in PyTorch, with a small change to every matrix."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from speech.meaning.packed import PER_BLOCK, Packed, open_packed, unpacked
from tools.tune_encoder.ranks import RANK

MATRICES = ("q", "k", "v", "ao", "fi", "fo")
"""Query, key, value, what joins the heads, and the two of the wide layer; named as in the packed file."""


class Changed(nn.Module):
    """A fixed matrix with a change of low rank: ``x (W + B A)' + b``."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        outputs, inputs = weight.shape
        self.register_buffer("weight", torch.tensor(weight))
        self.register_buffer("bias", torch.tensor(bias))
        self.a = nn.Parameter(torch.randn(RANK, inputs) / math.sqrt(inputs))
        self.b = nn.Parameter(torch.zeros(outputs, RANK))
        self.dropout = nn.Dropout(0.1)

    def forward(self, values: Tensor) -> Tensor:
        """Values of shape (..., inputs) to (..., outputs)."""
        return (
            functional.linear(values, self.weight, self.bias) + (self.dropout(values) @ self.a.T) @ self.b.T
        )


class _Layer(nn.Module):
    def __init__(self, packed: Packed, number: int) -> None:
        super().__init__()
        for name in MATRICES:
            bias = packed.floats(f"l{number}.{name}.b").copy()
            inputs = len(packed.blocks(f"l{number}.{name}.w")) * PER_BLOCK // len(bias)
            self.add_module(name, Changed(packed.matrix(f"l{number}.{name}.w", inputs), bias))
        self.heads = packed.shape.heads
        self.aln = _norm(packed, f"l{number}.aln")
        self.oln = _norm(packed, f"l{number}.oln")

    def forward(self, values: Tensor, there: Tensor) -> Tensor:
        count, length, width = values.shape
        apart = (count, length, self.heads, width // self.heads)
        query, key, value = (getattr(self, name)(values).view(apart).transpose(1, 2) for name in "qkv")
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=there[:, None, None, :])
        values = self.aln(values + self.ao(seen.transpose(1, 2).reshape(count, length, width)))
        return self.oln(values + self.fo(functional.gelu(self.fi(values))))


class Encoder(nn.Module):
    """Texts as numbers of pieces to unit vectors."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        packed = open_packed(path)
        self.vocabulary = packed.vocabulary
        width = packed.shape.width
        self._words = packed.blocks("emb.word").reshape(-1, width // PER_BLOCK)
        self.register_buffer("positions", torch.tensor(packed.floats("emb.pos").reshape(-1, width)))
        self.register_buffer("kind", torch.tensor(packed.floats("emb.type")[:width]))
        self.first = _norm(packed, "emb.ln")
        self.layers = nn.ModuleList(_Layer(packed, number) for number in range(packed.shape.layers))

    def forward(self, numbers: Sequence[Sequence[int]], parts: Sequence[tuple[int, Sequence[int]]]) -> Tensor:
        """Unit vectors of some texts, and after them of parts of them: (texts + parts, width).

        A part is the number of its text, and which of its pieces it has.
        """
        longest = max(map(len, numbers))
        there = torch.zeros(len(numbers), longest, dtype=torch.bool)
        padded = np.zeros((len(numbers), longest), np.int64)
        for row, each in enumerate(numbers):
            there[row, : len(each)] = True
            padded[row, : len(each)] = each
        values = torch.from_numpy(unpacked(self._words[padded])) + self.positions[:longest] + self.kind
        values = self.first(values)
        for layer in self.layers:
            values = layer(values, there)
        wholes = (values * there[..., None]).sum(1)
        apart = [values[row, list(pieces)].sum(0) for row, pieces in parts]
        return functional.normalize(torch.stack([*wholes, *apart]), dim=1)

    def recall(self, changes: Mapping[str, np.ndarray]) -> None:
        """Put back what ``changes`` gave; what is of a lower rank leaves room to learn in."""
        for number, layer in enumerate(self.layers):
            for name in MATRICES:
                changed = getattr(layer, name)
                a, b = (torch.tensor(changes[f"l{number}.{name}.{part}"].astype("f4")) for part in "ab")
                changed.a.data[: len(a)] = a
                changed.b.data[:, : len(a)] = b

    def changes(self) -> dict[str, np.ndarray]:
        """What was learnt, by the names of the packed file's tensors."""
        return {
            f"l{number}.{name}.{part}": getattr(getattr(layer, name), part)
            .detach()
            .numpy()
            .astype(np.float16)
            for number, layer in enumerate(self.layers)
            for name in MATRICES
            for part in "ab"
        }


def _norm(packed: Packed, name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(packed.shape.width, eps=packed.shape.epsilon)
    norm.weight = nn.Parameter(torch.tensor(packed.floats(f"{name}.w")), requires_grad=False)
    norm.bias = nn.Parameter(torch.tensor(packed.floats(f"{name}.b")), requires_grad=False)
    return norm
