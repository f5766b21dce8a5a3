"""The SIP line: dials, keeps its registration, passes on who calls, ends in good order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from types import TracebackType
from typing import Self

import structlog

from ivr.lines import CallNotConnectedError, Disposition
from ivr.lines.dialplan import BadNumberError, Dialled
from ivr.lines.health import LineHealth, LineState
from ivr.lines.incoming import Take
from ivr.lines.metronome import Metronome
from ivr.lines.sip.call import SipCall
from ivr.lines.sip.incoming import SipIncoming
from ivr.lines.sip.registration import Registration
from ivr.lines.sip.ringing import RingingCalls
from ivr.lines.sip.settings import SipSettings
from ivr.lines.sip.stack import (
    NativeCall,
    Stack,
    UserAgent,
    address_of,
    headers_of,
)

log = structlog.get_logger(__name__)

CLOSED = "the line is closed"
BROKEN = "the SIP stack broke down; the program must be started anew"
_FIRST_REGISTRATION_S = 5.0
"""How long the start waits for the registration; what comes later comes by itself."""
_LAST_WORDS_S = 1.0
"""How long the stack stays up after the last CANCEL or BYE, to repeat it and acknowledge what comes back."""
_FIRST_WORD_S = 1.0
"""Whoever has said nothing to an INVITE and its first repetition by then is not waited for any longer."""
_PARTING_S = 2.0
"""How long calls may take to be hung up at the end."""


class SipLine:
    """Rings real telephones; implements ``ivr.lines.Line``. Used as an asynchronous context manager.

    There can be one in a process at a time, and it belongs to the event loop it was entered on.
    """

    name = "sip"

    def __init__(self, settings: SipSettings) -> None:
        """Raises SipNotInstalledError."""
        self._settings = settings
        self._stack = Stack(settings, self._break_off)
        self._agent: UserAgent | None = None
        self._ringing: RingingCalls | None = None
        self._registration: Registration | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._metronome = Metronome()
        self._calls: set[SipCall] = set()
        self._dialling: set[asyncio.Future[None]] = set()
        """Calls that ring, each until it is answered or sent off."""
        self._errands: set[asyncio.Task[None]] = set()
        self._none_left = asyncio.Event()
        self._parted_at = float("-inf")
        self._take: Take | None = None

    async def __aenter__(self) -> Self:
        """Start the stack and register. Raises SipStartError.

        A registrar that does not answer is no error: the line is down and tries again.
        """
        self._agent = await self._stack.start()
        self._ringing = RingingCalls(self._agent)
        self._agent.on_incoming(self._come_in)
        if self._settings.register:
            self._registration = Registration(self._agent, self._stack.errors)
            self._keeping = asyncio.create_task(self._registration.keep())
            try:
                await self.wait_ready(_FIRST_REGISTRATION_S)
            except BaseException:
                await self.close()
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the line."""
        await self.close()

    async def close(self) -> None:
        """Hang up all calls, give up the registration, take the stack down."""
        agent, self._agent = self._agent, None
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        try:
            await self._part(agent)
        finally:
            with contextlib.suppress(self._stack.errors):
                await self._stack.stop()

    @property
    def health(self) -> LineHealth:
        """Whether one can telephone, and if not why."""
        if self._agent is None:
            return LineHealth(LineState.STOPPED, CLOSED)
        if self._stack.dead:
            return LineHealth(LineState.DOWN, BROKEN)
        if self._registration is not None and self._keeping is not None:
            if self._keeping.done():
                return LineHealth(LineState.DOWN, "the registration is kept no longer")
            return self._registration.health
        return LineHealth(LineState.READY)

    async def wait_ready(self, seconds: float) -> bool:
        """Whether one can telephone within so many seconds."""
        curable = self._agent is not None and not self._stack.dead
        if curable and self._registration is not None and self.health.state is not LineState.READY:
            await self._registration.wait_ready(seconds)
        return self.health.state is LineState.READY

    def take_calls(self, take: Take | None) -> None:
        """Give every call that comes in to ``take``; see ``ivr.lines.incoming.Answerable``."""
        self._take = take

    async def dial(self, number: str, *, reference: str, ring_seconds: float = 60.0) -> SipCall:
        """Ring ``number``; see ``ivr.lines.Line``. Raises CallNotConnectedError.

        ``reference`` goes out in the header X-Wenan-Attempt. A number's extension is keyed in once the
        switchboard has answered.
        """
        try:
            dialled = self._settings.dial_plan.dialled(number)
        except BadNumberError as error:
            raise CallNotConnectedError(Disposition.INVALID_NUMBER, str(error)) from error
        native, ringing = await self._place(dialled, reference)
        settled = asyncio.get_running_loop().create_future()
        self._dialling.add(settled)
        try:
            await ringing.answered(native, ring_seconds)
            if dialled.extension:
                await self._key_in(native, dialled.extension)
            return self._connect(native)
        except BaseException:
            self._send_off(native)
            raise
        finally:
            self._dialling.discard(settled)
            settled.set_result(None)

    async def _place(self, dialled: Dialled, reference: str) -> tuple[NativeCall, RingingCalls]:
        """Send the INVITE. Raises CallNotConnectedError."""
        ready = await self.wait_ready(self._settings.line_patience_s)
        if not ready or self._agent is None or self._ringing is None:
            raise CallNotConnectedError(Disposition.FAILED, self.health.cause)
        headers = dict(headers_of(reference, self._settings))
        placing = asyncio.ensure_future(self._agent.dial(address_of(dialled.user, self._settings), headers))
        try:
            # Shielded: a call that was placed while we were told to stop must not ring unowned.
            return await asyncio.shield(placing), self._ringing
        except asyncio.CancelledError:
            self._run_errand(self._send_off_placed(placing))
            raise
        except (self._stack.errors, ValueError) as error:
            raise CallNotConnectedError(Disposition.FAILED, f"could not be dialled: {error}") from error

    def _connect(self, native: NativeCall) -> SipCall:
        call = SipCall(native, self._settings, self._stack.errors, on_closed=self._closed)
        if not call.over:
            self._calls.add(call)
            self._metronome.start(call.exchange)
        return call

    async def _key_in(self, native: NativeCall, extension: str) -> None:
        """Dial through a switchboard. Raises CallNotConnectedError when it hangs up on us."""
        await asyncio.sleep(self._settings.extension_pause_s)
        try:
            await native.send_dtmf(extension)
        except self._stack.errors as error:
            raise CallNotConnectedError(Disposition.NO_ANSWER, "the switchboard hung up") from error

    def _closed(self, call: SipCall, cause: str) -> None:
        """The stack has closed a call, by a hang-up from here or from there."""
        self._note_parting()
        self._metronome.stop(call.exchange)
        self._calls.discard(call)
        if not self._calls:
            self._none_left.set()
        quality = call.native.final_stats
        log.info(
            "call ended",
            sip_call_id=call.provider_call_id,
            cause=cause,
            seconds=quality.duration_s if quality else None,
            received=quality.rx_packets if quality else None,
            lost=quality.rx_lost if quality else None,
            mos=quality.mos_estimate if quality else None,
        )

    async def _part(self, agent: UserAgent | None) -> None:
        """Say good-bye to everybody: CANCEL to what rings, BYE to all calls, and to the registrar."""
        if self._ringing is not None:
            self._ringing.break_off(CLOSED)
        if self._dialling:
            await asyncio.wait(self._dialling, timeout=_PARTING_S)
        self._none_left.clear()
        calls = list(self._calls)
        await asyncio.gather(*(call.hang_up() for call in calls))
        if self._calls:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._none_left.wait(), _PARTING_S)
        if self._errands:
            await asyncio.wait(self._errands, timeout=_PARTING_S)
        await asyncio.sleep(max(0.0, self._parted_at + _LAST_WORDS_S - asyncio.get_running_loop().time()))
        if agent is not None and self._settings.register and not self._stack.dead:
            with contextlib.suppress(self._stack.errors):
                await agent.unregister(timeout=_PARTING_S)

    def _break_off(self) -> None:
        """The stack's thread has died: end what depends on it. Only a new process can telephone again."""
        log.critical("telephone line", state=LineState.DOWN.value, cause=BROKEN)
        for call in list(self._calls):
            call.break_off(BROKEN)
        if self._ringing is not None:
            self._ringing.break_off(BROKEN)

    def _come_in(self, native: NativeCall) -> None:
        """Somebody rings us."""
        if self._take is None:
            log.info("an incoming call was refused", sip_call_id=native.call_id)
            self._run_errand(native.reject())
            return
        self._take(SipIncoming(native, self._settings, self._stack.errors, self._connect))

    async def _send_off_placed(self, placing: asyncio.Future[NativeCall]) -> None:
        """Hang up a call as soon as it is placed: nobody waits for it any more."""
        with contextlib.suppress(ValueError):
            await self._hang_up(await placing)

    def _send_off(self, native: NativeCall) -> None:
        """Hang up a call that nobody waits for any more."""
        self._note_parting()
        self._run_errand(self._hang_up(native))

    async def _hang_up(self, native: NativeCall) -> None:
        """A CANCEL goes out when something has come back (RFC 3261 section 9.1), not before.

        Told to hang up earlier the stack forgets its INVITE, and a telephone rings that nobody owns.
        """
        if self._ringing is not None:
            if native.state.name == "OUTGOING":
                await self._ringing.until_heard_of(native, _FIRST_WORD_S)
            self._ringing.forget(native)
        self._note_parting()
        if native.state.name != "CLOSED":
            await native.hangup()

    def _note_parting(self) -> None:
        self._parted_at = asyncio.get_running_loop().time()

    def _run_errand(self, errand: Awaitable[None]) -> None:
        """Have something done to a call that may be gone by then."""
        task = asyncio.create_task(self._forgiving(errand))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _forgiving(self, errand: Awaitable[None]) -> None:
        with contextlib.suppress(self._stack.errors):
            await errand
