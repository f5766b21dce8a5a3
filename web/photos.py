"""Photos of a work order: brought in from a telephone's camera, shown only to those who may see the order."""

from __future__ import annotations

import io

import structlog
from flask import Blueprint, abort, flash, redirect, request, send_file, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from escalation.photos import TooManyPhotosError, keep_photo, open_photo
from escalation.pictures import LARGEST_FILE, PictureError, read_picture
from escalation.work_orders import OrderError
from records.audit import audit
from records.keyring import KeyringError
from records.orders import WorkOrder
from records.people import Worker
from records.photos import OrderPhoto
from web.access import May, order_or_404, require
from web.identity import me
from web.panel import panel

blueprint = Blueprint("photos", __name__, url_prefix="/orders")

MAX_UPLOAD = 6 * LARGEST_FILE
"""Bytes of one form with photos."""
WITH_PHOTOS = ("photos.add", "orders.do")
"""Endpoints whose forms may hold photos."""
MOST_AT_ONCE = 6

_REFUSED = {
    "too_large": _l("A photo is too large and was not kept."),
    "not_a_picture": _l("A file is no photo that can be read (JPEG, PNG or WebP) and was not kept."),
}

_log = structlog.get_logger(__name__)


def make_room() -> None:
    """Let somebody who is signed in send forms with photos; others send no more than before."""
    if request.endpoint in WITH_PHOTOS and current_user.is_authenticated:
        request.max_content_length = MAX_UPLOAD


@blueprint.post("/<int:order_id>/photos")
def add(order_id: int) -> Response:
    """Keep what was photographed; what cannot be kept is said and holds up nothing."""
    user = require(May.ACT)
    with panel().ledger.reading() as session:
        order_or_404(session, user, order_id)
    keep_uploaded(order_id, user.id)
    return redirect(url_for("orders.one", order_id=order_id))


@blueprint.get("/<int:order_id>/photos/<int:photo_id>.jpg")
def show(order_id: int, photo_id: int) -> Response:
    """One photo; every look is noted."""
    user = me()
    with panel().ledger.reading() as session:
        order_or_404(session, user, order_id)
        photo = session.get(OrderPhoto, photo_id)
    if photo is None or photo.order_id != order_id:
        abort(404)
    try:
        jpeg = open_photo(panel().recordings_dir, photo)
    except KeyringError:
        _log.error("a photo cannot be opened", photo=photo_id)
        jpeg = None
    if jpeg is None:
        abort(404)
    with panel().ledger.session() as session:
        audit(
            session,
            at=panel().now(),
            actor=user.login,
            action="saw_photo",
            subject_type="work_order",
            subject_id=order_id,
            photo=photo_id,
        )
    return send_file(io.BytesIO(jpeg), mimetype="image/jpeg", max_age=0)


def photos_of(session: Session, order: WorkOrder) -> list[OrderPhoto]:
    """The photos of an order, oldest first."""
    return list(
        session.scalars(select(OrderPhoto).where(OrderPhoto.order_id == order.id).order_by(OrderPhoto.id))
    )


def keep_uploaded(order_id: int, worker_id: int) -> None:
    """Keep the photos of the form that was sent; says what was kept and what was not."""
    files = [file for file in request.files.getlist("photos") if file.filename]
    if not files:
        return
    with panel().ledger.reading() as session:
        worker = session.get_one(Worker, worker_id)
    keep_place = request.form.get("keep_place") == "yes"
    kept = 0
    for file in files[:MOST_AT_ONCE]:
        try:
            picture = read_picture(file.stream.read(LARGEST_FILE + 1))
            kept += keep_photo(
                panel().ledger,
                panel().recordings_dir,
                order_id,
                worker,
                picture,
                panel().now(),
                keep_place=keep_place,
            )
        except PictureError as error:
            flash(str(_REFUSED[error.why]), "problem")
        except TooManyPhotosError:
            flash(gettext("The order has as many photos as it may have."), "problem")
            break
        except OrderError:
            flash(gettext("Somebody else holds this order: take it on first."), "problem")
            break
        except OSError as error:
            _log.error("a photo could not be written", order=order_id, problem=type(error).__name__)
            flash(gettext("A photo could not be kept. Please try again."), "problem")
    if len(files) > MOST_AT_ONCE:
        flash(gettext("At most %(number)s photos at a time.", number=MOST_AT_ONCE), "problem")
    if kept:
        flash(gettext("Photos kept: %(number)s.", number=kept), "done")
