"""How the elder spoke, against their own earlier calls: pure, robust, never more than "look at it".

A change of manner is worth a look because slower answers, slurred or hurried speech and more requests to
repeat are early signs that people who know the elder would notice. It is compared with the elder's own
calls only, by median and median absolute deviation (MAD), so that one odd call does not move the baseline.

Loudness is what the line delivered, and a telephone line's own level differs between calls. So it too counts
only against the elder's own earlier calls, its threshold is wide (6 dB is half the amplitude), and a quieter
voice must be borne out by its distance from the line's background, where that could be measured: a quieter
line lowers both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any, Self

from speech.types import Language
from speech.weights import MannerRules, MeasureRule

MAD_TO_SIGMA = 0.6745
"""The third quartile of the standard normal: makes MAD comparable with a standard deviation."""

LEAST_SPEECH_S = 0.5
"""Shorter answers say too little about a rate of speech."""

LEAST_VOICE_S = 3.0
"""With less speech than this in a call, its pauses and its loudness are not measured."""

BORNE_OUT = 0.5
"""The share of its own least change by which the measure that bears another out must have gone along."""

_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"\w+(?:['’]\w+)*")


@dataclass(frozen=True, slots=True)
class TurnHeard:
    """What manner needs to know of one turn."""

    response_delay_s: float | None
    speech_s: float
    transcript: str
    answer: str
    """As ``speech.types.Understanding.answer``; empty when nothing was heard or pressed."""
    key: str = ""
    pause_s: float | None = None
    """Silence between stretches of speech within the answer; this and both levels None where unmeasured."""
    speech_dbfs: float | None = None
    """Level of the answer's speech, dB below full scale."""
    background_dbfs: float | None = None
    """Level of the line around it, likewise."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How one call was spoken. Measures are None when there was too little to measure."""

    turns: int
    response_delay_s: float | None
    """Median, seconds from the end of the prompt to the first sound."""
    speaking_rate: float | None
    """Chinese characters, or words, per second of speech."""
    repeats: float
    """How often the elder asked to hear something again, slower or louder."""
    silences: float
    """Turns in which nothing was said or pressed."""
    keys_only: bool
    """Every answer was a key."""
    speech_s: float
    """Seconds of speech in all."""
    pause_share: float | None = None
    """Silence within the answers, as a share (0..1) of their speech and silence. Of all answers together:
    most are a word or two without any pause, so that the median answer would nearly always have none."""
    speech_dbfs: float | None = None
    """Median level of the answers' speech, dB below full scale, as the line delivered it."""
    over_background_db: float | None = None
    """Median of how far the speech stood above the line's background, in dB."""

    def as_json(self) -> dict[str, Any]:
        """JSON-ready data; ``from_json`` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self | None:
        """Read it back; None when the data are not (or no longer) of this shape.

        Measures that calls did not have yet when the data were written are None.
        """
        try:
            return cls(**data)
        except TypeError:
            return None


@dataclass(frozen=True, slots=True)
class Departure:
    """One measure in which this call differs from the elder's own earlier calls, with the numbers."""

    measure: str
    value: float
    median: float
    mad: float
    """Median absolute deviation of the earlier calls, in the measure's unit."""
    score: float
    """Robust z-score, signed."""
    earlier_calls: int

    def as_json(self) -> dict[str, Any]:
        """JSON-ready data."""
        return asdict(self)


def units_spoken(transcript: str, language: Language) -> int:
    """Chinese characters for Mandarin, words otherwise."""
    return len((_HAN if language == "zh-CN" else _WORD).findall(transcript))


def manner_of(turns: Sequence[TurnHeard], language: Language) -> Manner | None:
    """Measure one call; None when the elder neither said nor pressed anything."""
    if not any(turn.answer or turn.key for turn in turns):
        return None
    delays = [turn.response_delay_s for turn in turns if turn.response_delay_s is not None]
    spoken = [turn for turn in turns if turn.speech_s >= LEAST_SPEECH_S and turn.transcript]
    seconds = sum(turn.speech_s for turn in spoken)
    units = sum(units_spoken(turn.transcript, language) for turn in spoken)
    over = [
        (turn.speech_s, turn.speech_dbfs - turn.background_dbfs)
        for turn in spoken
        if turn.speech_dbfs is not None and turn.background_dbfs is not None
    ]
    return Manner(
        turns=len(turns),
        response_delay_s=round(median(delays), 2) if delays else None,
        speaking_rate=round(units / seconds, 2) if seconds > 0 and units > 0 else None,
        repeats=float(sum(turn.answer == "repeat" for turn in turns)),
        silences=float(sum(turn.answer in ("", "silence") and not turn.key for turn in turns)),
        keys_only=not spoken and any(turn.key for turn in turns),
        speech_s=round(sum(turn.speech_s for turn in turns), 2),
        pause_share=_pause_share(spoken),
        speech_dbfs=_level([(t.speech_s, t.speech_dbfs) for t in spoken if t.speech_dbfs is not None]),
        over_background_db=_level(over),
    )


def _pause_share(spoken: Sequence[TurnHeard]) -> float | None:
    """Silence as a share of silence and speech, over the answers in which it was measured."""
    measured = [(turn.speech_s, turn.pause_s) for turn in spoken if turn.pause_s is not None]
    speech, pauses = sum(said for said, _ in measured), sum(paused for _, paused in measured)
    return round(pauses / (speech + pauses), 2) if speech >= LEAST_VOICE_S else None


def _level(levels: Sequence[tuple[float, float]]) -> float | None:
    """The median of levels in dB, given as (seconds of speech, level)."""
    if sum(seconds for seconds, _ in levels) < LEAST_VOICE_S:
        return None
    return round(median(level for _, level in levels), 1)


def baseline(earlier: Sequence[Manner], rules: MannerRules) -> dict[str, dict[str, float]]:
    """The elder's usual manner, per measure: median, mad and the number of calls it rests on."""
    usual: dict[str, dict[str, float]] = {}
    bearing_out = {rule.borne_out_by for rule in rules.measures.values() if rule.borne_out_by}
    for name in sorted({*rules.measures, *bearing_out}):
        past = _measured(name, earlier)
        if past:
            middle = median(past)
            mad = median(abs(value - middle) for value in past)
            usual[name] = {"median": round(middle, 2), "mad": round(mad, 2), "calls": len(past)}
    return usual


def compare(manner: Manner | None, earlier: Sequence[Manner], rules: MannerRules) -> tuple[Departure, ...]:
    """Compare a call with the elder's earlier ones; empty with fewer than ``rules.earlier_calls`` of them.

    ``earlier`` may come in any order. Each measure is compared with those earlier calls that have it.
    """
    if manner is None:
        return ()
    found = (_departure(name, manner, earlier, rule, rules) for name, rule in sorted(rules.measures.items()))
    return tuple(departure for departure in found if departure is not None)


def _departure(
    name: str, manner: Manner, earlier: Sequence[Manner], rule: MeasureRule, rules: MannerRules
) -> Departure | None:
    value = getattr(manner, name)
    past = _measured(name, earlier)
    if value is None or len(past) < rules.earlier_calls:
        return None
    middle = median(past)
    mad = median(abs(measured - middle) for measured in past)
    change = value - middle
    score = MAD_TO_SIGMA * change / max(_spread(past, middle, mad), rule.least_spread)
    wrong_way = (rule.direction == "up" and change < 0) or (rule.direction == "down" and change > 0)
    if wrong_way or abs(change) < rule.least_change or abs(score) < rules.limit:
        return None
    if not _borne_out(change, manner, earlier, rule, rules):
        return None
    return Departure(
        measure=name,
        value=value,
        median=round(middle, 2),
        mad=round(mad, 2),
        score=round(score, 2),
        earlier_calls=len(past),
    )


def _borne_out(
    change: float, manner: Manner, earlier: Sequence[Manner], rule: MeasureRule, rules: MannerRules
) -> bool:
    """Whether the measure that must bear this change out went the same way, or cannot be asked."""
    if rule.borne_out_by is None:
        return True
    value: float | None = getattr(manner, rule.borne_out_by)
    past = _measured(rule.borne_out_by, earlier)
    if value is None or len(past) < rules.earlier_calls:
        return True
    along: float = value - median(past)
    return along * change > 0 and abs(along) >= BORNE_OUT * rule.least_change


def _measured(name: str, calls: Sequence[Manner]) -> list[float]:
    """One measure of those calls that have it."""
    return [value for call in calls if (value := getattr(call, name)) is not None]


def _spread(past: Sequence[float], middle: float, mad: float) -> float:
    """The MAD; where more than half the calls agree exactly, the mean deviation scaled to stand in for it."""
    if mad > 0:
        return mad
    return MAD_TO_SIGMA * 1.2533 * fmean(abs(measured - middle) for measured in past)
