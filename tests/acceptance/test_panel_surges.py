"""Special days in the panel: whom they are for is seen first; declared once, ended by those who may."""

import pytest
from sqlalchemy import select
from support import panel_data
from support.panel_fixtures import HandClock, open_panel

from records.audit import AuditEvent
from records.surges import SurgeDays

pytest_plugins = ["support.panel_fixtures"]


def cold(panel, **about):
    usual = {
        "name": "三月倒春寒", "kind": "cold", "area": str(panel.town.areas["般阳路街道"]), "cadence": "3",
        "starts_on": "2026-03-05", "ends_on": "2026-03-10", "module": "winter_heating",
    }  # fmt: skip
    return usual | about


def days(panel):
    with panel.ledger.reading() as session:
        return [(row.name, row.ended_at is None) for row in session.scalars(select(SurgeDays))]


def test_a_coordinator_sees_whom_they_are_for_and_declares_them(panel):
    chen = panel.as_("chen")
    words = chen.press("/surges/", act="preview", categories="living_alone", **cold(panel))
    assert "位老人每 3 天探访一次" in words
    assert days(panel) == [], "a look declares nothing"
    words = chen.press("/surges/", act="save", categories="living_alone", **cold(panel))
    assert "已保存" in words
    assert "三月倒春寒" in words
    assert "冬季取暖" in words
    assert days(panel) == [("三月倒春寒", True)]
    assert "三月倒春寒" in chen.words("/"), "and the first page announces them"


def test_they_are_ended_once_and_the_trail_knows_by_whom(panel):
    chen = panel.as_("chen")
    chen.press("/surges/", act="save", **cold(panel))
    assert "已结束" in chen.press("/surges/1/end")
    assert "已经结束了" in chen.press("/surges/1/end")
    with panel.ledger.reading() as session:
        rows = session.execute(
            select(AuditEvent.action, AuditEvent.actor).where(AuditEvent.subject_type == "surge")
        )
        assert [tuple(row) for row in rows] == [("surge_declared", "chen"), ("surge_called_off", "chen")]


@pytest.mark.parametrize(
    ("about", "complaint"),
    [
        ({"name": " "}, "起个大家看得懂的名字"),
        ({"cadence": "often"}, "要填 1 到 366 的整数"),
        ({"cadence": "0"}, "要填 1 到 366 的整数"),
        ({"ends_on": ""}, "请填写第一天和最后一天"),
        ({"ends_on": "2026-03-04"}, "最后一天不能早于第一天"),
        ({"starts_on": "2026-01-01", "ends_on": "2026-01-02"}, "也不能已经过去"),
    ],
)
def test_a_slip_is_named_and_everything_typed_is_still_there(panel, about, complaint):
    chen = panel.as_("chen")
    words = chen.press("/surges/", act="save", categories="dementia", **cold(panel, **about))
    assert complaint in words
    assert chen.seen.status_code == 400
    assert 'value="dementia" checked' in chen.seen.text
    assert days(panel) == []


def test_days_that_overlap_are_pointed_out_and_the_same_twice_is_refused(panel):
    chen = panel.as_("chen")
    chen.press("/surges/", act="save", tiers="key", **cold(panel))
    words = chen.press(
        "/surges/", act="preview", **cold(panel, name="流感", kind="epidemic", starts_on="2026-03-08")
    )
    assert "同一时间这里还有“三月倒春寒”" in words
    words = chen.press("/surges/", act="save", **cold(panel, name="流感", kind="epidemic"))
    assert "已保存" in words
    words = chen.press(
        "/surges/", act="save", tiers="key", **cold(panel, name="又一次倒春寒", ends_on="2026-03-20")
    )
    assert chen.seen.status_code == 409
    assert "同一批老人在同一时间已有安排" in words
    assert len(days(panel)) == 2


def test_of_two_who_declare_the_same_days_the_second_is_told(panel):
    one, other = panel.as_("chen"), panel.as_("chen")
    one.press("/surges/", act="save", **cold(panel))
    assert "已经有同名的特殊时期" in other.press("/surges/", act="save", **cold(panel))
    assert len(days(panel)) == 1


@pytest.mark.parametrize("login", ["li", "wang", "zhao"])
def test_whoever_may_not_plan_sees_and_changes_nothing(panel, login):
    panel.as_("chen").press("/surges/", act="save", **cold(panel))
    visitor = panel.as_(login)
    assert visitor.get("/surges/").status_code == 403
    visitor.press("/surges/1/end")
    assert visitor.seen.status_code == 403
    assert days(panel) == [("三月倒春寒", True)]


def test_a_coordinator_decides_for_their_own_areas_only(panel):
    chen = panel.as_("chen")
    for area, status in (("", 403), (str(panel.town.areas["昆仑镇"]), 404)):
        chen.press("/surges/", act="save", **cold(panel, area=area))
        assert chen.seen.status_code == status
    today = panel.clock.now().date()
    with panel.ledger.session() as session:
        session.add(
            SurgeDays(
                name="全区高温", kind="heat", starts_on=today, ends_on=today, cadence_days=1,
                created_by="zhao", created_at=panel.clock.now(),
            )
        )  # fmt: skip
    assert "全区高温" in chen.words("/surges/"), "they hold here too"
    chen.press("/surges/1/end")
    assert chen.seen.status_code == 403


def test_it_works_on_either_database(ledger, tmp_path):
    panel = open_panel(ledger, panel_data.build(ledger, tmp_path / "recordings"), HandClock())
    chen = panel.as_("chen")
    assert "位老人每 3 天" in chen.press("/surges/", act="preview", **cold(panel))
    assert "已保存" in chen.press("/surges/", act="save", **cold(panel))
    assert "已结束" in chen.press("/surges/1/end")
