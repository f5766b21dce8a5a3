"""What the second opinion (``Heard.meanings``) says under the question.

It may raise a question about something urgent that no wording gave away, and answer where wordings say
nothing. By itself it never raises an alarm unasked. Where a sentence as a whole is not clearly like anything
alarming, what the lexicon found in it is asked about, or let go when it is clearly like ordinary talk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from speech.lexicon import Lexicon
from speech.types import Heard, Urgency
from speech.understanding.readings import Reading
from speech.understanding.weighing import LIKENESS_OUTWEIGHS, STRONG, Alarm
from speech.wording import spaced

RULE = "likeness"
CALM_SOUNDS, CALM_WORDS, CALM_CRIES = 0.3, 0.3, 0.025
"""Probability of anything urgent below which a resemblance of sounds, a wording, and an emergency that is
spelt out are let go."""
CALM_WHOLE, CALM_BESIDE = 0.06, 0.3
"""The same of the whole, and of every stretch, where both are fairly calm: sooner than by either alone."""
CALM_FAINT = 0.05
"""The same of the whole for what the best hypothesis does not spell and no stretch is like."""
TALK = 0.8
"""Probability of ordinary answers from which words are talk: scraps may be what is left of a cry."""
CALM_HELP = 0.03
"""The same for a cry for help that is explained away: it is the television that cries."""
DOUBTED_WHOLE = 0.6
"""Probability of anything urgent, of the whole, below which an alarming wording is asked about instead of
acted on."""
LIKENESS_ASKS = {False: 0.35, True: 0.15}
"""Likeness to alarming examples from which it is asked about, with nothing beside it; by whether the language
parts its words: in Mandarin it was drawn on what was misheard, elsewhere a lower one costs no question."""
ASKED = STRONG - 0.01
"""Belief in what is asked about."""
_CRY, _NOTHING = "help", "unclear"
CERTAIN, CERTAIN_OF_NO_NEED, NEVER = 0.85, 0.93, 0.05
"""Probabilities of an answer from which a wording, and one that names a need, is dropped if its own answer
has no more than the last."""
SURE_WELL = 0.95
"""Least probability of "all is well" to be believed without any wording."""
SURE, SURER = 0.35, 0.5
"""The same for any other answer, without any wording and against one."""
HARDLY = 0.2
"""Probability of the wordings' own answers up to which they give way."""
GRAVER = 0.35
"""Share of what is urgent that must be emergencies for the question to be about an emergency."""
DOUBTED = 0.6
"""What is left of a likeness where wordings explain the alarming words away: not, my neighbour, last year."""
CLEAR_CUT, CLEAR_WHOLE = 0.9, 0.4
"""Probability, of a stretch and of the whole, from which no explanation is believed: it is asked about."""
CONTRADICTED = 0.7
"""What is left of it beside a wording that all is well."""
BRIEFLY = 0.67
"""What is left of it in a few words."""
REQUESTED = 0.2
"""What is left of a likeness to news of an elder in hospital or dead beside a request to us."""
AT_THE_DOOR = 0.12
"""What is left of a likeness to something urgent, but no emergency, where nobody asked how the elder is."""
SCRAP = 0.95
"""Probability of meaning nothing from which a stretch is no ordinary talk either."""
_DOOR = frozenset({"identity", "any"})
_BRIEF = {False: 7, True: 4}
"""Fewer characters of Chinese, or words elsewhere, are a few; by whether the language parts its words."""
_CALM = frozenset({"ok", "yes", "no"})
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
    apart: float | None = None
    """The most that any stretch, or the whole, tells of something urgent; None: not read in stretches."""
    apart_codes: Mapping[str, float] = field(default_factory=dict)
    """Urgent code -> the most that any stretch tells of it."""
    scraps: bool = False
    """Whether some stretch is like nothing that means anything."""


def likeness_of(heard: Heard, lexicon: Lexicon) -> Likeness:
    """Add up meanings by what they ask of us. No meanings give no opinion."""
    if not heard.meanings:
        return Likeness()
    urgent = _urgent(heard.meanings, lexicon)
    answers: dict[str, float] = {}
    codes: dict[str, tuple[str, float]] = {}
    for meaning, likely in heard.meanings.items():
        answer, slash, code = meaning.partition("/")
        if slash:
            answers[answer] = answers.get(answer, 0.0) + likely
            if code in lexicon.codes and likely > codes.get(answer, ("", 0.0))[1]:
                codes[answer] = (code, likely)
    whole = sum(urgent.values())
    stretches = heard.meanings_apart
    each = [_urgent(stretch, lexicon) for stretch in stretches or ()]
    apart = None if stretches is None else max([whole, *(sum(stretch.values()) for stretch in each)])
    apart_codes = {code: max(stretch.get(code, 0.0) for stretch in each) for code in urgent} if each else {}
    scraps = any(stretch.get(_NOTHING, 0.0) >= SCRAP for stretch in stretches or ())
    code = _gravest(urgent, lexicon)
    return Likeness(whole, code, lexicon.urgency(code), answers, codes, apart, apart_codes, scraps)


def _urgent(meanings: Mapping[str, float], lexicon: Lexicon) -> dict[str, float]:
    """The probability of each meaning that somebody must act on soon."""
    return {code: likely for code, likely in meanings.items() if lexicon.urgency(code) >= Urgency.URGENT}


def _gravest(urgent: Mapping[str, float], lexicon: Lexicon) -> str:
    """What to ask about: the likeliest emergency where emergencies have their share, else the likeliest."""
    grave = {code: likely for code, likely in urgent.items() if lexicon.urgency(code) is Urgency.EMERGENCY}
    chosen = grave if grave and sum(grave.values()) >= GRAVER * sum(urgent.values()) else urgent
    return max(chosen, key=lambda code: chosen[code], default="")


def alarming(
    likeness: Likeness, lexicon: Lexicon, question: str, best: Sequence[Reading], words: int
) -> list[Reading]:
    """A reading of the likeliest urgent code, scored by the probability of anything urgent.

    ``best`` are the readings of the best hypothesis by spelling, ``words`` its number of characters or words.
    Where they explain alarming words away, are a request to the robot or an ordinary answer, likeness to
    examples counts for less, unless a stretch and the whole leave little doubt; so it does in a few words,
    which resemble too much.
    """
    if not likeness.code:
        return []
    explained = any(reading.standing in _EXPLAINING or reading.answer in _ASKING for reading in best)
    calm = any(reading.standing == "said" and reading.answer in _CALM for reading in best)
    others = question == "identity" and likeness.code in _ABOUT_THE_ELDER_OF_OTHERS
    answer = "no" if others else lexicon.codes[likeness.code].answer
    doubt = DOUBTED if explained else CONTRADICTED if calm else 1.0
    if others and any(reading.answer in _ASKING for reading in best):
        doubt = REQUESTED
    if question in _DOOR and not others and likeness.urgency < Urgency.EMERGENCY:
        doubt *= AT_THE_DOOR
    brief = BRIEFLY if words < _BRIEF[spaced(lexicon.language)] else 1.0
    likely = likeness.alarm * doubt * brief
    clear = (likeness.apart or 0.0) >= CLEAR_CUT and likeness.alarm >= CLEAR_WHOLE
    if explained and clear:
        likely = max(likely, LIKENESS_OUTWEIGHS)
    return [_reading(answer, likeness.code, likeness.urgency, likely, lexicon)]


def settled(found: Sequence[Reading], likeness: Likeness, lexicon: Lexicon) -> list[Reading]:
    """What is taken for the ordinary answer: ``found`` by wordings, unless likeness clearly says otherwise.

    Without any wording the likeliest answer is believed if it is likely enough; against a wording only if the
    wording's own answer is hardly likely at all. "All is well" needs most.
    """
    if not likeness.answers:
        return list(found)
    answer = max(likeness.answers, key=lambda each: likeness.answers[each])
    likely = likeness.answers[answer]
    found = [
        reading
        for reading in found
        if reading.answer == answer
        or likely < (CERTAIN_OF_NO_NEED if reading.urgency > Urgency.NONE else CERTAIN)
        or likeness.answers.get(reading.answer, 0.0) > NEVER
    ]
    needed = SURE_WELL if answer == "ok" else SURER if found else SURE
    against = max((likeness.answers.get(reading.answer, 0.0) for reading in found), default=0.0)
    if likely < needed or against > HARDLY or any(reading.answer == answer for reading in found):
        return list(found)
    code, share = likeness.codes.get(answer, ("", 0.0))
    told = code if code and share >= likely / 2 else ""
    needs = [reading for reading in found if reading.urgency > Urgency.NONE]
    return [_reading(answer, told, lexicon.urgency(told), likely, lexicon), *needs]


def tempered(
    alarms: Sequence[Alarm], likeness: Likeness, *, several: bool, explained: AbstractSet[str] = frozenset()
) -> list[Alarm]:
    """Alarms as they stand once the whole sentence has been looked at.

    An alarming wording in a sentence that as a whole is not clearly like anything alarming (told of the
    neighbour, on television, a figure of speech, or misheard) is asked about instead of acted on; one in a
    sentence that is clearly like ordinary talk is let go, and so is a mere resemblance of sounds. Every
    stretch must be so, or fairly so and the whole too, read where it stands: somebody may well speak of the
    weather in the same breath as of a fire (``docs/adr/0038-stretches-are-read-where-they-stand.md``). Where
    a sentence has not ``several`` clauses its stretches are hard to tell apart, and an emergency that is
    spelt out is let go only where another hypothesis explains it away: ``explained`` are the concepts that
    one does. The best hypothesis then lacks the words that explain, and the whole decides. What the best
    hypothesis does not even spell is let go in calm talk where no stretch is like that very thing. Beside a
    stretch that means nothing an emergency that is spelt out stays: only talk explains it
    (``docs/adr/0036-a-scrap-explains-nothing.md``).
    """
    if likeness.apart is None:
        return list(alarms)
    fairly_calm = likeness.alarm < CALM_WHOLE and likeness.apart < CALM_BESIDE
    kept: list[Alarm] = []
    for alarm in alarms:
        spelt = any(reading.via == "text" for reading in alarm.evidence)
        spelt_out = spelt and alarm.strong and alarm.urgency is Urgency.EMERGENCY
        calm = (CALM_CRIES if spelt_out else CALM_WORDS) if spelt else CALM_SOUNDS
        cry = alarm.code == _CRY
        if _is_explained(alarm, explained) and likeness.alarm < (CALM_HELP if cry else CALM_CRIES):
            continue
        talk = not spelt_out or (several and not likeness.scraps)
        if (fairly_calm or likeness.apart < calm) and not cry and talk:
            continue
        if _is_faint(alarm) and likeness.alarm < CALM_FAINT and _in_no_stretch(alarm, likeness):
            continue
        asked = alarm.strong and likeness.alarm < DOUBTED_WHOLE
        kept.append(replace(alarm, belief=ASKED) if asked else alarm)
    return kept


def _is_faint(alarm: Alarm) -> bool:
    """Whether the best hypothesis spells nothing of an alarm: only a lower one, a sound, the audio."""
    return not any(reading.via == "text" and reading.rank == 0 for reading in alarm.evidence)


def _in_no_stretch(alarm: Alarm, likeness: Likeness) -> bool:
    """Whether no stretch is like what the alarm is about, in what is like talk and not like mere scraps."""
    talk = sum(likeness.answers.values())
    return talk >= TALK and likeness.apart_codes.get(alarm.code, 0.0) < NEVER


def _is_explained(alarm: Alarm, explained: AbstractSet[str]) -> bool:
    """Whether all wordings that speak for an alarm are explained away by some hypothesis."""
    worded = {reading.concept for reading in alarm.evidence if reading.via in {"text", "sound"}}
    return bool(worded) and worded <= explained


def _reading(answer: str, code: str, urgency: Urgency, likely: float, lexicon: Lexicon) -> Reading:
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
        asked_from=LIKENESS_ASKS[spaced(lexicon.language)],
    )
