"""Keepers: they put in order what dead gateways leave, are woken by nudges, and share the work."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import select
from support.campaigning import MONDAY, Community
from support.casebook import rules
from support.ledgers import TEST_KEY, Ledgers, opened

from campaigns.claims import claim_due
from ivr.clock import Clock, SystemClock
from ivr.virtual_time import run_virtual
from records.audit import Heartbeat
from records.keyring import Keyring
from records.orders import Notification
from records.sessions import Ledger
from wenan.cli import errors
from wenan.settings import Settings
from wenan.upkeep import SWEEPER, Upkeep
from wenan.wiring import open_upkeep

ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 240.0
"""Real seconds that processes get for what takes them a few."""


def write_message(ledger: Ledger, key: str, now: datetime = MONDAY, channel: str = "file") -> None:
    with ledger.session() as session:
        session.add(
            Notification(
                dedupe_key=key,
                channel=channel,
                recipient="wang",
                body="有一张新工单",
                urgency="urgent",
                next_try_at=now,
                created_at=now,
            )
        )


def keep(
    ledger: Ledger, folder: Path, story: Callable[[Upkeep, Clock], Awaitable[None]], at: datetime = MONDAY
) -> None:
    """Let a keeper without a dialer work on a virtual clock while a story goes on."""

    async def work(clock: Clock) -> None:
        settings = Settings(data_dir=folder, notify=["console", "file"])
        upkeep = open_upkeep(settings, ledger, rules(), clock, Console(quiet=True))
        with ThreadPoolExecutor(1) as beside:
            keeping = asyncio.ensure_future(upkeep.run(beside, sweeps=True))
            try:
                await story(upkeep, clock)
            finally:
                keeping.cancel()
                await asyncio.wait({keeping})

    run_virtual(work, at)


def test_a_keeper_brings_back_the_visit_of_a_gateway_that_died(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    community = Community(sqlite_ledger, tmp_path)
    community.settle(1)
    with sqlite_ledger.session() as session:
        claim_due(session, 1, owner="dead", now=MONDAY, limit=1)

    async def wait_for_the_lease(_: Upkeep, clock: Clock) -> None:
        await clock.sleep(60)
        assert community.visit().status == "in_progress"
        await clock.sleep(90)

    keep(sqlite_ledger, tmp_path, wait_for_the_lease)
    visit = community.visit()
    assert (visit.status, visit.next_attempt_at, visit.lease_owner) == ("planned", MONDAY, None)
    with sqlite_ledger.reading() as session:
        assert session.get(Heartbeat, SWEEPER) is not None
        assert session.get(Heartbeat, "dialer") is None, "nobody dials, and that must be seen"


def test_a_keeper_ends_visits_whose_period_is_over_though_nobody_dials(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    community = Community(sqlite_ledger, tmp_path)
    community.settle(1, campaign={"ends_on": MONDAY.date()})

    async def wait_for_the_end(_: Upkeep, clock: Clock) -> None:
        assert community.visit().status == "planned"
        await clock.sleep(120)

    midnight_in_china = datetime(2026, 11, 23, 16, tzinfo=UTC)
    keep(sqlite_ledger, tmp_path, wait_for_the_end, at=midnight_in_china - timedelta(minutes=1))
    assert community.visit().outcome == "expired"


def test_a_nudged_keeper_delivers_at_once_on_every_channel(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    async def write_and_nudge(upkeep: Upkeep, clock: Clock) -> None:
        await clock.sleep(0.5)
        write_message(sqlite_ledger, "nudged")
        write_message(sqlite_ledger, "nudged too", channel="console")
        upkeep.nudge()
        await clock.sleep(0.1)

    keep(sqlite_ledger, tmp_path, write_and_nudge)
    with sqlite_ledger.reading() as session:
        messages = session.scalars(select(Notification)).all()
        assert {message.channel for message in messages} == {"console", "file"}
        assert {(message.status, message.sent_at) for message in messages} == {
            ("sent", MONDAY + timedelta(seconds=0.5))
        }


def wenan(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "wenan", *arguments],
        cwd=folder,
        env={
            "WENAN_DATA_DIR": str(folder / "data"),
            "WENAN_LOG_LEVEL": "error",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_process_that_is_only_a_gateway_needs_a_line(tmp_path: Path) -> None:
    gateway = wenan(tmp_path, "up", "gateway", WENAN_LINE="none")
    _, said = gateway.communicate(timeout=PATIENCE_S)
    assert gateway.returncode == errors.USAGE
    assert "WENAN_LINE" in said


@pytest.mark.servers
def test_two_keeper_processes_deliver_each_message_once(
    postgres_ledgers: Ledgers, keyring: Keyring, tmp_path: Path
) -> None:
    url = postgres_ledgers.migrated_url(tmp_path)
    key_file = tmp_path / "test.key"
    key_file.write_bytes(TEST_KEY)
    with opened(url, keyring) as ledger:
        settings = {"WENAN_DATABASE_URL": url, "WENAN_KEY_FILE": str(key_file), "WENAN_NOTIFY": '["file"]'}
        keepers = [wenan(tmp_path, "up", "keeper", **settings) for _ in range(2)]
        try:
            for each in keepers:
                assert each.stdout is not None
                assert each.stdout.readline() == "Running: keeper\n"
            for number in range(40):
                write_message(ledger, f"message-{number}", SystemClock().now())
            ends = time.monotonic() + PATIENCE_S
            while time.monotonic() < ends and unsent(ledger):
                time.sleep(0.2)
        finally:
            for each in keepers:
                each.send_signal(signal.SIGTERM)
            said = [each.communicate(timeout=PATIENCE_S) for each in keepers]
        assert unsent(ledger) == 0, said
        assert [each.returncode for each in keepers] == [0, 0], said
        lines = (tmp_path / "data" / "notifications.jsonl").read_text(encoding="utf-8").splitlines()
        keys = [key for line in lines if (key := json.loads(line)["key"]).startswith("message-")]
        assert sorted(keys) == sorted(f"message-{number}" for number in range(40))
    postgres_ledgers.discard(url)


def unsent(ledger: Ledger) -> int:
    with ledger.reading() as session:
        return len(session.scalars(select(Notification.id).where(Notification.status != "sent")).all())
