"""The only place that knows baresip: settings into its words, and what we use of it as Protocols.

``baresip`` is an optional package (``pip install 'wenan[sip]'``), hence imported when it is needed.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Mapping
from enum import Enum
from types import ModuleType
from typing import Any, Protocol

from ivr.lines.sip.logs import NATIVE_LOGGER, StackWarnings
from ivr.lines.sip.settings import SipSettings

REFERENCE_HEADER = "X-Wenan-Attempt"
ASSERTED = "P-Asserted-Identity"
"""Header in which a provider says who really calls (RFC 3325)."""
COMMAND_PATIENCE_S = 15.0
"""How long the stack's own thread may take to obey. Generous: a dialling that we give up may ring unowned."""


class SipNotInstalledError(Exception):
    """The SIP stack is not installed; the message says how to install it."""


class SipStartError(Exception):
    """The SIP stack does not start as it is configured; the message says why."""


class StackEvent(Protocol):
    """Something the stack reports; ``event`` is an enumeration whose names are used."""

    @property
    def event(self) -> Enum:
        """What happened."""

    @property
    def call(self) -> int:
        """Handle of the call concerned, 0 for none."""

    @property
    def text(self) -> str | None:
        """A detail: a digit, why a call ended."""


class Audio(Protocol):
    """A call's PCM: 16 bits, native order, 8 kHz. Never blocks. Raises while there is no audio."""

    def read(self, max_bytes: int) -> bytes:
        """What has arrived, possibly nothing."""

    def write(self, pcm: bytes) -> int:
        """Bytes taken for sending."""


class NativeCall(Protocol):
    """One call of the stack."""

    call_id: str | None
    peer: str | None
    """Address of the other side."""
    headers: Mapping[str, str]
    """Of an incoming call's INVITE, those that were asked for."""
    final_stats: Any
    """Quality of a call that is over, or None."""

    @property
    def remote_on_hold(self) -> bool:
        """Whether the far end has put us on hold by re-INVITE."""

    @property
    def handle(self) -> int:
        """What events call it by."""

    @property
    def audio(self) -> Audio:
        """The call's sound."""

    @property
    def state(self) -> Enum:
        """INCOMING, OUTGOING, ESTABLISHED or CLOSED."""

    def on(self, listener: Callable[[StackEvent], None]) -> None:
        """Be told of this call's events, on the event loop."""

    def off(self, listener: Callable[[StackEvent], None]) -> None:
        """Be told no more."""

    async def hangup(self) -> None:
        """CANCEL or BYE, whichever it takes, on its way. Raises when the call is gone already."""

    async def answer(self) -> None:
        """Accept an incoming call; CALL_ESTABLISHED follows."""

    async def reject(self) -> None:
        """Refuse an incoming call with 486."""

    async def resume(self) -> None:
        """Take the call off hold; one that is not held stays as it is."""

    async def transfer(self, uri: str, *, timeout: float) -> None:  # noqa: ASYNC109 - the stack's parameter
        """REFER the other side to an address. Over when it returns; raises on any other report."""

    async def attended_transfer(self, consult_call: Any, *, timeout: float) -> None:  # noqa: ASYNC109
        """Put both calls on hold and REFER this one's other side to that one's, with Replaces.

        Both are over when it returns; on any other report it raises and leaves both on hold.
        """

    async def send_dtmf(self, digits: str, interdigit_ms: int = 120) -> None:
        """Press keys, as RFC 4733 telephone events."""


class UserAgent(Protocol):
    """Our SIP identity."""

    async def register(self, *, timeout: float) -> None:  # noqa: ASYNC109 - the stack's own parameter
        """Register and wait for the answer. Raises what ``Stack.errors`` names."""

    async def unregister(self, *, timeout: float) -> None:  # noqa: ASYNC109 - the stack's own parameter
        """Tell the registrar that we go."""

    async def dial(self, uri: str, headers: dict[str, str] | None = None) -> NativeCall:
        """Send an INVITE."""

    def on(self, listener: Callable[[StackEvent], None]) -> None:
        """Be told of this agent's events, on the event loop."""

    def on_incoming(self, callback: Callable[[NativeCall], None]) -> None:
        """Be given every incoming call."""


class Stack:
    """The running stack; there can be one in a process at a time."""

    def __init__(self, settings: SipSettings, on_death: Callable[[], None]) -> None:
        """``on_death`` is called on the loop when the stack breaks down. Raises SipNotInstalledError."""
        self._on_death = on_death
        self._baresip = _load()
        self._settings = settings
        self._runtime: Any = None
        self._warnings = StackWarnings()
        self.dead = False
        """The stack's thread died; only a new process helps."""
        self.errors: type[Exception] = self._baresip.BaresipError
        """What its operations raise."""

    async def start(self) -> UserAgent:
        """Start the stack and make our identity. Raises SipStartError."""
        try:
            return await self._start(self._settings)
        except (self.errors, ValueError) as error:
            await self.stop()
            raise SipStartError(f"The SIP line does not start: {error}") from error

    async def _start(self, settings: SipSettings) -> UserAgent:
        logging.getLogger(NATIVE_LOGGER).addHandler(self._warnings)
        runtime = self._baresip.Runtime(command_timeout=COMMAND_PATIENCE_S)
        config = self._baresip.Config(
            net_interface=settings.interface or None,
            max_concurrent_calls=None,
            rtp_timeout=0,  # see ivr.lines.sip.silence
            expose_headers=(ASSERTED,),
            extra_config_text=extra_configuration(settings),
        )
        await runtime.start(config)
        self._runtime = runtime
        runtime.on_dead = self._die
        agent: UserAgent = await self._baresip.UserAgent.create(runtime, self._address_of_record())
        return agent

    async def stop(self) -> None:
        """Take the stack down; calling it again does nothing."""
        runtime, self._runtime = self._runtime, None
        try:
            if runtime is not None and not self.dead:
                await runtime.close()
        finally:
            logging.getLogger(NATIVE_LOGGER).removeHandler(self._warnings)

    def _die(self) -> None:
        self.dead = True
        self._on_death()

    def _address_of_record(self) -> str:
        settings = self._settings
        account = self._baresip.Account(
            settings.user,
            settings.server,
            settings.password,
            registrar=f"{settings.proxy};transport={settings.transport}" if settings.proxy else None,
            reg_interval=settings.register_seconds if settings.register else 0,
            transport=settings.transport,
            audio_codecs=settings.codecs,
            auth_user=settings.auth_user or None,
            extra_params=(
                "catchall=yes",  # providers write the called number in ways of their own
                *(("100rel=yes",) if settings.reliable_ringing else ()),
                *(("mediaenc=srtp-mand",) if settings.encrypt_audio else ()),
            ),
        )
        name = f'"{settings.display_name}" ' if settings.display_name else ""
        return name + str(account.aor())


def extra_configuration(settings: SipSettings) -> str:
    """Lines of the stack's own configuration for which its Python interface has no field."""
    lines: dict[str, str] = {}
    if (settings.proxy or settings.server).rpartition(":")[2].isdigit():
        # RFC 3263: with a port there are no service records to be looked up, so the system may find the
        # host, as it does for everybody else: in /etc/hosts, in the search domains of an intranet.
        lines["dns_getaddrinfo"] = "yes"
    if settings.listen:
        lines["sip_listen"] = settings.listen
    if settings.rtp_ports:
        lines["rtp_ports"] = settings.rtp_ports
    if settings.transport == "tls":
        lines["sip_verify_server"] = "yes"
        if settings.ca_file is not None:
            lines["sip_cafile"] = str(settings.ca_file)
        else:
            lines["sip_capath"] = "/etc/ssl/certs"
    return "".join(f"{key} {value}\n" for key, value in lines.items())


def address_of(user: str, settings: SipSettings) -> str:
    """The SIP address of a telephone behind our server."""
    return f"sip:{user}@{settings.server};transport={settings.transport}"


def headers_of(reference: str, settings: SipSettings) -> Mapping[str, str]:
    """What goes along with an INVITE."""
    headers = {REFERENCE_HEADER: reference}
    if settings.caller_number:
        headers["P-Preferred-Identity"] = f"<sip:{settings.caller_number}@{settings.server}>"
    return headers


def _load() -> ModuleType:
    try:
        module = importlib.import_module("baresip")
        # The compiled half is loaded late; a platform without it shall be told now.
        importlib.import_module("baresip.runtime")
    except ImportError as error:
        raise SipNotInstalledError(
            f"WENAN_LINE=sip needs the SIP stack: pip install 'wenan[sip]' (Linux or macOS; {error})"
        ) from error
    return module
