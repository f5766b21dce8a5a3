"""Learns and writes ``speech/recognizers/adaptations/whisper-base.npz``."""

from __future__ import annotations

import argparse
import math
import multiprocessing
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from speech.modelstore import default_models_dir, require
from speech.recognizers.ct2_file import read_weights
from tools.tune_whisper.listening import Heard, Listener, batches
from tools.tune_whisper.speaking import Lesson, rendered
from tools.tune_whisper.torch_whisper import Whisper

MODEL = "whisper-base"
BATCH = 16
RATE, WARMING_STEPS = 5e-4, 40
SETTLED, WILD = 50, 3.0
"""After so many steps a batch with so many times the usual loss is passed over."""
KEPT_BACK = 64
"""Lessons that are never learnt: their loss shows whether learning still helps."""
PLAIN_PART = 0.4
"""For each lesson by people so many by espeak-ng."""
KNOWN_PART = 1.0
"""Share of what people without an accent say that is heard in a round; who has one is heard each time."""


def main() -> None:
    """Learn, and write what was learnt every hundred steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the sound that the first step made")
    parser.add_argument("--rounds", type=int, default=10, help="how often each lesson is heard")
    parser.add_argument(
        "--known", type=float, default=KNOWN_PART, help="share of what is said without an accent, in a round"
    )
    parser.add_argument("--rate", type=float, default=RATE, help="how fast it learns at its fastest")
    parser.add_argument("--begin", type=Path, help="an adaptation to go on from")
    parser.add_argument(
        "--mean",
        type=float,
        metavar="SHARE",
        help="in the end write the mean of what was begun from and this; the share of this, 0..1",
    )
    parser.add_argument("--out", type=Path, default=Path(f"speech/recognizers/adaptations/{MODEL}.npz"))
    options = parser.parse_args()
    if options.mean is not None and not options.begin:
        parser.error("--mean needs --begin")
    torch.manual_seed(1)
    folder = require(MODEL, default_models_dir())
    model = Whisper(read_weights((folder / "model.bin").read_bytes()))
    if options.begin:
        model.recall(options.begin)
    said = rendered(options.folder)
    print(f"{len(said)} lessons, {sum(p.numel() for p in model.parameters()):,} numbers to learn")
    unseen = list(batches(_kept_back(said), Listener(options.folder, folder, 0), BATCH, random.Random(0)))
    steps = options.rounds * -(-len(_round(said, 0, options.known)) // BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.rate, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _warmth(step, steps))
    started, losses = time.monotonic(), []
    for step, heard in enumerate(_prefetched(options, folder), 1):
        optimiser.zero_grad()
        loss = _loss(model, heard)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if len(losses) < SETTLED or float(loss.detach()) < WILD * np.mean(losses[-SETTLED:]):
            optimiser.step()  # one batch that goes wild must not undo what was learnt
        schedule.step()
        losses.append(float(loss.detach()))
        if step % 10 == 0:
            minutes = (time.monotonic() - started) / 60
            print(f"step {step} of {steps}, loss {np.mean(losses[-10:]):.3f}, {minutes:.1f} min", flush=True)
        if step % 100 == 0 or step == steps:
            model.eval()
            with torch.no_grad():
                loss_unseen = np.mean([float(_loss(model, batch)) for batch in unseen])
            model.train()
            print(f"  lessons kept back: loss {loss_unseen:.3f}", flush=True)
            _write(model, options.out)
    _write(model, options.out, options.begin, 1.0 if options.mean is None else options.mean)


def _loss(model: Whisper, heard: list[Heard]) -> Tensor:
    frames = max(one.mel.shape[1] for one in heard)
    mel = torch.from_numpy(np.stack([_padded(one.mel, frames) for one in heard]))
    length = max(len(one.tokens) for one in heard)
    tokens = torch.full((len(heard), length), heard[0].tokens[-1])
    wanted = torch.zeros((len(heard), length), dtype=torch.bool)
    for row, one in enumerate(heard):
        tokens[row, : len(one.tokens)] = torch.tensor(one.tokens)
        wanted[row, one.start : len(one.tokens)] = True
    with torch.autocast("cpu", torch.bfloat16):
        states = model.encoder(mel)
        logits = model.decoder(tokens[:, :-1], states, wanted[:, 1:])
    return functional.cross_entropy(logits, tokens[:, 1:][wanted[:, 1:]])


def _padded(mel: np.ndarray, frames: int) -> np.ndarray:
    """With the value that silence has in this recording."""
    return np.pad(mel, ((0, 0), (0, frames - mel.shape[1])), constant_values=float(mel.min()))


def _warmth(step: int, steps: int) -> float:
    if step < WARMING_STEPS:
        return (step + 1) / WARMING_STEPS
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - WARMING_STEPS) / max(1, steps - WARMING_STEPS))))


def _prefetched(options: argparse.Namespace, model: Path) -> Iterator[list[Heard]]:
    """Hearings made by a process of their own while the model learns from those before."""
    queue: multiprocessing.Queue[list[Heard] | None] = multiprocessing.Queue(maxsize=6)
    worker = multiprocessing.Process(target=_hear_all, args=(queue, options, model), daemon=True)
    worker.start()
    while (heard := queue.get()) is not None:
        yield heard
    worker.join()


def _hear_all(
    queue: multiprocessing.Queue[list[Heard] | None], options: argparse.Namespace, model: Path
) -> None:
    torch.set_num_threads(1)
    for number in range(options.rounds):
        listener, dice = Listener(options.folder, model, number + 1), random.Random(number)
        lessons = _round(rendered(options.folder), number, options.known)
        for heard in batches(lessons, listener, BATCH, dice):
            queue.put(heard)
    queue.put(None)


def _kept_back(said: list[Lesson]) -> list[Lesson]:
    return [lesson for lesson in said if not lesson.plain][:KEPT_BACK]


def _round(said: list[Lesson], number: int, known: float) -> list[Lesson]:
    """What is heard in a round: all that is said with an accent, and another part of all else each time."""
    kept, dice = {lesson.number for lesson in _kept_back(said)}, random.Random(number)
    people = [lesson for lesson in said if not lesson.plain and lesson.number not in kept]
    others = [lesson for lesson in people if not lesson.region]
    heard = [lesson for lesson in people if lesson.region]
    heard += dice.sample(others, round(known * len(others)))
    plain = [lesson for lesson in said if lesson.plain]
    return heard + dice.sample(plain, min(len(plain), round(PLAIN_PART * len(heard))))


def _write(model: Whisper, path: Path, begun: Path | None = None, share: float = 1.0) -> None:
    """Write what was learnt: ``share`` of it, and the rest as it was when it was ``begun`` from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{name}/{side}": matrix.detach().numpy()
        for name, pair in model.learnt().items()
        for side, matrix in zip(("up", "down"), pair, strict=True)
    }
    if begun is not None and share < 1:
        with np.load(begun) as earlier:
            arrays = {
                name: share * matrix + (1 - share) * earlier[name].astype(np.float32)
                for name, matrix in arrays.items()
            }
    with path.open("wb") as file:
        np.savez_compressed(file, **{name: matrix.astype(np.float16) for name, matrix in arrays.items()})


if __name__ == "__main__":
    main()
