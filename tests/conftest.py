"""Fixtures shared by the tests of all rooms."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from support.ledgers import TEST_KEY, Ledgers, PostgresLedgers, SqliteLedgers, opened
from support.postgres import NoServerError, running_server
from support.side_by_side import spread, workers_for

from records.keyring import Keyring
from records.sessions import Ledger

pytest.register_assert_rewrite("support.panel_fixtures")
# Imported by tests of webhooks and, as a plugin, by those of the panel: rewritten whoever comes first.
settings.register_profile("wenan", deadline=None)
settings.load_profile("wenan")
# How long an example takes is the machine's affair; benchmarks measure speed.


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For ``-n auto``."""
    return workers_for(os.cpu_count() or 1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side, calls lie between what computes, and a model is loaded once for all tests of its file."""
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if item.get_closest_marker("models"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    calls = [item for item in items if item.get_closest_marker("sip")]
    items[:] = spread(calls, [item for item in items if not item.get_closest_marker("sip")])


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """A keyring that is the same in every run."""
    return Keyring(TEST_KEY)


@pytest.fixture
def now() -> datetime:
    """A Wednesday, 10:00 in China."""
    return datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def sqlite_ledgers(tmp_path_factory: pytest.TempPathFactory, keyring: Keyring) -> Ledgers:
    return SqliteLedgers(tmp_path_factory.mktemp("sqlite"), keyring)


@pytest.fixture(scope="session")
def postgres_ledgers(keyring: Keyring) -> Iterator[Ledgers]:
    """Ledgers on a PostgreSQL server of our own; tests are skipped where there is none."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_server())
        except NoServerError as reason:
            pytest.skip(str(reason))
        ledgers = PostgresLedgers(server, keyring)
        stack.callback(ledgers.close)
        yield ledgers


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def ledgers(request: pytest.FixtureRequest) -> Ledgers:
    """Where fresh ledgers come from: every test that uses them runs on both databases."""
    name = {"sqlite": "sqlite_ledgers", "postgresql": "postgres_ledgers"}[request.param]
    found: Ledgers = request.getfixturevalue(name)
    return found


@pytest.fixture
def ledger(ledgers: Ledgers, tmp_path: Path, keyring: Keyring) -> Iterator[Ledger]:
    """A fresh, migrated ledger, once on SQLite and once on PostgreSQL."""
    url = ledgers.migrated_url(tmp_path)
    with opened(url, keyring) as fresh:
        yield fresh
    ledgers.discard(url)


@pytest.fixture
def sqlite_ledger(sqlite_ledgers: Ledgers, tmp_path: Path, keyring: Keyring) -> Iterator[Ledger]:
    """A fresh, migrated ledger in a file, for tests to which the database does not matter."""
    with opened(sqlite_ledgers.migrated_url(tmp_path), keyring) as fresh:
        yield fresh
