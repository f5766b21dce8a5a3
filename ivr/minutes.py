"""The minutes of a call: tells the dialogue what happened, and an observer what came of it, at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ivr.dialogue.actions import Action, Listen, RaiseFlag, Say
from ivr.dialogue.events import Event, HungUp, KeyPressed, NothingHeard, UtteranceHeard
from ivr.listening import Stretch
from ivr.report import CallObserver, CallOutcome, Confirmed, FlagRaised, TurnTaken
from ivr.turns import Reply, TurnKeeper
from speech.types import Understanding, Urgency

UNHEARD = "unheard"
"""The code of words that no engine could hear, see ``Minutes.unheard``."""


class Partner(Protocol):
    """The dialogue of one call, as its media see it."""

    @property
    def outcome(self) -> CallOutcome | None:
        """What the call came to; None while it goes on."""

    def tell(self, event: Event) -> tuple[Action, ...]:
        """Something happened; what is to be done now?"""

    def as_json(self) -> Mapping[str, Any]:
        """The present state as JSON-ready data."""

    def parting_words(self, *, help_is_coming: bool) -> Say:
        """What to say when the robot must end the call for reasons of its own."""


class Minutes:
    """Every event of a call passes through here, so that no turn and no flag is lost."""

    def __init__(self, partner: Partner, keeper: TurnKeeper, observer: CallObserver) -> None:
        self._partner = partner
        self._keeper = keeper
        self._observer = observer
        self._closed = False
        self.turns: list[TurnTaken] = []
        self.flags: dict[str, FlagRaised] = {}

    @property
    def emergency(self) -> bool:
        """Whether a flag stands that sends somebody at once."""
        return any(flag.urgency is Urgency.EMERGENCY for flag in self.flags.values())

    def note(self, event: Event) -> tuple[Action, ...]:
        """Tell the dialogue of something that is not a turn; returns what it wants done, flags excepted."""
        return self._raise_flags(self._partner.tell(event))

    def heard(
        self, listen: Listen, stretch: Stretch, understanding: Understanding, *, barge_in: bool
    ) -> tuple[Action, ...]:
        """Words ended a turn."""
        reply = Reply(stretch, understanding, barge_in=barge_in)
        delay = self._keeper.response_delay_s(reply)
        return self._turn(listen, UtteranceHeard(understanding, delay, stretch.voiced_s), reply)

    def pressed(self, listen: Listen, digit: str) -> tuple[Action, ...]:
        """A key ended a turn."""
        return self._turn(listen, KeyPressed(digit), Reply(key=digit))

    def nothing(self, listen: Listen) -> tuple[Action, ...]:
        """Nothing was said or pressed while there was time."""
        return self._turn(listen, NothingHeard(), Reply())

    def unheard(self, question: str) -> None:
        """Something was said that no engine could hear: a person must listen to it. Flagged once a call.

        Nobody knows whether it was a cry for help, so that asking again does not settle it.
        """
        if UNHEARD in self.flags:
            return
        turn = self.turns[-1].index if self.turns else 0
        flag = FlagRaised(UNHEARD, Urgency.NEED, question, turn, Confirmed.NOT_ASKED, words="")
        self._raise_flags((RaiseFlag(flag),))

    def close(self, *, line_gone: bool = True) -> None:
        """The call is over; what still awaits confirmation becomes a flag. Does so once."""
        if not self._closed:
            self._closed = True
            if line_gone:
                self.note(HungUp())

    def _turn(self, listen: Listen, event: Event, reply: Reply) -> tuple[Action, ...]:
        actions = self._partner.tell(event)
        turn = self._keeper.finish(listen, reply)
        self.turns.append(turn)
        try:
            self._observer.turn_taken(turn, self._partner.as_json())
        finally:  # a flag is raised even when the turn cannot be stored
            rest = self._raise_flags(actions)
        return rest

    def _raise_flags(self, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        for action in actions:
            if isinstance(action, RaiseFlag):
                self.flags[action.flag.code] = action.flag
                self._observer.flag_raised(action.flag)
        return tuple(action for action in actions if not isinstance(action, RaiseFlag))
