"""Learns ``speech/meaning/weights/encoder.npz``: what the sentence encoder should see in elders' answers.

All languages are learnt together. Half of the Mandarin examples are shown as recognisers write them after a
telephone line, and scraps that mean nothing are shown as such. Each answer is learnt as a whole and by its
stretches. Written are the changes to the encoder's matrices, and for each meaning the direction in which its
sentences lie.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from speech.meaning import GARBAGE, MODEL
from speech.modelstore import default_models_dir, require
from speech.types import LANGUAGES, Language
from tools.meaning_examples import EXAMPLES, Corrections, Example, meaning_of, read_examples, rows_of
from tools.tune_encoder.lessons import BATCH, batches, of_a_round
from tools.tune_encoder.reading import Reader

RATE, HEAD_RATE = 1e-3, 3.0
"""How fast the encoder learns, and how many times faster the directions of the meanings."""
WEIGHTS = Path("speech/meaning/weights/encoder.npz")
WARMING = 0.05
_LIKELY = 0.5


def main() -> None:
    """Learn, saying after each round how well unseen sentences are read, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="how often each example is read")
    parser.add_argument("--check", type=Path, nargs="*", default=[], help="TSVs with a dev split to look at")
    parser.add_argument("--rate", type=float, default=RATE, help="how fast it learns at its fastest")
    parser.add_argument("--begin", type=Path, help="what was learnt before, to go on from")
    parser.add_argument(
        "--newest",
        type=_newest,
        nargs="*",
        default=[],
        metavar="LANGUAGE=NUMBER",
        help="how many of the last examples are new",
    )
    parser.add_argument(
        "--known",
        type=float,
        help="share of the examples before them that is read in a round; needs --newest",
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    if (options.known is None) == bool(options.newest):
        parser.error("--newest and --known belong together")
    torch.manual_seed(1)
    torch.set_num_threads(options.threads)
    dice = random.Random(1)
    examples = {language: read_examples(EXAMPLES / f"{language}.tsv") for language in LANGUAGES}
    meanings = sorted({each.meaning for group in examples.values() for each in group} | {GARBAGE})
    reader = Reader(require(MODEL, default_models_dir()) / "e5-small-q4.bin", meanings)
    if options.begin:
        reader.recall(options.begin)
    corrections = Corrections([each.text for each in examples["zh-CN"]]) if options.rounds else None
    rounds = []
    for turn in range(options.rounds):
        read = (
            _mostly_newest(examples, dict(options.newest), options.known, dice)
            if options.newest
            else examples
        )
        rounds.append(list(batches(of_a_round(read, turn, dice, corrections), dice)))
    steps = sum(map(len, rounds))
    optimiser = torch.optim.AdamW(
        [
            {
                "params": [each for each in reader.encoder.parameters() if each.requires_grad],
                "lr": options.rate,
            },
            {"params": reader.head.parameters(), "lr": options.rate * HEAD_RATE},
        ],
        weight_decay=0.01,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _warmth(step, steps))
    for path in options.check:
        _say(path, reader, 0)
    started, done, losses = time.monotonic(), 0, []
    for turn, of_the_round in enumerate(rounds, 1):
        reader.train()
        for batch in of_the_round:
            optimiser.zero_grad()
            whole, apart = reader.loss(batch, dice)
            (whole + apart).backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            done += 1
            losses.append((float(whole.detach()), float(apart.detach())))
            if done % 100 == 0:
                pace = (time.monotonic() - started) / done
                lately = np.mean(losses[-100:], axis=0)
                print(
                    f"{done}/{steps} loss {lately[0]:.3f}, of stretches {lately[1]:.3f}, {pace:.2f} s a step",
                    flush=True,
                )
        reader.write(options.out)
        for path in options.check:
            _say(path, reader, turn)


def _newest(told: str) -> tuple[Language, int]:
    language, _, number = told.partition("=")
    if language not in LANGUAGES or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"{told!r} is not one of {', '.join(LANGUAGES)} and a number")
    return language, int(number)


def _mostly_newest(
    examples: Mapping[Language, Sequence[Example]],
    newest: Mapping[str, int],
    known: float,
    dice: random.Random,
) -> dict[Language, list[Example]]:
    """The newest examples of each language, and a share of those before them, another one each time."""
    chosen: dict[Language, list[Example]] = {}
    for language, group in examples.items():
        first = max(0, len(group) - newest.get(language, 0))
        chosen[language] = [*dice.sample(group[:first], round(known * first)), *group[first:]]
    return chosen


def _warmth(step: int, steps: int) -> float:
    warming = max(1, round(WARMING * steps))
    if step < warming:
        return (step + 1) / warming
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warming) / max(1, steps - warming)))


def _say(path: Path, reader: Reader, turn: int) -> None:
    """Print how well the dev split of a corpus is read."""
    rows = [row for row in rows_of(path) if row["split"] == "dev"]
    examples = [Example(row["question"], row["text"], meaning_of(row)) for row in rows]
    examples = [each for each in examples if each.meaning in reader.meanings]
    reader.eval()
    with torch.no_grad():
        logits = torch.cat(
            [
                reader([(each.question, each.text, ()) for each in examples[at : at + BATCH]])
                for at in range(0, len(examples), BATCH)
            ]
        )
    likely = torch.softmax(logits, 1).numpy()
    wanted = np.array([reader.number[each.meaning] for each in examples])
    alarming = reader.grave.numpy()
    alarm, urgent = likely[:, alarming].sum(1), alarming[wanted]
    loss = -np.log(likely[np.arange(len(wanted)), wanted] + 1e-9).mean()
    right = (likely.argmax(1) == wanted).mean()
    print(
        f"after round {turn}, {path.name}: {right:.1%} right, loss {loss:.3f}; taken for urgent: "
        f"{(alarm[urgent] > _LIKELY).mean():.1%} of what is, "
        f"{(alarm[~urgent] > _LIKELY).mean():.1%} of the rest",
        flush=True,
    )


if __name__ == "__main__":
    main()
