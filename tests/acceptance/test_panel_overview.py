"""Today's campaign at a glance: for those who must know that nobody is forgotten."""

from datetime import date

from support.panel_town import NOW

from campaigns.surges import Surge, declare
from records.visits import Campaign

pytest_plugins = ["support.panel_fixtures"]


def progress_of(visitor, panel):
    return visitor.get(f"/api/campaigns/{panel.town.campaign}/progress").get_json()


def test_the_coverage_counts_everybody_who_should_be_visited(panel):
    numbers = progress_of(panel.as_("chen"), panel)
    assert numbers["all"]["due"] == 14
    assert numbers["all"]["covered"] == 6
    assert numbers["telephone"]["due"] == 11
    assert numbers["in_home"] == {
        **numbers["in_home"], "due": 3, "covered": 0, "open": 3,
    }  # fmt: skip
    words = panel.as_("chen").words("/")
    assert "42%" in words
    assert "14 位老人中的 6 位" in words


def test_a_grid_worker_sees_only_the_numbers_of_the_own_community(panel):
    numbers = progress_of(panel.as_("wang"), panel)
    assert numbers["all"]["due"] == 10
    assert "蒋文轩" not in panel.as_("wang").words("/")


def test_a_worker_of_another_town_sees_nothing_of_this_campaign(panel):
    assert "孙桂英" not in panel.as_("far").words("/")
    assert panel.as_("far").get(f"/campaigns/{panel.town.campaign}").status_code == 404
    assert panel.as_("far").get(f"/api/campaigns/{panel.town.campaign}/progress").status_code == 404


def test_whoever_is_on_the_telephone_is_shown_with_how_long(panel):
    words = panel.as_("chen").words("/")
    assert "吕宝山" in words
    assert "已通话 56 秒，3 个来回" in words
    live = progress_of(panel.as_("chen"), panel)["live"]
    assert [(call["answered"], call["turns"]) for call in live] == [(True, 3)]


def test_those_about_to_be_missed_are_named_with_the_reason(panel):
    words = panel.as_("chen", "en").words("/")
    assert "沈月娥 77 years · Female the call is overdue" in words
    assert "丁素琴 79 years · Female called 2 times without success" in words


def test_those_the_robot_may_not_phone_are_named_with_the_reason(panel):
    words = panel.as_("chen", "en").words("/")
    assert "2 ability is impaired: to be visited at home 贺长河" in words
    assert "1 no consent to telephone visits is recorded 田广义" in words


def test_an_elder_for_whom_no_visit_was_planned_is_not_forgotten(panel):
    assert "龚秋菊 城南社区 · 住院" in panel.as_("chen").words("/")


def test_work_orders_stand_there_most_urgent_first(panel):
    words = panel.as_("chen").words("/")
    assert words.index("还剩 12 分钟") < words.index("已超时 25 分钟") < words.index("还剩 5 小时")


def test_the_revision_changes_when_something_happens_and_not_otherwise(panel):
    chen = panel.as_("chen")
    before = progress_of(chen, panel)["revision"]
    assert progress_of(chen, panel)["revision"] == before
    panel.as_("wang").press(f"/orders/{panel.town.orders['孙桂英']}/accept")
    assert progress_of(chen, panel)["revision"] != before


def test_a_coordinator_pauses_the_calls_and_lets_them_go_on(panel):
    chen, path = panel.as_("chen"), f"/campaigns/{panel.town.campaign}"
    assert "已暂停：不再拨打新电话" in chen.press(f"{path}/pause", reason="暴雨")
    with panel.ledger.reading() as session:
        campaign = session.get_one(Campaign, panel.town.campaign)
        assert (campaign.status, campaign.status_reason) == ("paused", "暴雨")
    assert "已恢复拨打" in chen.press(f"{path}/resume")
    assert "没有改动" in chen.press(f"{path}/resume")


def test_a_social_worker_cannot_pause_a_campaign(panel):
    li = panel.as_("li")
    li.press(f"/campaigns/{panel.town.campaign}/pause", reason="no")
    assert li.seen.status_code == 403


def test_earlier_campaigns_can_be_looked_at(panel):
    assert "02月02日" in panel.as_("chen").words(f"/campaigns/{panel.town.campaign - 4}")
    assert panel.as_("chen").get("/campaigns/999").status_code == 404


def test_before_the_first_campaign_the_page_says_that_nobody_is_called(panel):
    chen = panel.as_("chen")
    with panel.ledger.session() as session:
        for table in ("notifications", "work_order_events", "work_orders", "flags", "answers", "turns",
                      "call_attempts", "assessments", "visits", "campaigns"):  # fmt: skip
            session.connection().exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - our own table names
    assert "还没有探访任务" in chen.words("/")


def test_surge_days_stand_above_everything_else(panel):
    with panel.ledger.session() as session:
        declare(
            session,
            Surge(
                "三月寒潮", date(2026, 3, 3), date(2026, 3, 8), 3,
                categories=frozenset({"living_alone"}), kind="cold",
            ),
            modules=(), today=date(2026, 3, 3), now=NOW, actor="sun",
        )  # fmt: skip
    words = panel.as_("li").words("/")
    assert "三月寒潮 · 寒潮 · 2026-03-03 – 2026-03-08: 独居 · 每3天探访一次" in words


def test_the_rates_of_month_and_week_stand_beside_who_is_missed(panel):
    words = panel.as_("chen").words("/")
    part = words.partition("探访率 包括各次探访；目标：月探访率100%，周探访率100%")[2]
    assert part, words
    assert "本周（应每周探访的）" in part
    assert "城南社区" in part
    assert "松龄社区" in part
    assert "还没探访过" in part
    assert "龚秋菊" not in part


def test_a_grid_worker_sees_the_rates_of_the_own_community_only(panel):
    part = panel.as_("wang").words("/").partition("探访率 包括各次探访")[2]
    assert "全部" in part
    assert "松龄社区" not in part
