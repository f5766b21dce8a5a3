"""Whoever works for one area finds nothing of another: asked of every page and every button that there is."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus

import pytest
from sqlalchemy import select
from support.panel_fixtures import PanelUnderTest
from support.panel_people import ELSEWHERE
from support.panel_town import NOW
from support.rows import work_order

from campaigns.policies import save_policy
from campaigns.policy import load_policy
from campaigns.surges import Surge, declare
from records.call_ins import CallIn
from records.people import Area, Elder, Worker
from records.photos import OrderPhoto
from records.rounds import Round
from records.visits import CallAttempt, Campaign, Turn, Visit

pytest_plugins = ["support.panel_fixtures"]

FAR, HERE = "昆仑镇", "城南社区"
HIDDEN = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
OF_NOBODY = {"channel", "reference", "filename"}
"""What providers and browsers name; these are nobody's objects."""

FORM = {
    "until": "2026-03-20", "why": "away", "reason": "x", "note": "x", "words": "x", "times": "周二上午",
    "place": "number", "address": "13905330009", "first": "2026-03-05", "last": "2026-03-06", "reply": "yes",
    "answer": "ok", "urgency": "none",
}  # fmt: skip
"""What a form would need to be taken, were it about one of ours."""


@pytest.fixture
def elsewhere(panel: PanelUnderTest) -> dict[str, object]:
    """One of everything in another town, by the name by which addresses ask for it."""
    far = panel.town.areas[FAR]
    with panel.ledger.session() as session:
        # A coordinator of one community, and everything of a town far from it.
        session.scalars(select(Worker).where(Worker.login == "chen")).one().area_id = panel.town.areas[HERE]
        elder = session.scalars(select(Elder).where(Elder.id == panel.town.elders[ELSEWHERE.name])).one()
        script = session.get_one(Campaign, panel.town.campaign).script_version_id
        campaign = Campaign(
            name="昆仑镇探访", script_version_id=script, starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 8),
            timezone="Asia/Shanghai", who={"areas": [far]}, windows={}, retries={}, status="running",
            created_at=NOW,
        )  # fmt: skip
        visit = Visit(
            campaign=campaign, elder=elder, mode="telephone", snapshot={}, created_at=NOW,
            next_attempt_at=NOW + timedelta(hours=1),
        )  # fmt: skip
        attempt = CallAttempt(
            visit=visit, number=1, phone=elder.phones[0], reference="far-1", fence=1, status="ended",
            intended_at=NOW, recording="far.wav",
        )  # fmt: skip
        turn = Turn(
            attempt=attempt, index=0, question="wellbeing", prompt="", asked_at=NOW, started_s=0, ended_s=1
        )
        order = work_order(elder.id, NOW, urgency="urgent", reason="urgent")
        session.add_all([campaign, visit, attempt, turn, order])
        session.flush()
        photo = OrderPhoto(order_id=order.id, picture_key="k", file="f", taken_by="far", added_at=NOW)
        call_in = CallIn(
            line="sip", provider_call_id="far-2", elder_id=elder.id, came_at=NOW, recording="in.wav"
        )
        session.add_all([call_in, photo, Round(key="far", area_id=far, campaign=campaign, opened_at=NOW)])
        area, today = session.get_one(Area, far), NOW.date()
        policy = load_policy().model_copy(update={"version": "昆仑镇方案"})
        version = save_policy(session, area, policy, today, today=today, now=NOW, actor="far")
        surge = declare(
            session,
            Surge("昆仑镇高温", starts_on=today, ends_on=today, cadence_days=1, area_id=far),
            modules=(), today=today, now=NOW, actor="far",
        )  # fmt: skip
        session.flush()
        worker = session.scalars(select(Worker).where(Worker.login == "far")).one()
        return {
            "campaign_id": campaign.id, "visit_id": visit.id, "elder_id": elder.id, "order_id": order.id,
            "photo_id": photo.id, "attempt_id": attempt.id, "turn_id": turn.id, "worker_id": worker.id,
            "version_id": version.id, "surge_id": surge.id, "call_in_id": call_in.id,
        }  # fmt: skip


def test_nothing_of_another_town_is_shown_or_moved(
    panel: PanelUnderTest, elsewhere: dict[str, object]
) -> None:
    """A new page with a new kind of number in its address fails here until it is thought of above."""
    chen = panel.as_("chen")
    token, asked = chen.token(), 0
    for rule in panel.app.url_map.iter_rules():
        given = rule.arguments - OF_NOBODY
        if not given or rule.endpoint == "ladders.download":  # an excerpt is for them: test_panel_ladders
            continue
        values = {name: elsewhere[name] for name in given - {"act"}}
        acts = ("pause", "resume", "stop", "extend") if "steer" in rule.endpoint else ("accept", "close")
        for act in acts if "act" in given else ("",):
            more = {"act": act} if act else {}
            with panel.app.test_request_context():
                path = panel.app.url_map.bind("localhost").build(rule.endpoint, {**values, **more})
            methods = (rule.methods or set()) & {"GET", "POST"}
            for method in methods:
                form = FORM | {"csrf_token": token}
                answer = chen.client.open(path, method=method, data=form if method == "POST" else None)
                assert answer.status_code in HIDDEN, (method, path, answer.status_code)
                asked += 1
    assert asked >= 20
    with panel.ledger.reading() as session:
        campaign = session.get_one(Campaign, elsewhere["campaign_id"])
        assert (campaign.status, campaign.ends_on) == ("running", date(2026, 3, 8))
        assert session.get_one(Elder, elsewhere["elder_id"]).status == "active"


@pytest.mark.usefixtures("elsewhere")
def test_no_page_names_anything_of_another_town(panel: PanelUnderTest) -> None:
    chen = panel.as_("chen")
    secrets = (ELSEWHERE.name, "昆仑镇探访", "昆仑镇方案", "昆仑镇高温")  # colleagues may stand in
    read = 0
    for rule in panel.app.url_map.iter_rules():
        if rule.arguments or "GET" not in (rule.methods or ()) or rule.endpoint.startswith("health."):
            continue
        page = chen.client.get(rule.rule, follow_redirects=True)
        assert [each for each in secrets if each in page.text] == [], rule.rule
        read += 1
    assert read >= 12


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("act", ["pause", "resume", "stop", "extend"])
def test_a_campaign_that_reaches_beyond_ones_area_is_shown_but_not_steered(
    panel: PanelUnderTest, act: str
) -> None:
    chen, path = panel.as_("chen"), f"/campaigns/{panel.town.campaign}"
    assert chen.get(path).status_code == 200
    assert "暂停拨打" not in chen.words(path)
    chen.press(f"{path}/{act}", reason="x", until="2026-04-01")
    assert chen.seen.status_code == 403
