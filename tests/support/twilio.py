"""Twilio over loopback: how it signs, the account it keeps, and the streams it brings."""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from ivr.lines.twilio.account import CallOrder, Found, UnansweredError
from ivr.lines.twilio.news import CallNews
from ivr.lines.twilio.settings import TwilioSettings

ACCOUNT = "AC" + "a1" * 16
AUTH_TOKEN = "only-for-tests"  # noqa: S105 - made up
NUMBER = "+14155550100"
PUBLIC = "https://wenan.example.org"
SETTINGS = TwilioSettings(ACCOUNT, AUTH_TOKEN, NUMBER, PUBLIC, media_port=0, calls_per_second=50.0)


def need_twilio() -> None:
    for package in ("twilio", "websockets"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed (pip install 'wenan[twilio]')")


def sign(url: str, form: Mapping[str, str], *, secret: str = AUTH_TOKEN, sha256: bool = False) -> str:
    """As Twilio documents it, written anew: URL, then names and values sorted by name, HMAC, base64."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256 if sha256 else hashlib.sha1)
    return base64.b64encode(digest.digest()).decode()


SID = "CA{:032x}"


@dataclass
class StoryAccount:
    """An account that behaves as a story says; implements ``ivr.lines.twilio.account.Account``."""

    placing: list[Exception | None] = field(default_factory=list)
    """What comes of the orders, one after the other; None (and afterwards) a call is placed."""
    unheard_of: bool = False
    """Whether an order without an answer was carried out all the same."""
    status: str = "ringing"
    orders: list[CallOrder] = field(default_factory=list)
    calls: list[Found] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    asked: int = 0
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def check(self) -> None:
        """We are let in."""

    def place(self, order: CallOrder) -> str:
        self.orders.append(order)
        trouble = self.placing.pop(0) if self.placing else None
        sid = SID.format(len(self.orders))
        if trouble is None or (isinstance(trouble, UnansweredError) and self.unheard_of):
            self.calls.insert(0, Found(sid, "queued", self.now()))
        if trouble is not None:
            raise trouble
        return sid

    def calls_to(self, number: str) -> list[Found]:
        assert number == self.orders[-1].to
        return list(self.calls)

    def state_of(self, sid: str, reference: str) -> CallNews:
        self.asked += 1
        return CallNews(sid, reference, self.status)

    def lead(self, sid: str, room: str) -> None:
        """Nobody is led anywhere in these stories."""
        raise NotImplementedError(sid, room)

    def end(self, sid: str) -> None:
        self.ended.append(sid)
