"""Real servers on loopback that messages are sent to, and that misbehave on request."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, cast
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from support.ports import LOOPBACK, free_port

Mood = Literal["well", "refusing", "slow", "dying", "torn"]
"""refusing: an error; slow: no answer in time; dying: hangs up after it has read everything; torn: hangs up
in the middle of its answer."""


@dataclass
class Letterbox:
    """What a peer has read, and how it behaves."""

    address: str = ""
    mood: Mood = "well"
    reply: dict[str, Any] = field(default_factory=lambda: {"errcode": 0, "errmsg": "ok"})
    posted: list[dict[str, Any]] = field(default_factory=list)
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)
    """Ends the waiting of a slow peer when the test is over."""


class _Receiver(BaseHTTPRequestHandler):
    box: Letterbox

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.box.posted.append(body)
        self.box.queries.append(parse_qs(urlsplit(self.path).query))
        if self.box.mood == "slow":
            self.box.let_go.wait(timeout=30)
        if self.box.mood in ("dying", "slow"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        answer = json.dumps(self.box.reply).encode()
        self.send_response(503 if self.box.mood == "refusing" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer) + (100 if self.box.mood == "torn" else 0)))
        self.end_headers()
        self.wfile.write(answer)
        if self.box.mood == "torn":
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def http_peer() -> Iterator[Letterbox]:
    """A receiver of webhooks."""
    box = Letterbox()
    handler = type("Receiver", (_Receiver,), {"box": box})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        box.address = f"127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield box
        finally:
            box.let_go.set()
            server.shutdown()
            serving.join()


class _Postman:
    """Handles mail as its box is in the mood to."""

    def __init__(self, box: Letterbox) -> None:
        self._box = box

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self._box.mood == "refusing":
            return "451 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_bytes(content, policy=policy.default)
        self._box.mails.append(cast("EmailMessage", mail))
        if self._box.mood == "dying" and server.transport is not None:
            server.transport.close()
        return "250 Message accepted"


@contextmanager
def smtp_peer() -> Iterator[Letterbox]:
    """A mail server."""
    box = Letterbox()
    port = free_port()
    controller = Controller(_Postman(box), hostname="127.0.0.1", port=port)
    controller.start()
    box.address = f"127.0.0.1:{port}"
    try:
        yield box
    finally:
        controller.stop()


@contextmanager
def silent_peer() -> Iterator[Letterbox]:
    """Takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        host, port = listening.getsockname()
        yield Letterbox(f"{host}:{port}")


@contextmanager
def nobody_there() -> Iterator[Letterbox]:
    """A port that refuses every connection."""
    yield Letterbox(f"{LOOPBACK}:{free_port()}")
