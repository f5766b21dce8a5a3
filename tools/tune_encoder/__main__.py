"""Learns ``speech/meaning/weights/encoder.npz``: what the sentence encoder should see in elders' answers.

All languages are learnt together. Half of the Mandarin examples are shown as recognisers write them after a
telephone line, and scraps that mean nothing are shown as such. Written are the changes to the encoder's
matrices, and for each meaning the direction in which its sentences lie.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from speech.meaning import GARBAGE, MODEL
from speech.meaning.encoder import asked
from speech.meaning.pieces import Pieces
from speech.modelstore import default_models_dir, require
from speech.types import LANGUAGES, Language
from tools.train_meaning import HERE, Example, Mangler, meaning_of, read_examples, scraps
from tools.tune_encoder.torch_encoder import Encoder

BATCH = 32
RATE, HEAD_RATE = 1e-3, 3.0
"""How fast the encoder learns, and how many times faster the directions of the meanings."""
WARMING = 0.05
SCALE = 12.0
GARBAGE_SHARE, BREATHS = 0.12, 0.25
"""For each example so many scraps, and so many pairs of sentences said in one breath."""
MOST_PIECES = 48
_ANSWER = "/"
"""What stands in the name of an ordinary meaning."""
_CALM, _ANYTIME = "ok/none", "any"
_LIKELY = 0.5
_CRY = {False: 6, True: 24}
"""Letters of a cry; by whether the language parts its words."""


class Reader(nn.Module):
    """The encoder, and a direction for each meaning."""

    def __init__(self, path: Path, meanings: Sequence[str]) -> None:
        super().__init__()
        self.encoder = Encoder(path)
        self.pieces = Pieces(self.encoder.vocabulary)
        self.meanings = list(meanings)
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

    def forward(self, examples: Sequence[Example]) -> Tensor:
        """Logits, shape (examples, meanings)."""
        vocabulary = self.encoder.vocabulary
        numbers = [
            [
                vocabulary.begin,
                *self.pieces.cut(asked(each.text, each.question))[:MOST_PIECES],
                vocabulary.end,
            ]
            for each in examples
        ]
        logits: Tensor = self.head(self.dropout(self.encoder(numbers) * SCALE))
        return logits


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
    parser.add_argument("--out", type=Path, default=HERE / "weights" / "encoder.npz")
    options = parser.parse_args()
    if (options.known is None) == bool(options.newest):
        parser.error("--newest and --known belong together")
    torch.manual_seed(1)
    torch.set_num_threads(options.threads)
    dice = random.Random(1)
    examples = {language: read_examples(HERE / "examples" / f"{language}.tsv") for language in LANGUAGES}
    meanings = sorted({each.meaning for group in examples.values() for each in group} | {GARBAGE})
    reader = Reader(require(MODEL, default_models_dir()) / "e5-small-q4.bin", meanings)
    if options.begin:
        reader.recall(options.begin)
    number = {meaning: at for at, meaning in enumerate(meanings)}
    rounds = []
    for turn in range(options.rounds):
        read = (
            _of_a_round(examples, dict(options.newest), options.known, dice) if options.newest else examples
        )
        rounds.append(list(_batches(_shown(read, turn, dice), dice)))
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
    for turn, batches in enumerate(rounds, 1):
        reader.train()
        for batch in batches:
            optimiser.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = reader(batch)
            wanted = torch.tensor([number[each.meaning] for each in batch])
            loss = nn.functional.cross_entropy(logits.float(), wanted)
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            done += 1
            losses.append(float(loss.detach()))
            if done % 100 == 0:
                pace = (time.monotonic() - started) / done
                print(f"{done}/{steps} loss {np.mean(losses[-100:]):.3f}, {pace:.2f} s a step", flush=True)
        _write(options.out, reader)
        for path in options.check:
            _say(path, reader, turn)


def _newest(told: str) -> tuple[Language, int]:
    language, _, number = told.partition("=")
    if language not in LANGUAGES or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"{told!r} is not one of {', '.join(LANGUAGES)} and a number")
    return language, int(number)


def _of_a_round(
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


def _shown(examples: dict, turn: int, dice: random.Random) -> list[Example]:
    """The examples of one round: Mandarin also as it is misheard, half of it each time, and scraps."""
    mangler = Mangler(dice)
    shown = [each for group in examples.values() for each in group]
    shown += [
        Example(each.question, mangler.mangle(each.text, bad=dice.random() < 0.5), each.meaning)  # noqa: PLR2004
        for at, each in enumerate(examples["zh-CN"])
        if at % 2 == turn % 2
    ]
    # What may be said at any time may be said here, and whatever is said here may be said at any time.
    questions = sorted({each.question for each in shown})
    anytime = [each for each in shown if each.question == _ANYTIME]
    shown += [Example(dice.choice(questions), each.text, each.meaning) for each in anytime]
    shown += [Example(_ANYTIME, each.text, each.meaning) for each in dice.sample(shown, len(shown) // 7)]
    for language, group in examples.items():
        questions = sorted({each.question for each in group})
        texts = [each.text for each in group]
        count = round(GARBAGE_SHARE * len(group))
        shown += [
            Example(dice.choice(questions), scrap, GARBAGE) for scrap in scraps(language, texts, count, dice)
        ]
        shown += list(_in_one_breath(group, dice, spaced=language != "zh-CN"))
    return shown


def _in_one_breath(group: Sequence[Example], dice: random.Random, *, spaced: bool) -> Iterator[Example]:
    """Two sentences as one, which mean what the graver means: a fire, and the weather, is a fire.

    Half of them are urgent, and half of those cried out in few words.
    """
    calm = [each for each in group if each.meaning == _CALM]
    grave = [each for each in group if _ANSWER not in each.meaning]
    cries = [each for each in grave if len(each.text) <= _CRY[spaced]]
    for number in range(round(BREATHS * len(group))):
        told, aside = dice.choice((group, group, grave, cries)[number % 4]), dice.choice(calm)
        first, second = dice.choice([(told, aside), (aside, told)])
        comma = dice.choice((", ", ". ", " ") if spaced else ("，", "，", "。", ""))
        text = first.text.rstrip("，。,. ") + comma + second.text
        yield Example(told.question, text, told.meaning)


def _batches(examples: Sequence[Example], dice: random.Random) -> Iterator[list[Example]]:
    """Batches of like length, in any order."""
    ordered = sorted(examples, key=lambda each: len(each.text.encode()) + dice.random() * 12)
    batches = [ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH)]
    dice.shuffle(batches)
    yield from batches


def _warmth(step: int, steps: int) -> float:
    warming = max(1, round(WARMING * steps))
    if step < warming:
        return (step + 1) / warming
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warming) / max(1, steps - warming)))


def _say(path: Path, reader: Reader, turn: int) -> None:
    """Print how well the dev split of a corpus is read."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [
            row
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["split"] == "dev"
        ]
    examples = [Example(row["question"], row["text"], meaning_of(row)) for row in rows]
    examples = [each for each in examples if each.meaning in reader.meanings]
    reader.eval()
    with torch.no_grad():
        logits = torch.cat([reader(examples[at : at + BATCH]) for at in range(0, len(examples), BATCH)])
    likely = torch.softmax(logits, 1).numpy()
    number = {meaning: at for at, meaning in enumerate(reader.meanings)}
    wanted = np.array([number[each.meaning] for each in examples])
    alarming = np.array([_ANSWER not in meaning and meaning != GARBAGE for meaning in reader.meanings])
    alarm, urgent = likely[:, alarming].sum(1), alarming[wanted]
    loss = -np.log(likely[np.arange(len(wanted)), wanted] + 1e-9).mean()
    right = (likely.argmax(1) == wanted).mean()
    print(
        f"after round {turn}, {path.name}: {right:.1%} right, loss {loss:.3f}; taken for urgent: "
        f"{(alarm[urgent] > _LIKELY).mean():.1%} of what is, "
        f"{(alarm[~urgent] > _LIKELY).mean():.1%} of the rest",
        flush=True,
    )


def _write(path: Path, reader: Reader) -> None:
    head = reader.head
    np.savez_compressed(
        path,
        meanings=np.array(reader.meanings),
        directions=(head.weight.detach().numpy() * SCALE).astype(np.float16),
        bias=head.bias.detach().numpy(),
        **reader.encoder.changes(),
    )


if __name__ == "__main__":
    main()
