"""What keeps lists and overviews of a city quick on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, text
from support.ledgers import Ledgers, opened

from records.keyring import Keyring
from records.to_hear import worth_hearing
from records.visits import Visit

pytestmark = pytest.mark.servers


def test_no_query_waits_for_machine_code_to_be_made(
    postgres_ledgers: Ledgers, keyring: Keyring, tmp_path: Path
) -> None:
    url = postgres_ledgers.migrated_url(tmp_path)
    with opened(url, keyring) as ledger, ledger.reading() as session:
        assert session.scalar(text("SHOW jit")) == "off"
    postgres_ledgers.discard(url)


def test_the_newest_flagged_calls_are_found_without_reading_all_flags_of_all_years(
    postgres_ledgers: Ledgers, keyring: Keyring, tmp_path: Path
) -> None:
    url = postgres_ledgers.migrated_url(tmp_path)
    newest = select(Visit.id).where(Visit.noted, worth_hearing()).order_by(Visit.id.desc()).limit(1000)
    with opened(url, keyring) as ledger, ledger.reading() as session:
        statement = newest.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {statement}")))
    assert "SubPlan" in plan
    assert "hashed" not in plan, "every flag there is would be read before the first call is shown"
    postgres_ledgers.discard(url)
