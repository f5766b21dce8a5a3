"""Stories from an elder's words to somebody at the door: real understanding, dialogue, decisions and ladders.

``village.elder("王桂兰").says("我摔倒了").expect_confirmation().presses("1")``, then ``duty.worker(...)``.
Only ears, voice and wires are left out: what is said is given as text, and how surely it was heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ivr.dialogue.actions import RaiseFlag
from ivr.dialogue.state import Stage
from records.orders import WorkOrder
from records.sessions import Ledger
from records.visits import Flag, Visit
from speech.lexicon import load_lexicon
from speech.types import Language
from speech.understanding import from_text, understand
from support.casebook import orders, plan_visit
from support.dialogue import GRANNY, TelephoneCall
from support.duty_night import Duty, TheOrder


@dataclass
class CryVillage:
    """A village whose elders are being phoned."""

    ledger: Ledger
    duty: Duty = field(init=False)

    def __post_init__(self) -> None:
        self.duty = Duty(self.ledger)

    def elder(self, name: str, language: Language = "zh-CN") -> ElderOnTheLine:
        """Their visit has begun, and they have said that it is them."""
        with self.ledger.session() as session:
            visit = plan_visit(session, self.duty.village, name=name)
            return ElderOnTheLine(self, name, visit.id, language)

    @property
    def orders(self) -> list[TheOrder]:
        """Everything that somebody is asked to do."""
        with self.ledger.reading() as session:
            return [TheOrder(self.duty, order.id) for order in orders(session)]


@dataclass
class ElderOnTheLine:
    """What an elder says and hears; flags reach the ledger while they are on the line."""

    village: CryVillage
    name: str
    visit_id: int
    language: Language = "zh-CN"
    call: TelephoneCall = field(init=False)
    _raised: int = 0

    def __post_init__(self) -> None:
        self.call = TelephoneCall(
            brief=replace(GRANNY, name=self.name, language=self.language)
        ).reaches_the_elder()

    def says(self, words: str, *, faintly: bool = False) -> ElderOnTheLine:
        """``faintly``: the recogniser is not sure of it."""
        question = self.call.listen.question if self.call.listen is not None else "any"
        lexicon = load_lexicon(self.language)
        heard = understand(from_text(words, self.language), question, lexicon)
        self.call.says(replace(heard, confirm=True, confidence=0.35) if faintly else heard)
        return self._raise()

    def presses(self, key: str) -> ElderOnTheLine:
        self.call.presses(key)
        return self._raise()

    def hangs_up(self) -> ElderOnTheLine:
        self.call.hangs_up()
        return self._raise()

    def expect_confirmation(self) -> ElderOnTheLine:
        """They are asked back, and nothing is set going yet."""
        assert self.call.state.stage is Stage.CONFIRM, self.call.state.stage
        assert self._raised == 0
        return self

    def hears(self, *words: str) -> ElderOnTheLine:
        missing = [word for word in words if word not in self.call.said]
        assert not missing, (missing, self.call.said)
        return self

    @property
    def order(self) -> TheOrder:
        """The one order that came of it."""
        with self.village.ledger.reading() as session:
            (row,) = [each for each in session.query(WorkOrder) if each.visit_id == self.visit_id]
            return TheOrder(self.village.duty, row.id)

    def _raise(self) -> ElderOnTheLine:
        raised = [each.flag for _, done in self.call.history for each in done if isinstance(each, RaiseFlag)]
        fresh, self._raised = raised[self._raised :], len(raised)
        duty = self.village.duty
        now = duty.clock.now()
        for flag in fresh:
            with self.village.ledger.session() as session:
                visit = session.get_one(Visit, self.visit_id)
                row = Flag(
                    visit_id=visit.id,
                    code=flag.code,
                    urgency=flag.urgency.label,
                    confirmed=flag.confirmed.value,
                    words=flag.words,
                    raised_at=now,
                )
                duty.care.flag_raised(session, visit, row, now)
        return self
