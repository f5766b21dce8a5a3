"""A Twilio of our own on loopback: its REST interface, callbacks and media streams, signed as Twilio signs.

What happens to a call is a story: a coroutine on the test's loop, which reports statuses and brings sound.
Where WENAN_TWILIO_OPENAPI names Twilio's OpenAPI description, every request is checked against it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from ivr.lines.twilio.settings import TwilioSettings
from ivr.lines.twilio.signatures import SIGNATURE, TOKEN
from support.openapi import Description
from support.twilio import ACCOUNT, AUTH_TOKEN, NUMBER, PUBLIC, SETTINGS, SID, sign

ROOT = f"/2010-04-01/Accounts/{ACCOUNT}"
PATIENCE_S = 60.0
"""The machine may be busy; nothing here depends on how fast it is."""


@dataclass
class FakeCall:
    """One call as Twilio keeps it."""

    sid: str
    form: dict[str, list[str]]
    status: str = "queued"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it was ended by request."""
    reports: int = 0
    room: str = ""
    """The conference it was led into."""
    led: asyncio.Event = field(default_factory=asyncio.Event)

    def one(self, name: str) -> str:
        (value,) = self.form[name]
        return value

    def as_json(self) -> dict[str, Any]:
        return {
            "sid": self.sid, "account_sid": ACCOUNT, "status": self.status, "to": self.one("To"),
            "from": self.one("From"), "date_created": format_datetime(self.created),
            "date_updated": format_datetime(self.created), "direction": "outbound-api",
            "uri": f"{ROOT}/Calls/{self.sid}.json",
        }  # fmt: skip


Story = Callable[["FakeTwilio", FakeCall], Awaitable[None]]


class FakeTwilio:
    """The account, and everybody who may be called by it."""

    def __init__(self, story: Story, *, webhooks: str = "", lets_us_in: bool = True) -> None:
        """``webhooks`` is the address that the proxy of the public URL leads callbacks to."""
        self.story = story
        self.webhooks = webhooks
        self.lets_us_in = lets_us_in
        self.media_port = 0
        self.calls: list[FakeCall] = []
        self.refusals: list[tuple[int, int]] = []
        """Codes and HTTP statuses with which the next orders are refused; (0, 0) swallows the answer."""
        self.led_refusals: list[tuple[int, int]] = []
        """The same for calls that are to be led elsewhere."""
        self.complaints: list[str] = []
        """What the requests do not keep to of the description."""
        self.answers: list[int] = []
        """How the callbacks were answered."""
        self._description = Description.found()
        self._loop = asyncio.get_running_loop()
        self._lives: set[asyncio.Task[None]] = set()
        self.ordered = asyncio.Event()
        """Set with the first call."""
        self.listed = asyncio.Event()
        """Set once somebody has asked which calls there are."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[FakeTwilio]:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            thread.join()
            self._http.server_close()
        assert not self.complaints, self.complaints

    async def over(self) -> None:
        """Wait until every call's story is told; what went wrong in one is raised."""
        while self._lives:
            await asyncio.wait_for(asyncio.gather(*self._lives), PATIENCE_S)

    def answer(self, method: str, path: str, query: str, body: str, auth: str) -> tuple[int, Any]:
        """Answer one request to the REST interface. Runs in threads."""
        if self._description is not None:
            self.complaints += self._description.complaints(method, path, query, body)
        given = base64.b64encode(f"{ACCOUNT}:{AUTH_TOKEN}".encode()).decode()
        if auth != f"Basic {given}" or not self.lets_us_in:
            return 401, _problem(20003, 401)
        form = parse_qs(body)
        if (method, path) == ("POST", f"{ROOT}/Calls.json"):
            return self._order(form)
        if (method, path) == ("GET", f"{ROOT}/Calls.json"):
            return 200, {
                "calls": self._listed(parse_qs(query)),
                "page": 0,
                "uri": path,
                "next_page_uri": None,
            }
        for call in self.calls:
            if path == f"{ROOT}/Calls/{call.sid}.json":
                if "Twiml" in form:
                    return self._lead(call, form["Twiml"][0])
                return self._end(call) if method == "POST" else (200, call.as_json())
        return 404, _problem(20404, 404)

    def _order(self, form: dict[str, list[str]]) -> tuple[int, Any]:
        code, status = self.refusals.pop(0) if self.refusals else (0, 201)
        if code:
            return status, _problem(code, status)
        call = FakeCall(SID.format(len(self.calls) + 1), form)
        self.calls.insert(0, call)
        self._loop.call_soon_threadsafe(self._live, call)
        return (status, call.as_json()) if status else (0, None)

    def _listed(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        self._loop.call_soon_threadsafe(self.listed.set)
        wanted = query.get("To")
        return [call.as_json() for call in self.calls if wanted is None or call.form["To"] == wanted]

    def _lead(self, call: FakeCall, twiml: str) -> tuple[int, Any]:
        """A call is led elsewhere: its stream stops, and it meets whoever else is in the room."""
        code, status = self.led_refusals.pop(0) if self.led_refusals else (0, 200)
        if code:
            return status, _problem(code, status)
        call.room = _room_of(twiml)
        self._loop.call_soon_threadsafe(call.led.set)
        return (status, call.as_json()) if status else (0, None)

    def _end(self, call: FakeCall) -> tuple[int, Any]:
        if call.status in {"completed", "busy", "failed", "no-answer", "canceled"}:
            return 400, _problem(21220, 400)
        call.status = "completed" if call.status == "in-progress" else "canceled"
        self._loop.call_soon_threadsafe(call.ended.set)
        return 200, call.as_json()

    def _live(self, call: FakeCall) -> None:
        self.ordered.set()
        life = self._loop.create_task(self._tell_story(call))
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)

    async def _tell_story(self, call: FakeCall) -> None:
        await self.story(self, call)

    async def report(
        self, call: FakeCall, status: str, *, lost: bool = False, **more: str
    ) -> requests.Response | None:
        """The call has come so far: tell whoever wants to know, by callback, unless it gets lost."""
        if call.status not in {"completed", "canceled"}:
            call.status = status
        form = self.callback(call, status, **more)
        return None if lost else await self.post(call.one("StatusCallback"), form, f"token-{call.reports}")

    def callback(self, call: FakeCall, status: str, **more: str) -> dict[str, str]:
        """The form of a callback, byte for byte as Twilio documents its fields."""
        call.reports += 1
        return {
            "ApiVersion": "2010-04-01", "Called": call.one("To"), "CallStatus": status, "From": NUMBER,
            "Direction": "outbound-api", "AccountSid": ACCOUNT, "CallSid": call.sid, "To": call.one("To"),
            "Caller": NUMBER, "CallbackSource": "call-progress-events",
            "Timestamp": format_datetime(datetime.now(UTC)), "SequenceNumber": str(call.reports - 1), **more,
        }  # fmt: skip

    async def post(self, url: str, form: dict[str, str], token: str) -> requests.Response:
        """A signed request to the public URL, by way of the proxy."""
        headers = {SIGNATURE: sign(url, form), TOKEN: f"{form['CallSid']}-{token}"}
        there = self.webhooks.rstrip("/") + url.removeprefix(PUBLIC)
        answer = await asyncio.to_thread(requests.post, there, data=form, headers=headers, timeout=PATIENCE_S)
        self.answers.append(answer.status_code)
        return answer

    @asynccontextmanager
    async def answered(self, call: FakeCall) -> AsyncIterator[Stream]:
        """Somebody answers: do what the order's TwiML says, until either side ends the call."""
        async with self._streaming(call, call.one("Twiml")) as stream:
            yield stream

    async def asks_what_to_do(self, sid: str, number: str) -> tuple[int, str]:
        """Somebody rings our number: ask the webhook what is to be done; its status and its answer."""
        form = {
            "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "CallSid": sid, "CallStatus": "ringing",
            "Called": NUMBER, "Caller": number, "Direction": "inbound", "From": number, "To": NUMBER,
        }  # fmt: skip
        answer = await self.post(f"{PUBLIC}/twilio/incoming", form, "incoming")
        return answer.status_code, answer.text

    @asynccontextmanager
    async def comes_in(self, number: str) -> AsyncIterator[Stream]:
        """Somebody rings our number: ask what to do, do it, and bring their sound."""
        call = FakeCall(SID.format(900 + len(self.calls)), {"From": [number], "To": [NUMBER]}, "in-progress")
        self.calls.insert(0, call)
        status, twiml = await self.asks_what_to_do(call.sid, number)
        assert status == 200, twiml
        async with self._streaming(call, twiml) as stream:
            yield stream

    @asynccontextmanager
    async def _streaming(self, call: FakeCall, twiml: str) -> AsyncIterator[Stream]:
        from websockets.asyncio.client import connect  # noqa: PLC0415 - optional

        url, parameters = _stream_of(twiml)
        local = f"ws://127.0.0.1:{self.media_port}{urlsplit(url).path}"
        async with connect(
            local, additional_headers={SIGNATURE: sign(url, {})}, compression=None, open_timeout=PATIENCE_S
        ) as socket:
            stream = Stream(call, socket, parameters)
            await stream.start()
            yield stream


def _room_of(twiml: str) -> str:
    root = ET.fromstring(twiml)  # noqa: S314 - our own
    (dial,) = root
    (conference,) = dial
    assert (root.tag, dial.tag, conference.tag) == ("Response", "Dial", "Conference")
    assert int(dial.attrib["timeLimit"]) <= 600
    assert conference.attrib == {
        "beep": "false", "startConferenceOnEnter": "true", "endConferenceOnExit": "true", "waitUrl": "",
        "maxParticipants": "2",
    }  # fmt: skip
    return conference.text or ""


def _stream_of(twiml: str) -> tuple[str, dict[str, str]]:
    root = ET.fromstring(twiml)  # noqa: S314 - our own
    assert root.tag == "Response"
    (connect,) = root
    (stream,) = connect
    assert (connect.tag, stream.tag) == ("Connect", "Stream")
    url = stream.attrib["url"]
    assert url.startswith("wss://")
    assert "?" not in url
    return url, {each.attrib["name"]: each.attrib["value"] for each in stream}


@dataclass
class Stream:
    """A media stream as Twilio speaks it: text frames, numbers as strings."""

    call: FakeCall
    socket: Any
    parameters: dict[str, str]
    sid: str = "MZ" + "e" * 32
    sequence: int = 0
    chunk: int = 0
    came: list[dict[str, Any]] = field(default_factory=list)
    """Everything that was sent to us."""

    @property
    def heard(self) -> bytes:
        """What the elder heard, as mu-law."""
        media = [each["media"]["payload"] for each in self.came if each["event"] == "media"]
        return b"".join(base64.b64decode(payload, validate=True) for payload in media)

    async def start(self, **changes: Any) -> None:
        await self.tell({"event": "connected", "protocol": "Call", "version": "1.0.0"}, plain=True)
        await self.tell(
            {
                "event": "start",
                "start": {
                    "accountSid": ACCOUNT, "streamSid": self.sid, "callSid": self.call.sid,
                    "tracks": ["inbound"], "customParameters": self.parameters,
                    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                    **changes,
                },
            }
        )  # fmt: skip

    async def say(self, mulaw: bytes) -> None:
        """The elder speaks (or is silent), in real time."""
        loop = asyncio.get_running_loop()
        began = loop.time() - self.chunk * 0.02
        for at in range(0, len(mulaw), 160):
            await self.frame(mulaw[at : at + 160])
            await asyncio.sleep(max(0.0, began + self.chunk * 0.02 - loop.time()))

    async def frame(self, mulaw: bytes) -> None:
        self.chunk += 1
        await self.tell(
            {
                "event": "media",
                "media": {
                    "track": "inbound", "chunk": str(self.chunk), "timestamp": str(20 * (self.chunk - 1)),
                    "payload": base64.b64encode(mulaw).decode(),
                },
            }
        )  # fmt: skip

    async def led_away(self) -> None:
        """Twilio leads the call elsewhere: the stream stops, the call goes on."""
        await self.tell({"event": "stop", "stop": {"accountSid": ACCOUNT, "callSid": self.call.sid}})

    async def press(self, digit: str) -> None:
        await self.tell({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": digit}})

    async def stop(self) -> None:
        """The elder puts the receiver down."""
        self.call.status = "completed"
        await self.tell({"event": "stop", "stop": {"accountSid": ACCOUNT, "callSid": self.call.sid}})

    async def tell(self, message: dict[str, Any], *, plain: bool = False) -> None:
        if not plain:
            self.sequence += 1
            message = {**message, "sequenceNumber": str(self.sequence), "streamSid": self.sid}
        await self.socket.send(json.dumps(message))

    async def listen(self) -> None:
        """Take what is sent, play it and return its marks at once, until the other side closes."""
        async for text in self.socket:
            assert isinstance(text, str), "Twilio takes text frames only"
            message = json.loads(text)
            assert message["streamSid"] == self.sid
            self.came.append(message)
            if message["event"] == "mark":
                await self.tell({"event": "mark", "mark": {"name": message["mark"]["name"]}})


def _problem(code: int, status: int) -> dict[str, Any]:
    said = f"The number {'+865331234567'} you asked for is a secret"
    return {
        "code": code,
        "message": said,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def _handler_of(twilio: FakeTwilio) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        def _answer(self, body: str) -> None:
            url = urlsplit(self.path)
            status, answer = twilio.answer(
                self.command, url.path, url.query, body, self.headers.get("Authorization", "")
            )
            if not status:
                self.close_connection = True
                return
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    return Handler


def settings_for(twilio: FakeTwilio, **changes: Any) -> TwilioSettings:
    """The line's settings with this Twilio behind them."""
    return replace(SETTINGS, api_url=twilio.url, **changes)
