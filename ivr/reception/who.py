"""Several elders share the number that rings us: which of them is it? Pure.

They are asked one by one, by name, as at every visit. Whoever calls for help instead is not asked further.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.dialogue.actions import Action
from ivr.dialogue.events import Event, UtteranceHeard
from ivr.errand import CRY, Asked, Ended, Errand
from ivr.reception.texts import greeting_of, sentences
from ivr.report import CallOutcome
from ivr.script import Script
from ivr.wording import fill
from speech.types import Language, Urgency

MOST = 3
"""More people than these nobody is asked through by name."""


@dataclass(frozen=True, slots=True)
class Who:
    """What came of the question."""

    position: int | None = None
    """Which of the names it is; None when it was none of them, or nobody said."""
    cry: UtteranceHeard | None = None
    """What was said instead of an answer, if it cannot wait."""
    stranger: bool = False
    """Every name was denied."""


class WhoIsThere(Errand):
    """The dialogue that finds out; its end is not the end of the call."""

    def __init__(
        self,
        names: Sequence[str],
        script: Script,
        language: Language,
        *,
        organisation: str,
        callback_number: str,
        back: bool = False,
    ) -> None:
        """``script`` lends the words of the question itself; ``back``: we ring them, as they rang us."""
        greeting = sentences(
            greeting_of(back=back),
            language,
            organisation=organisation,
            callback_number=callback_number,
            medical=script.numbers.medical,
        )
        ask = script.identity.ask
        hint = ask.keys_hint.of(language) if ask.keys_hint is not None else ()
        questions = {
            str(position): Asked(
                greeting if position == 0 else (),
                tuple(fill(text, {"name": name}) for text in (*ask.text.of(language), *hint)),
                {"1": "yes", "3": "no"},
                {"yes": "yes", "no": "no"},
                listening_for="identity",
            )
            for position, name in enumerate(names)
        }
        super().__init__(questions, "0", self._decide, farewell=())
        self._names = len(names)
        self._last: UtteranceHeard | None = None
        self.who = Who()

    def tell(self, event: Event) -> tuple[Action, ...]:
        """Take one step."""
        if isinstance(event, UtteranceHeard):
            self._last = event
            late = self.outcome is not None and event.understanding.urgency >= Urgency.URGENT
            if late and self.who.cry is None:
                self.who = Who(self.who.position, event)
        return super().tell(event)

    def _decide(self, asking: str, choice: str, _words: str) -> str | Ended:
        if choice == CRY:
            self.who = Who(cry=self._last)
        elif choice == "yes":
            self.who = Who(int(asking))
        elif int(asking) + 1 < self._names:
            return str(int(asking) + 1)
        else:
            self.who = Who(stranger=True)
        return Ended((), CallOutcome.COMPLETED)
