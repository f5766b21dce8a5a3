"""The tables come into being once, the same on both databases, whoever starts first."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from cryptography.fernet import Fernet
from sqlalchemy import inspect, text
from support.ledgers import Ledgers, opened

from records.keyring import Keyring
from records.sessions import Ledger, LedgerError
from records.tables import Base
from records.upgrading import alembic_config

PROGRAMS_AT_ONCE = 2
PATIENCE_S = 240.0
"""Real seconds that programs get for what takes them a few."""


@pytest.fixture
def empty_url(ledgers: Ledgers, tmp_path: Path) -> Iterator[str]:
    url = ledgers.empty_url(tmp_path)
    yield url
    ledgers.discard(url)


@pytest.fixture
def empty(empty_url: str, keyring: Keyring) -> Iterator[Ledger]:
    with opened(empty_url, keyring) as fresh:
        yield fresh


def test_models_and_migrations_say_the_same(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_changes_nothing(empty: Ledger) -> None:
    empty.migrate()
    empty.migrate()
    assert set(inspect(empty.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_every_step_can_be_walked_back(empty: Ledger) -> None:
    empty.migrate()
    with empty.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert inspect(empty.engine).get_table_names() == ["alembic_version"]
    empty.migrate()


def test_a_step_that_fails_leaves_no_table_behind(empty: Ledger) -> None:
    with empty.engine.begin() as connection:
        connection.execute(text("CREATE TABLE turns (in_the_way INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        empty.migrate()
    assert inspect(empty.engine).get_table_names() == ["turns"]


def test_a_ledger_of_a_newer_program_is_left_alone(ledger: Ledger) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match=r"made by a newer version of this program.*9999"):
        ledger.migrate()


def test_a_lost_key_file_is_noticed_before_anything_is_written(
    ledgers: Ledgers, tmp_path: Path, keyring: Keyring
) -> None:
    url = ledgers.migrated_url(tmp_path)
    other = Keyring(Fernet.generate_key())
    with opened(url, other) as wrong, pytest.raises(LedgerError, match="sealed with another key file"):
        wrong.migrate()
    with opened(url, keyring) as again:
        again.migrate()


def _wait_for_the_others(gate: Barrier) -> None:
    gate.wait(timeout=PATIENCE_S)


def _start_up(url: str, key: bytes) -> str:
    with opened(url, Keyring(key)) as ledger:
        ledger.migrate()
    return "ready"


def test_programs_that_start_at_the_same_time_take_turns(empty_url: str) -> None:
    spawning = multiprocessing.get_context("spawn")
    gate = spawning.Barrier(PROGRAMS_AT_ONCE)
    key = Fernet.generate_key()
    with ProcessPoolExecutor(
        PROGRAMS_AT_ONCE, mp_context=spawning, initializer=_wait_for_the_others, initargs=(gate,)
    ) as programs:
        started = [programs.submit(_start_up, empty_url, key) for _ in range(PROGRAMS_AT_ONCE)]
        assert [program.result(timeout=PATIENCE_S) for program in started] == ["ready"] * PROGRAMS_AT_ONCE
