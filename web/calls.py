"""Calls: the list of those that need a person's ear, and the page to listen to one."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import Blueprint, render_template

from records.visits import CallAttempt, Visit
from speech.types import Urgency
from speech.weights import COLUMNS, DIMENSIONS
from web import call_data, campaign_data
from web.access import May, may, visit_or_404
from web.call_data import Exchange, Filter
from web.corrections import ANSWERS
from web.identity import me
from web.pages import choice, number, wanted_page
from web.panel import panel
from web.recordings import opened, recording_of
from web.trail import note_view
from web.wave_picture import NoPictureError, WavePicture, draw
from web.word_lists import WORDS
from web.words import weighted_codes

blueprint = Blueprint("calls", __name__, url_prefix="/calls")

_log = structlog.get_logger(__name__)


@blueprint.get("/")
def found() -> str:
    """The list, filtered by the query string."""
    user = me()
    wanted = Filter(
        show=choice("show", call_data.SHOW, "review"),
        level=choice("level", ("red", "orange", "yellow", "green")),
        outcome=choice("outcome", tuple(WORDS["outcome"])),
        campaign_id=number("campaign"),
    )
    with panel().ledger.reading() as session:
        return render_template(
            "calls.html",
            page=call_data.find_calls(session, user, wanted, wanted_page()),
            wanted=wanted,
            newest=call_data.NEWEST,
            campaigns=campaign_data.campaigns(session, user),
            to_review=call_data.to_review(session, user),
        )


@dataclass(frozen=True)
class Listening:
    """One attempt as the page shows it: what was exchanged, with or without a recording."""

    attempt: CallAttempt
    exchanges: list[Exchange]
    picture: WavePicture | None
    recorded: bool


@blueprint.get("/<int:visit_id>")
def one(visit_id: int) -> str:
    """One call: its recording, every exchange with the reason for what was made of it, and the review."""
    user = me()
    with panel().ledger.reading() as session:
        visit_or_404(session, user, visit_id)
    note_view(user, "viewed_call", "visit", visit_id)
    with panel().ledger.reading() as session:
        visit = visit_or_404(session, user, visit_id)
        calls = [listening(visit, attempt) for attempt in reversed(visit.attempts) if attempt.turns]
        return render_template(
            "call.html",
            visit=visit,
            elder=visit.elder,
            calls=calls,
            moments={one.turn.id: one for call in calls if call.recorded for one in call.exchanges},
            may_review=may(user, May.REVIEW),
            answers=ANSWERS,
            urgencies=[urgency.label for urgency in Urgency],
            codes=weighted_codes(),
            dimensions=DIMENSIONS,
            columns=COLUMNS,
        )


def listening(visit: Visit, attempt: CallAttempt) -> Listening:
    """Everything there is to hear and read of one attempt."""
    file = recording_of(attempt, panel().recordings_dir)
    picture = None
    if file is not None:
        try:
            picture = draw(file, opened)
        except NoPictureError as error:
            _log.warning("recording_not_drawn", attempt=attempt.id, reason=str(error))
    exchanges = call_data.exchanges(visit, attempt, picture.loud if picture else ())
    return Listening(attempt, exchanges, picture, recorded=file is not None)
