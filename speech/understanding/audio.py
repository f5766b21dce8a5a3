"""What the audio itself says for candidate phrases, read under the question.

``Heard.phrases`` are calibrated lifts in nats. On recordings of the dev set phrases that were said score 5 to
15, others mostly below 4; a short phrase also lifts wherever a longer one that contains it was said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from speech.types import Language, Urgency
from speech.understanding.readings import Reading, Utterance
from speech.wording import fold

SUPPORTS = 2.0
"""Lift from which the audio supports what something else speaks for already."""
ANSWERS = 5.5
"""Lift from which an expected answer may be taken from the audio alone."""
_MARGIN = 1.5
"""By how much an answer must outdo every other answer."""
_CONTAINED = 2.0
"""A phrase within a longer one is only heard if it lifts this much more."""
_SHORT = 4
"""Characters of a transcript so short that any answer may be the whole of it."""
_SHARE = 0.5
"""Share of the transcript's length that an answer must have to be the whole of what was said."""

Reader = Callable[[Utterance], Sequence[Reading]]


def in_audio(phrases: Mapping[str, float], language: Language, read: Reader) -> list[Reading]:
    """Readings of the phrases that the audio speaks for, scored by their lift."""
    folded = {phrase: fold(phrase, language) for phrase, lift in phrases.items() if lift >= SUPPORTS}
    found: list[Reading] = []
    for phrase, text in folded.items():
        lift = phrases[phrase]
        longer = (other for other, whole in folded.items() if whole != text and text in whole)
        if any(phrases[other] >= lift - _CONTAINED for other in longer):
            continue
        found += [
            replace(reading, via="audio", score=lift, phrase=phrase, found="")
            for reading in read(Utterance.of(0, phrase, language))
        ]
    return found


def answer_in_audio(readings: Iterable[Reading], said: str) -> list[Reading]:
    """The one ordinary answer that clearly outdoes all others, if it is as long as what was said."""
    best: dict[str, Reading] = {}
    for reading in readings:
        if reading.answer not in best or reading.score > best[reading.answer].score:
            best[reading.answer] = reading
    ranked = sorted(best.values(), key=lambda reading: reading.score, reverse=True)
    if not ranked or ranked[0].score < ANSWERS or ranked[0].urgency >= Urgency.URGENT:
        return []
    clear = len(ranked) == 1 or ranked[0].score - ranked[1].score >= _MARGIN
    length = len(said.replace(" ", ""))
    whole = length <= _SHORT or len(ranked[0].phrase) >= _SHARE * length
    return [ranked[0]] if clear and whole else []
