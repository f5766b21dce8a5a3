"""What the encoder is shown in a round: sentences, what they mean, and what each stretch of them tells of."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from speech.meaning import GARBAGE
from speech.meaning.apart import stretches
from speech.meaning.encoder import Span
from speech.types import Language
from speech.wording import spaced
from tools.meaning_examples import AS_OFTEN, FOLDS, Corrections, Example, Mangler, fold_of, is_grave, scraps

BATCH = 32
GARBAGE_SHARE = 0.12
"""For each example so many scraps that mean nothing."""
BREATHS = 0.5
"""For each example so many pairs of sentences said in one breath."""
BETWEEN = 5
"""Of so many pairs one is told between two calm answers."""
MARKED_AGAIN = 2
"""How often an answer whose trouble is marked is shown in a round."""
STRETCHES = 3
"""Stretches of a calm sentence that are looked at in a round, others each time."""
ELSEWHERE = {False: 0.125, True: 0.5}
"""Share that is shown under no question in particular, and of what belongs there under another one."""
CORRECTED = 2 / 3
"""Share of what is misheard that is shown as it is corrected."""
_CRY = {False: 6, True: 24}
"""Letters of a cry; by whether the language parts its words."""
_ANYTIME = "any"
_MOSTLY, _NEARLY_ALL = 0.5, 0.75
"""Share of a stretch that tells of the trouble, or of the trouble that it holds, for it to be the cry."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an answer, and what it tells of: a code, ``GARBAGE``, or nothing urgent."""

    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """An answer, what it means as a whole, and its stretches."""

    question: str
    language: Language
    segments: tuple[Segment, ...]
    meaning: str
    fold: int = 0
    """Of the example that it was made of."""

    @property
    def text(self) -> str:
        """The answer as it is said."""
        return "".join(segment.text for segment in self.segments)

    def spans(self) -> Iterator[tuple[Segment, Span]]:
        """Each segment, and where it stands."""
        at = 0
        for segment in self.segments:
            yield segment, (at, at + len(segment.text))
            at += len(segment.text)

    def calm(self, dice: random.Random) -> list[Span]:
        """Some stretches in which nothing urgent is told of."""
        told = [span for segment, span in self.spans() if segment.code]
        found = [
            span
            for span in stretches(self.text, self.language)
            if not any(_meet(span, each) for each in told)
        ]
        return dice.sample(found, min(STRETCHES, len(found)))

    def told(self) -> list[tuple[str, list[Span]]]:
        """Each code that is told of, and the stretches of which one at least must tell of it."""
        cut = stretches(self.text, self.language)
        found: list[tuple[str, list[Span]]] = []
        for segment, span in self.spans():
            if segment.code:
                found.append((segment.code, [each for each in cut if _holds(each, span)] or [span]))
        return found


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _holds(stretch: Span, told: Span) -> bool:
    """Whether a stretch is mostly the trouble, or has nearly all of it and not too much beside."""
    shared = min(stretch[1], told[1]) - max(stretch[0], told[0])
    if shared <= 0:
        return False
    return shared >= _MOSTLY * (stretch[1] - stretch[0]) or (
        shared >= _NEARLY_ALL * (told[1] - told[0]) and 3 * shared >= stretch[1] - stretch[0]
    )


def of_a_round(
    examples: Mapping[Language, Sequence[Example]],
    turn: int,
    dice: random.Random,
    corrections: Corrections | None = None,
) -> list[Lesson]:
    """The examples of one round: Mandarin also as it is misheard, half of it each time, pairs, and scraps.

    With ``corrections`` most of what is misheard is misheard as much as it really is, and corrected.
    """
    much, as_often = Mangler(dice), Mangler(dice, AS_OFTEN)
    shown: list[Lesson] = []
    for language, group in examples.items():
        told = [_lesson(each, language) for each in group]
        shown += told
        shown += list(_in_one_breath(told, dice))
        marked = [each for each in told if len(each.segments) > 1]
        shown += marked * (MARKED_AGAIN - 1)
        count = round(GARBAGE_SHARE * len(group))
        shown += list(_scraps(told, language, count, dice))
    misheard = [each for each in shown if each.language == "zh-CN" and each.meaning != GARBAGE]
    for each in misheard[turn % 2 :: 2]:
        bad = dice.random() < 0.5  # noqa: PLR2004 - as often as not
        if corrections is not None and dice.random() < CORRECTED:
            shown.append(_as_corrected(_misheard(each, as_often, bad=bad), corrections))
        else:
            shown.append(_misheard(each, much, bad=bad))
    return [_asked_elsewhere(each, shown, dice) for each in shown]


def _lesson(example: Example, language: Language) -> Lesson:
    code = example.meaning if is_grave(example.meaning) else ""
    parts = example.parts or ((example.text, True),)
    segments = tuple(Segment(text, code if told else "") for text, told in parts)
    return Lesson(example.question, language, segments, example.meaning, fold_of(example.text))


def _as_corrected(lesson: Lesson, corrections: Corrections) -> Lesson:
    """The same as it is corrected: letter for letter, so that every segment keeps its place."""
    text = corrections.corrected(lesson.text, lesson.fold)
    return replace(
        lesson,
        segments=tuple(replace(segment, text=text[start:end]) for segment, (start, end) in lesson.spans()),
    )


def _misheard(lesson: Lesson, mangler: Mangler, *, bad: bool) -> Lesson:
    return replace(
        lesson,
        segments=tuple(replace(each, text=mangler.mangle(each.text, bad=bad)) for each in lesson.segments),
    )


def _asked_elsewhere(lesson: Lesson, shown: Sequence[Lesson], dice: random.Random) -> Lesson:
    """Now and then under another question: what may be said at any time may be said here, and the reverse."""
    if dice.random() >= ELSEWHERE[lesson.question == _ANYTIME]:
        return lesson
    question = dice.choice(shown).question if lesson.question == _ANYTIME else _ANYTIME
    return replace(lesson, question=question)


def _in_one_breath(group: Sequence[Lesson], dice: random.Random) -> Iterator[Lesson]:
    """Two answers as one, or three, which mean what the graver means: a fire, and the weather, is a fire.

    Half of them are urgent, and half of those cried out in few words; the other half is whatever
    comes. Beside them stands anything calm, talk of others' troubles too: it explains none but its own.
    """
    calm = [each for each in group if each.meaning == "ok/none"]
    alike = [[each for each in calm if each.fold == fold] or calm for fold in range(FOLDS)]
    grave = [each for each in group if is_grave(each.meaning)]
    language = group[0].language
    cries = [each for each in grave if len(each.text) <= _CRY[spaced(language)]]
    for number in range(round(BREATHS * len(group))):
        told = dice.choice((group, group, grave, cries or grave)[number % 4])
        aside, other = dice.choices(alike[told.fold], k=2)
        said = dice.choice([[told, aside], [aside, told]]) if number % BETWEEN else [aside, told, other]
        yield replace(told, segments=tuple(_joined(said, language, dice)))


def _joined(said: Sequence[Lesson], language: Language, dice: random.Random) -> Iterator[Segment]:
    """The segments of several answers one after the other, with and without a comma between."""
    for number, each in enumerate(said, 1):
        if number == len(said):
            yield from each.segments
            continue
        yield from _open_ended(each.segments)
        yield Segment(dice.choice((", ", ". ", " ") if spaced(language) else ("，", "，", "。", "")))


def _open_ended(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    return (*segments[:-1], replace(segments[-1], text=segments[-1].text.rstrip("，。,. ")))


def _scraps(group: Sequence[Lesson], language: Language, count: int, dice: random.Random) -> Iterator[Lesson]:
    """Sentences that mean nothing, and half as many that stand beside one that does."""
    questions = sorted({each.question for each in group})
    texts = [each.text for each in group]
    for number, scrap in enumerate(scraps(language, texts, count, dice)):
        segment = Segment(scrap, GARBAGE)
        yield Lesson(dice.choice(questions), language, (segment,), GARBAGE)
        if number % 2:
            beside = dice.choice(group)
            both = [segment, *beside.segments] if number % 4 == 1 else [*beside.segments, segment]
            at = 1 if number % 4 == 1 else len(both) - 1
            both.insert(at, Segment(", " if spaced(language) else "，"))
            yield replace(beside, segments=tuple(both))


def batches(lessons: Sequence[Lesson], dice: random.Random) -> Iterator[list[Lesson]]:
    """Batches of like length, in any order."""
    ordered = sorted(lessons, key=lambda each: len(each.text.encode()) + dice.random() * 12)
    cut = [ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH)]
    dice.shuffle(cut)
    yield from cut
