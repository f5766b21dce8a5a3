"""How long a silence must last before an answer counts as finished: by what was said, and by who says it.

Pure. A fixed silence is wrong twice: after a plain "是" two seconds are awkward, and an elder who looks for a
word is cut off by one. So a short answer that fits the question is taken soon, what trails off ("就是……") is
given more time, and all of it is stretched for elders who pause long. Waits follow the telephone manners that
call centres learnt: about half a second after a clear yes or no, 1.2 s after short answers, 2 s after
sentences, up to 4 s for slow speakers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from ivr.dialogue.actions import Listen
from ivr.dialogue.state import IN_EMERGENCY, Stage
from speech.types import Language, Understanding, Urgency

SETTLED_S = 0.6
"""After a complete answer to a question that a word or two answer."""
SETTLED_OPEN_S = 1.2
"""After one to an open question: a "好着呢" may go on with "就是腿疼"."""
CLOSED_S = 1.2
"""Questions for whose answers the dialogue asks for no longer silence than this are closed ones."""
UNFINISHED_S = 2.0
"""The least after words that cannot be the last ones."""
LONGEST_S = 4.0
"""Nobody who has spoken is left without a reply for longer."""
BEGIN_READING = 0.4
"""Share of the shortest silence that may end an answer after which it is read: a reading takes a quarter of a
second of a core, and shall be done when that silence is."""
SHORT_ANSWER_S = 3.0
"""Voiced seconds up to which an answer can be complete in the sense of ``SETTLED_S``."""
SURE = 0.5
"""Confidence from which an answer counts as heard."""
_USUAL_PAUSE_S = 2.0 / 1.5
"""Elders whose pauses stay below this are well served by the usual waits."""
_SLOWEST = 2.0

COMPLETE = frozenset(
    {"ok", "yes", "no", "often", "sometimes", "never", "repeat", "hold", "callback", "human"}
)
"""Answers after which nothing need follow. Whoever tells of a trouble is given time to tell all of it."""

UNHURRIED = frozenset(stage.value for stage in (Stage.CONFIRM, Stage.OPT_OUT, *IN_EMERGENCY))
"""Turns of the dialogue on which so much depends that a "没有" is given time to become "没有，就是有点闷"."""

_TRAILING: Mapping[Language, str] = {
    "zh-CN": r".(?:(?<!就是)就是|但是|不过|可是|只是|还有|然后|那个|这个|因为|所以|要是|或者|(?<!嗯)嗯|呃)$",
    "es": r".\b(?:pero|y|o|que|porque|es que|pues|este|entonces|aunque|de|con|eh|em)$",
    "en": r".\b(?:but|and|or|so|because|if|with|um|uh|er|only|except|although|the|my)$",
}
_PUNCTUATION = " \t\n，。、！？；：,.!?;:…"


class Read(Protocol):
    """What was made of an utterance, as far as it matters here: ``ivr.senses.Reading``."""

    @property
    def understanding(self) -> Understanding:
        """What it was taken for."""

    @property
    def wordless(self) -> bool:
        """Whether there were no words in it."""


def trails_off(transcript: str, language: Language) -> bool:
    """Whether these words cannot be the last ones: a conjunction or a "嗯" after others.

    By itself a "嗯" or a "就是" is a plain yes.
    """
    return re.search(_TRAILING[language], transcript.lower().rstrip(_PUNCTUATION)) is not None


class Pace:
    """The waits of one call. Every method is pure but ``paused``, which remembers."""

    def __init__(self, language: Language, pause_s: float | None = None) -> None:
        """``pause_s`` is how long the elder pauses within an answer, by their earlier calls."""
        self._language = language
        self._pause_s = pause_s or 0.0

    @property
    def slowness(self) -> float:
        """What every wait is multiplied by: 1 for most people, 2 for those who pause longest."""
        return min(_SLOWEST, max(1.0, self._pause_s / _USUAL_PAUSE_S))

    def paused(self, seconds: float) -> None:
        """The elder paused so long in this call and then went on: from now on they are given more time."""
        self._pause_s = max(self._pause_s, seconds)

    def begin_reading_s(self, listen: Listen, voiced_s: float) -> float:
        """Silence after which it is worth finding out what was said, though more may come."""
        return BEGIN_READING * self.shortest_s(listen, voiced_s)

    def shortest_s(self, listen: Listen, voiced_s: float) -> float:
        """The shortest silence that may end an answer, whatever it is made out to be."""
        usual_s = self.usual_s(listen)
        return min(self._settled_s(listen), usual_s) if voiced_s <= SHORT_ANSWER_S else usual_s

    def usual_s(self, listen: Listen) -> float:
        """Silence that ends an answer of which nothing is known."""
        return self._stretched(listen.end_silence_s)

    def longest_s(self, listen: Listen) -> float:
        """Silence that ends any answer."""
        return self._stretched(max(listen.end_silence_s, UNFINISHED_S))

    def wait_s(self, listen: Listen, voiced_s: float, reading: Read) -> float:
        """Silence that ends an answer that was made out so. Never more than ``longest_s``."""
        understanding = reading.understanding
        if trails_off(understanding.transcript, self._language):
            return self.longest_s(listen)
        hurried = listen.script_question not in UNHURRIED and voiced_s <= SHORT_ANSWER_S
        if hurried and _complete(understanding):
            return min(self._settled_s(listen), self.usual_s(listen))
        return self.usual_s(listen)

    def _settled_s(self, listen: Listen) -> float:
        return self._stretched(SETTLED_S if listen.end_silence_s <= CLOSED_S else SETTLED_OPEN_S)

    def _stretched(self, seconds: float) -> float:
        return max(seconds, min(LONGEST_S, seconds * self.slowness))


def _complete(understanding: Understanding) -> bool:
    return (
        understanding.answer in COMPLETE
        and understanding.urgency is Urgency.NONE
        and not understanding.confirm
        and understanding.confidence >= SURE
    )
