"""One step in the making: the state as it changes and what is to be said and done about it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from ivr.dialogue.actions import Action, CallOff, HangUp, Join, Listen, PutThrough, RaiseFlag, Say
from ivr.dialogue.state import UNDER_WAY, DialogueState, Stage, Transfer
from ivr.report import CallOutcome
from ivr.script import spoken_values
from ivr.script_model import Script
from ivr.script_questions import Question
from ivr.script_texts import Text
from ivr.wording import fill
from speech.types import Understanding

SLOWER_PER_TRY = (1.0, 0.9, 0.8)
"""How the pace drops from the first try to the third, as factors."""
SLOWEST = 0.6
DOUBTFUL = 0.4
"""Confidence below which an answer is heard too weakly to be believed at once. Over the telephone, what the
first transcript does not spell out seldom gets more than 0.6; what the audio alone says gets 0.4 at least."""
CLEAR = 0.5
"""Confidence from which a "no" is clear enough to take back a flag (that was itself heard weakly)."""
CERTAIN = 0.8
"""Confidence from which somebody is believed to refuse all calls or to be a stranger: words that would make
the elder be forgotten."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: words or a key, and what they were taken for."""

    understanding: Understanding
    key: str = ""
    response_delay_s: float | None = None
    speech_s: float = 0.0

    @property
    def weak(self) -> bool:
        """Whether it was heard so weakly that it should be asked again or asked back."""
        return self.understanding.confirm or self.understanding.confidence < DOUBTFUL

    @property
    def certain(self) -> bool:
        """Whether it was heard so surely that it can be acted on although much depends on it."""
        return not self.understanding.confirm and self.understanding.confidence >= CERTAIN


class Conversation:
    """Changes a copy of the state and collects actions; the state it was given stays as it was."""

    def __init__(self, state: DialogueState, script: Script) -> None:
        self.state = state.model_copy()
        self.script = script
        self._flags: list[RaiseFlag] = []
        self._orders: list[PutThrough | CallOff] = []
        self._speech: list[tuple[bool, str]] = []
        """Sentences, each with whether it may be interrupted."""
        self._last: list[Action] = []

    @property
    def actions(self) -> tuple[Action, ...]:
        """What was collected: flags, then what to set going, then speech, then listening or hanging up."""
        pace, gain_db = self._pace(), self.state.gain_db
        speech = [
            Say(tuple(sentence for _, sentence in group), interruptible, pace, gain_db)
            for interruptible, group in groupby(self._speech, key=itemgetter(0))
        ]
        return (*self._flags, *self._orders, *speech, *self._last)

    @property
    def turn(self) -> int:
        """Index of the turn that is being taken."""
        return max(0, self.state.turns - 1)

    @property
    def all_put(self) -> bool:
        """Whether every question of the agenda has been put."""
        return self.state.position >= len(self.state.agenda)

    @property
    def question(self) -> Question:
        """The script's question being asked."""
        question = self.script.agenda(self.state.brief.module)[self.state.position]
        if self.state.in_follow_up and question.follow_up is not None:
            return question.follow_up
        return question

    def say(self, text: Text, *, what: str = "", keep_floor: bool = False) -> None:
        """Speak a text of the script in the elder's language.

        Args:
            text: what to say.
            what: the code of a concern, whose words fill ``{what}``.
            keep_floor: it may not be interrupted.
        """
        values = spoken_values(self.script, self.state.brief)
        values["what"] = self._words_for(what)
        sentences = (fill(sentence, values) for sentence in text.of(self.state.brief.language))
        self._speech.extend((not keep_floor, sentence) for sentence in sentences)

    def say_plainly(self, *sentences: str) -> None:
        """Speak sentences as they are."""
        self._speech.extend((True, sentence) for sentence in sentences)

    def listen(
        self, script_question: str, hears: str, *, end_silence_s: float, no_input_s: float, keys: str
    ) -> None:
        """Begin a turn."""
        state = self.state
        state.asking = script_question
        state.listening_for = hears
        self._last.append(Listen(hears, script_question, no_input_s, end_silence_s, keys, state.turns))
        state.turns += 1

    def flag(self, action: RaiseFlag) -> None:
        """Raise a flag before anything is said."""
        self._flags.append(action)

    def order(self, action: PutThrough) -> None:
        """Have a person rung before anything is said."""
        self._orders.append(action)

    def call_off(self) -> None:
        """Have nobody rung any more, if somebody was: the elder should get out, be quiet, or is let go."""
        if self.state.transfer in UNDER_WAY:
            self.state.transfer = Transfer.OVER
            self._orders.append(CallOff())

    def join(self, action: Join) -> None:
        """Let a person and the elder hear each other after everything said so far."""
        self._last.append(action)

    def hang_up(self, outcome: CallOutcome) -> None:
        """End the call with everything said so far. What a call came to does not change any more."""
        self.call_off()
        state = self.state
        state.stage = Stage.ENDED
        state.suspended = ()
        state.outcome = state.outcome or outcome
        self._last.append(HangUp(state.outcome))

    def _words_for(self, code: str) -> str:
        """A concern in words; "needs help" for a code that the script has no words for."""
        if not code:
            return ""
        concern = self.script.concerns.get(code) or self.script.concerns.get("help")
        return "".join(concern.what.of(self.state.brief.language)) if concern else ""

    def _pace(self) -> float:
        tries = min(self.state.tries, len(SLOWER_PER_TRY) - 1)
        return round(max(SLOWEST, self.state.speed * SLOWER_PER_TRY[tries]), 3)
