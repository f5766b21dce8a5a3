"""The Twilio line: orders calls, follows them by callbacks and by asking, and takes their sound."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

import structlog

from ivr.clock import Clock, SystemClock
from ivr.lines import CallNotConnectedError, Disposition
from ivr.lines.dialplan import BadNumberError, DialPlan
from ivr.lines.health import LineHealth, LineState
from ivr.lines.incoming import Take
from ivr.lines.twilio import wishes
from ivr.lines.twilio.account import Account, CallOrder, RefusedError, RestAccount, UnansweredError
from ivr.lines.twilio.call import Channel, TwilioCall
from ivr.lines.twilio.incoming import NUMBER, PREFIX, TwilioIncoming, let_in
from ivr.lines.twilio.media_server import MediaServer
from ivr.lines.twilio.messages import Started
from ivr.lines.twilio.news import UNDER_WAY, CallNews
from ivr.lines.twilio.placing import Placing, why_refused
from ivr.lines.twilio.ringing import Ringing
from ivr.lines.twilio.settings import TwilioSettings
from ivr.lines.twilio.signatures import Signatures

T = TypeVar("T")
log = structlog.get_logger(__name__)

_REQUESTS_AT_ONCE = 8
_REMEMBERED = 500
"""Calls that are over and may still be reported late."""
_PARTING_S = 3.0


class TwilioStartError(Exception):
    """The Twilio line does not start as it is configured; the message says why."""


class TwilioLine:
    """Rings real telephones; implements ``ivr.lines.Line``. Used as an asynchronous context manager."""

    name = "twilio"

    def __init__(
        self,
        settings: TwilioSettings,
        *,
        account: Account | None = None,
        clock: Clock | None = None,
        keep: Callable[[CallNews], None] = lambda _news: None,
    ) -> None:
        """``keep`` puts on record what the line itself learns; it is called from threads and may block.

        Raises TwilioNotInstalledError.
        """
        self._settings = settings
        self._account = account or RestAccount(settings)
        self._keep = keep
        self._server = MediaServer(
            settings, Signatures(settings), expected=self._expected, connect=self._connect
        )
        self._threads = ThreadPoolExecutor(_REQUESTS_AT_ONCE, thread_name_prefix="twilio")
        self._waiting: dict[str, Ringing] = {}
        """Attempts without their sound yet, by reference."""
        self._calls: dict[str, TwilioCall] = {}
        """By SID."""
        self._dealt_with: deque[str] = deque(maxlen=_REMEMBERED)
        self._placing = Placing(
            self._account,
            self._request,
            clock or SystemClock(),
            calls_per_second=settings.calls_per_second,
            send_off=self._end_soon,
            is_known=self._is_known,
        )
        self._take: Take | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._health = LineHealth(LineState.STOPPED, "the line is closed")

    async def __aenter__(self) -> Self:
        """Listen for sound and see whether the account lets us in. Raises TwilioStartError.

        A Twilio that does not answer is no error: calls will say so.
        """
        self._loop = asyncio.get_running_loop()
        try:
            await self._server.start()
            await self._request(self._account.check)
        except OSError as error:
            self._threads.shutdown(wait=False)
            raise TwilioStartError(
                f"Port {self._settings.media_port} for Twilio's sound cannot be used: {error.strerror}"
            ) from error
        except RefusedError as refused:
            await self.close()
            raise TwilioStartError(f"Twilio does not let us in: {why_refused(refused)}") from refused
        except UnansweredError as error:
            log.warning("Twilio does not answer", why=str(error))
        self._health = LineHealth(LineState.READY)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the line."""
        await self.close()

    async def close(self) -> None:
        """End all calls, also those that only ring, and listen no more."""
        self._health = LineHealth(LineState.STOPPED, "the line is closed")
        for ringing in list(self._waiting.values()):
            self._send_off(ringing)
            ringing.break_off()
        await asyncio.gather(*(call.hang_up() for call in list(self._calls.values())))
        if self._errands:
            await asyncio.wait(self._errands, timeout=_PARTING_S)
        await self._server.stop()
        self._threads.shutdown(wait=False)

    @property
    def health(self) -> LineHealth:
        """Whether one can telephone, and if not why."""
        return self._health

    @property
    def media_port(self) -> int:
        """Where sound is listened for."""
        return self._server.port

    def hear(self, news: CallNews) -> None:
        """Take news of a call; may be called from any thread. What is lost here is found by asking."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._note, news)

    def take_calls(self, take: Take | None) -> None:
        """Give every call that comes in to ``take``; see ``ivr.lines.incoming.Answerable``."""
        self._take = take

    async def dial(self, number: str, *, reference: str, ring_seconds: float = 60.0) -> TwilioCall:
        """Ring ``number``; see ``ivr.lines.Line``. Raises CallNotConnectedError.

        A number's extension is keyed in by Twilio two seconds after the switchboard has answered.
        """
        try:
            dialled = DialPlan().dialled(number)
        except BadNumberError as error:
            raise CallNotConnectedError(Disposition.INVALID_NUMBER, str(error)) from error
        if self._health.state is not LineState.READY:
            raise CallNotConnectedError(Disposition.FAILED, self._health.cause)
        ringing = Ringing(reference)
        self._waiting[reference] = ringing
        order = CallOrder(dialled.user, reference, ringing.key, ring_seconds, dialled.extension)
        try:
            sid = await self._placing.place(order, ringing)
            self._learn(CallNews(sid, reference, "queued"))
            return await ringing.answered(ring_seconds, partial(self._ask, sid, reference))
        except BaseException:
            self._send_off(ringing)
            raise
        finally:
            self._waiting.pop(reference, None)

    async def look_after(self, sid: str, reference: str) -> CallNews | None:
        """See to a call of which nothing more is heard: should it still ring, it is ended.

        One that was answered ends by itself when its stream does. Returns how it is, None for a call that is
        in hand. Raises RefusedError, UnansweredError.
        """
        if sid in self._calls or reference in self._waiting:
            return None
        news = await self._request(partial(self._account.state_of, sid, reference))
        if news.status not in UNDER_WAY or news.status == "in-progress":
            return news
        log.warning("a call that nobody waits for is ended", sid=sid, status=news.status)
        await self._request(partial(self._account.end, sid))
        return await self._request(partial(self._account.state_of, sid, reference))

    async def _ask(self, sid: str, reference: str) -> None:
        """Ask Twilio how a call is: callbacks get lost."""
        try:
            news = await self._request(partial(self._account.state_of, sid, reference))
        except (RefusedError, UnansweredError) as error:
            log.warning("a call could not be asked after", sid=sid, why=str(error))
            return
        if news.final:
            self._learn(news)
        else:
            self._note(news)

    def _learn(self, news: CallNews) -> None:
        """Note what the line found out by itself, and have it put on record."""
        self._note(news)
        self._threads.submit(self._keep, news)

    def _note(self, news: CallNews) -> None:
        if (call := self._calls.get(news.sid)) is not None:
            call.known = call.known.with_news(news)
        ringing = self._waiting.get(news.reference)
        if ringing is not None:
            ringing.note(news)
        elif (
            self._health.state is LineState.READY
            and news.status in UNDER_WAY
            and not self._is_known(news.sid)
        ):
            log.warning("a call that nobody waits for is ended", sid=news.sid, status=news.status)
            self._end_soon(news.sid)

    def _is_known(self, sid: str) -> bool:
        return sid in self._calls or sid in self._dealt_with

    def _expected(self, key: str) -> bool:
        if key.startswith(PREFIX):
            return self._take is not None
        return self._by_key(key) is not None

    def _by_key(self, key: str) -> Ringing | None:
        for ringing in self._waiting.values():
            if ringing.key == key and ringing.call is None:
                return ringing
        return None

    async def _connect(self, key: str, started: Started, channel: Channel) -> TwilioCall | None:
        """The call of a stream, if it is the one that is waited for, or one that comes in."""
        if key.startswith(PREFIX):
            return self._come_in(key, started, channel)
        ringing = self._by_key(key)
        if ringing is None or started.account_sid != self._settings.account_sid:
            return None
        if started.parameters.get("reference") != ringing.reference:
            return None
        if not await ringing.own(started.call_sid) or self._by_key(key) is not ringing:
            return None
        call = self._make_call(started, channel)
        ringing.note(CallNews(started.call_sid, ringing.reference, "in-progress"))
        call.known = ringing.progress
        ringing.connect(call)
        return call

    def _come_in(self, key: str, started: Started, channel: Channel) -> TwilioCall | None:
        """Take the sound of a call that our webhook has let in, once."""
        if self._take is None or self._is_known(started.call_sid):
            return None
        if not let_in(self._settings, key, started):
            return None
        call = self._make_call(started, channel)
        number = started.parameters.get(NUMBER, "")
        self._take(TwilioIncoming(number, started.call_sid, call))
        return call

    def _make_call(self, started: Started, channel: Channel) -> TwilioCall:
        call = TwilioCall(
            started,
            channel,
            self._server.closed_error,
            end=partial(wishes.end, self._account, self._request, started.call_sid),
            lead=partial(wishes.lead, self._account, self._request, started.call_sid),
            on_closed=self._closed,
            max_call_s=self._settings.max_call_s,
        )
        self._calls[started.call_sid] = call
        return call

    def _closed(self, call: TwilioCall) -> None:
        self._calls.pop(call.provider_call_id, None)
        self._dealt_with.append(call.provider_call_id)
        log.info(
            "call ended",
            sid=call.provider_call_id,
            cause=call.cause,
            seconds=round(call.seconds, 1),
            received=call.frames,
            lost=call.lost,
            played_after_s=round(call.slowest_s, 2),
        )

    def _send_off(self, ringing: Ringing) -> None:
        """End a call that nobody waits for any more."""
        if ringing.call is not None:
            self._errand(ringing.call.hang_up())
        elif ringing.progress.sid and not ringing.progress.over:
            self._end_soon(ringing.progress.sid)

    def _end_soon(self, sid: str) -> None:
        self._dealt_with.append(sid)
        self._errand(wishes.end(self._account, self._request, sid))

    def _errand(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _request(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
