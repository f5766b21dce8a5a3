"""A short call with one errand: say who calls, ask by keys, say a word of thanks. Pure, like the dialogue.

Unlike a visit it follows no script and keeps nothing. Whoever answers a question is heard out at once; after
three tries without an answer the call ends kindly, and nothing counts as said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ivr.dialogue.actions import Action, HangUp, Listen, Say
from ivr.dialogue.events import (
    Answered,
    Event,
    HungUp,
    KeyPressed,
    MachineDetected,
    NothingHeard,
    PromptFinished,
    TransferEvent,
    UtteranceHeard,
)
from ivr.report import CallOutcome
from speech.types import Urgency

MOST_TRIES = 3
"""How often a question is put before the call ends without an answer."""
CRY = "cry"
"""The choice of whoever says something urgent instead of answering."""
_GUARDED = "confirm"
"""Listening under this name, keys meant for the question before do not count (``ivr.talk``)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of an errand, in the language of the call."""

    statement: tuple[str, ...]
    """Said once, to its end."""
    keys: tuple[str, ...]
    """Which key means what; said again with every try."""
    choices: Mapping[str, str]
    """Key -> choice."""
    spoken: Mapping[str, str] = field(default_factory=dict)
    """Answer of the lexicon's ``listening_for``, such as yes or no -> choice."""
    listening_for: str = "yesno"


@dataclass(frozen=True, slots=True)
class Ended:
    """The errand is done: these are the last words."""

    words: tuple[str, ...]
    outcome: CallOutcome = CallOutcome.COMPLETED


Decide = Callable[[str, str, str], "str | Ended"]
"""Question, choice and the words heard (empty for a key) -> the next question, or the end.

Called once for each choice, before anything more is said: what must be written down is written down here.
"""


class Errand:
    """The dialogue of one such call; implements ``ivr.minutes.Partner``."""

    def __init__(
        self,
        questions: Mapping[str, Asked],
        first: str,
        decide: Decide,
        *,
        farewell: tuple[str, ...],
        to_machine: tuple[str, ...] = (),
        late: Callable[[str], Ended] | None = None,
    ) -> None:
        """``farewell``: after too many tries; ``to_machine``: what a machine is told, if anything.

        ``late``: called once with the words of whoever cries for help into the last words, and had not
        before; None: that changes nothing.
        """
        self._questions = questions
        self._first = first
        self._decide = decide
        self._farewell = farewell
        self._to_machine = to_machine
        self._late = late
        self._asking = ""
        self._tries = 0
        self._turn = 0
        self._spoke = False
        self.outcome: CallOutcome | None = None

    def tell(self, event: Event) -> tuple[Action, ...]:
        """Take one step."""
        self._spoke = self._spoke or isinstance(event, UtteranceHeard | KeyPressed)
        if isinstance(event, PromptFinished | TransferEvent):
            return ()
        if self.outcome is not None:
            return self._afterwards(event)
        if isinstance(event, MachineDetected):
            return self._end(Ended(self._to_machine, CallOutcome.MACHINE))
        if isinstance(event, HungUp):
            self.outcome = CallOutcome.PARTIAL if self._spoke else CallOutcome.SILENT
            return ()
        return self._answered(event)

    def _afterwards(self, event: Event) -> tuple[Action, ...]:
        """All is said, and the robot takes leave."""
        heard = event.understanding if isinstance(event, UtteranceHeard) else None
        late = self._late
        if late is None or heard is None or heard.urgency < Urgency.URGENT:
            return ()
        self._late = None
        return self._end(late(heard.transcript))

    def _answered(self, event: Answered | UtteranceHeard | KeyPressed | NothingHeard) -> tuple[Action, ...]:
        """Somebody is there, and has answered or not."""
        heard = event.understanding if isinstance(event, UtteranceHeard) else None
        if heard is not None and heard.urgency >= Urgency.URGENT:
            return self._take(CRY, heard.transcript)
        if not self._asking:
            return self._ask(self._first)
        asked, choice = self._questions[self._asking], ""
        if isinstance(event, KeyPressed):
            choice = asked.choices.get(event.digit, "")
        elif heard is not None and not heard.confirm:
            choice = asked.spoken.get(heard.answer, "")
        return self._take(choice, heard.transcript if heard is not None else "") if choice else self._again()

    def as_json(self) -> Mapping[str, Any]:
        """Where the call is; nothing that was said."""
        return {"asking": self._asking, "tries": self._tries}

    def parting_words(self, *, help_is_coming: bool) -> Say:
        """When the robot must end the call for reasons of its own."""
        del help_is_coming
        return Say(self._farewell, interruptible=False)

    def _take(self, choice: str, words: str) -> tuple[Action, ...]:
        if choice == CRY:
            self._late = None
        following = self._decide(self._asking, choice, words)
        return self._ask(following) if isinstance(following, str) else self._end(following)

    def _ask(self, name: str) -> tuple[Action, ...]:
        self._asking, self._tries = name, 1
        statement = self._questions[name].statement
        said = (Say(statement, interruptible=False),) if statement else ()
        return (*said, *self._put())

    def _again(self) -> tuple[Action, ...]:
        if self._tries >= MOST_TRIES:
            return self._end(
                Ended(self._farewell, CallOutcome.PARTIAL if self._spoke else CallOutcome.SILENT)
            )
        self._tries += 1
        return self._put()

    def _put(self) -> tuple[Action, ...]:
        asked = self._questions[self._asking]
        self._turn += 1
        listen = Listen(
            asked.listening_for, _GUARDED, end_silence_s=1.2, keys="".join(asked.choices), turn=self._turn - 1
        )
        return (Say(asked.keys), listen)

    def _end(self, end: Ended) -> tuple[Action, ...]:
        self.outcome = end.outcome
        said = (Say(end.words, interruptible=False),) if end.words else ()
        return (*said, HangUp(end.outcome))
