"""Ledgers from before words were sealed everywhere: an upgrade seals them, whenever it is cut off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import JSON, Connection, Text, bindparam, select, text
from support.casebook import aftercare, end, plan_visit, raise_flag, ring, say, settle_village
from support.ledgers import Ledgers, opened

from records.keyring import Keyring
from records.orders import WorkOrder, WorkOrderEvent
from records.sessions import Ledger
from records.upgrading import alembic_config
from records.visits import Assessment, Turn

BEFORE = "0013"
HEARD = "胸口疼得直冒汗"
TABLES = {
    "work_orders": ("result",),
    "work_order_events": ("note",),
    "assessments": ("review_note", "record_sheet"),
    "turns": ("evidence",),
}


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def old_url(ledgers: Ledgers, tmp_path: Path, keyring: Keyring) -> Iterator[str]:
    """A ledger with a story in it, as the program of the day before left it: words in plain text."""
    url = ledgers.migrated_url(tmp_path)
    with opened(url, keyring) as ledger:
        tell_a_story(ledger)
        with ledger.engine.begin() as connection:
            command.downgrade(alembic_config(connection), BEFORE)
        assert HEARD in cells(ledger)
    yield url
    ledgers.discard(url)


def tell_a_story(ledger: Ledger) -> None:
    village = settle_village(ledger, "grid_worker:li")
    with ledger.session() as session:
        visit = plan_visit(session, village)
        attempt = ring(session, visit, "answered_human", "completed")
        turn = say(
            session, attempt, "wellbeing", HEARD, "problem", urgency="emergency", codes=("chest_pain",)
        )
        for _ in range(3):
            say(session, attempt, "mood", "挺好", stands=False)
        flag = raise_flag(session, visit, "chest_pain", words=HEARD, turn=turn)
        aftercare().flag_raised(session, visit, flag, visit.created_at)
        end(visit, "escalated")
        aftercare().visit_ended(session, visit, visit.created_at)
        order = session.scalars(select(WorkOrder)).one()
        order.result = f"{HEARD}，已送医"
        session.add(
            WorkOrderEvent(order_id=order.id, at=order.opened_at, actor="li", kind="declined", note=HEARD)
        )
        session.scalars(select(Assessment)).one().review_note = HEARD


def cells(ledger: Ledger) -> str:
    """The columns in question as the database holds them."""
    with ledger.engine.connect() as connection:
        return "\n".join(
            json.dumps(row[0], ensure_ascii=False)
            for table, columns in TABLES.items()
            for column in columns
            for row in connection.execute(text(f"SELECT {column} FROM {table} ORDER BY id"))  # noqa: S608
        )


def in_words(ledger: Ledger) -> list[object]:
    """The same for those who hold the key."""
    with ledger.reading() as session:
        return [
            [order.result for order in session.scalars(select(WorkOrder))],
            [event.note for event in session.scalars(select(WorkOrderEvent).order_by(WorkOrderEvent.id))],
            [(each.review_note, each.record_sheet) for each in session.scalars(select(Assessment))],
            [turn.evidence for turn in session.scalars(select(Turn).order_by(Turn.id))],
        ]


def test_an_upgrade_seals_what_stood_in_plain_words(old_url: str, keyring: Keyring, tmp_path: Path) -> None:
    with opened(old_url, keyring) as ledger:
        ledger.migrate()
        assert HEARD not in cells(ledger)
        results, notes, reviews, evidence = in_words(ledger)
        assert results == [f"{HEARD}，已送医"]
        assert HEARD in notes
        assert reviews[0][0] == HEARD
        assert evidence[0][0]["found"] == HEARD
        assert evidence[1:] == [[], [], []]
    for file in tmp_path.glob("ledger.db*"):
        assert HEARD.encode() not in file.read_bytes(), "nor in the free room of the file's pages"


@pytest.mark.parametrize("survives", [0, 1, 3, 5, 8])
def test_an_upgrade_that_is_cut_off_changes_nothing_and_begins_anew(
    old_url: str, keyring: Keyring, survives: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = survives
    whole = Keyring.seal

    def seal_until_killed(ring: Keyring, words: str) -> str:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return whole(ring, words)

    with opened(old_url, keyring) as ledger:
        before = cells(ledger)
        with monkeypatch.context() as dying:
            dying.setattr(Keyring, "seal", seal_until_killed)
            with pytest.raises(Killed):
                ledger.migrate()
        assert cells(ledger) == before
        ledger.migrate()
        assert HEARD not in cells(ledger)
        assert HEARD in str(in_words(ledger))


def test_what_is_sealed_already_stays_as_it_is(old_url: str, keyring: Keyring) -> None:
    """As when a program that seals has written between two attempts."""
    with opened(old_url, keyring) as ledger:
        sealed = keyring.seal("已经封好")
        with ledger.engine.begin() as connection:
            put(connection, "work_orders", "result", Text(), sealed)
            put(connection, "assessments", "record_sheet", JSON(), {"sealed": keyring.seal('{"其他": "好"}')})
        ledger.migrate()
        assert sealed in cells(ledger)
        results, _, reviews, _ = in_words(ledger)
        assert (results, reviews[0][1]) == (["已经封好"], {"其他": "好"})


def test_words_that_look_sealed_are_words(old_url: str, keyring: Keyring) -> None:
    strange = "gAAAAABm" + "x" * 92
    with opened(old_url, keyring) as ledger:
        with ledger.engine.begin() as connection:
            put(connection, "work_orders", "result", Text(), strange)
            put(connection, "assessments", "record_sheet", JSON(), {"sealed": "其他"})
        ledger.migrate()
        results, _, reviews, _ = in_words(ledger)
        assert (results, reviews[0][1]) == ([strange], {"sealed": "其他"})


def put(connection: Connection, table: str, column: str, kind: Text | JSON, value: object) -> None:
    statement = text(f"UPDATE {table} SET {column} = :value")  # noqa: S608 - our own tables
    connection.execute(statement.bindparams(bindparam("value", value, type_=kind)))


def test_many_rows_are_sealed_batch_by_batch(ledgers: Ledgers, tmp_path: Path, keyring: Keyring) -> None:
    url = ledgers.migrated_url(tmp_path)
    with opened(url, keyring) as ledger:
        tell_a_story(ledger)
        with ledger.session() as session:
            order = session.scalars(select(WorkOrder)).one()
            for number in range(1201):
                session.add(
                    WorkOrderEvent(
                        order_id=order.id,
                        at=order.opened_at,
                        actor="li",
                        kind="added",
                        note=f"{HEARD}{number}",
                    )
                )
        before = in_words(ledger)
        with ledger.engine.begin() as connection:
            command.downgrade(alembic_config(connection), BEFORE)
        ledger.migrate()
        assert HEARD not in cells(ledger)
        assert in_words(ledger) == before
    ledgers.discard(url)
