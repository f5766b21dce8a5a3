"""Elders: the list, and the file of one (一户一档)."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from speech.weights import COLUMNS
from web import elder_data
from web.access import May, elder_or_404, may, require
from web.call_ins import calls_of
from web.elder_data import ElderFilter
from web.identity import me
from web.pages import choice, number, wanted_page
from web.panel import panel
from web.score_chart import score_chart
from web.trail import note_view
from web.word_lists import WORDS
from web.words import weights

blueprint = Blueprint("elders", __name__, url_prefix="/elders")


@blueprint.get("/")
def found() -> str:
    """The list, filtered by the query string; ``name`` searches by any part of the name."""
    user = me()
    wanted = ElderFilter(
        name=request.args.get("name", "").strip()[:40],
        tier=choice("tier", tuple(WORDS["tier"])),
        mode=choice("mode", tuple(WORDS["mode"])),
        status=choice("status", tuple(WORDS["elder_status"])),
        area_id=number("area"),
    )
    with panel().ledger.reading() as session:
        return render_template(
            "elders.html",
            page=elder_data.find_elders(session, user, wanted, wanted_page()),
            wanted=wanted,
            most=elder_data.COUNTED,
            areas=elder_data.areas_with_elders(session, user),
        )


@blueprint.get("/<int:elder_id>")
def one(elder_id: int) -> str:
    """One elder's file. Every view of it is noted in the audit trail before it is shown."""
    user = me()
    in_full = request.args.get("resident_id") == "full"
    if in_full:
        require(May.IDENTITY)
    with panel().ledger.reading() as session:
        elder_or_404(session, user, elder_id)
    note_view(user, "viewed_resident_id" if in_full else "viewed_file", "elder", elder_id)
    with panel().ledger.reading() as session:
        elder = elder_or_404(session, user, elder_id)
        visits = elder_data.visits_of(session, elder)
        orders = elder_data.orders_of(session, elder)
        return render_template(
            "elder.html",
            elder=elder,
            area_path=elder_data.area_path(elder.area),
            visits=visits,
            sheet=next((visit for visit in visits if visit.assessment is not None), None),
            columns=COLUMNS,
            orders=orders,
            found_at_home=next((order for order in orders if order.closed_at and order.record_sheet), None),
            calls_in=calls_of(session, elder.id, elder_data.RECENT),
            consents=elder_data.consents_in_force(elder),
            chart=score_chart(
                [
                    (visit.assessment.assessed_at, visit.assessment.score, visit.assessment.overall)
                    for visit in reversed(visits)
                    if visit.assessment is not None
                ],
                weights().bands,
            ),
            in_full=in_full,
            may_see_id=may(user, May.IDENTITY),
        )
