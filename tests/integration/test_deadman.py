"""The sign of life: given while all is well inside, held back when something would go unheard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import update
from support.casebook import MORNING, HandClock, rules
from support.peers import nobody_there

from escalation.alerts import Recipient, enqueue
from escalation.deadman import DeadMansSwitch
from escalation.rules import Channel
from records.audit import beat
from records.orders import Notification
from records.sessions import Ledger
from wenan.settings import load_settings
from wenan.wiring import open_rules, open_switch

RULES = rules().policy.auditor
PARTS = (*RULES.heartbeats, "auditor")


class Monitor:
    """The outside: counts the signs it gets."""

    def __init__(self) -> None:
        self.signs = 0
        self.status = 200
        self.address = ""


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    outside = Monitor()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            outside.signs += 1
            self.send_response(outside.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        outside.address = f"http://127.0.0.1:{server.server_port}/ping/secret"
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield outside
        server.shutdown()
        serving.join()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def all_alive(ledger: Ledger, clock: HandClock, *but: str) -> None:
    with ledger.session() as session:
        for component in PARTS:
            if component not in but:
                beat(session, component, clock.now())


def test_while_all_is_well_the_sign_is_given(ledger: Ledger, monitor: Monitor) -> None:
    clock = HandClock()
    switch = DeadMansSwitch(monitor.address, ledger, RULES, clock)
    assert switch.signal() == "given", "just started, everything gets its time"
    clock.forward(minutes=10)
    all_alive(ledger, clock)
    assert switch.signal() == "given"
    assert monitor.signs == 2


@pytest.mark.parametrize("component", PARTS)
def test_when_a_part_is_silent_the_outside_hears_nothing(
    ledger: Ledger, monitor: Monitor, component: str
) -> None:
    clock = HandClock()
    switch = DeadMansSwitch(monitor.address, ledger, RULES, clock)
    all_alive(ledger, clock)
    clock.forward(minutes=RULES.heartbeats.get(component, 5) + 1)
    all_alive(ledger, clock, component)

    assert switch.signal() == "held back"
    assert switch.reasons(clock.now()) == [component]
    assert monitor.signs == 0


@pytest.mark.parametrize(("urgency", "sign"), [("emergency", "held back"), ("need", "given")])
def test_when_no_channel_takes_an_emergency_the_outside_hears_nothing(
    ledger: Ledger, monitor: Monitor, urgency: str, sign: str
) -> None:
    clock = HandClock()
    switch = DeadMansSwitch(monitor.address, ledger, RULES, clock)
    with ledger.session() as session:
        enqueue(
            session,
            key="cry",
            order_id=None,
            channel=Channel("mail"),
            recipient=Recipient("li", "zh-CN"),
            body="【紧急】",
            urgency=urgency,
            now=MORNING,
        )
    clock.forward(minutes=3)
    all_alive(ledger, clock)

    assert switch.signal() == sign


def test_a_message_that_was_given_up_is_the_auditors_to_tell_and_no_reason_for_ever(
    ledger: Ledger, monitor: Monitor
) -> None:
    clock = HandClock()
    switch = DeadMansSwitch(monitor.address, ledger, RULES, clock)
    with ledger.session() as session:
        recipient, channel = Recipient("li", "zh-CN"), Channel("mail")
        enqueue(
            session,
            key="cry",
            order_id=None,
            channel=channel,
            recipient=recipient,
            body="【紧急】",
            urgency="emergency",
            now=MORNING,
        )
        session.execute(update(Notification).values(status="failed"))
    clock.forward(minutes=3)
    all_alive(ledger, clock)

    assert switch.signal() == "given"


def test_a_monitor_that_is_away_or_refuses_breaks_nothing(ledger: Ledger, monitor: Monitor) -> None:
    monitor.status = 500
    assert DeadMansSwitch(monitor.address, ledger, RULES, HandClock()).signal() == "not taken"
    with nobody_there() as peer:
        away = DeadMansSwitch(f"http://{peer.address}/", ledger, RULES, HandClock(), timeout=1)
        assert away.signal() == "not taken"


def test_a_deployment_without_a_line_does_not_wait_for_a_dialer(
    sqlite_ledger: Ledger, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WENAN_DEADMAN_URL", monitor.address)
    settings, clock = load_settings(line="none"), HandClock()
    assert monitor.address not in repr(settings), "the address is a secret of the monitor's"
    switch = open_switch(settings, sqlite_ledger, open_rules(settings), clock)
    assert switch is not None
    clock.forward(minutes=10)
    all_alive(sqlite_ledger, clock, "dialer")
    assert switch.signal() == "given"

    with_line = open_rules(load_settings(line="village")).policy.auditor
    strict = DeadMansSwitch(monitor.address, sqlite_ledger, with_line, HandClock(MORNING))
    assert strict.reasons(clock.now() + timedelta(minutes=1)) == ["dialer"]


def test_a_keeper_without_a_line_misses_the_dialer_of_those_it_shares_the_ledger_with() -> None:
    keeper = load_settings(line="none", database_url="postgresql://wenan@db/wenan")
    assert "dialer" in open_rules(keeper).policy.auditor.heartbeats
