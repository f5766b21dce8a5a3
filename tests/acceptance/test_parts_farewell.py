"""A part that stops on purpose says so and is not called silent; one that dies is missed until it is back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import get_ident

import pytest
from rich.console import Console
from sqlalchemy import event, select
from support.casebook import MORNING, rules
from typer.testing import CliRunner

from escalation.aftercare import VisitAftercare
from escalation.auditor import Auditor
from escalation.oversights import components_silent
from ivr.clock import SystemClock
from records.audit import AuditEvent, Heartbeat, beat
from records.farewells import RETIRED, SIGNED_OFF, farewell, reason_of, retire, sign_off
from records.sessions import Ledger, LedgerError
from wenan.cli import app, main
from wenan.lines import Telephones
from wenan.product import _Process
from wenan.receiving_settings import ReceivingSettings
from wenan.roles import Role
from wenan.settings import load_settings
from wenan.upkeep import Upkeep
from wenan.wiring import open_ledger, open_rules

pytest_plugins = ["support.panel_fixtures"]

LATER = timedelta(hours=1)
AUDITOR = rules().policy.auditor
KEEPER = ["auditor", "ladders", "outbox", "retention", "rounds", "sweeper"]


def readiness(panel):
    answer = panel.app.test_client().get("/readyz?all=1")
    return answer.status_code, answer.get_json()["silent"], answer.get_json()["off"]


def test_a_part_that_signed_off_is_not_silent_and_one_that_died_stays_red(panel):
    with panel.ledger.session() as session:
        for part in ("dialer", "sweeper"):
            beat(session, part, panel.clock.now(), calls=2)
        sign_off(session, ["sweeper", "never-began"], panel.clock.now())
    panel.clock.moment += LATER
    assert readiness(panel) == (503, ["dialer"], ["sweeper"])
    panel.clock.moment += timedelta(days=30)
    assert readiness(panel) == (503, ["dialer"], ["sweeper"])


def test_an_operator_retires_a_part_and_its_next_sign_of_life_has_it_watched_again(panel):
    with panel.ledger.session() as session:
        beat(session, "dialer", panel.clock.now())
    panel.clock.moment += LATER
    with panel.ledger.session() as session:
        retire(session, "dialer", at=panel.clock.now(), actor="cli")
    assert readiness(panel) == (200, [], ["dialer"])
    with panel.ledger.session() as session:
        beat(session, "dialer", panel.clock.now())
    assert readiness(panel) == (200, [], [])
    panel.clock.moment += LATER
    assert readiness(panel) == (503, ["dialer"], [])


def test_the_auditor_misses_who_signed_off_and_not_who_is_retired(sqlite_ledger: Ledger) -> None:
    def missed() -> list[str]:
        with sqlite_ledger.reading() as session:
            return [each.subject for each in components_silent(session, AUDITOR, MORNING + LATER)]

    with sqlite_ledger.session() as session:
        for part in AUDITOR.heartbeats:
            beat(session, part, MORNING)
        sign_off(session, ["dialer"], MORNING)
    assert "dialer" in missed(), "a gateway that was stopped and forgotten"
    with sqlite_ledger.session() as session:
        retire(session, "dialer", at=MORNING + LATER, actor="cli")
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "part_retired")).one()
        assert (noted.actor, noted.detail) == ("cli", {"component": "dialer"})
    assert missed() == ["ladders", "outbox", "retention", "rounds"]


def test_a_part_that_nobody_needs_is_retired_after_a_fortnight_with_its_reason(panel):
    with panel.ledger.session() as session:
        for part in ("sweeper", "dialer"):
            beat(session, part, panel.clock.now())
    auditor = Auditor(panel.ledger, rules(), VisitAftercare(rules()), panel.clock)
    panel.clock.moment += timedelta(days=13)
    auditor.make_round()
    assert readiness(panel) == (503, ["dialer", "sweeper"], [])
    panel.clock.moment += timedelta(days=2)
    auditor.make_round()
    assert readiness(panel) == (503, ["dialer"], ["sweeper"]), "the dialer's work is asked for"
    with panel.ledger.reading() as session:
        assert "14 days" in reason_of(session.get_one(Heartbeat, "sweeper")), "as `wenan part list` shows it"
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "part_retired")).one()
        assert (noted.actor, noted.detail["component"]) == ("auditor", "sweeper")
    with panel.ledger.session() as session:
        beat(session, "sweeper", panel.clock.now())
    assert readiness(panel) == (503, ["dialer"], []), "it lives after all"


def test_a_part_that_another_process_does_as_well_is_back_with_its_next_beat(sqlite_ledger: Ledger) -> None:
    with sqlite_ledger.session() as session:
        beat(session, "outbox", MORNING)
        sign_off(session, ["outbox"], MORNING)
        beat(session, "outbox", MORNING + timedelta(seconds=20))
    with sqlite_ledger.reading() as session:
        assert farewell(session.get_one(Heartbeat, "outbox")) == ""


def said(ledger: Ledger) -> dict[str, str]:
    with ledger.reading() as session:
        return {row.component: farewell(row) for row in session.scalars(select(Heartbeat))}


def run_keeper(ledger: Ledger, folder: Path, until: Callable[[], object]) -> None:
    """A keeper as ``wenan up keeper`` runs it, until everything in it has beaten."""
    settings = load_settings(data_dir=folder, notify=["file"], line="none")
    process = _Process(
        settings,
        ledger,
        SystemClock(),
        Console(quiet=True),
        frozenset({Role.KEEPER}),
        Telephones(None),
        ReceivingSettings(),
        open_rules(settings),
    )

    async def live() -> None:
        loop, stirred, here = asyncio.get_running_loop(), asyncio.Event(), get_ident()

        def written(*_: object) -> None:
            if get_ident() != here:  # a transaction of the keeper's threads is over
                loop.call_soon_threadsafe(stirred.set)

        event.listen(ledger.engine, "checkin", written)
        running = asyncio.create_task(process.run())
        running.add_done_callback(lambda _: stirred.set())
        while not (running.done() or sorted(said(ledger)) == KEEPER):
            await stirred.wait()
            stirred.clear()
        event.remove(ledger.engine, "checkin", written)
        until()
        await running

    asyncio.run(live())


def test_a_keeper_that_is_stopped_signs_off_for_all_its_parts(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    run_keeper(sqlite_ledger, tmp_path, lambda: signal.raise_signal(signal.SIGTERM))
    assert said(sqlite_ledger) == dict.fromkeys(KEEPER, SIGNED_OFF)


def test_a_keeper_that_breaks_signs_off_for_nothing(
    sqlite_ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = Upkeep.order_in_home, asyncio.Event()

    def break_in_the_end(upkeep: Upkeep) -> int:
        if sorted(said(sqlite_ledger)) == KEEPER:
            raise ZeroDivisionError
        return whole(upkeep)

    monkeypatch.setattr(Upkeep, "order_in_home", break_in_the_end)
    monkeypatch.setattr("wenan.upkeep.HOMES_SECONDS", 0.05)
    with pytest.raises(ExceptionGroup):
        run_keeper(sqlite_ledger, tmp_path, broken.set)
    assert said(sqlite_ledger) == dict.fromkeys(KEEPER, "")


def test_a_ledger_that_is_away_at_the_end_is_no_error(
    sqlite_ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise LedgerError("gone")

    monkeypatch.setattr("wenan.signing_off.sign_off", away)
    run_keeper(sqlite_ledger, tmp_path, lambda: signal.raise_signal(signal.SIGTERM))
    assert set(said(sqlite_ledger).values()) == {""}


def test_the_command_line_lists_parts_and_retires_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WENAN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("WENAN_LINE", "village")
    ledger = open_ledger(load_settings())
    with ledger.session() as session:
        beat(session, "sweeper", MORNING)
        beat(session, "outbox", SystemClock().now())
    runner = CliRunner()
    shown = runner.invoke(app, ["part", "list"]).output
    assert "silent" in shown
    assert "alive" in shown
    assert "has not begun" in shown, "the policy wants a dialer"
    assert runner.invoke(app, ["part", "retire", "sweeper"]).exit_code == 0
    assert runner.invoke(app, ["part", "retire", "dialer"]).exit_code == 0
    assert said(ledger) == {"sweeper": RETIRED, "outbox": "", "dialer": RETIRED}
    assert RETIRED in runner.invoke(app, ["part", "list"]).output
    with pytest.raises(SystemExit) as left:
        main(["part", "retire", "kitchen"])
    assert left.value.code == 2
    assert "No part is called kitchen: use one of dialer, " in capsys.readouterr().err
    ledger.dispose()
