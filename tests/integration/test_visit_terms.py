"""The terms visits rest on: stored once, whoever plans; moved by the migration without losing a word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import func, select, text
from support.campaigning import MONDAY, Community, open_monthly
from support.ledgers import Ledgers, opened

from campaigns.planner import plan_visits
from campaigns.snapshots import Snapshot
from records.keyring import Keyring
from records.sessions import Ledger
from records.upgrading import alembic_config
from records.versions import VisitTerms, fingerprint, keep_terms
from records.visits import Visit

OLD = [
    {"module": "meals", "policy": {"version": "一", "days": [1, 2]}, "tier": "key"},
    {"tier": "key", "module": "meals", "policy": {"days": [1, 2], "version": "一"}},
    {"module": "", "policy": {"version": "二"}},
    {},
]
"""The second says the same as the first, in another order."""


@pytest.fixture
def before(ledgers: Ledgers, tmp_path: Path, keyring: Keyring) -> Iterator[Ledger]:
    """A ledger of the version before, with a visit for each of the old documents."""
    url = ledgers.empty_url(tmp_path)
    with opened(url, keyring) as ledger:
        ledger.migrate()
        community = Community(ledger, tmp_path)
        community.settle(len(OLD))
        with ledger.engine.begin() as connection:
            command.downgrade(alembic_config(connection), "0019")
            for number, document in enumerate(OLD, start=1):
                connection.execute(
                    text("UPDATE visits SET snapshot = :said WHERE id = :id"),
                    {"said": json.dumps(document), "id": number},
                )
        yield ledger
    ledgers.discard(url)


def documents(ledger: Ledger) -> list[dict[str, object]]:
    with ledger.reading() as session:
        return [visit.snapshot for visit in session.scalars(select(Visit).order_by(Visit.id))]


def test_what_visits_said_is_kept_and_the_same_is_kept_once(before: Ledger) -> None:
    before.migrate()
    assert documents(before) == OLD
    with before.session() as session:
        assert session.scalar(select(func.count(VisitTerms.id))) == 2
        assert (
            keep_terms(session, OLD[1]) == session.scalars(select(Visit.terms_id).where(Visit.id == 1)).one()
        )
        assert keep_terms(session, {"another": 1}) == 3


def test_the_way_back_gives_every_visit_its_own_again(before: Ledger) -> None:
    before.migrate()
    with before.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0019")
        rows = connection.execute(text("SELECT snapshot FROM visits ORDER BY id")).scalars()
        assert [json.loads(row) if isinstance(row, str) else row for row in rows] == [
            OLD[0],
            OLD[0],
            OLD[2],
            {},
        ]
    before.migrate()
    assert documents(before) == [OLD[0], OLD[0], OLD[2], {}]


def test_visits_planned_alike_share_their_terms(ledger: Ledger, tmp_path: Path) -> None:
    community = Community(ledger, tmp_path)
    community.settle(60)
    with ledger.session() as session:
        again = open_monthly(session, name="再来一次")
        plan_visits(session, again, MONDAY)
        visits, kept = (session.scalar(select(func.count(each.id))) or 0 for each in (Visit, VisitTerms))
        snapshots = [Snapshot.model_validate(visit.snapshot) for visit in session.scalars(select(Visit))]
    assert (visits, kept) == (120, len({each.module for each in snapshots}))


def test_the_order_in_which_something_is_written_makes_no_difference() -> None:
    assert fingerprint(OLD[0]) == fingerprint(OLD[1]) != fingerprint(OLD[2])
