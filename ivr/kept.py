"""Whoever cries for help in a call that is no visit waits for a person on duty, as in a visit. Pure.

The talk itself is another dialogue's: a stranger's, a contact's. This one stands around it, has somebody
rung once help has been sent for, and keeps the caller on the line where the other would hang up. As in
``ivr.dialogue.transfer`` nothing is promised before a telephone rings, and whoever should get out of the
house or keep quiet is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ivr.dialogue.actions import Action, CallOff, HangUp, Join, Listen, PutThrough, Say
from ivr.dialogue.events import (
    Event,
    HungUp,
    KeyPressed,
    NobodyCame,
    NothingHeard,
    Parted,
    PersonRung,
    PersonThere,
    PromptFinished,
    TransferEvent,
    UtteranceHeard,
)
from ivr.dialogue.state import UNDER_WAY, Transfer
from ivr.minutes import Partner
from ivr.report import CallOutcome
from ivr.script import Script
from ivr.script_texts import Text
from ivr.transfer_texts import transfer_texts
from ivr.wording import fill, speak_number
from speech.types import Language, Urgency

MOST_INTERVALS = 30
"""How often somebody who waits is spoken to; whoever rings people gives up long before."""
_LISTEN = Listen("any", "kept", end_silence_s=1.5, keys="")


@dataclass(frozen=True, slots=True)
class Manner:
    """What such a call says for itself."""

    language: Language
    script: Script
    """Lends the numbers of help, and what to do where nobody should stay on the telephone."""
    closing: tuple[str, ...]
    """The last words."""
    about_another: bool = False
    """Whether it is not the caller who needs help."""

    def of(self, text: Text) -> tuple[str, ...]:
        """A text as it is spoken."""
        numbers = self.script.numbers.model_dump().items()
        values = {name: speak_number(number, self.language) for name, number in numbers}
        return tuple(fill(sentence, values) for sentence in text.of(self.language))

    def way_out(self, event: Event) -> tuple[str, ...]:
        """What to do, for somebody who says that they must get out or be quiet; empty for all others."""
        if not isinstance(event, UtteranceHeard) or event.understanding.urgency < Urgency.URGENT:
            return ()
        for code in event.understanding.codes:
            concern = self.script.concerns.get(code)
            if concern is not None and concern.ask_no_more and concern.reply is not None:
                return self.of(concern.reply)
        return ()


class Kept:
    """Another dialogue, kept on the line for whoever is on duty; implements ``ivr.minutes.Partner``."""

    def __init__(
        self,
        partner: Partner,
        manner: Manner,
        crying: Callable[[], bool],
        told: Callable[[str], None] = lambda _words: None,
    ) -> None:
        """``crying``: whether help was sent for, so that its order stands; ``told``: what they say later."""
        self._partner = partner
        self._manner = manner
        self._crying = crying
        self._told = told
        self._transfer = Transfer.POSSIBLE
        self._waits = False
        """The other dialogue is over, and they wait for nothing but a person."""
        self._parting = False
        self._intervals = 0
        self._turn = 0
        self._asked: tuple[Action, ...] = ()
        """What the other dialogue asked last."""

    @property
    def outcome(self) -> CallOutcome | None:
        """As the other dialogue's."""
        return self._partner.outcome

    def tell(self, event: Event) -> tuple[Action, ...]:
        """Take one step."""
        return tuple(map(self._numbered, self._step(event)))

    def as_json(self) -> Mapping[str, Any]:
        """As the other dialogue's."""
        return {**self._partner.as_json(), "transfer": self._transfer.value}

    def parting_words(self, *, help_is_coming: bool) -> Say:
        """As the other dialogue's."""
        return self._partner.parting_words(help_is_coming=help_is_coming)

    def _step(self, event: Event) -> tuple[Action, ...]:
        if isinstance(event, TransferEvent):
            return self._news(event)
        if isinstance(event, HungUp):
            return self._partner.tell(event)
        if isinstance(event, PromptFinished):
            return () if self._waits else self._partner.tell(event)
        if self._transfer is Transfer.TALKING:
            return (Join(),)
        out = self._manner.way_out(event)
        if self._waits:
            return self._waiting(event, out)
        return self._watched(self._partner.tell(event), out)

    def _watched(self, actions: tuple[Action, ...], out: tuple[str, ...]) -> tuple[Action, ...]:
        """What the other dialogue wants, with what belongs to a cry for help."""
        if actions:
            self._asked = _question(actions)
        if out and self._crying():
            called_off, self._transfer = self._called_off(), Transfer.OVER
            return (*called_off, Say(out, interruptible=False), *actions)
        if self._transfer is Transfer.POSSIBLE and self._crying():
            self._transfer = Transfer.SOUGHT
            actions = (PutThrough(), *actions)
        if self._transfer in UNDER_WAY and any(isinstance(action, HangUp) for action in actions):
            self._waits = True
            said = tuple(action for action in actions if not isinstance(action, HangUp))
            return (*said, *self._say(self._stay))
        return actions

    def _waiting(self, event: Event, out: tuple[str, ...]) -> tuple[Action, ...]:
        """They wait for a person and say something, or nothing."""
        if isinstance(event, UtteranceHeard) and (words := event.understanding.transcript):
            self._told(words)
        if out or self._parting:
            called_off, self._transfer = self._called_off(), Transfer.OVER
            return (*called_off, Say(out or self._manner.closing, interruptible=False), _END)
        texts = transfer_texts()
        if isinstance(event, UtteranceHeard | KeyPressed):
            return self._say(texts.listening)
        if isinstance(event, NothingHeard):
            self._intervals += 1
            if self._intervals > MOST_INTERVALS:
                self._transfer = Transfer.OVER
                return (CallOff(), Say(self._manner.closing, interruptible=False), _END)
            return self._say(texts.medical if self._intervals % 2 else self._stay)
        return (_LISTEN,)

    @property
    def _stay(self) -> Text:
        """That it goes on; that a telephone rings only once one does."""
        texts = transfer_texts()
        return texts.wait if self._transfer is Transfer.RUNG else texts.listening

    def _called_off(self) -> tuple[Action, ...]:
        return (CallOff(),) if self._transfer in UNDER_WAY else ()

    def _news(self, event: TransferEvent) -> tuple[Action, ...]:
        """How far whoever rings people is; news that come too late change nothing."""
        texts = transfer_texts()
        match event:
            case PersonRung() if self._transfer is Transfer.SOUGHT:
                self._transfer = Transfer.RUNG
                return (Say(self._manner.of(texts.announce)), *self._go_on())
            case PersonThere() if self._transfer in UNDER_WAY:
                self._transfer, self._waits = Transfer.TALKING, True
                return (Say(self._manner.of(texts.connected), interruptible=False), Join())
            case Parted(how=how) if self._transfer is Transfer.TALKING:
                words = {"left": texts.left, "time": texts.time, "never": texts.never}[how]
                self._transfer, self._parting = Transfer.OVER, True
                return self._say(words)
            case NobodyCame(taken=taken) if self._transfer in UNDER_WAY:
                return self._nobody(taken=taken)
            case _ if self._transfer is Transfer.TALKING:
                return (Join(),)
            case _:
                return self._go_on()

    def _nobody(self, *, taken: bool) -> tuple[Action, ...]:
        """Say so to whoever was told that somebody is rung, and go on where the talk was."""
        promised = self._transfer is Transfer.RUNG or self._waits
        self._transfer, self._parting = Transfer.OVER, self._waits
        texts = transfer_texts()
        if self._manner.about_another:
            text = texts.taken_for_another if taken else texts.nobody_for_another
        else:
            text = texts.taken if taken else texts.nobody
        return (*((Say(self._manner.of(text)),) if promised else ()), *self._go_on())

    def _go_on(self) -> tuple[Action, ...]:
        return (_LISTEN,) if self._waits else self._asked

    def _say(self, text: Text) -> tuple[Action, ...]:
        return Say(self._manner.of(text)), _LISTEN

    def _numbered(self, action: Action) -> Action:
        """Turns are counted over both dialogues, so that no two have one number."""
        if not isinstance(action, Listen):
            return action
        self._turn += 1
        return replace(action, turn=self._turn - 1)


_END = HangUp(CallOutcome.COMPLETED)


def _question(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """The last thing that is said, and the listening after it; nothing where nothing is asked."""
    if not isinstance(actions[-1], Listen):
        return ()
    return actions[-2:] if len(actions) > 1 and isinstance(actions[-2], Say) else actions[-1:]
