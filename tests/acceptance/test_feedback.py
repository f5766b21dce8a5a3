"""After a service the elder is asked how it was, and the answers of a month stand beside the visit rates."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from support.panel_fixtures import PanelUnderTest, Visitor

from campaigns.satisfaction import Satisfaction, read_said, together
from escalation.feedback import ASK_FOR
from records.audit import AuditEvent
from records.orders import WorkOrder

pytest_plugins = ["support.panel_fixtures"]

WHO = "孙桂英"


def served(panel: PanelUnderTest, kind: str = "phone_follow_up", **form: str) -> str:
    """Wang carries an order out; the address of its page."""
    number = panel.town.orders[WHO]
    with panel.ledger.session() as session:
        order = session.get_one(WorkOrder, number)
        order.kind, order.status, order.assignee_id = kind, "open", None
    path, wang = f"/orders/{number}", panel.as_("wang")
    wang.press(f"{path}/accept")
    wang.press(f"{path}/close", words="已办妥", **form)
    return path


def said(panel: PanelUnderTest) -> Satisfaction:
    """What was noted today."""
    with panel.ledger.reading() as session:
        return together(read_said(session, panel.clock.now() - timedelta(hours=12)))


def tell(visitor: Visitor, path: str, rating: str, said_by: str = "elder", words: str = "") -> str:
    return visitor.press(f"{path}/feedback", rating=rating, said_by=said_by, words=words)


@pytest.mark.parametrize("kind", ["in_person_visit", "phone_follow_up", "service_referral"])
def test_whoever_was_served_is_to_be_asked_and_what_they_say_is_kept(
    panel: PanelUnderTest, kind: str
) -> None:
    path = served(panel, kind)
    li = panel.as_("li")
    assert "还没有问过" in li.words(path)
    assert WHO in li.words("/orders/?show=unasked")
    assert "还有1次服务没有回访" in li.words("/")

    tell(li, path, "very_satisfied", words="小王跑得快")

    page = li.words(path)
    assert "很满意 老人本人 · 李敏记录" in page, page
    assert "小王跑得快" in page
    assert WHO not in li.words("/orders/?show=unasked")
    assert said(panel) == Satisfaction(satisfied=1, said=1)
    with panel.ledger.reading() as session:
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.actor == "li"))
        assert "order_said_very_satisfied" in set(actions)


def test_a_file_put_right_and_an_elder_who_was_not_there_are_no_service(panel: PanelUnderTest) -> None:
    for form in ({"kind": "data_correction"}, {"kind": "in_person_visit", "elder_seen": "no"}):
        path = served(panel, **form)
        assert "老人满意吗" not in panel.as_("li").words(path), form
    tell(panel.as_("li"), path, "satisfied")
    assert said(panel) == Satisfaction()


def test_before_the_order_is_closed_nobody_can_say_how_it_was(panel: PanelUnderTest) -> None:
    path = served(panel)
    panel.as_("wang").press(f"{path}/reopen", words="又有事")
    li = panel.as_("li")
    assert "在此期间" in tell(li, path, "satisfied") or said(panel) == Satisfaction()
    assert said(panel) == Satisfaction()
    assert WHO not in li.words("/orders/?show=unasked")
    wang = panel.as_("wang")
    wang.press(f"{path}/accept")
    wang.press(f"{path}/close", words="这回真办妥了")
    assert WHO in li.words("/orders/?show=unasked"), "done again, it is asked about again"


def test_a_word_said_anew_replaces_the_one_before_and_both_are_on_record(panel: PanelUnderTest) -> None:
    path = served(panel)
    li = panel.as_("li")
    tell(li, path, "unsatisfied", words="等了三天")
    tell(li, path, "satisfied", said_by="supporter")
    assert said(panel) == Satisfaction(satisfied=1, said=1)
    page = li.words(path)
    assert "等了三天" in page
    assert "满意 家人或照料人" in page


def test_silence_is_no_praise_and_whoever_asks_about_themselves_is_counted(panel: PanelUnderTest) -> None:
    path = served(panel)
    tell(panel.as_("li"), path, "nothing")
    assert said(panel) == Satisfaction(silent=1)
    assert said(panel).share is None
    tell(panel.as_("wang"), path, "satisfied")
    assert said(panel) == Satisfaction(satisfied=1, said=1, by_server=1)


def test_below_the_target_the_area_is_marked(panel: PanelUnderTest) -> None:
    tell(panel.as_("li"), served(panel), "so_so")
    words = panel.as_("chen").words("/").partition("服务满意度")[2]
    assert "目标：85%" in words
    assert "全部 0% 尚未达标 0/1" in words, words
    assert "重点 0% 尚未达标 0/1" in words


@pytest.mark.parametrize(("satisfied", "short"), [(84, True), (85, False), (100, False)])
def test_the_target_is_reached_at_85_of_100(satisfied: int, short: bool) -> None:
    assert Satisfaction(satisfied=satisfied, said=100).falls_short(85) is short


def test_of_nobody_nothing_is_said() -> None:
    assert not Satisfaction().falls_short(85)


def test_what_cannot_be_counted_is_refused_and_a_viewer_notes_nothing(panel: PanelUnderTest) -> None:
    path = served(panel)
    li = panel.as_("li")
    tell(li, path, "brilliant")
    assert li.seen.status_code == 400
    tell(li, path, "satisfied", said_by="the robot")
    assert li.seen.status_code == 400
    viewer = panel.as_("zhao")
    tell(viewer, path, "satisfied")
    assert viewer.seen.status_code == 403
    assert said(panel) == Satisfaction()


def test_after_a_month_it_is_too_late_to_ask(panel: PanelUnderTest) -> None:
    served(panel)
    panel.clock.moment += ASK_FOR + timedelta(minutes=1)
    chen = panel.as_("chen")
    assert WHO not in chen.words("/orders/?show=unasked")
    assert "没有回访" not in chen.words("/")


def test_what_was_said_last_month_is_not_this_months(panel: PanelUnderTest) -> None:
    path = served(panel)
    tell(panel.as_("li"), path, "satisfied")
    assert "全部 100% 1/1" in panel.as_("chen").words("/").partition("服务满意度")[2]
    panel.clock.moment += timedelta(days=31)
    assert "本月还没有老人反馈" in panel.as_("chen").words("/")
