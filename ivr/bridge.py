"""Two calls in one conversation: an elder in need and whoever is on duty hear each other through our process.

Line-neutral: whatever line a call came by, its ``Media`` moves frames of 20 ms. A bridge has two sides, each
run by a talk of its own. One of them leaving ends it for both; nobody is left waiting for somebody who is
gone. Everything here belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from ivr.clock import Clock
from ivr.dialogue.events import HowParted, NobodyCame, Parted, PersonRung, PersonThere
from ivr.lines import Call
from ivr.lines.handing_over import HANDED_OVER, Referable, Referred, Transferable
from ivr.lines.wire import SILENCE
from ivr.media import LineGoneError, Media
from ivr.report import Transferred
from speech.types import Pcm

LONGEST_WAIT_S = 270.0
"""The longest an elder may have to wait for a person, the last one's ringing and deciding included."""
LONGEST_TALK_S = 300.0
LONGEST_TRANSFER_S = LONGEST_WAIT_S + LONGEST_TALK_S
"""By so much a call may outlast the longest call without a transfer."""
MEETING_S = 30.0
"""How long one side waits for the other, which is just being told that it is put through."""
MOST_FRAMES = 10
"""Sound that waits for its turn (200 ms). Lines do not tick alike: what is too much is left out."""

News = PersonRung | PersonThere | NobodyCame


class Side(Enum):
    """Who is on a side."""

    ELDER = auto()
    WORKER = auto()

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.WORKER if self is Side.ELDER else Side.ELDER


class Pipe:
    """Sound on its way from one call to the other: in order, never far behind."""

    def __init__(self) -> None:
        self._frames: deque[Pcm] = deque(maxlen=MOST_FRAMES)

    def put(self, pcm: Pcm) -> None:
        """One frame of 160 samples has arrived; when too many wait, the oldest is dropped."""
        self._frames.append(pcm)

    def take(self) -> Pcm:
        """The next frame; silence when none has arrived."""
        return self._frames.popleft() if self._frames else SILENCE


class Operator(Protocol):
    """Finds somebody for an elder in need."""

    def put_through(self, bridge: Bridge) -> None:
        """Begin to ring people on duty and tell ``bridge`` what comes of it. Returns at once."""


class Bridge:
    """The meeting place of two calls."""

    def __init__(self, clock: Clock, *, with_elder: bool = True) -> None:
        """``with_elder``: whether it is the elder who waits, and not somebody else who has called."""
        self._clock = clock
        self.with_elder = with_elder
        self._medias: dict[Side, Media] = {}
        self._left: set[Side] = set()
        self._to = {side: Pipe() for side in Side}
        self._how: HowParted | None = None
        self._met_at: datetime | None = None
        self._tell: Callable[[], None] = lambda: None
        self._rung = False
        self._closed = False
        self._elders_call: Call | None = None
        self._handing_over: asyncio.Future[bool] | None = None
        self.by_network = False
        """Whether the network is asked first to connect the two, so that they go on without us."""
        self.news: deque[News] = deque()
        """What the elder's dialogue has not been told yet."""
        self.with_whom = ""
        """Login of the worker who has taken the order."""
        self.talked: Transferred | None = None

    @property
    def awaited(self) -> bool:
        """Whether the elder is on the line and nobody has come to them."""
        return not (self._closed or self._left or Side.WORKER in self._medias)

    @property
    def handed_over(self) -> bool:
        """Whether the two speak with each other by the network, without us."""
        done = self._handing_over
        return done is not None and done.done() and not done.cancelled() and done.result()

    def attend(self, tell: Callable[[], None], call: Call | None = None) -> None:
        """``tell`` is called whenever there is news for the elder's side, which has this call."""
        self._tell = tell
        self._elders_call = call

    def rung(self) -> None:
        """Somebody is being rung; told once however many are."""
        if self.awaited and not self._rung:
            self._rung = True
            self._note(PersonRung())

    def nobody(self, *, taken: bool = False) -> None:
        """Nobody is rung any more; ``taken``: somebody has the order. Changes nothing once somebody came."""
        if self.awaited:
            self._closed = True
            self._note(NobodyCame(taken))

    async def refer(self, number: str, login: str, *, ring_seconds: float) -> Referred:
        """Have the network ring a worker and connect the elder with whoever answers there, without us."""
        call = self._elders_call
        if not self.awaited or not isinstance(call, Referable):
            return Referred.IMPOSSIBLE
        found = await call.refer(number, ring_seconds=ring_seconds)
        if found is Referred.CONNECTED:
            self._closed = True
            self.with_whom = login
            self.talked = Transferred(login, self._clock.now(), 0.0)
        return found

    async def join(self, side: Side, media: Media) -> Parted:
        """Wait for the other side, let both hear each other, and say how they parted.

        Raises LineGoneError when this side's line goes, or the network has connected the two; the other side
        is told in any case.
        """
        other = side.other
        self._medias[side] = media
        if side is Side.WORKER and other not in self._left:
            self._note(PersonThere())
        self._ring(other)
        try:
            if other not in self._left and await media.until(
                lambda: other in self._medias or other in self._left, patience_s=MEETING_S
            ):
                await self._relay(side, media)
        finally:
            self.leave(side)
        return Parted(self._how or "never")

    def leave(self, side: Side) -> None:
        """This side is gone; leaving twice does nothing, nor does a worker's who never came to the bridge."""
        if side in self._left or (side is Side.WORKER and side not in self._medias):
            return
        self._left.add(side)
        if self._met_at is not None and self.talked is None:
            self._how = self._how or "left"
            seconds = (self._clock.now() - self._met_at).total_seconds()
            self.talked = Transferred(self.with_whom, self._met_at, seconds)
        if side is Side.ELDER:
            self.news.clear()
        elif (there := PersonThere()) in self.news:
            self.news.remove(there)  # gone before the elder was told of them
            self._note(NobodyCame(taken=True))
        self._ring(side.other)

    async def _relay(self, side: Side, media: Media) -> None:
        other = side.other
        if other not in self._medias or other in self._left:
            return
        self._met_at = self._met_at or self._clock.now()
        if self.by_network and await self._handed_over():
            raise LineGoneError(HANDED_OVER)
        media.connect(self._to[other].put, self._to[side].take)
        try:
            if not await media.until(lambda: other in self._left, patience_s=LONGEST_TALK_S):
                self._how = self._how or "time"
        finally:
            media.disconnect()

    async def _handed_over(self) -> bool:
        """Whether the network has connected the two; asked once, for both sides."""
        if self._handing_over is None:
            self._handing_over = asyncio.ensure_future(self._hand_over())
        return await asyncio.shield(self._handing_over)

    async def _hand_over(self) -> bool:
        elder, worker = (self._medias[side].call for side in (Side.ELDER, Side.WORKER))
        done = isinstance(elder, Transferable) and await elder.hand_over(worker)
        if done and self._met_at is not None:
            self.talked = Transferred(self.with_whom, self._met_at, 0.0)
        return done

    def _note(self, news: News) -> None:
        if Side.ELDER not in self._left:
            self.news.append(news)
            self._tell()

    def _ring(self, side: Side) -> None:
        if side in self._medias:
            self._medias[side].ring()


class Seat:
    """One call's place at a bridge. A call that cannot be put through has a seat at none."""

    def __init__(self, side: Side, bridge: Bridge | None = None, operator: Operator | None = None) -> None:
        """``operator``: who rings people for the elder's side."""
        self._side = side
        self._bridge = bridge
        self._operator = operator
        self._begun = False

    @property
    def most_extra_s(self) -> float:
        """By how much a transfer may make the call longer."""
        return LONGEST_TRANSFER_S if self._bridge is not None else 0.0

    @property
    def extra_s(self) -> float:
        """The same, as far as a transfer has begun."""
        return LONGEST_TRANSFER_S if self._begun else 0.0

    @property
    def news(self) -> bool:
        """Whether the dialogue is to be told something."""
        return self._side is Side.ELDER and self._bridge is not None and bool(self._bridge.news)

    def take_news(self) -> News:
        """What it is to be told. Raises LookupError when there is none."""
        if self._bridge is None:
            raise LookupError("A call without a bridge has no news")
        return self._bridge.news.popleft()

    def begin(self, media: Media) -> None:
        """Have somebody rung."""
        if self._bridge is not None and self._operator is not None and not self._begun:
            self._begun = True
            self._bridge.attend(media.ring, media.call)
            self._operator.put_through(self._bridge)

    async def join(self, media: Media) -> Parted:
        """See ``Bridge.join``."""
        return Parted("never") if self._bridge is None else await self._bridge.join(self._side, media)

    async def wait_and_join(self, media: Media) -> bool:
        """The robot can neither hear nor speak any more, but a person may be on their way to the telephone.

        Waits for them without a word, but not in dead silence; returns whether they came. The line may go
        meanwhile.
        """
        if self._bridge is None or not self._begun:
            return False
        bridge, there = self._bridge, False
        media.mouth.thinking = True
        with suppress(LineGoneError):
            await media.until(lambda: self._person_there() or not bridge.awaited, patience_s=LONGEST_WAIT_S)
            there = self._person_there()
            if there:
                await bridge.join(self._side, media)
        return there

    def leave(self) -> None:
        """The call is over, or wants nobody any more."""
        if self._bridge is not None:
            self._bridge.leave(self._side)

    def _person_there(self) -> bool:
        return self._bridge is not None and any(isinstance(each, PersonThere) for each in self._bridge.news)
