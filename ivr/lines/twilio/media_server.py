"""Where Twilio brings the sound of calls: a WebSocket server on our own event loop, beside the dialer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog

from ivr.lines.twilio.call import Channel, TwilioCall
from ivr.lines.twilio.messages import BadMessageError, Connected, Started, Stopped, read_message
from ivr.lines.twilio.optional import load
from ivr.lines.twilio.settings import MEDIA_PATH, TwilioSettings
from ivr.lines.twilio.signatures import Signatures

log = structlog.get_logger(__name__)

START_PATIENCE_S = 5.0
"""How long a connection may take to say whose sound it brings."""
_LARGEST_MESSAGE = 64 * 1024
"""Bytes; Twilio's are some 300."""
_CLOSING_S = 2.0


class MediaServer:
    """Lets in the streams that are expected, each once, and reads them to their end."""

    def __init__(
        self,
        settings: TwilioSettings,
        signatures: Signatures,
        *,
        expected: Callable[[str], bool],
        connect: Callable[[str, Started, Channel], Awaitable[TwilioCall | None]],
    ) -> None:
        """``expected`` knows the keys of calls that wait for their sound.

        ``connect`` makes the call of a stream that has started, or refuses it. Raises
        TwilioNotInstalledError.
        """
        self._websockets = load("websockets.asyncio.server")
        self.closed_error: type[Exception] = load("websockets.exceptions").ConnectionClosed
        """What a closed connection raises."""
        self._settings = settings
        self._signatures = signatures
        self._expected = expected
        self._connect = connect
        self._server: Any = None

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._server = await self._websockets.serve(
            self._serve,
            self._settings.media_host,
            self._settings.media_port,
            process_request=self._admit,
            compression=None,
            # A stream that has died is noticed by the sound that is missing.
            ping_interval=None,
            max_size=_LARGEST_MESSAGE,
            close_timeout=_CLOSING_S,
            server_header=None,
        )

    @property
    def port(self) -> int:
        """Where it listens; 0 when it does not."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server is not None else 0

    async def stop(self) -> None:
        """Close all streams and listen no more; calling it again does nothing."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()

    def _admit(self, connection: Any, request: Any) -> Any:
        """None lets a connection in; strangers do not learn which keys are good."""
        key = request.path.removeprefix(MEDIA_PATH)
        if not request.path.startswith(MEDIA_PATH) or not key:
            return connection.respond(HTTPStatus.NOT_FOUND, "")
        headers = dict(request.headers.raw_items())
        headers = {name.title(): value for name, value in headers.items()}
        if not self._signatures.genuine(self._settings.media_url(key), {}, headers):
            log.warning("a media stream was refused", why="the signature is not Twilio's")
            return connection.respond(HTTPStatus.FORBIDDEN, "")
        if not self._expected(key):
            log.warning("a media stream was refused", why="no call waits for it")
            return connection.respond(HTTPStatus.NOT_FOUND, "")
        return None

    async def _serve(self, connection: Any) -> None:
        key = connection.request.path.removeprefix(MEDIA_PATH)
        try:
            async with asyncio.timeout(START_PATIENCE_S):
                started = await self._start_of(connection)
        except (TimeoutError, BadMessageError, self.closed_error) as error:
            log.warning("a media stream did not start", why=type(error).__name__)
            return
        call = await self._connect(key, started, connection)
        if call is None:
            log.warning("a media stream was refused", why="it is not the call that was waited for")
            return
        await self._read(connection, call)

    async def _start_of(self, connection: Any) -> Started:
        if not isinstance(read_message(await connection.recv()), Connected):
            raise BadMessageError("the first message is not 'connected'")
        started = read_message(await connection.recv())
        if not isinstance(started, Started):
            raise BadMessageError("the second message is not 'start'")
        return started

    async def _read(self, connection: Any, call: TwilioCall) -> None:
        """Pass on everything to the stream's end; one message that is not understood costs no call."""
        try:
            async for text in connection:
                try:
                    message = read_message(text)
                except BadMessageError as error:
                    log.warning("a media message was skipped", sid=call.provider_call_id, why=str(error))
                    continue
                call.take(message)
                if isinstance(message, Stopped):
                    return
        except self.closed_error:
            pass
        finally:
            call.break_off()
