"""What the second opinion (``Heard.meanings``) says under the question.

It may raise a question about something urgent that no wording gave away, and answer where wordings say
nothing. It never raises an alarm unasked, and what the lexicon hears it never lowers, but for one thing: a
mere resemblance of sounds in an utterance that as a whole is clearly something ordinary is let go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from speech.lexicon import Lexicon
from speech.types import Urgency
from speech.understanding.readings import Reading

RULE = "likeness"
CALM = 0.04
"""Probability of anything urgent below which a mere resemblance of sounds is let go."""
SURE_WELL = 0.8
"""Least probability of "all is well" to be believed without any wording."""
SURE = 0.55
"""The same for any other answer."""
GRAVER = 0.35
"""Share of what is urgent that must be emergencies for the question to be about an emergency."""
DOUBTED = 0.6
"""What is left of a likeness where wordings explain the alarming words away: not, my neighbour, last year."""
_EXPLAINING = frozenset({"denied", "elsewhere", "past", "imagined", "cured"})
_ASKING = frozenset({"repeat", "hold", "callback", "refuse", "human"})
"""Requests to the robot: whoever makes one is talking about the call."""
_ABOUT_THE_ELDER_OF_OTHERS = frozenset({"in_hospital", "deceased"})


@dataclass(frozen=True, slots=True)
class Likeness:
    """Probabilities of what matters, from those of all meanings."""

    alarm: float = 0.0
    """Of anything urgent or worse."""
    code: str = ""
    """The likeliest urgent code; an emergency before something urgent unless clearly less likely."""
    urgency: Urgency = Urgency.NONE
    answers: Mapping[str, float] = field(default_factory=dict)
    """Of each ordinary answer."""
    codes: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    """Answer -> its likeliest code, empty for none, and that code's probability."""
    known: bool = False
    """Whether there is a second opinion at all."""


def likeness_of(meanings: Mapping[str, float], lexicon: Lexicon) -> Likeness:
    """Add up meanings by what they ask of us. No meanings give no opinion."""
    if not meanings:
        return Likeness()
    urgent: dict[str, float] = {}
    answers: dict[str, float] = {}
    codes: dict[str, tuple[str, float]] = {}
    for meaning, likely in meanings.items():
        answer, slash, code = meaning.partition("/")
        if not slash and lexicon.urgency(meaning) >= Urgency.URGENT:
            urgent[meaning] = likely
        elif slash:
            answers[answer] = answers.get(answer, 0.0) + likely
            if code in lexicon.codes and likely > codes.get(answer, ("", 0.0))[1]:
                codes[answer] = (code, likely)
    if not urgent:
        return Likeness(answers=answers, codes=codes, known=True)
    top = max(urgent, key=lambda code: urgent[code])
    grave = {code: likely for code, likely in urgent.items() if lexicon.urgency(code) is Urgency.EMERGENCY}
    worst = max(grave, key=lambda code: grave[code], default=top)
    emergency = sum(grave.values())
    chosen = worst if emergency >= GRAVER * sum(urgent.values()) else top
    return Likeness(sum(urgent.values()), chosen, lexicon.urgency(chosen), answers, codes, known=True)


def alarming(likeness: Likeness, lexicon: Lexicon, question: str, best: Sequence[Reading]) -> list[Reading]:
    """A reading of the likeliest urgent code, scored by the probability of anything urgent.

    ``best`` are the readings of the best hypothesis by spelling. Where they explain alarming words away, or
    are a request to the robot, likeness to examples counts for less.
    """
    if not likeness.code:
        return []
    explained = any(reading.standing in _EXPLAINING or reading.answer in _ASKING for reading in best)
    others = question == "identity" and likeness.code in _ABOUT_THE_ELDER_OF_OTHERS
    answer = "no" if others else lexicon.codes[likeness.code].answer
    alarm = likeness.alarm * (DOUBTED if explained else 1.0)
    return [_reading(answer, likeness.code, likeness.urgency, alarm)]


def ordinary(likeness: Likeness, lexicon: Lexicon) -> list[Reading]:
    """The likeliest ordinary answer, if it is likely enough to be believed without any wording."""
    if not likeness.answers:
        return []
    answer = max(likeness.answers, key=lambda each: likeness.answers[each])
    likely = likeness.answers[answer]
    if likely < (SURE_WELL if answer == "ok" else SURE):
        return []
    code, share = likeness.codes.get(answer, ("", 0.0))
    told = code if code and share >= likely / 2 else ""
    return [_reading(answer, told, lexicon.urgency(told), likely)]


def let_go(alarm_evidence: Sequence[Reading], likeness: Likeness) -> bool:
    """Whether an alarm that rests on a resemblance of sounds alone may be dropped."""
    if not likeness.known or likeness.alarm >= CALM:
        return False
    return all(reading.via == "sound" for reading in alarm_evidence)


def _reading(answer: str, code: str, urgency: Urgency, likely: float) -> Reading:
    return Reading(
        answer=answer,
        code=code,
        urgency=urgency,
        standing="said",
        via="likeness",
        score=likely,
        rank=0,
        clause=0,
        rule=RULE,
        phrase="",
        found="",
        concept=code or answer,
    )
