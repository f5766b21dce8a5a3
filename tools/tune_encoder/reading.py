"""The encoder with a direction for each meaning, and how far its readings are from what was meant."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from speech.meaning.encoder import Span, asked, within
from speech.meaning.pieces import Pieces
from tools.meaning_examples import is_grave
from tools.tune_encoder.lessons import Lesson
from tools.tune_encoder.torch_encoder import Encoder

SCALE = 12.0
MOST_PIECES = 64


class Reader(nn.Module):
    """The encoder, and a direction for each meaning."""

    def __init__(self, path: Path, meanings: Sequence[str]) -> None:
        super().__init__()
        self.encoder = Encoder(path)
        self.pieces = Pieces(self.encoder.vocabulary)
        self.meanings = list(meanings)
        self.number = {meaning: at for at, meaning in enumerate(meanings)}
        self.grave = torch.tensor([is_grave(meaning) for meaning in meanings])
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(384, len(meanings))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def recall(self, path: Path) -> None:
        """Go on from what was written."""
        with np.load(path) as arrays:
            self.encoder.recall(arrays)
            self.head.weight.data = torch.tensor(arrays["directions"].astype("f4") / SCALE)
            self.head.bias.data = torch.tensor(arrays["bias"])

    def write(self, path: Path) -> None:
        """Write the changes to the encoder, and the directions."""
        np.savez_compressed(
            path,
            meanings=np.array(self.meanings),
            directions=(self.head.weight.detach().numpy() * SCALE).astype(np.float16),
            bias=self.head.bias.detach().numpy(),
            **self.encoder.changes(),
        )

    def forward(self, asked_texts: Sequence[tuple[str, str, Sequence[Span]]]) -> Tensor:
        """Logits, (answers + stretches, meanings), of answers with their questions and some stretches."""
        vocabulary = self.encoder.vocabulary
        numbers: list[list[int]] = []
        parts: list[tuple[int, list[int]]] = []
        for row, (question, text, spans) in enumerate(asked_texts):
            cut, places = self.pieces.cut(asked(text, question))
            numbers.append([vocabulary.begin, *cut[:MOST_PIECES], vocabulary.end])
            before = len(asked("", question))
            for start, end in spans:
                parts.append((row, within(places[:MOST_PIECES], (before + start, before + end))))
        logits: Tensor = self.head(self.dropout(self.encoder(numbers, parts) * SCALE))
        return logits

    def loss(self, lessons: Sequence[Lesson], dice: random.Random) -> tuple[Tensor, Tensor]:
        """How far the readings are from what was meant: as wholes, and by stretches."""
        calm = [each.calm(dice) for each in lessons]
        told = [each.told() for each in lessons]
        spans = [
            [*quiet, *(span for _, some in loud for span in some)]
            for quiet, loud in zip(calm, told, strict=True)
        ]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self(
                [(each.question, each.text, some) for each, some in zip(lessons, spans, strict=True)]
            )
        likely = torch.log_softmax(logits.float(), 1)
        whole = -likely[range(len(lessons)), [self.number[each.meaning] for each in lessons]].mean()
        apart: list[Tensor] = []
        at = len(lessons)
        for quiet, loud in zip(calm, told, strict=True):
            if quiet:
                apart.append(-torch.logsumexp(likely[at : at + len(quiet), ~self.grave], 1).mean())
                at += len(quiet)
            for code, some in loud:
                apart.append(-likely[at : at + len(some), self.number[code]].max())
                at += len(some)
        return whole, torch.stack(apart).mean() if apart else torch.zeros(())
