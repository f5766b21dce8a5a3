"""Whisper in PyTorch with CTranslate2's weights, each matrix with a small trainable one added (LoRA)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

Weights = Mapping[str, NDArray[np.float16]]
RANK = 16
HEADS = 8
DROPPED = 0.1
"""Of the input of what is learnt so much is left out at random, lest single lessons be learnt by heart."""


class Adapted(nn.Module):
    """A frozen matrix and what is learnt beside it: ``x W' + b + x A' B'``."""

    def __init__(self, weights: Weights, name: str, rank: int) -> None:
        super().__init__()
        weight, bias = _tensor(weights[f"{name}/weight"]), _tensor(weights[f"{name}/bias"])
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.down = nn.Parameter(torch.randn(rank, weight.shape[1]) / math.sqrt(weight.shape[1]))
        self.up = nn.Parameter(torch.zeros(weight.shape[0], rank))
        self.name = name

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102 - torch's own name
        some = functional.dropout(x, DROPPED, self.training)
        return functional.linear(x, self.weight, self.bias) + functional.linear(
            functional.linear(some, self.down), self.up
        )


class Norm(nn.Module):
    """Layer normalisation."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        self.register_buffer("gamma", _tensor(weights[f"{name}/gamma"]))
        self.register_buffer("beta", _tensor(weights[f"{name}/beta"]))

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102 - torch's own name
        return functional.layer_norm(x.float(), x.shape[-1:], self.gamma, self.beta)


class Attention(nn.Module):
    """Attention to itself, or to ``states`` where a name says so."""

    def __init__(self, weights: Weights, name: str, rank: int, *, cross: bool = False) -> None:
        super().__init__()
        self.norm = Norm(weights, f"{name}/layer_norm")
        parts = 3 if cross else 2
        self.linear = nn.ModuleList(Adapted(weights, f"{name}/linear_{n}", rank) for n in range(parts))
        self.cross = cross

    def forward(  # noqa: D102 - torch's own name
        self, x: Tensor, states: Tensor | None = None, *, causal: bool = False
    ) -> Tensor:
        inner = self.norm(x)
        if self.cross:
            query = self.linear[0](inner)
            key, value = self.linear[1](states).chunk(2, -1)
        else:
            query, key, value = self.linear[0](inner).chunk(3, -1)
        query, key, value = (self._heads(part) for part in (query, key, value))
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=causal)
        return x + self.linear[-1](mixed.transpose(1, 2).flatten(2))

    @staticmethod
    def _heads(x: Tensor) -> Tensor:
        return x.unflatten(-1, (HEADS, -1)).transpose(1, 2)


class FeedForward(nn.Module):
    """Two matrices with a bend between."""

    def __init__(self, weights: Weights, name: str, rank: int) -> None:
        super().__init__()
        self.norm = Norm(weights, f"{name}/layer_norm")
        self.linear = nn.ModuleList(Adapted(weights, f"{name}/linear_{n}", rank) for n in range(2))

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102 - torch's own name
        return x + self.linear[1](functional.gelu(self.linear[0](self.norm(x))))


class Encoder(nn.Module):
    """Mel frames (batch, 80, frames) to states (batch, frames / 2, width)."""

    def __init__(self, weights: Weights, rank: int) -> None:
        super().__init__()
        for n in (1, 2):
            self.register_buffer(f"conv{n}", _tensor(weights[f"encoder/conv{n}/weight"]))
            self.register_buffer(f"bias{n}", _tensor(weights[f"encoder/conv{n}/bias"]))
        self.register_buffer("positions", _tensor(weights["encoder/position_encodings/encodings"]))
        layers = _count(weights, "encoder")
        self.attention = nn.ModuleList(
            Attention(weights, f"encoder/layer_{n}/self_attention", rank) for n in range(layers)
        )
        self.feed = nn.ModuleList(FeedForward(weights, f"encoder/layer_{n}/ffn", rank) for n in range(layers))
        self.norm = Norm(weights, "encoder/layer_norm")

    def forward(self, mel: Tensor) -> Tensor:  # noqa: D102 - torch's own name
        x = functional.gelu(functional.conv1d(mel, self.conv1, self.bias1, padding=1))
        x = functional.gelu(functional.conv1d(x, self.conv2, self.bias2, padding=1, stride=2))
        x = x.transpose(1, 2) + self.positions[: x.shape[-1]]
        for attention, feed in zip(self.attention, self.feed, strict=True):
            x = feed(attention(x))
        return self.norm(x)


class Decoder(nn.Module):
    """Tokens (batch, length) and states to logits (batch, length, vocabulary)."""

    def __init__(self, weights: Weights, rank: int) -> None:
        super().__init__()
        self.register_buffer("embeddings", _tensor(weights["decoder/embeddings/weight"]))
        self.register_buffer("positions", _tensor(weights["decoder/position_encodings/encodings"]))
        layers = _count(weights, "decoder")
        names = [f"decoder/layer_{n}" for n in range(layers)]
        self.own = nn.ModuleList(Attention(weights, f"{name}/self_attention", rank) for name in names)
        self.cross = nn.ModuleList(
            Attention(weights, f"{name}/attention", rank, cross=True) for name in names
        )
        self.feed = nn.ModuleList(FeedForward(weights, f"{name}/ffn", rank) for name in names)
        self.norm = Norm(weights, "decoder/layer_norm")

    def forward(self, tokens: Tensor, states: Tensor, wanted: Tensor) -> Tensor:
        """Logits only where ``wanted`` (batch, length) is true; shape (number of those, vocabulary)."""
        x = self.embeddings[tokens] + self.positions[: tokens.shape[1]]
        for own, cross, feed in zip(self.own, self.cross, self.feed, strict=True):
            x = feed(cross(own(x, causal=True), states))
        return functional.linear(self.norm(x)[wanted], self.embeddings).float()


class Whisper(nn.Module):
    """The whole of it."""

    def __init__(self, weights: Weights, rank: int = RANK) -> None:
        super().__init__()
        self.encoder = Encoder(weights, rank)
        self.decoder = Decoder(weights, rank)

    def learnt(self) -> dict[str, tuple[Tensor, Tensor]]:
        """By the name of each matrix what is to be added to it: ``up @ down``."""
        return {part.name: (part.up, part.down) for part in self.modules() if isinstance(part, Adapted)}

    def recall(self, path: Path) -> None:
        """Go on from what was learnt before."""
        with np.load(path) as arrays, torch.no_grad():
            for name, (up, down) in self.learnt().items():
                up.copy_(_tensor(arrays[f"{name}/up"]))
                down.copy_(_tensor(arrays[f"{name}/down"]))


def _tensor(values: NDArray[np.float16]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def _count(weights: Weights, side: str) -> int:
    return len(
        {
            name.split("/")[1]
            for name in weights
            if name.startswith(f"{side}/layer_") and "layer_norm" not in name.split("/")[1]
        }
    )
