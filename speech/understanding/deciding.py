"""From readings to one answer: what is acted on, what is asked about, what stays unclear."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from speech.lexicon import Lexicon
from speech.types import Evidence, Urgency
from speech.understanding.interpreting import code_of_answer
from speech.understanding.readings import Reading
from speech.understanding.weighing import Alarm, weight

UNCLEAR = "unclear"
_WISHES = ("refuse", "human", "callback", "hold")
_POSTPONING = frozenset({"callback", "hold"})
"""Wishes that give way to the news that the wrong person speaks."""
_YES_NO = ("no", "yes")
_ORDER = ("problem", "concern", "repeat", "unknown", "often", "sometimes", "never", "no", "yes", "ok")
"""Of several answers in one utterance the first of these is given; wishes of the caller come before."""
_TOLD = frozenset({"concern", "problem"})


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer as a whole."""

    answer: str
    urgency: Urgency
    codes: tuple[str, ...]
    confirm: bool
    evidence: tuple[Evidence, ...]
    confidence: float


def decide(
    readings: Sequence[Reading], alarms: Sequence[Alarm], *, yes_no: bool, lexicon: Lexicon
) -> Decision:
    """Weigh alarms against each other and put them before everything else that was said.

    ``readings`` are the ordinary ones (below urgent), ``yes_no`` says that the question wants a yes or no.
    """
    kept = _kept(alarms)
    ordinary = [reading for reading in readings if reading.urgency < Urgency.URGENT]
    answer = kept[0].answer if kept else _answer(ordinary, yes_no=yes_no)
    if not kept and not ordinary:
        return Decision(UNCLEAR, Urgency.NONE, (), confirm=False, evidence=(), confidence=0.0)
    told = [
        reading
        for reading in ordinary
        if reading.code
        and (reading.answer == answer or reading.answer in _TOLD or reading.urgency > Urgency.NONE)
    ]
    codes = _codes(
        [*(alarm.code for alarm in kept), *(reading.code for reading in _by_urgency(told))], answer, lexicon
    )
    sure = any(alarm.strong for alarm in kept)
    top = kept[0].urgency if kept else Urgency.NONE
    confirm = bool(kept) and not (
        kept[0].strong or (sure and any(a.strong and a.urgency >= top for a in kept))
    )
    urgency = max((lexicon.urgency(code) for code in codes), default=Urgency.NONE)
    proof = [*(reading for alarm in kept for reading in alarm.evidence), *told]
    proof += [reading for reading in ordinary if reading.answer == answer and reading not in proof]
    belief = kept[0].belief if kept else max((weight(reading) for reading in proof), default=0.0)
    return Decision(answer, urgency, codes, confirm, tuple(_evidence(proof)), min(1.0, belief))


def _kept(alarms: Sequence[Alarm]) -> list[Alarm]:
    """The strong ones, and weak ones only if more urgent than any strong one."""
    strong = [alarm for alarm in alarms if alarm.strong]
    most = max((alarm.urgency for alarm in strong), default=Urgency.NONE)
    weak = [alarm for alarm in alarms if not alarm.strong and alarm.urgency > most]
    return sorted([*strong, *weak], key=lambda alarm: (-alarm.urgency, -alarm.belief))


def _answer(readings: Sequence[Reading], *, yes_no: bool) -> str:
    answers = {reading.answer for reading in readings}
    explained = yes_no and any(_is_explained(reading) for reading in readings)
    for wish in _WISHES:
        if wish in answers and not (explained and wish in _POSTPONING):
            return wish
    if yes_no and answers & set(_YES_NO):
        return _yes_or_no([reading for reading in readings if reading.answer in _YES_NO])
    return next((answer for answer in _ORDER if answer in answers), UNCLEAR)


def _yes_or_no(readings: Sequence[Reading]) -> str:
    """Of several the one with a reason beside it, else the last."""
    reasoned = [reading for reading in readings if _is_explained(reading)]
    return max(reasoned or readings, key=lambda reading: reading.clause).answer


def _is_explained(reading: Reading) -> bool:
    return reading.answer in _YES_NO and reading.code not in {"", *_YES_NO}


def _by_urgency(readings: Iterable[Reading]) -> list[Reading]:
    return sorted(readings, key=lambda reading: -reading.urgency)


def _codes(codes: Sequence[str], answer: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Without doubles, without what others include, without a bare yes or no beside a better reason."""
    unique = list(dict.fromkeys(codes))
    included: set[str] = set()
    for code in unique:
        included |= set(lexicon.codes[code].includes) - included
    kept = [code for code in unique if code not in included]
    if any(code not in _YES_NO for code in kept):
        kept = [code for code in kept if code not in _YES_NO]
    default = code_of_answer(answer, lexicon)
    return tuple(kept) or ((default,) if default else ())


def _evidence(readings: Iterable[Reading]) -> Iterable[Evidence]:
    for reading in dict.fromkeys(readings):
        yield Evidence(
            code=reading.code or reading.answer,
            rule=reading.rule,
            phrase=reading.phrase,
            found="" if reading.via == "audio" else reading.found,
            via=reading.via,
            score=round(min(1.0, weight(reading)), 3),
        )
