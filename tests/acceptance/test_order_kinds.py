"""Every kind of work order goes its whole way by the buttons of its page, in a telephone's browser."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from records.orders import WorkOrder, WorkOrderEvent
from records.people import Consent

pytest_plugins = ["support.panel_fixtures"]

GOING = ["accept", "on_the_way", "on_site"]
AT_A_DESK = ["accept"]


def buttons(html: str) -> list[str]:
    """The steps that the page offers."""
    offered = re.findall(r'action="/orders/\d+/(\w+)"', html)
    return [step for step in offered if step not in ("photos", "consent", "feedback")]


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        ("in_person_visit", GOING),
        ("phone_follow_up", AT_A_DESK),
        ("service_referral", AT_A_DESK),
        ("data_correction", AT_A_DESK),
    ],
)
def test_an_order_is_taken_on_carried_out_closed_and_opened_again(panel, kind, way):
    number = panel.town.orders["孙桂英"]
    path = f"/orders/{number}"
    with panel.ledger.session() as session:
        order = session.get_one(WorkOrder, number)
        order.kind, order.urgency, order.deadline = kind, "urgent", panel.clock.now()
        session.add(
            Consent(
                elder_id=order.elder_id,
                kind="in_home_visit",
                granted=True,
                source="form",
                recorded_at=panel.clock.now(),
            )
        )
    wang = panel.as_("wang")
    html = wang.read(path)
    assert "width=device-width" in html
    for step in way:
        assert step in buttons(wang.read(path)), step
        wang.press(f"{path}/{step}")
    html = wang.read(path)
    assert set(buttons(html)) & set(GOING) == set()
    assert ('name="sheet-0"' in html) == (kind == "in_person_visit"), "columns of the visit record"
    wang.press(f"{path}/close", words="已办妥")
    assert buttons(wang.read(path)) == ["reopen"]
    wang.press(f"{path}/reopen", words="又有事")
    assert "accept" in buttons(wang.read(path))
    wang.press(f"{path}/accept")
    wang.press(f"{path}/decline", words="今天走不开")
    with panel.ledger.reading() as session:
        events = session.scalars(
            select(WorkOrderEvent).where(WorkOrderEvent.order_id == number).order_by(WorkOrderEvent.id)
        )
        done = [(event.kind, event.note) for event in events if event.actor == "wang"]
    assert [kind for kind, _ in done] == [
        "accepted",
        *(["on_the_way", "on_site"] if way is GOING else []),
        "closed",
        "reopened",
        "accepted",
        "declined",
    ]
    assert dict(done)["declined"] == "今天走不开"


def test_without_a_reason_nobody_hands_back_closes_or_reopens(panel):
    path = f"/orders/{panel.town.orders['孙桂英']}"
    wang = panel.as_("wang")
    wang.press(f"{path}/accept")
    for step in ("decline", "close"):
        assert "请简单写几句" in wang.press(f"{path}/{step}", words="  ")
    wang.press(f"{path}/close", words="好")
    assert "请简单写几句" in wang.press(f"{path}/reopen", words="")
