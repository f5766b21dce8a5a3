"""Who is on duty: absences noted in the panel keep orders from an empty chair."""

import pytest
from sqlalchemy import select
from support.casebook import rules

from escalation.climber import Climber
from records.audit import AuditEvent
from records.orders import WorkOrder
from records.people import Absence, Area, Worker

pytest_plugins = ["support.panel_fixtures"]


def id_of(panel, login):
    with panel.ledger.reading() as session:
        return session.scalars(select(Worker.id).where(Worker.login == login)).one()


@pytest.fixture
def wang(panel):
    return f"/duty/{id_of(panel, 'wang')}"


def test_a_coordinator_notes_an_absence_with_a_stand_in_and_its_end(panel, wang):
    chen = panel.as_("chen")
    stand_in = str(id_of(panel, "li"))
    words = chen.press(f"{wang}/away", first="2026-03-04", last="2026-03-06", stand_in=stand_in)
    assert "2026-03-04 至 2026-03-06 不在岗" in words
    assert "替班" in words
    with panel.ledger.reading() as session:
        (absence,) = session.scalars(select(Absence))
        assert absence.ends_at.isoformat() == "2026-03-06T16:00:00+00:00", "midnight in China"

    assert "不在岗 ·" not in chen.press(f"{wang}/back")
    with panel.ledger.reading() as session:
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.subject_type == "worker")).all()
        assert {"absence_noted", "absence_ended"} <= set(actions)


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"first": "2026-03-06", "last": "2026-03-05"}, "最后一天不能早于第一天"),
        ({"first": "2026-03-01", "last": "2026-03-02"}, "也不能已经过去"),
        ({"first": "soon", "last": ""}, "请填写第一天和最后一天"),
    ],
)
def test_an_absence_that_cannot_be_is_refused_in_words(panel, wang, form, complaint):
    assert complaint in panel.as_("chen").press(f"{wang}/away", **form)
    with panel.ledger.reading() as session:
        assert session.scalars(select(Absence)).all() == []


def test_somebody_from_another_area_stands_in_only_when_that_is_meant(panel, wang):
    far = somebody_far_away(panel)
    chen = panel.as_("chen")
    page = chen.read("/duty/")
    assert page.index("来自别的片区") < page.index(f'<option value="{far}">')
    form = {"first": "2026-03-02", "last": "2026-03-06", "stand_in": str(far)}
    assert "在别的片区" in chen.press(f"{wang}/away", **form)
    with panel.ledger.reading() as session:
        assert session.scalars(select(Absence)).all() == []
    assert "替班" in chen.press(f"{wang}/away", **form, from_elsewhere="yes")


def test_a_stand_in_from_elsewhere_sees_the_orders_they_are_asked_about_and_no_others(panel):
    far = somebody_far_away(panel)
    order, other = panel.town.orders["孙桂英"], panel.town.orders["高振华"]
    with panel.ledger.session() as session:
        session.get_one(WorkOrder, order).assignee_id = far
        elder_id = session.get_one(WorkOrder, order).elder_id
    visitor = panel.as_("yuan")
    assert "孙桂英" in visitor.words("/orders/")
    assert "高振华" not in visitor.words("/orders/")
    assert f"/elders/{elder_id}" not in visitor.read(f"/orders/{order}")
    assert visitor.get(f"/orders/{other}").status_code == 404
    assert visitor.get(f"/elders/{elder_id}").status_code == 404


def somebody_far_away(panel):
    """A grid worker of a town of their own; returns their id."""
    with panel.ledger.session() as session:
        wang = session.scalars(select(Worker).where(Worker.login == "wang")).one()
        root = session.scalars(select(Area).where(Area.parent_id.is_(None))).one()
        area = Area(parent_id=root.id, level="community", name="远山社区", timezone=root.timezone)
        session.add(area)
        session.flush()
        far = Worker(
            login="yuan", name="远方", role="grid_worker", area_id=area.id, password_hash=wang.password_hash
        )
        session.add(far)
        session.flush()
        return far.id


def test_nobody_stands_in_for_themselves(panel, wang):
    form = {"first": "2026-03-04", "last": "2026-03-05", "stand_in": str(id_of(panel, "wang"))}
    assert "必须是另一位" in panel.as_("chen").press(f"{wang}/away", **form)


def test_a_grid_worker_notes_their_own_absence_and_nobody_elses(panel, wang):
    days = {"first": "2026-03-04", "last": "2026-03-05"}
    assert "不会再找" in panel.as_("wang").press(f"{wang}/away", **days)
    visitor = panel.as_("wang")
    visitor.press(f"/duty/{id_of(panel, 'li')}/away", **days)
    assert visitor.seen.status_code in (403, 404)


def test_the_order_says_who_is_asked_next_and_who_was_asked(panel):
    order = panel.town.orders["孙桂英"]
    Climber(panel.ledger, rules(), panel.clock).make_round()
    with panel.ledger.reading() as session:
        row = session.get_one(WorkOrder, order)
        assert row.assignee is not None
        name = row.assignee.name
    words = panel.as_("li").words(f"/orders/{order}")
    assert f"已派给 {name}" in words or name in words
    assert "10:45还没人接单，就再找：下一位值班人员。" in words


def test_a_telephone_number_is_noted_as_it_is_rung_and_seen_by_those_who_may(panel, wang):
    chen = panel.as_("chen")
    chen.press(f"{wang}/reach", place="number", address="138 5331 0009")
    assert "+8613853310009" in chen.read("/duty/")
    assert "+8613853310009" not in panel.as_("li").read("/duty/"), "a colleague sees that there is one"
    assert "拨得通" in chen.press(f"{wang}/reach", place="number", address="12")
    assert "+8613853310009" in chen.read("/duty/"), "a mistake forgets nothing"
    chen.press(f"{wang}/reach", place="pager", address="12")
    assert chen.seen.status_code == 400
