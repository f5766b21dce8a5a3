"""Tables for a spreadsheet: everybody is in them, once, and nothing in them is carried out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import select
from support.campaigning import Community, elder_name

from records.people import Elder
from records.sessions import Ledger
from wenan.cli import export

CAMPAIGN = "十一月问安"


@pytest.fixture
def ledger(sqlite_ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ledger:
    monkeypatch.setenv("WENAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(export, "open_ledger", lambda _settings: sqlite_ledger)
    return sqlite_ledger


def exported(folder: Path) -> list[str]:
    """The first column of the visits' table, without its head."""
    export.export_visits(CAMPAIGN, folder / "visits.csv")
    with (folder / "visits.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row[0] for row in csv.reader(file)][1:]


def test_of_more_visits_than_are_held_at_a_time_each_is_there_once(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "BATCH", 2)
    Community(ledger, tmp_path).settle(5)
    assert exported(tmp_path) == [elder_name(index) for index in range(1, 6)]


@pytest.mark.parametrize("name", ["=1+1", "+8653", "-1", "@SUM(A1)"])
def test_a_name_that_a_spreadsheet_would_carry_out_stays_a_name(
    ledger: Ledger, tmp_path: Path, name: str
) -> None:
    Community(ledger, tmp_path).settle(1)
    with ledger.session() as session:
        session.scalars(select(Elder)).one().name = name
    assert exported(tmp_path) == [f"'{name}"]
