"""One call to a worker about an order: told, asked for a key, and put through to an elder who waits.

Shared by those who ring workers: the outbox because of a message, the switchboard for an elder on the line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation import work_orders
from escalation.history import note_event
from escalation.rules import Rules
from escalation.spoken import Waits, notice_errand, spoken, worker_errand
from escalation.waiting_elsewhere import waits_elsewhere
from ivr.bridge import LONGEST_TALK_S, MEETING_S, Bridge, Seat, Side
from ivr.call import Senses, converse
from ivr.clock import Clock
from ivr.dialogue.actions import Action, HangUp, Join, Say
from ivr.dialogue.events import Event, Parted
from ivr.errand import Errand
from ivr.lines import Call, Line
from ivr.minutes import Partner
from ivr.report import CallOutcome, Unobserved
from records.people import Worker
from records.rings import hold_ring
from speech.types import Language

Bridges = Mapping[int, Bridge]
"""By order: where elders wait for whoever takes it."""

Decide = Callable[[str, "Bridge | None"], str]
"""A choice, and where the elder waits -> the name of the words that follow."""

PUT_THROUGH = "put_through"
"""Event: whoever took the order is put through to the elder; its note is the login."""
LONGEST_CALL_S = 90.0
"""Of a call in which nobody is put through."""


class WorkerTalk:
    """The errand of such a call, and what is said once worker and elder have parted; a ``Partner``."""

    def __init__(self, errand: Errand, language: Language) -> None:
        """``put_through`` is to be set when the worker is to be put through instead of being let go."""
        self._errand = errand
        self._say = spoken()[language]
        self.put_through = False

    @property
    def outcome(self) -> CallOutcome | None:
        """As the errand's."""
        return self._errand.outcome

    def tell(self, event: Event) -> tuple[Action, ...]:
        """Take one step."""
        if isinstance(event, Parted):
            words = {
                "left": self._say.parted_left,
                "time": self._say.parted_time,
                "never": self._say.parted_never,
            }
            return Say(words[event.how], interruptible=False), HangUp(CallOutcome.COMPLETED)
        actions = self._errand.tell(event)
        if not self.put_through:
            return actions
        return tuple(Join() if isinstance(action, HangUp) else action for action in actions)

    def as_json(self) -> Mapping[str, Any]:
        """As the errand's."""
        return self._errand.as_json()

    def parting_words(self, *, help_is_coming: bool) -> Say:
        """As the errand's."""
        return self._errand.parting_words(help_is_coming=help_is_coming)


@dataclass(frozen=True, slots=True)
class ToWorker:
    """A call to a worker: by which line and number, and the sentence that it begins with."""

    line: Line
    senses: Senses
    clock: Clock
    number: str
    reference: str
    ring_s: float
    language: Language
    sentence: str

    async def dial(self) -> Call:
        """Ring them. Raises CallNotConnectedError."""
        return await self.line.dial(self.number, reference=self.reference, ring_seconds=self.ring_s)

    async def hold(
        self, call: Call, partner: Partner, *, seat: Seat | None = None, longest_s: float = LONGEST_CALL_S
    ) -> None:
        """Talk until they are off the telephone."""
        await converse(
            call,
            partner=partner,
            language=self.language,
            senses=self.senses,
            clock=self.clock,
            observer=Unobserved(),
            max_seconds=longest_s,
            seat=seat,
        )


async def ring_worker(
    to: ToWorker,
    *,
    decide: Decide,
    bridge: Callable[[], Bridge | None],
    cut_off: bool = False,
    call_back: str = "",
) -> None:
    """Ring, talk and, if the worker takes the order of an elder who waits at the bridge, put them through.

    ``bridge`` finds it once somebody answers. ``decide`` is called once with accept or decline, writes it
    down and names the words that follow, see ``decided``. ``cut_off``: if the elder waits no more, say that
    they were cut off. ``call_back``: their number, said to whoever cannot be put through. Returns when the
    worker is off the telephone. Raises CallNotConnectedError.
    """
    call = await to.dial()
    found = bridge()
    live = found is not None and found.awaited

    def taken(choice: str) -> str:
        said = decide(choice, found)
        talk.put_through = said == "through"
        return said

    waits: Waits = "cut_off" if cut_off else ""
    if live and found is not None:
        waits = "live" if found.with_elder else "live_caller"
    errand = worker_errand(to.language, to.sentence, taken, waits=waits, call_back=call_back)
    talk = WorkerTalk(errand, to.language)
    seat = Seat(Side.WORKER, found if live else None)
    await to.hold(
        call, talk, seat=seat, longest_s=LONGEST_CALL_S + (LONGEST_TALK_S + MEETING_S if live else 0.0)
    )


async def ring_with_notice(to: ToWorker, heard: Callable[[], None]) -> None:
    """Ring and tell somebody that they need not go. Raises CallNotConnectedError."""
    call = await to.dial()
    await to.hold(call, notice_errand(to.language, to.sentence, heard))


def deciding(
    write: Callable[[Callable[[Session], str]], str], rules: Rules, clock: Clock, order_id: int, login: str
) -> Decide:
    """``decided`` for the worker of one call; ``write`` does the work in a session of its own, blocking."""

    def decide(choice: str, bridge: Bridge | None) -> str:
        return write(
            lambda session: decided(session, rules, order_id, login, choice, bridge=bridge, now=clock.now())
        )

    return decide


def decided(
    session: Session,
    rules: Rules,
    order_id: int,
    login: str,
    choice: str,
    *,
    bridge: Bridge | None,
    now: datetime,
) -> str:
    """Write down the key of a worker: accept or decline. Returns the name of the words that follow.

    accepted, declined, taken (by somebody else), through (to the elder), gone (the elder is) or elsewhere
    (the elder is, on the line of another process).
    """
    worker = session.scalars(select(Worker).where(Worker.login == login)).one()
    try:
        if choice != "accept":
            work_orders.decline(session, rules, order_id, worker, "by telephone", now)
            return "declined"
        order = work_orders.accept(session, order_id, worker, now)
    except work_orders.OrderError:
        return "taken" if choice == "accept" else "declined"
    if bridge is None:
        return "elsewhere" if waits_elsewhere(session, order, now) else "accepted"
    if not bridge.awaited:
        return "gone"
    note_event(session, order, PUT_THROUGH, login, now=now)
    hold_ring(session, worker.id, now=now, seconds=MEETING_S + LONGEST_TALK_S)
    bridge.with_whom = login
    return "through"
