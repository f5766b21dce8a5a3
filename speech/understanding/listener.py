"""Puts the steps of understanding together for one lexicon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from speech.lexicon import Lexicon
from speech.types import Heard, Hypothesis, Understanding, Urgency
from speech.understanding.audio import answer_in_audio, in_audio
from speech.understanding.deciding import UNCLEAR, Decision, decide
from speech.understanding.hearing import Ear
from speech.understanding.interpreting import Interpreter
from speech.understanding.likeness import alarming, likeness_of, settled, tempered
from speech.understanding.readings import Reading, Utterance
from speech.understanding.scope import ScopeReader
from speech.understanding.short_answers import OPENERS
from speech.understanding.spelling import Speller
from speech.understanding.weighing import WEAK, alarms, distinct, weight, without_spelt_otherwise

_MOST_HYPOTHESES = 8
_CALM_SOUND = 0.35
"""Least nearness, 0..1, of a sound for an ordinary thing to be believed."""
_PLAINEST = 2
"""Characters (Chinese) or words of a plain yes or no."""
_BY_SOUND = 0.6
"""Score of a short answer known by its sound."""
_UNEXPLAINED = 5
"""Characters (Chinese) or words that may stay unexplained beside a mere "yes, well"."""


class Listener:
    """Understands utterances with one lexicon. Holds caches only; safe to share among threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._scope = ScopeReader(lexicon)
        self._speller = Speller(lexicon)
        self._ear = Ear(lexicon)

    def understand(self, heard: Heard, question: str) -> Understanding:
        """See :func:`speech.understanding.understand`."""
        decision = self._decide(heard, question)
        return Understanding(
            question=question,
            transcript=heard.text,
            alternatives=tuple(other.text for other in heard.hypotheses[1:]),
            answer=decision.answer,
            urgency=decision.urgency,
            codes=decision.codes,
            confirm=decision.confirm,
            evidence=decision.evidence,
            confidence=round(decision.confidence, 3),
            engine=heard.engine,
            seconds=heard.seconds,
        )

    def _decide(self, heard: Heard, question: str) -> Decision:
        if not any(hypothesis.text.strip() for hypothesis in heard.hypotheses):
            return Decision("silence", Urgency.NONE, (), confirm=False, evidence=(), confidence=0.0)
        language = self._lexicon.language
        utterances = distinct(
            self._utterance(rank, hypothesis)
            for rank, hypothesis in enumerate(heard.hypotheses[:_MOST_HYPOTHESES])
            # What a correction might also have been is no witness: 他睡了 corrected further is 他摔了.
            if not (hypothesis.corrected and rank)
        )
        interpreter = Interpreter(self._lexicon, self._scope, question)
        spelt = {utterance.rank: self._spelt(utterance, question, interpreter) for utterance in utterances}
        heard_as = [
            reading
            for match in self._ear.find(utterances, question)
            if (reading := interpreter.read(match)) is not None
        ]
        told = [reading for reading in heard_as if reading.standing == "said"]
        sounded = without_spelt_otherwise(told, spelt, interpreter.entry.favours)
        denied = {
            reading.concept
            for reading in heard_as
            if reading.standing != "said" and reading.answer and weight(reading) >= WEAK
        }
        audible = in_audio(heard.phrases, language, lambda spoken: self._spelt(spoken, question, interpreter))
        audio = [reading for reading in audible if reading.concept not in denied]
        likeness = likeness_of(heard, self._lexicon)
        words = utterances[0].words() if utterances else 0
        best = _agreed(spelt.get(0, []), self._by_sound(heard, utterances, spelt))
        alike = alarming(likeness, self._lexicon, question, best, words)
        every = [*(reading for found in spelt.values() for reading in found), *sounded, *audio, *alike]
        raised = tempered(
            alarms(every, best),
            likeness,
            several=bool(utterances) and len(utterances[0].clauses) > 1,
            explained=_explained(spelt.values()),
        )
        ordinary = self._ordinary(utterances, spelt, sounded, audio, question, interpreter)
        yes_no = interpreter.entry.bare.get("yes") == "yes"
        if not (yes_no and _plain(ordinary, utterances)):
            ordinary = settled(ordinary, likeness, self._lexicon)
        return decide(ordinary, raised, yes_no=yes_no, lexicon=self._lexicon)

    def _by_sound(
        self, heard: Heard, utterances: Sequence[Utterance], spelt: Mapping[int, list[Reading]]
    ) -> list[Reading]:
        """What the likeliest hypothesis by its sound alone spells, where it is not the best one."""
        likeliest = heard.by_sound
        if likeliest is None or likeliest is heard.hypotheses[0]:
            return []
        folded = self._utterance(0, likeliest).folded
        return next((spelt[each.rank] for each in utterances if each.folded == folded), [])

    def _utterance(self, rank: int, hypothesis: Hypothesis) -> Utterance:
        return Utterance.of(rank, hypothesis.text, self._lexicon.language).parted(self._lexicon.short_no)

    def _spelt(self, utterance: Utterance, question: str, interpreter: Interpreter) -> list[Reading]:
        matches = self._speller.find(utterance, question)
        read = [reading for match in matches if (reading := interpreter.read(match)) is not None]
        short = list(interpreter.read_short(utterance))
        answered = {reading.clause for reading in short}
        said = [
            item
            for item in _undisputed(_closest(read))
            if item.clause not in answered or item.urgency >= Urgency.URGENT
        ]
        return _without_openers([*said, *short])

    def _short_by_sound(
        self, utterances: Sequence[Utterance], question: str, interpreter: Interpreter
    ) -> list[Reading]:
        """A short utterance taken whole for one of the expected answers."""
        for utterance in utterances:
            phrase = self._ear.short_answer(utterance, question)
            if phrase:
                said = Utterance.of(utterance.rank, phrase, self._lexicon.language)
                readings = self._spelt(said, question, interpreter)
                return [
                    replace(reading, via="sound", phrase=phrase, found=utterance.raw, score=_BY_SOUND)
                    for reading in readings
                    if reading.urgency < Urgency.URGENT
                ]
        return []

    def _ordinary(
        self,
        utterances: Sequence[Utterance],
        spelt: Mapping[int, list[Reading]],
        sounded: Sequence[Reading],
        audio: Sequence[Reading],
        question: str,
        interpreter: Interpreter,
    ) -> list[Reading]:
        """What the best hypothesis that says anything says; else what sounds so; else what the audio says."""
        favours = interpreter.entry.favours
        for utterance in utterances:
            readings = [reading for reading in spelt[utterance.rank] if reading.answer]
            if readings and not _mere_opening(readings, utterance):
                return readings
            if utterance.rank == 0 and (answer := answer_in_audio(audio, utterance.folded)):
                return answer
        short = self._short_by_sound(utterances, question, interpreter)
        if short:
            return short
        calm = [
            reading for reading in sounded if reading.urgency < Urgency.URGENT and _tellable(reading, favours)
        ]
        if calm:
            return [max(calm, key=lambda reading: reading.score)]
        return []


def _agreed(best: Sequence[Reading], by_sound: Sequence[Reading]) -> list[Reading]:
    """The readings of the best hypothesis, less explanations of what the likeliest sound says is so.

    What elders say makes a hypothesis fluent, and may make a television play of a television set that smokes.
    """
    alarming = {
        reading.concept
        for reading in by_sound
        if reading.standing == "said" and reading.urgency >= Urgency.URGENT
    }
    return [reading for reading in best if reading.standing == "said" or reading.concept not in alarming]


def _plain(readings: Sequence[Reading], utterances: Sequence[Utterance]) -> bool:
    """Whether the best hypothesis is nothing but a yes or a no, spelt: that is not argued with.

    More words than the bare ones may turn it: 你是哪个嘛 is no yes.
    """
    plain = {
        reading.clause
        for reading in readings
        if reading.bare and reading.via == "text" and not reading.rank and reading.answer in {"yes", "no"}
    }
    if not plain or utterances[0].words() > _PLAINEST:
        return False
    return len(plain) == len(readings) == len(utterances[0].clauses)


def _explained(spelt: Iterable[Sequence[Reading]]) -> frozenset[str]:
    """Concepts that some hypothesis explains away (not, my neighbour, last year) and nowhere says.

    The words that explain are as easily misheard as any: what the best hypothesis writes as 抱着上说 another
    one writes as 报纸上说.
    """
    away: set[str] = set()
    for readings in spelt:
        said = {reading.concept for reading in readings if reading.standing == "said"}
        away |= {reading.concept for reading in readings if reading.standing != "said"} - said
    return frozenset(away)


def _tellable(reading: Reading, favours: Sequence[str]) -> bool:
    """Whether an ordinary thing may be told by its sound alone: never that all is well, unless asked."""
    asked = reading.concept in favours or reading.answer in {"repeat", "hold", "callback", "refuse", "human"}
    return asked and reading.score >= _CALM_SOUND


def _without_openers(readings: Sequence[Reading]) -> list[Reading]:
    """A "yes" or "good" that only opens what follows says nothing by itself."""
    last = max((reading.clause for reading in readings), default=0)
    return [reading for reading in readings if reading.bare not in OPENERS or reading.clause == last]


def _closest(readings: Sequence[Reading]) -> list[Reading]:
    """One reading per concept, standing and clause: the surest, then the one with the least in its gaps."""
    kept: dict[tuple[str, str, int], Reading] = {}
    for reading in readings:
        key = (reading.concept, reading.standing, reading.clause)
        if key not in kept or (reading.weak, reading.loose) < (kept[key].weak, kept[key].loose):
            kept[key] = reading
    return list(kept.values())


def _undisputed(readings: Sequence[Reading]) -> list[Reading]:
    """Without weak readings of words that are part of something plainly not so: no [pain [in my chest]]."""
    away = [reading for reading in readings if reading.standing != "said"]
    return [
        reading
        for reading in readings
        if not (
            reading.weak
            and any(
                other.clause == reading.clause
                and other.span[0] <= reading.span[0]
                and reading.span[1] <= other.span[1]
                for other in away
            )
        )
    ]


def _mere_opening(readings: Sequence[Reading], utterance: Utterance) -> bool:
    """Whether a "well, yes" is all that was understood of a longer speech."""
    if any(reading.bare not in OPENERS or reading.answer != "ok" for reading in readings):
        return False
    explained = {reading.clause for reading in readings}
    rest = Utterance(
        utterance.rank,
        utterance.raw,
        tuple(clause for number, clause in enumerate(utterance.clauses) if number not in explained),
        utterance.language,
    )
    return rest.words() >= _UNEXPLAINED


@lru_cache(maxsize=16)
def listener_of(lexicon: Lexicon) -> Listener:
    """The listener of a lexicon, built once."""
    return Listener(lexicon)


__all__ = ["UNCLEAR", "Listener", "listener_of"]
