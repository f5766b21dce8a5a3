"""Work orders: taken on, carried out, closed, by the right people and by one at a time."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from records.audit import AuditEvent
from records.orders import WorkOrder, WorkOrderEvent
from records.people import Consent

pytest_plugins = ["support.panel_fixtures"]


@pytest.fixture
def order(panel):
    return f"/orders/{panel.town.orders['孙桂英']}"


def standing(panel, name="孙桂英"):
    with panel.ledger.reading() as session:
        order = session.get_one(WorkOrder, panel.town.orders[name])
        return order.status, order.assignee.login if order.assignee else None, order.result


def test_the_list_stands_by_urgency_and_then_by_deadline(panel):
    words = panel.as_("li").words("/orders/")
    places = [words.index(name) for name in ("孙桂英", "高振华", "蒋文轩", "宋玉兰")]
    assert places == sorted(places)


def test_a_deadline_counts_down_and_then_says_how_long_it_has_been_missed(panel, order):
    wang = panel.as_("wang")
    assert "还剩 12 分钟" in wang.words(order)
    panel.clock.moment += timedelta(minutes=20)
    assert "已超时 8 分钟" in wang.words(order)


def test_the_page_says_where_to_go_whom_to_ask_and_who_has_a_key(panel, order):
    html = panel.as_("wang").read(order)
    assert "门口有石榴树" in html
    assert 'href="tel:+8613853310002"' in html
    assert "有钥匙" in html
    assert "兄口闷得慌" in html


def test_a_grid_worker_takes_an_order_on_goes_arrives_and_closes_it(panel, order):
    wang = panel.as_("wang")
    assert "已由您接单" in wang.press(f"{order}/accept")
    assert standing(panel)[:2] == ("accepted", "wang")
    assert "您在路上" in wang.press(f"{order}/on_the_way")
    assert "您已到场" in wang.press(f"{order}/on_site")
    words = wang.press(f"{order}/close", words="老人已送区医院，儿子陪同。")
    assert standing(panel) == ("closed", "wang", "老人已送区医院，儿子陪同。")
    assert "老人已送区医院" in words
    assert "孙桂英" not in wang.words("/orders/")
    assert "孙桂英" in wang.words("/orders/?show=closed")


def test_the_page_tells_what_happened_and_who_was_told_each_once(panel, order):
    with panel.ledger.session() as session:
        row = session.get_one(WorkOrder, panel.town.orders["孙桂英"])
        for kind, note in (("assigned", "wang"), ("notified", "console: wang"), ("added", "partial, help")):
            row.events.append(WorkOrderEvent(at=panel.clock.now(), actor="escalation", kind=kind, note=note))
    words = panel.as_("wang").words(order)
    assert "派给 王强" in words
    assert "通知 王强 已发送 · console" in words
    assert words.count("通知 王强") == 1
    assert "又听到新情况 通话中断、呼救" in words


def test_every_step_is_in_the_trail(panel, order):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    wang.press(f"{order}/on_site")
    with panel.ledger.reading() as session:
        actions = session.scalars(
            select(AuditEvent.action).where(AuditEvent.actor == "wang").order_by(AuditEvent.id)
        ).all()
    assert [action for action in actions if action.startswith("order_")] == [
        "order_accepted",
        "order_on_site",
    ]


def test_of_two_workers_who_want_the_same_order_the_second_is_told(panel, order):
    panel.as_("wang").press(f"{order}/accept")
    assert "已经有人接了" in panel.as_("li").press(f"{order}/accept")
    assert standing(panel)[1] == "wang"


def test_an_order_is_not_closed_without_saying_what_came_of_it(panel, order):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    assert "请简单写几句" in wang.press(f"{order}/close", words="   ")
    assert standing(panel)[0] == "accepted"


def test_a_worker_who_cannot_go_hands_the_order_back_and_somebody_else_is_asked(panel, order):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    assert "正在另派他人" in wang.press(f"{order}/decline", words="我在外地")
    status, asked, _ = standing(panel)
    assert status == "open"
    assert asked == "li"
    assert "我在外地" in panel.as_("li").words(order)


def test_a_closed_order_can_be_opened_again_with_a_reason(panel, order):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    wang.press(f"{order}/close", words="没人应门")
    assert "已重新打开" in wang.press(f"{order}/reopen", words="儿子说老人在家")
    assert standing(panel)[0] == "open"


def test_a_step_that_comes_too_late_is_explained(panel, order):
    wang = panel.as_("wang")
    assert "工单状态刚刚变了" in wang.press(f"{order}/on_site")
    wang.press(f"{order}/accept")
    assert "请先接单" in panel.as_("li").press(f"{order}/on_site")
    wang.press(f"{order}/close", words="好了")
    assert "工单状态刚刚变了" in wang.press(f"{order}/on_the_way")


def test_an_auditor_reads_orders_and_moves_none(panel, order):
    zhao = panel.as_("zhao")
    assert "接单）" not in zhao.words(order)
    zhao.press(f"{order}/accept")
    assert zhao.seen.status_code == 403
    assert standing(panel)[0] == "open"


def test_orders_of_other_areas_do_not_exist_for_a_worker(panel, order):
    far = panel.as_("far")
    assert far.get(order).status_code == 404
    far.press(f"{order}/accept")
    assert far.seen.status_code == 404
    assert standing(panel)[0] == "open"


def test_my_own_orders_can_be_listed(panel, order):
    wang = panel.as_("wang")
    assert "没有符合的工单" in wang.words("/orders/?show=mine")
    wang.press(f"{order}/accept")
    assert "孙桂英" in wang.words("/orders/?show=mine")


def test_an_open_page_learns_that_an_order_has_moved_on(panel, order):
    wang = panel.as_("wang")
    before = wang.get("/api/orders").get_json()
    assert before["open"] == 3
    assert wang.get("/api/orders").get_json() == before
    panel.as_("li").press(f"{order}/accept")
    assert wang.get("/api/orders").get_json()["revision"] != before["revision"]
    assert f'data-revision="{before["revision"]}"' not in wang.read("/orders/")


def test_an_emergency_is_shown_and_sounded_on_every_page_until_somebody_takes_it(panel, order):
    wang = panel.as_("wang")
    assert 'data-alarm="/api/alerts"' in wang.read("/elders/")
    (alert,) = wang.get("/api/alerts").get_json()["alerts"]
    assert alert["elder"] == "孙桂英"
    assert wang.get(alert["page"]).status_code == 200
    assert panel.as_("far").get("/api/alerts").get_json() == {"alerts": []}
    panel.as_("li").press(f"{order}/accept")
    assert wang.get("/api/alerts").get_json() == {"alerts": []}


def test_a_coordinator_has_somebody_else_asked_instead_of_who_does_not_go(panel, order):
    panel.as_("li").press(f"{order}/accept")
    assert "take_away" not in panel.as_("li").read(order)
    chen = panel.as_("chen")
    assert f"{order}/take_away" in chen.read(order)
    assert "正在找别人" in chen.press(f"{order}/take_away")
    page = chen.read(order)
    assert "已改派，原接单人" in page
    assert panel.as_("wang").get("/api/alerts").get_json()["alerts"], "it is open again, and sounds again"


def test_nobody_who_is_not_signed_in_is_told_of_an_emergency(panel, order):
    del order
    assert panel.visitor().get("/api/alerts").status_code in {302, 401}


def test_there_is_no_such_step(panel, order):
    wang = panel.as_("wang")
    wang.press(f"{order}/explode")
    assert wang.seen.status_code == 404


def test_what_was_found_is_kept_in_the_columns_of_the_visit_record(panel, order):
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    wang.press(f"{order}/on_site")
    found = {"sheet-0": "血压高，已送区医院", "sheet-1": "  ", "sheet-6": "儿子陪同"}
    words = wang.press(f"{order}/close", words="老人已送医", **found)
    assert "血压高，已送区医院" in words
    with panel.ledger.reading() as session:
        kept = session.get_one(WorkOrder, panel.town.orders["孙桂英"]).record_sheet
    assert kept == {"健康管理": "血压高，已送区医院", "应急救援": "儿子陪同"}, "no empty entries"
    assert "血压高，已送区医院" in wang.words(f"/elders/{panel.town.elders['孙桂英']}")


def test_overdue_orders_have_a_list_of_their_own(panel):
    words = panel.as_("li").words("/orders/?show=overdue")
    assert "高振华" in words
    assert "孙桂英" not in words
    assert "已超时 1" in words


def test_a_worker_notes_that_the_elder_agrees_before_setting_out(panel):
    order = f"/orders/{panel.town.orders['高振华']}"
    with panel.ledger.session() as session:
        session.execute(delete(Consent).where(Consent.kind == "in_home_visit"))
    wang = panel.as_("wang")
    wang.press(f"{order}/accept")
    assert "请先问老人" in wang.press(f"{order}/on_the_way")
    assert "档案里有同意上门的记录" in wang.press(f"{order}/consent", reply="elder_agrees")
    assert "您在路上" in wang.press(f"{order}/on_the_way")
    wang.press(f"{order}/consent", reply="perhaps")
    assert wang.seen.status_code == 400
    assert "请先接单" in panel.as_("li").press(f"{order}/consent", reply="elder_agrees")
