"""The village's telephones as SIP user agents: they ring, are picked up, talk, press keys and hang up.

Signalling is ``aiosipua``'s, which shares nothing with the product's own stack and, unlike PJSIP's Python
package, is not built for four calls only. Whoever can be at the far end of the simulated line can be at the
end of this one: ``FarEnd`` is the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar, TypeVarTuple
from urllib.parse import unquote

from aiosipua import IncomingCall, SdpMessage, SipRequest, SipResponse, SipTransport, SipUAS, negotiate_sdp

from ivr.lines import Disposition
from ivr.lines.simulated import FarEnd, FarEndFrame
from speech.types import FRAME_SECONDS
from wenan.village.rtp import CODECS, PCMA, PCMU, RtpAudio

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

HERE = "127.0.0.1"
REFERENCE = "X-Wenan-Attempt"
CLOSED = "the exchange was closed"
NO_AUDIO_S = 5.0
"""A caller who has sent nothing for so long has gone without saying so."""
RINGS_FOR_S = 180.0
"""A telephone that nobody picks up rings no longer than this."""
LATE_S = 0.1
"""Somebody who took longer than this to think goes on from now, and does not make up for it."""
_REFUSALS = {
    Disposition.BUSY: 486,
    Disposition.REJECTED: 603,
    Disposition.INVALID_NUMBER: 404,
    Disposition.FAILED: 503,
}
_NOBODY_HERE, _NOT_ACCEPTABLE, _RANG_IN_VAIN, _OUT_OF_ORDER = 404, 488, 480, 503


@dataclass(slots=True)
class Conversation:
    """What a telephone knows of one call, for whoever counts calls and packets."""

    number: str
    reference: str
    ended: str = ""
    """hung up here, hung up there, cancelled, no audio, or why it was refused."""
    answered: bool = False
    seconds: float = 0.0
    packets: int = 0
    lost: int = 0
    arrivals: list[float] = field(default_factory=list)


class SipExchange:
    """Answers for every number of a village, on one UDP port of loopback."""

    def __init__(
        self,
        far_ends: Callable[[str], FarEnd],
        *,
        on_end: Callable[[Conversation], None] = lambda _: None,
        threads: Executor | None = None,
    ) -> None:
        """``far_ends`` raises LookupError for a number that nobody has.

        ``threads`` is where far ends think when they may take longer than a frame, so that no other telephone
        falters; without it they think on the event loop. ``on_end`` is told of every call when it is over.
        """
        self._far_ends = far_ends
        self._on_end = on_end
        self._threads = threads
        self._uas: SipUAS | None = None
        self._calls: dict[str, asyncio.Task[None]] = {}
        self._gone: dict[str, str] = {}

    async def start(self) -> int:
        """Listen; returns the port."""
        transport = _Udp(local_addr=(HERE, 0))
        uas = self._uas = SipUAS(transport, user_agent="village")
        uas.on_invite = self._ring
        uas.on_bye = self._bye
        uas.on_cancel = self._cancel
        await uas.start()
        return transport.local_addr[1]

    async def stop(self) -> None:
        """Put down every receiver and stop listening."""
        for task in self._calls.values():
            task.cancel()
        if self._calls:
            await asyncio.wait(self._calls.values(), timeout=2.0)
        if self._uas is not None:
            await self._uas.stop()

    def _ring(self, call: IncomingCall) -> None:
        if call.call_id in self._calls:  # the INVITE once more
            return
        task = asyncio.create_task(self._take(call))
        self._calls[call.call_id] = task
        task.add_done_callback(lambda _: self._calls.pop(call.call_id, None))

    def _bye(self, call: IncomingCall, _request: SipRequest) -> None:
        self._end(call.call_id, "hung up there")

    def _cancel(self, request: SipRequest, _there: tuple[str, int]) -> None:
        self._end(request.call_id or "", "cancelled")

    def _end(self, call_id: str, why: str) -> None:
        task = self._calls.get(call_id)
        if task is not None:
            self._gone[call_id] = why
            task.cancel()

    async def _take(self, call: IncomingCall) -> None:
        number = unquote((call.invite.uri or "").partition(":")[2].partition("@")[0])
        about = Conversation(number, call.invite.get_header(REFERENCE) or "")
        try:
            about.ended = await self._answer(call, about)
        except asyncio.CancelledError:
            about.ended = self._gone.pop(call.call_id, CLOSED)
            if about.ended == CLOSED:
                _put_down(call, about)
        except BaseException:
            # A villager who stumbles loses this call and no other; the loop reports the exception.
            about.ended = "the far end failed"
            _put_down(call, about)
            raise
        finally:
            self._on_end(about)

    async def _answer(self, call: IncomingCall, about: Conversation) -> str:
        """Do what the called telephone does, to the end of the call; returns how it ended."""
        try:
            far_end = self._far_ends(about.number)
        except LookupError:
            call.reject(_NOBODY_HERE)
            return "nobody has this number"
        ring = await self._think(far_end.ring, about.number, datetime.now(UTC))
        if ring.answers_after_s is None and ring.disposition_if_not in _REFUSALS:
            await asyncio.sleep(ring.decides_after_s)
            call.reject(_REFUSALS[ring.disposition_if_not])
            return str(ring.disposition_if_not)
        call.ringing()
        if ring.answers_after_s is None:
            await asyncio.sleep(RINGS_FOR_S)
            call.reject(_RANG_IN_VAIN)
            return "rang in vain"
        await asyncio.sleep(ring.answers_after_s)
        audio = _audio_for(call.sdp_offer)
        if audio is None:
            call.reject(_NOT_ACCEPTABLE)
            return "no codec in common"
        try:
            answer, _ = negotiate_sdp(_offered(call), HERE, audio.port, [PCMA, PCMU])
            call.accept(answer)
            about.answered = True
            return await self._talk(call, far_end, audio, about)
        finally:
            audio.close()
            about.packets, about.lost, about.arrivals = audio.packets, audio.lost, audio.arrivals

    async def _talk(self, call: IncomingCall, far_end: FarEnd, audio: RtpAudio, about: Conversation) -> str:
        """Exchange a frame every 20 ms, by absolute deadlines."""
        loop = asyncio.get_running_loop()
        began = due = loop.time()
        try:
            while True:
                reply: FarEndFrame = await self._think(far_end.frame, audio.hear())
                if reply.key:
                    audio.press(reply.key)
                audio.say(reply.pcm)
                if reply.hangs_up:
                    call.hangup()
                    return "hung up here"
                if time.monotonic() - audio.last_arrival > NO_AUDIO_S:
                    call.hangup()
                    return "no audio"
                due += FRAME_SECONDS
                if loop.time() - due > LATE_S:
                    due = loop.time()
                await asyncio.sleep(due - loop.time())
        finally:
            about.seconds = loop.time() - began

    async def _think(self, work: Callable[[*Ts], T], *given: *Ts) -> T:
        if self._threads is None:
            return work(*given)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)


def _put_down(call: IncomingCall, about: Conversation) -> None:
    if about.answered:
        call.hangup()
    else:
        call.reject(_OUT_OF_ORDER)


class _Udp(SipTransport, asyncio.DatagramProtocol):
    """SIP over UDP on a port of the system's choice.

    The library's own wants to be told the port, and stumbles over the transports of early Python 3.11.
    """

    _there: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Bind; ``local_addr`` is the truth afterwards."""
        loop = asyncio.get_running_loop()
        there, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self.local_addr)
        self._there = there
        self.local_addr = there.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Pass one message on; an empty one only keeps a way open (RFC 5626)."""
        if data.strip(b"\r\n\0"):
            self._dispatch(data, addr)

    def send(self, message: SipRequest | SipResponse, addr: tuple[str, int]) -> None:
        """Send one message; what comes too late for it is not sent."""
        if self._there is not None and not self._there.is_closing():
            self._there.sendto(bytes(message), addr)

    async def stop(self) -> None:
        """Give up the port."""
        if self._there is not None:
            self._there.close()


def _offered(call: IncomingCall) -> SdpMessage:
    assert call.sdp_offer is not None  # noqa: S101 - there is audio
    return call.sdp_offer


def _audio_for(offer: SdpMessage | None) -> RtpAudio | None:
    """Audio as it was offered; None where there is no codec in common."""
    if offer is None or offer.audio is None or offer.rtp_address is None:
        return None
    payload = next((each.payload_type for each in offer.audio.codecs if each.payload_type in CODECS), None)
    keys = next(
        (each.payload_type for each in offer.audio.codecs if each.encoding_name.lower() == "telephone-event"),
        None,
    )
    return None if payload is None else RtpAudio(payload, keys, offer.rtp_address)
