"""Keepers of rounds: they die anywhere, look at the same moment, and work side by side over midnight."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from rich.console import Console
from sqlalchemy import select, update
from support.campaigning import MONDAY, open_monthly, script
from support.casebook import HandClock, rules
from support.district import BY_ITSELF, WEEK, District
from support.powercuts import DyingLedger

from campaigns.planner import plan_visits
from campaigns.standing_rounds import RoundTerms, keep_round, rounds_to_keep
from ivr.clock import Clock
from ivr.virtual_time import run_virtual
from records.people import Elder
from records.rounds import Round
from records.sessions import Ledger, LedgerError
from records.visits import Visit
from wenan.round_keeping import with_rounds
from wenan.settings import Settings
from wenan.upkeep import ROUNDS_SECONDS, Upkeep
from wenan.wiring import open_upkeep

SUNDAY_NIGHT = datetime.fromisoformat("2026-11-22T23:51:00+08:00")


@pytest.fixture
def district(sqlite_ledger: Ledger) -> District:
    return District(sqlite_ledger).settle()


class TestCrashes:
    @pytest.mark.parametrize("committed", [False, True])
    @pytest.mark.parametrize("at", [1, 2])
    def test_a_keeper_that_dies_anywhere_leaves_nothing_half_done(
        self, district: District, at: int, committed: bool
    ) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.agree("east", "east-1", BY_ITSELF)
        dying = district.keeper(DyingLedger(district.ledger, at=at, committed=committed))
        with pytest.raises(LedgerError):
            dying.make_round()
        district.keeper().make_round()
        assert len(district.rounds()) == 2
        assert sorted(elder for _, elder in district.visits()) == ["1", "2"]

    def test_a_policy_that_cannot_be_read_stops_nothing_else(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        with district.ledger.session() as session:
            session.connection().exec_driver_sql("UPDATE policy_versions SET document = '{}'")
        assert district.keeper().make_round() == 0

    def test_rounds_that_cannot_be_opened_are_silent_until_they_can(self, district: District) -> None:
        district.agree(None, "own-1", BY_ITSELF)
        district.keeper().make_round()
        assert district.last_beat() == MONDAY
        with district.ledger.session() as session:
            whole = session.connection().exec_driver_sql("SELECT document FROM policy_versions").scalar()
            session.connection().exec_driver_sql("UPDATE policy_versions SET document = '{}'")
        district.clock.moment += timedelta(minutes=20)
        district.keeper().make_round()
        assert district.last_beat() == MONDAY
        with district.ledger.session() as session:
            session.connection().exec_driver_sql("UPDATE policy_versions SET document = ?", (whole,))
        district.keeper().make_round()
        assert district.last_beat() == MONDAY + timedelta(minutes=20)


class TestManyKeepers:
    @pytest.fixture
    def shared(self, ledger: Ledger) -> District:
        """On SQLite and on PostgreSQL."""
        return District(ledger).settle()

    def test_keepers_that_look_at_the_same_moment_open_one_round(self, shared: District) -> None:
        shared.agree(None, "own-1", BY_ITSELF)
        gate = Barrier(3)

        def look(_: int) -> int:
            gate.wait(timeout=60)
            return shared.keeper().make_round()

        with ThreadPoolExecutor(3) as keepers:
            assert sorted(keepers.map(look, range(3))) == [0, 0, 2]
        assert shared.rounds() == [(WEEK, "running")]
        assert sorted(elder for _, elder in shared.visits()) == ["1", "2"]

    def test_what_two_keepers_saw_before_either_wrote_is_opened_once(self, shared: District) -> None:
        shared.agree(None, "own-1", BY_ITSELF)
        terms = RoundTerms(script(), "Asia/Shanghai")
        with shared.ledger.reading() as one:
            (seen,) = rounds_to_keep(one, MONDAY)
        with shared.ledger.session() as session:
            assert keep_round(session, seen, terms, MONDAY) == 2
        with shared.ledger.session() as session:
            assert keep_round(session, replace(seen), terms, MONDAY) == 0
        with shared.ledger.reading() as session:
            assert len(session.scalars(select(Round)).all()) == 1

    def test_a_draft_is_opened_and_started_on_either(self, shared: District) -> None:
        shared.keeper().make_round()
        assert shared.start(WEEK) == 2


def keep(
    ledger: Ledger, folder: Path, story: Callable[[Clock], Awaitable[None]], at: datetime, keepers: int = 2
) -> None:
    """Let keepers work side by side on a virtual clock while a story goes on."""

    async def work(clock: Clock) -> None:
        settings = Settings(data_dir=folder, notify=["file"], line="village")
        upkeeps: list[Upkeep] = [
            replace(
                with_rounds(
                    open_upkeep(settings, ledger, rules(), clock, Console(quiet=True)), settings, rules()
                ),
                outboxes=(),  # what they send is another story
            )
            for _ in range(keepers)
        ]
        with ThreadPoolExecutor(1) as beside:
            working = [
                asyncio.ensure_future(each.run(beside, ladder_seconds=300, audit_seconds=300))
                for each in upkeeps
            ]
            try:
                await story(clock)
            finally:
                for each in working:
                    each.cancel()
                await asyncio.wait(working)

    run_virtual(work, at)


def test_two_keepers_open_the_weeks_round_when_monday_begins(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    district = District(sqlite_ledger, HandClock(SUNDAY_NIGHT)).settle()
    district.agree(None, "own-1", BY_ITSELF)
    with sqlite_ledger.session() as session:  # seen to last week, and due on Monday again
        plan_visits(session, open_monthly(session, SUNDAY_NIGHT, ends_on=date(2026, 11, 22)), SUNDAY_NIGHT)
        session.execute(update(Elder).values(birth_date=date(1940, 1, 1), tier="key"))
    district.all_visited()
    with sqlite_ledger.session() as session:
        session.execute(update(Visit).values(ended_at=SUNDAY_NIGHT - timedelta(days=6)))

    async def over_midnight(clock: Clock) -> None:
        await clock.sleep(60)
        assert [name for name, _ in district.rounds()] == ["十一月问安"]
        await clock.sleep(ROUNDS_SECONDS)

    keep(sqlite_ledger, tmp_path, over_midnight, SUNDAY_NIGHT)
    assert [name for name, _ in district.rounds()] == ["十一月问安", WEEK]
    assert len([name for name, _ in district.visits() if name == WEEK]) == 2
