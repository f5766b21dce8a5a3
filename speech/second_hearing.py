"""Whether the first hearing of an answer is enough, or a second one must be had.

Each costs a fifth of a second of a core. Nine of ten answers say what the first hearing already says, but an
answer of which anything leaves doubt, and whatever is near an alarm, is always heard twice. Thresholds are
chosen on the dev split only, see ``docs/hearing.md``.
"""

from __future__ import annotations

from speech.lexicon import Lexicon
from speech.types import Heard, Understanding, Urgency

SURE = -0.3
"""Mean log probability (nats a token) of the likeliest hypothesis by sound from which words are believed."""
SURE_ENOUGH = -0.6
"""The same while others wait to be heard at all."""
CALM = 0.3
"""Share of alarming meanings, by likeness to examples, from which an answer is near an alarm."""
NOT_SAID = 0.0
"""Score of a safety phrase in the audio (nats, see ``Heard.phrases``) from which it may have been said."""
_DOUBTFUL = frozenset({"unclear", "silence"})


def enough(heard: Heard, taken: Understanding, lexicon: Lexicon, *, hurried: bool = False) -> bool:
    """Whether ``taken``, what the first hearing was understood as, may stand.

    ``hurried``: others wait for the ears. Then less sure words, and words that fit nothing, may stand too:
    better to be asked again than to be left in silence. Nothing that is near an alarm ever may.
    """
    if unsure(heard, lexicon, hurried=hurried) or near_alarm(heard, taken, lexicon):
        return False
    return hurried or taken.answer not in _DOUBTFUL


def unsure(heard: Heard, lexicon: Lexicon, *, hurried: bool = False) -> bool:
    """Whether the ears alone ask for a second hearing, whatever the words will be taken for.

    Known before anything is understood, which costs as much as half a hearing.
    """
    likeliest = heard.by_sound
    if likeliest is None or _may_be_a_cry(heard, lexicon):
        return True
    return likeliest.logprob < (SURE_ENOUGH if hurried else SURE)


def near_alarm(heard: Heard, taken: Understanding, lexicon: Lexicon) -> bool:
    """Whether anything in what was heard is alarming: words, their likeness, or the audio itself."""
    if taken.raised:
        return True
    if _may_be_a_cry(heard, lexicon):
        return True
    alarming = sum(
        share for meaning, share in heard.meanings.items() if lexicon.urgency(meaning) >= Urgency.URGENT
    )
    return alarming >= CALM


def _may_be_a_cry(heard: Heard, lexicon: Lexicon) -> bool:
    return any(heard.phrases.get(phrase, NOT_SAID - 1) >= NOT_SAID for phrase in lexicon.safety_phrases)
