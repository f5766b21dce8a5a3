"""How sure an alarm is, from everything that speaks for it: spelling, sound and the audio itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from speech.types import Urgency
from speech.understanding.audio import SUPPORTS
from speech.understanding.readings import Reading, Utterance

STRONG = 0.8
"""Belief from which an alarm is acted on without asking."""
WEAK = 0.42
"""Belief from which it is asked about, if one piece of evidence alone gives it."""
AGREED = 0.6
"""The same if it takes several pieces together."""
_SPELT_WEAKLY = 0.6
_SPELT_LOWER = 0.6
_PER_RANK = 0.05
_SOUND_BASE, _SOUND_SPAN = 0.3, 0.45
_AUDIO_BASE, _AUDIO_SPAN, _AUDIO_MOST = 0.2, 0.08, 0.65
_LIKENESS_MOST = 0.75
"""Belief in what is certain by likeness to examples alone: enough to ask, never enough to act."""
LIKENESS_OUTWEIGHS = 0.5
"""Likeness, lessened where wordings explain the alarming words away, from which these are not believed."""
_COVERED = 0.6
"""Share of a sounding phrase that must be spelt as something else for that to be believed instead."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One urgent code with all that speaks for it, and the belief in it, 0..1."""

    code: str
    answer: str
    urgency: Urgency
    belief: float
    evidence: tuple[Reading, ...]

    @property
    def strong(self) -> bool:
        """Whether to act without asking."""
        return self.belief >= STRONG


def weight(reading: Reading) -> float:
    """How much one reading alone makes its code believed, 0..1."""
    match reading.via:
        case "text" if reading.rank == 0:
            return _SPELT_WEAKLY if reading.weak else 1.0
        case "text":
            return (_SPELT_LOWER - _PER_RANK * (reading.rank - 1)) * (0.7 if reading.weak else 1.0)
        case "sound":
            value = _SOUND_BASE + _SOUND_SPAN * reading.score
            return value * (0.7 if reading.weak else 1.0) * (1.0 if reading.rank == 0 else 0.9)
        case "likeness":
            return min(_LIKENESS_MOST, WEAK * reading.score / reading.asked_from)
        case _:
            return min(_AUDIO_MOST, _AUDIO_BASE + _AUDIO_SPAN * (reading.score - SUPPORTS))


def alarms(readings: Iterable[Reading], best: Sequence[Reading]) -> list[Alarm]:
    """The urgent codes among ``readings``, surest first within each urgency.

    ``best`` are the readings of the best hypothesis by spelling: what it denies is not raised again by a
    lower one, unless the whole is clearly like such a trouble all the same: "it is noisy upstairs, I do not
    want to live any more" tells of no neighbour. A cry that is not the elder's own may still be one: it bars
    nothing.
    """
    denied = {reading.concept for reading in best if reading.standing != "said" and reading.answer}
    by_code: dict[str, list[Reading]] = {}
    for reading in readings:
        if reading.standing != "said" or reading.urgency < Urgency.URGENT:
            continue
        if reading.concept in denied and not _outweighs(reading):
            continue
        by_code.setdefault(reading.code, []).append(reading)
    found = [_alarm(code, evidence) for code, evidence in by_code.items()]
    return sorted(
        (alarm for alarm in found if _worth_asking(alarm)), key=lambda item: (-item.urgency, -item.belief)
    )


def _outweighs(reading: Reading) -> bool:
    """Whether a reading stands against the best hypothesis' own denial."""
    if reading.via == "likeness":
        return reading.score >= LIKENESS_OUTWEIGHS
    return reading.via == "text" and reading.rank == 0


def _worth_asking(alarm: Alarm) -> bool:
    return alarm.belief >= AGREED or max(weight(reading) for reading in alarm.evidence) >= WEAK


def _alarm(code: str, evidence: list[Reading]) -> Alarm:
    best: dict[str, Reading] = {}
    for reading in evidence:
        if reading.via not in best or weight(reading) > weight(best[reading.via]):
            best[reading.via] = reading
    doubt = 1.0
    for reading in best.values():
        doubt *= 1.0 - weight(reading)
    chosen = sorted(best.values(), key=weight, reverse=True)
    return Alarm(code, chosen[0].answer, chosen[0].urgency, round(1.0 - doubt, 4), tuple(chosen))


def without_spelt_otherwise(
    heard: Iterable[Reading], spelt: Mapping[int, Sequence[Reading]], favours: Sequence[str]
) -> list[Reading]:
    """Drop what was found by sound where the same hypothesis clearly spells something else there.

    ``spelt`` are the readings by spelling of each hypothesis, by rank.
    """
    kept: list[Reading] = []
    for reading in heard:
        rivals = [other for other in spelt.get(reading.rank, ()) if _covers(other, reading)]
        if any(other.concept == reading.concept or other.standing != "said" for other in rivals):
            continue
        if rivals and reading.concept not in favours:
            continue
        kept.append(replace(reading, weak=True) if rivals else reading)
    return kept


def _covers(spelt: Reading, heard: Reading) -> bool:
    if spelt.clause != heard.clause:
        return False
    shared = min(spelt.span[1], heard.span[1]) - max(spelt.span[0], heard.span[0])
    if spelt.standing != "said":
        return shared > 0
    return shared - spelt.loose >= _COVERED * (heard.span[1] - heard.span[0])


def distinct(utterances: Iterable[Utterance]) -> list[Utterance]:
    """Hypotheses that differ once folded, best first."""
    seen: dict[str, Utterance] = {}
    for utterance in utterances:
        if utterance.clauses:
            seen.setdefault(utterance.folded, utterance)
    return [replace(utterance, rank=rank) for rank, utterance in enumerate(seen.values())]
