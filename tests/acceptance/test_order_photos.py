"""Photos from an elder's home: taken with a telephone, kept sealed, shown to those who may see the order."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select
from support.panel_fixtures import text_of
from support.powercuts import DyingLedger
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from escalation.photos import FOLDER, MOST_PHOTOS, forget_photos, keep_photo
from escalation.pictures import read_picture
from records.audit import AuditEvent
from records.orders import WorkOrder, WorkOrderEvent
from records.people import Worker
from records.photos import OrderPhoto
from records.sessions import LedgerError

pytest_plugins = ["support.panel_fixtures"]

HOME = {1: "N", 2: (36.0, 39.0, 4.32), 3: "E", 4: (118.0, 3.0, 18.0)}


def photo(colour="navy", kind="JPEG"):
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(HOME)
    written = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(written, kind, exif=exif)
    return written.getvalue()


@pytest.fixture
def order(panel):
    return f"/orders/{panel.town.orders['孙桂英']}"


@pytest.fixture
def folder(panel):
    """Where this town's photos lie, emptied."""
    place = panel.town.folder / FOLDER
    for file in place.glob("*"):
        file.unlink()
    return place


def send(visitor, path, *pictures, **form):
    files = [FileStorage(io.BytesIO(data), f"{number}.jpg") for number, data in enumerate(pictures)]
    data = {"csrf_token": visitor.token(), "photos": files, **form}
    boundary, body = encode_multipart(data)  # in memory: the client would leave a file open
    kind = f'multipart/form-data; boundary="{boundary}"'
    visitor.seen = visitor.client.post(path, data=body, content_type=kind, follow_redirects=True)
    return text_of(visitor.seen.text)


def photos(panel):
    with panel.ledger.reading() as session:
        return list(session.scalars(select(OrderPhoto).order_by(OrderPhoto.id)))


def test_whoever_has_the_order_photographs_what_they_found(panel, order, folder):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    wang.press(f"{order}/on_site")
    assert 'capture="environment"' in wang.read(order), "the camera opens from the form"
    assert "已保存 2 张照片" in send(wang, f"{order}/photos", photo(), photo("red", "PNG"))
    kept = photos(panel)
    assert [(each.taken_by, each.place) for each in kept] == [("wang", None)] * 2, "no place unless allowed"
    for each in kept:
        sealed = (folder / each.file).read_bytes()
        assert b"JFIF" not in sealed, "whoever copies the folder sees nothing"
        assert (folder / each.file).stat().st_mode & 0o077 == 0
    shown = wang.get(f"{order}/photos/{kept[0].id}.jpg")
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert shown.headers["Cache-Control"] == "no-store"
    picture = Image.open(io.BytesIO(shown.data))
    assert (picture.size, dict(picture.getexif())) == ((64, 48), {})
    assert "查看照片（2 张）" in wang.words(order)
    with panel.ledger.reading() as session:
        looks = session.scalars(select(AuditEvent).where(AuditEvent.action == "saw_photo")).all()
        assert [(look.actor, look.detail) for look in looks] == [("wang", {"photo": kept[0].id})]


def test_the_place_is_kept_sealed_where_the_worker_allows_it(panel, order, folder):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    send(wang, f"{order}/photos", photo(), keep_place="yes")
    assert photos(panel)[0].place == {"lat": 36.6512, "lon": 118.055}
    with panel.ledger.engine.connect() as connection:
        raw = str(connection.exec_driver_sql("SELECT * FROM order_photos").all())
    assert "36.6" not in raw
    assert list(folder.iterdir()), "the picture itself knows nothing of it"


def test_photos_come_along_with_the_outcome_and_a_bad_one_does_not_hold_it_up(panel, order, folder):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    wang.press(f"{order}/on_site")
    words = send(wang, f"{order}/close", photo(), b"no picture", words="老人安好", elder_seen="yes")
    assert "已关单" in words or "不是能打开的照片" in words
    assert "不是能打开的照片" in words
    assert len(photos(panel)) == len(list(folder.iterdir())) == 1
    with panel.ledger.reading() as session:
        closed = session.get_one(WorkOrder, panel.town.orders["孙桂英"])
        assert (closed.status, closed.result) == ("closed", "老人安好")
    send(wang, f"{order}/photos", photo("green"))
    assert len(photos(panel)) == 2, "one that was forgotten comes afterwards"


def test_only_those_who_may_see_the_order_see_its_photos_and_only_its_holder_adds_some(panel, order, folder):
    wang, li = panel.as_("wang"), panel.as_("li")
    assert send(wang, f"{order}/photos", photo()), "not taken yet: refused"
    assert photos(panel) == []
    wang.press(f"{order}/accept")
    send(wang, f"{order}/photos", photo())
    (kept,) = photos(panel)
    path = f"{order}/photos/{kept.id}.jpg"
    assert panel.as_("zhao").get(path).status_code == 200, "the district's auditor"
    assert panel.as_("far").get(path).status_code == 404
    assert panel.visitor().get(path).status_code == 302, "sign in first"
    assert li.get(f"/orders/{panel.town.orders['高振华']}/photos/{kept.id}.jpg").status_code == 404
    for login, answer in (("zhao", 403), ("far", 404)):
        visitor = panel.as_(login)
        send(visitor, f"{order}/photos", photo("red"))
        assert visitor.seen.status_code == answer
    assert len(photos(panel)) == len(list(folder.iterdir())) == 1


def test_pressing_twice_keeps_one_photo_and_an_order_has_room_for_a_dozen(panel, order, folder):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    for _ in range(2):
        send(wang, f"{order}/photos", photo())
    assert len(photos(panel)) == 1
    many = [photo((number * 15, 0, 0)) for number in range(MOST_PHOTOS + 2)]
    assert "一次最多传 6 张" in send(wang, f"{order}/photos", *many)
    send(wang, f"{order}/photos", *many[6:12])
    assert "不能再加" in send(wang, f"{order}/photos", *many[8:])
    assert len(photos(panel)) == len(list(folder.iterdir())) == MOST_PHOTOS


def test_only_those_who_are_signed_in_may_send_as_much_as_photos_need(panel, order, folder):
    large = photo() + b"\0" * (11 * 1024 * 1024)
    wang, stranger = panel.as_("wang"), panel.visitor()
    wang.press(f"{order}/accept")
    assert "已保存 1 张照片" in send(wang, f"{order}/photos", large)
    send(stranger, f"{order}/photos", large)
    assert stranger.seen.status_code == 413
    send(wang, f"{order}/consent", large)
    assert wang.seen.status_code == 413, "other forms need no more than before"
    assert len(list(folder.iterdir())) == 1


def test_a_file_that_was_tampered_with_or_lost_is_not_there(panel, order, folder):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    send(wang, f"{order}/photos", photo(), photo("red"))
    first, second = photos(panel)
    (folder / first.file).write_bytes(b"something else")
    (folder / second.file).unlink()
    for each in (first, second):
        assert wang.get(f"{order}/photos/{each.id}.jpg").status_code == 404
    with panel.ledger.session() as session:
        session.get_one(OrderPhoto, first.id).file = "../../../../etc/hostname"
    assert wang.get(f"{order}/photos/{first.id}.jpg").status_code == 404
    assert wang.get(order).status_code == 200


@pytest.mark.parametrize(("committed", "rows"), [(True, 1), (False, 0)])
def test_a_process_that_dies_over_a_photo_leaves_no_row_without_its_picture(
    panel, order, folder, committed, rows
):
    panel.as_("wang").press(f"{order}/accept")
    with panel.ledger.reading() as session:
        wang = session.scalars(select(Worker).where(Worker.login == "wang")).one()
    number, now, root = panel.town.orders["孙桂英"], panel.clock.now(), panel.town.folder
    dying = DyingLedger(panel.ledger, at=1, committed=committed)
    with suppress(LedgerError):
        keep_photo(dying, root, number, wang, read_picture(photo()), now)
    assert len(photos(panel)) == rows
    assert all((folder / each.file).exists() for each in photos(panel))
    keep_photo(panel.ledger, root, number, wang, read_picture(photo()), now)  # the worker presses again
    assert len(photos(panel)) == 1
    for file in folder.iterdir():
        os.utime(file, (1, 1))
    forget_photos(panel.ledger, root, closed_before=now, now=now)
    assert [file.name for file in folder.iterdir()] == [photos(panel)[0].file], (
        "what was left behind is swept"
    )


def test_photos_go_when_the_rule_for_recordings_says_so(panel, order, folder: Path):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    send(wang, f"{order}/photos", photo())
    root, later = panel.town.folder, panel.clock.now() + timedelta(days=90)
    assert forget_photos(panel.ledger, root, closed_before=later, now=later) == 0, "the order is not closed"
    wang.press(f"{order}/close", words="安好")
    assert forget_photos(panel.ledger, root, closed_before=panel.clock.now(), now=later) == 0
    assert forget_photos(panel.ledger, root, closed_before=later, now=later) == 1
    assert photos(panel) == list(folder.iterdir()) == []
    with panel.ledger.reading() as session:
        gone = select(func.count(AuditEvent.id)).where(AuditEvent.action == "photo_deleted")
        assert session.scalar(gone) == 1
    assert wang.get(order).status_code == 200


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("36.65123,118.05501", "36.65123,118.05501"),
        ("", ""),
        ("<script>", ""),
        ("-33.45, -70.66", "-33.45, -70.66"),
    ],
)
def test_where_a_worker_arrived_is_noted_if_their_telephone_may_say_so(panel, order, said, kept):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    html = wang.read(order)
    assert "data-place" in html
    wang.press(f"{order}/on_site", place=said)
    with panel.ledger.reading() as session:
        arrived = session.scalars(select(WorkOrderEvent).where(WorkOrderEvent.kind == "on_site")).one()
        assert arrived.note == kept
        assert arrived.at == panel.clock.now()
