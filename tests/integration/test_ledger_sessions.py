"""The ledger keeps what was committed and nothing else, on both databases, from several threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from support.ledgers import Ledgers
from support.rows import an_elder

from records.keyring import Keyring
from records.locks import take_turns
from records.sessions import Ledger, LedgerError
from records.tables import Area, Elder


def add_area(ledger: Ledger, name: str) -> None:
    with ledger.session() as session:
        session.add(Area(level="town", name=name))


def areas(ledger: Ledger) -> list[str]:
    with ledger.reading() as session:
        return list(session.scalars(select(Area.name).order_by(Area.name)))


def test_what_is_written_in_a_session_is_there_afterwards(ledger: Ledger) -> None:
    add_area(ledger, "昆仑镇")
    assert areas(ledger) == ["昆仑镇"]


def test_a_commit_of_the_product_waits_for_the_disk(
    sqlite_ledgers: Ledgers, tmp_path: Path, keyring: Keyring
) -> None:
    """Other tests do not (``support.ledgers.ledger_at``)."""
    ledger = Ledger(sqlite_ledgers.migrated_url(tmp_path), keyring)
    with ledger.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "FULL"
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    ledger.dispose()


def test_an_exception_leaves_nothing_behind(ledger: Ledger) -> None:
    def add_and_fail() -> None:
        with ledger.session() as session:
            session.add(Area(level="town", name="昆仑镇"))
            session.flush()
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        add_and_fail()
    assert areas(ledger) == []


def test_objects_stay_readable_after_the_commit(ledger: Ledger) -> None:
    with ledger.session() as session:
        area = Area(level="town", name="昆仑镇")
        session.add(area)
    assert area.id > 0
    assert area.name == "昆仑镇"


def test_a_reading_session_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"), ledger.reading() as session:
        session.execute(insert(Area).values(level="town", name="昆仑镇", timezone="Asia/Shanghai"))
    add_area(ledger, "寨里镇")
    assert areas(ledger) == ["寨里镇"]


def test_a_reading_session_sees_one_moment_and_does_not_wait_for_a_writer(ledger: Ledger) -> None:
    with ledger.reading() as reader:
        assert reader.scalar(select(func.count()).select_from(Area)) == 0
        add_area(ledger, "昆仑镇")
        assert reader.scalar(select(func.count()).select_from(Area)) == 0
    assert areas(ledger) == ["昆仑镇"]


def test_a_writer_that_reads_first_waits_for_the_other_instead_of_failing(ledger: Ledger) -> None:
    add_area(ledger, "昆仑镇")
    together = threading.Barrier(4)

    def count_up(_: int) -> None:
        together.wait()
        for _ in range(10):
            with ledger.session() as session:
                area = session.scalars(select(Area).with_for_update()).one()
                area.timezone = str(int(area.timezone if area.timezone.isdigit() else 0) + 1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(4)))
    with ledger.reading() as session:
        assert session.scalars(select(Area.timezone)).one() == "40"


def test_foreign_keys_hold(ledger: Ledger, now: datetime) -> None:
    with pytest.raises(IntegrityError), ledger.session() as session:
        session.add(an_elder(now, area_id=4711))


def test_times_come_back_in_utc_and_naive_ones_are_refused(ledger: Ledger, now: datetime) -> None:
    with ledger.session() as session:
        session.add(an_elder(now))
    with ledger.reading() as session:
        assert session.scalars(select(Elder)).one().created_at == now
        assert session.scalars(select(Elder).where(Elder.created_at <= now)).all()
    with pytest.raises(StatementError, match="without a time zone"), ledger.session() as session:
        session.scalars(select(Elder)).one().updated_at = datetime(2026, 3, 4, 10, 0)  # noqa: DTZ001 - the point


def test_names_are_sealed_in_the_file(sqlite_ledger: Ledger, tmp_path: Path, now: datetime) -> None:
    with sqlite_ledger.session() as session:
        session.add(an_elder(now))
    sqlite_ledger.dispose()
    stored = (tmp_path / "ledger.db").read_bytes()
    assert "昆仑镇".encode() in stored
    assert "王秀英".encode() not in stored


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("not a url", "not a database URL"),
        ("mysql://localhost/wenan", "cannot be kept in 'mysql'"),
        ("sqlite://", "must be kept in a file"),
        ("sqlite:///:memory:", "must be kept in a file"),
    ],
)
def test_an_address_that_is_no_ledger_is_refused_at_once(url: str, says: str, keyring: Keyring) -> None:
    with pytest.raises(LedgerError, match=says):
        Ledger(url, keyring)


def test_an_unreachable_server_gives_one_clear_line_without_the_password(keyring: Keyring) -> None:
    ledger = Ledger("postgresql://wenan:secret@127.0.0.1:1/wenan", keyring)
    with pytest.raises(LedgerError) as caught:
        ledger.migrate()
    ledger.dispose()
    message = str(caught.value)
    assert "127.0.0.1:1/wenan cannot be used: connection" in message
    assert "\n" not in message
    assert "secret" not in message


def test_a_file_that_is_no_database_gives_one_clear_line(tmp_path: Path, keyring: Keyring) -> None:
    file = tmp_path / "roster.xlsx"
    file.write_bytes(b"PK\x03\x04 certainly not a database" * 100)
    ledger = Ledger(f"sqlite:///{file}", keyring)
    with pytest.raises(LedgerError, match=r"roster\.xlsx is not a ledger"):
        ledger.migrate()
    ledger.dispose()
    assert file.read_bytes().startswith(b"PK")


def test_a_folder_that_cannot_be_made_gives_one_clear_line(tmp_path: Path, keyring: Keyring) -> None:
    (tmp_path / "var").write_text("a file where a folder should be")
    ledger = Ledger(f"sqlite:///{tmp_path}/var/ledger.db", keyring)
    with pytest.raises(LedgerError, match="cannot be created"):
        ledger.migrate()
    ledger.dispose()


def test_a_file_that_is_a_folder_gives_one_clear_line(tmp_path: Path, keyring: Keyring) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}", keyring)
    with pytest.raises(LedgerError, match="cannot be opened for writing"):
        ledger.migrate()
    ledger.dispose()


def test_the_folder_is_made_and_the_file_is_for_its_owner_only(tmp_path: Path, keyring: Keyring) -> None:
    file = tmp_path / "var" / "deep" / "ledger.db"
    ledger = Ledger(f"sqlite:///{file}", keyring)
    ledger.migrate()
    ledger.dispose()
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_unmigrated_ledger_gives_one_clear_line(tmp_path: Path, keyring: Keyring) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db", keyring)
    with pytest.raises(LedgerError, match="no such table"), ledger.session() as session:
        session.scalars(select(Area)).all()
    ledger.dispose()


def test_a_ledger_is_named_without_its_password(keyring: Keyring) -> None:
    ledger = Ledger("postgresql://wenan:secret@127.0.0.1/wenan", keyring)
    assert "secret" not in repr(ledger)
    ledger.dispose()


def test_the_same_work_is_done_by_one_at_a_time(ledger: Ledger) -> None:
    together = threading.Barrier(3)

    def add_once(_: int) -> None:
        together.wait()
        with ledger.session() as session:
            take_turns(session, "areas")
            if not session.scalars(select(Area)).all():
                session.add(Area(level="town", name="昆仑镇"))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(add_once, range(3)))
    assert areas(ledger) == ["昆仑镇"]


def test_errors_tell_nothing_about_elders(ledger: Ledger) -> None:
    add_area(ledger, "昆仑镇")
    with pytest.raises(IntegrityError) as caught, ledger.session() as session:
        session.execute(insert(Area).values(id=1, level="town", name="王秀兰家", timezone="Asia/Shanghai"))
    assert "王秀兰" not in str(caught.value)
