"""The example rosters: what the demo phones, and what a coordinator sees of a form with mistakes."""

from __future__ import annotations

import importlib.util
import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import select

from campaigns.roster import import_roster
from records.people import Elder
from records.sessions import Ledger

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The tool that makes the example files."""
    spec = importlib.util.spec_from_file_location(
        "make_example_roster", ROOT / "tools" / "make_example_roster.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["roster.xlsx", "roster_with_problems.xlsx"])
def test_the_files_are_what_their_maker_makes(maker: ModuleType, tmp_path: Path, name: str) -> None:
    maker.main([str(tmp_path)])
    assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes()


@pytest.mark.parametrize("years_later", [0, 5, 10])
def test_all_24_elders_of_the_demo_may_be_phoned(
    sqlite_ledger: Ledger, now: datetime, years_later: int
) -> None:
    moment = now + timedelta(days=365 * years_later)
    report = import_roster(sqlite_ledger, EXAMPLES / "roster.xlsx", now=moment)
    assert (report.added, report.to_be_phoned, report.not_phoned) == (24, 24, [])
    assert (report.problems, report.unknown_columns) == ([], [])
    with sqlite_ledger.reading() as session:
        elders = session.scalars(select(Elder).order_by(Elder.id)).all()
        numbers = [elder.phones[0].number for elder in elders]
        assert numbers == [f"+865335550{number}" for number in range(101, 125)]
        assert all(elder.contacts and elder.contacts[0].number for elder in elders)
        assert any(contact.keyholder for elder in elders for contact in elder.contacts)
        assert {elder.tier for elder in elders} == {"key", "general"}
        assert {elder.area.level for elder in elders} == {"community"}


def test_the_registers_export_of_the_demo_says_the_same(
    sqlite_ledger: Ledger, maker: ModuleType, tmp_path: Path, now: datetime
) -> None:
    import_roster(sqlite_ledger, EXAMPLES / "roster.xlsx", now=now)
    export = tmp_path / "导出.csv"
    export.write_bytes(maker.csv_text(maker.people_in("example_elders.csv")).encode("gb18030"))
    report = import_roster(sqlite_ledger, export, now=now)
    assert (report.unchanged, report.updated, report.added, report.problems) == (24, 0, 0, [])


def test_the_form_with_mistakes_shows_each_of_them(sqlite_ledger: Ledger, now: datetime) -> None:
    report = import_roster(sqlite_ledger, EXAMPLES / "roster_with_problems.xlsx", now=now)
    assert [(problem.row, problem.column, problem.code, problem.kept) for problem in report.problems] == [
        (6, "身份证号码", "id_checksum", False),
        (7, "身份证号码", "id_lost_digits", False),
        (8, "联系电话", "phone_invalid", True),
        (9, "年龄", "age_differs", True),
        (10, "姓名", "name_missing", False),
        (11, "身份证号码", "too_young", False),
    ]
    assert [name for name, _ in report.not_phoned] == [
        "范长河",
        "姚素珍",
        "谭福来",
        "廖秀云",
        "邹国平",
        "熊大勇",
        "金顺姬",
    ]
    assert (report.rows, report.added, report.left_out, report.to_be_phoned) == (13, 9, 4, 2)
