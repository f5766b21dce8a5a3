"""The keeper's part that deletes: once an hour, with a sign of life in between, and none while it cannot."""

from __future__ import annotations

from pathlib import Path

from support.casebook import HandClock

from escalation.retention import COMPONENT, KeepFor
from records.audit import Heartbeat
from records.sessions import Ledger
from wenan.retention import Forgetting


def test_it_looks_once_an_hour_and_is_seen_to_live_meanwhile(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    clock = HandClock()
    forgetting = Forgetting(sqlite_ledger, tmp_path, KeepFor(180, 365, 0), clock)
    forgetting.make_round()
    first = clock.now()
    clock.forward(minutes=10)
    forgetting.make_round()
    assert forgetting.looked_at == first
    with sqlite_ledger.reading() as session:
        assert session.get_one(Heartbeat, COMPONENT).at == clock.now()
    clock.forward(minutes=50)
    forgetting.make_round()
    assert forgetting.looked_at == clock.now()


def test_what_cannot_be_deleted_is_seen_by_its_silence(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    stuck = folder / "2020-01" / "lost.wav"
    stuck.parent.mkdir(parents=True)
    stuck.write_bytes(b"")

    class Refusing(type(stuck)):  # type: ignore[misc]  # whichever kind of path this system has
        def unlink(self, missing_ok: bool = False) -> None:
            raise PermissionError(13, "no", str(missing_ok))

    clock = HandClock()
    forgetting = Forgetting(sqlite_ledger, Refusing(folder), KeepFor(1, 0, 0), clock)
    clock.moment = clock.moment.replace(year=2030)
    forgetting.make_round()
    assert forgetting.looked_at is None
    with sqlite_ledger.reading() as session:
        assert session.get(Heartbeat, COMPONENT) is None
