"""Somebody unknown rings us. They hear who this is and nothing else; a cry for help is taken. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from ivr.dialogue.actions import Action, HangUp, Listen, Say
from ivr.dialogue.events import (
    Event,
    HungUp,
    KeyPressed,
    MachineDetected,
    NothingHeard,
    PromptFinished,
    UtteranceHeard,
)
from ivr.reception.texts import Stranger, sentences, welcome_texts
from ivr.report import CallOutcome
from ivr.script_texts import PublicText
from speech.types import Language, Understanding, Urgency

_GUARDED = "confirm"
"""Listening under this name, keys meant for the question before do not count (``ivr.talk``)."""
Note = Callable[[Understanding | None], None]
"""Somebody calls for help, or asks for a person: put it on record now. None: they did so by a key."""


class Stage(StrEnum):
    """What the talk is in the middle of."""

    RINGING = "ringing"
    ASKED = "asked"
    SURE = "sure"
    WHERE = "where"
    ENDED = "ended"


class StrangerTalk:
    """The dialogue with somebody unknown; implements ``ivr.minutes.Partner``."""

    def __init__(
        self,
        language: Language,
        *,
        organisation: str,
        callback_number: str,
        medical: str,
        cried: Note,
        wants_person: Note,
        told_where: Callable[[str], None],
    ) -> None:
        """What must be put on record is, before anything more is said: ``cried`` and ``told_where``."""
        self._language = language
        self._values = {
            "organisation": organisation,
            "callback_number": callback_number,
            "medical": medical,
        }
        self._texts: Stranger = welcome_texts().stranger
        self._cried, self._wants_person, self._told_where = cried, wants_person, told_where
        self._stage = Stage.RINGING
        self._tries = 0
        self._turns = 0
        self._doubtful: Understanding | None = None
        self._wish: Understanding | None = None
        """They have said that something is wrong, and not yet whether it cannot wait."""
        self._spoke = False
        self.crying = False
        """A cry for help is on record."""
        self.outcome: CallOutcome | None = None

    def tell(self, event: Event) -> tuple[Action, ...]:
        """Take one step. A cry for help counts at any time, also into the goodbye."""
        self._spoke = self._spoke or isinstance(event, UtteranceHeard | KeyPressed)
        match event:
            case PromptFinished():
                return ()
            case HungUp():
                return self._gone()
            case UtteranceHeard(understanding=heard) if self._is_urgent(heard):
                return self._urgent(heard)
            case _ if self._stage is Stage.ENDED:
                return ()
            case MachineDetected():
                return self._end(CallOutcome.MACHINE)
        return self._answer(event)

    def as_json(self) -> Mapping[str, Any]:
        """Where the talk is; nothing that was said."""
        return {"stage": self._stage.value}

    def parting_words(self, *, help_is_coming: bool) -> Say:
        """When the robot must end the call for reasons of its own."""
        return self._say(self._texts.noted if help_is_coming or self.crying else self._texts.bye)

    def _is_urgent(self, heard: Understanding) -> bool:
        return heard.urgency >= Urgency.URGENT and not self.crying

    def _urgent(self, heard: Understanding) -> tuple[Action, ...]:
        """A clear cry is acted on; a doubtful one is asked back once, unless there is no time to."""
        if heard.confirm and self._stage in {Stage.RINGING, Stage.ASKED}:
            self._doubtful = heard
            return self._ask_whether_sure()
        return self._help(heard)

    def _answer(self, event: Event) -> tuple[Action, ...]:
        match self._stage:
            case Stage.RINGING:
                return self._introduce()
            case Stage.ASKED:
                return self._asked(event)
            case Stage.SURE:
                return self._sure(event)
            case _:
                return self._where(event)

    def _introduce(self) -> tuple[Action, ...]:
        self._stage = Stage.ASKED
        return (
            self._say(self._texts.who),
            self._say(self._texts.ask, interruptible=True),
            self._listen("any"),
        )

    def _asked(self, event: Event) -> tuple[Action, ...]:
        match event:
            case KeyPressed(digit="1"):
                return self._help(None)
            case UtteranceHeard(understanding=heard) if heard.answer == "human":
                self._wants_person(heard)
                return (self._say(self._texts.call_back), *self._end(CallOutcome.COMPLETED))
            case UtteranceHeard(understanding=heard) if heard.answer in {"yes", "problem", "concern"}:
                self._wish = heard
                return self._ask_whether_sure()
            case UtteranceHeard(understanding=heard) if heard.answer in {"unclear", "silence", "repeat"}:
                return self._again(self._texts.ask)
            case NothingHeard():
                return self._again(self._texts.ask)
            case _:
                return self._goodbye()

    def _sure(self, event: Event) -> tuple[Action, ...]:
        """A doubtful cry for help counts unless it is taken back; a mere "yes" when it is said again.

        Who has said "yes" and then nothing clear is called back by a person.
        """
        match event:
            case KeyPressed(digit="3") | UtteranceHeard(understanding=Understanding(answer="no")):
                self._doubtful = self._wish = None
                return self._goodbye()
            case KeyPressed(digit="1") | UtteranceHeard(understanding=Understanding(answer="yes")):
                return self._help(self._doubtful)
        if self._doubtful is not None:
            return self._help(self._doubtful)
        return self._again(self._texts.sure)

    def _where(self, event: Event) -> tuple[Action, ...]:
        if isinstance(event, UtteranceHeard) and event.understanding.transcript:
            self._told_where(event.understanding.transcript)
        elif self._tries < 1:
            return self._again(self._texts.where)
        return (self._say(self._texts.noted), *self._end(CallOutcome.COMPLETED))

    def _ask_whether_sure(self) -> tuple[Action, ...]:
        self._stage, self._tries = Stage.SURE, 0
        return (self._say(self._texts.sure, interruptible=True), self._listen("yesno", _GUARDED))

    def _help(self, heard: Understanding | None) -> tuple[Action, ...]:
        """Put it on record, say so, and ask the one thing that helpers must know."""
        self._cried(heard)
        self.crying, self._doubtful, self.outcome = True, None, None
        self._stage, self._tries = Stage.WHERE, 0
        return (
            self._say(self._texts.coming),
            self._say(self._texts.where, interruptible=True),
            self._listen("any"),
        )

    def _again(self, text: PublicText) -> tuple[Action, ...]:
        self._tries += 1
        if self._tries > 1 and self._stage is not Stage.WHERE:
            if self._call_back():
                return (self._say(self._texts.call_back), *self._end(CallOutcome.COMPLETED))
            return self._goodbye()
        guarded = _GUARDED if self._stage is Stage.SURE else ""
        return (self._say(text, interruptible=True), self._listen("yesno" if guarded else "any", guarded))

    def _call_back(self) -> bool:
        """Have whoever said that something is wrong called by a person; False where they have not."""
        wish, self._wish = self._wish, None
        if wish is None:
            return False
        self._wants_person(wish)
        return True

    def _goodbye(self) -> tuple[Action, ...]:
        outcome = CallOutcome.COMPLETED if self._spoke else CallOutcome.SILENT
        return (self._say(self._texts.bye), *self._end(outcome))

    def _end(self, outcome: CallOutcome) -> tuple[Action, ...]:
        self._stage, self.outcome = Stage.ENDED, outcome
        return (HangUp(outcome),)

    def _gone(self) -> tuple[Action, ...]:
        """The caller is gone. What was doubtful counts as said."""
        if self._doubtful is not None and not self.crying:
            self._cried(self._doubtful)
            self.crying = True
        elif self._stage is Stage.SURE:
            self._call_back()
        self.outcome = self.outcome or (CallOutcome.PARTIAL if self._spoke else CallOutcome.SILENT)
        self._stage = Stage.ENDED
        return ()

    def _say(self, text: PublicText, *, interruptible: bool = False) -> Say:
        return Say(sentences(text, self._language, **self._values), interruptible=interruptible)

    def _listen(self, question: str, name: str = "") -> Listen:
        self._turns += 1
        return Listen(question, name or "stranger", end_silence_s=1.5, keys="13", turn=self._turns - 1)
