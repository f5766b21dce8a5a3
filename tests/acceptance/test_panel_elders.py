"""Elders' files (一户一档): found by name, read by the right people, every look noted."""

import pytest
from sqlalchemy import select

from records.audit import AuditEvent
from records.people import NOT_ON_ROSTER, Elder

pytest_plugins = ["support.panel_fixtures"]


def views(panel, name):
    with panel.ledger.reading() as session:
        return [
            (event.actor, event.action)
            for event in session.scalars(
                select(AuditEvent)
                .where(AuditEvent.subject_type == "elder", AuditEvent.subject_id == panel.town.elders[name])
                .order_by(AuditEvent.id)
            )
        ]


def test_an_elder_is_found_by_a_part_of_the_name(panel):
    words = panel.as_("li").words("/elders/?name=桂")
    assert "孙桂英" in words
    assert "高振华" not in words


def test_the_same_search_in_another_town_finds_nobody(panel):
    far = panel.as_("far")
    assert "没有符合的老人" in far.words("/elders/?name=桂")
    assert "尹远山" in far.words("/elders/")


def test_the_list_can_be_narrowed_by_tier_mode_state_and_area(panel):
    li = panel.as_("li")
    assert "贺长河" in li.words("/elders/?tier=key&mode=in_home")
    assert "孙桂英" not in li.words("/elders/?tier=key&mode=in_home")
    assert "龚秋菊" in li.words("/elders/?status=in_hospital")
    assert "冯淑珍" in li.words(f"/elders/?area={panel.town.areas['松龄社区']}")


def test_strangers_who_called_for_help_are_seen_only_when_asked_for(panel):
    with panel.ledger.session() as session:
        elder = session.get_one(Elder, panel.town.elders["孙桂英"])
        elder.status = NOT_ON_ROSTER
    li = panel.as_("li")
    assert "孙桂英" not in li.words("/elders/")
    assert "孙桂英" not in li.words("/elders/?name=桂")
    assert "孙桂英" in li.words("/elders/?status=caller"), "to find out who they are"


def test_the_file_holds_what_a_worker_needs_at_the_door(panel):
    words = panel.as_("wang").words(f"/elders/{panel.town.elders['孙桂英']}")
    for piece in ("淄川区 › 般阳路街道 › 城南社区", "门口有石榴树", "0533 518 0042", "孙建国", "有钥匙",
                  "独居", "电话探访: 同意", "健康管理"):  # fmt: skip
        assert piece in words


def test_the_course_of_scores_is_drawn_and_told_in_words(panel):
    html = panel.as_("li").read(f"/elders/{panel.town.elders['孙桂英']}")
    assert html.count('class="shape shape--yellow"') >= 3
    assert "09:31: 紧急" in html


def test_every_look_at_a_file_is_noted(panel):
    li = panel.as_("li")
    li.read(f"/elders/{panel.town.elders['孙桂英']}")
    li.read(f"/elders/{panel.town.elders['孙桂英']}")
    assert views(panel, "孙桂英") == [("li", "viewed_file"), ("li", "viewed_file")]


def test_the_resident_id_is_masked_until_asked_for_and_then_the_asking_is_noted(panel):
    li, file = panel.as_("li"), f"/elders/{panel.town.elders['孙桂英']}"
    assert "19410502" not in li.read(file)
    assert "37030219410502002X" in li.read(f"{file}?resident_id=full")
    assert views(panel, "孙桂英")[-1] == ("li", "viewed_resident_id")


@pytest.mark.parametrize("login", ["wang", "zhao"])
def test_grid_workers_and_auditors_do_not_get_the_resident_id(panel, login):
    answer = panel.as_(login).get(f"/elders/{panel.town.elders['孙桂英']}?resident_id=full")
    assert answer.status_code == 403
    assert views(panel, "孙桂英") == []


def test_a_file_of_another_area_does_not_exist_for_a_worker(panel):
    assert panel.as_("far").get(f"/elders/{panel.town.elders['孙桂英']}").status_code == 404
    assert panel.as_("wang").get(f"/elders/{panel.town.elders['冯淑珍']}").status_code == 404
    assert views(panel, "冯淑珍") == []


def test_an_elder_the_robot_does_not_call_has_it_said_at_the_top(panel):
    words = panel.as_("li", "en").words(f"/elders/{panel.town.elders['田广义']}")
    assert "The robot does not call this elder: no consent to telephone visits is recorded." in words


class TestTheTrail:
    def test_the_auditor_of_the_district_reads_everything(self, panel):
        panel.as_("li").read(f"/elders/{panel.town.elders['孙桂英']}")
        words = panel.as_("zhao").words("/trail/")
        assert "李敏 查看档案 老人 1" in words
        assert "李敏 登录" in words

    def test_a_coordinator_reads_what_concerns_the_own_elders(self, panel):
        panel.as_("li").read(f"/elders/{panel.town.elders['孙桂英']}")
        panel.as_("far").read(f"/elders/{panel.town.elders['尹远山']}")
        words = panel.as_("chen").words("/trail/")
        assert "李敏 查看档案" in words
        assert "周远" not in words
        assert "登录" not in words.partition("详情")[2]

    @pytest.mark.parametrize("login", ["li", "wang"])
    def test_others_do_not_read_it(self, panel, login):
        assert panel.as_(login).get("/trail/").status_code == 403


class TestTimes:
    def test_a_worker_notes_that_an_elder_is_in_hospital_and_everybody_sees_until_when(self, panel):
        wang, file = panel.as_("wang"), f"/elders/{panel.town.elders['沈月娥']}"
        words = wang.press(f"{file}/away", why="in_hospital", until="2026-03-12")
        assert "机器人不给这位老人打电话： 住院, 2026-03-12 回来，到时恢复电话" in words
        assert "沈月娥 城南社区 · 住院 · 2026-03-12 回来" in panel.as_("li").words("/")

    def test_and_that_they_are_home_again(self, panel):
        wang, file = panel.as_("wang"), f"/elders/{panel.town.elders['沈月娥']}"
        wang.press(f"{file}/away", why="away", until="")
        assert "沈月娥 城南社区 · 外出 · 哪天回来还不知道" in wang.words("/")
        assert "已登记老人回家" in wang.press(f"{file}/back")
        assert "不在家，回来后再打电话" not in wang.words("/")
        assert views(panel, "沈月娥")[-2:] == [("wang", "elder_back"), ("wang", "viewed_file")]

    @pytest.mark.parametrize("until", ["2026-03-04", "2020-01-01", "soon"])
    def test_a_day_of_return_that_is_none_is_not_noted(self, panel, until):
        file = f"/elders/{panel.town.elders['沈月娥']}"
        assert "没有登记" in panel.as_("wang").press(f"{file}/away", why="away", until=until)
        assert "机器人不给这位老人打电话" not in panel.as_("wang").words(file)

    def test_the_elders_own_words_for_when_to_call_are_kept(self, panel):
        wang, file = panel.as_("wang"), f"/elders/{panel.town.elders['沈月娥']}"
        assert "方便接电话 周二、周四 06:00-12:00" in wang.press(f"{file}/wish", times="周二周四上午")
        assert "没看懂" in wang.press(f"{file}/wish", times="周末别打")
        assert "方便接电话 随时" in wang.press(f"{file}/wish", times="随时")

    def test_who_may_only_look_notes_nothing(self, panel):
        zhao, file = panel.as_("zhao"), f"/elders/{panel.town.elders['沈月娥']}"
        zhao.press(f"{file}/away", why="away", until="")
        assert zhao.seen.status_code == 403
        assert "不在家" not in zhao.words(file)

    def test_an_elder_of_another_area_does_not_exist(self, panel):
        far = panel.as_("far")
        for act in ("away", "back"):
            far.press(f"/elders/{panel.town.elders['沈月娥']}/{act}", why="away")
            assert far.seen.status_code == 404

    def test_a_call_that_was_due_is_dated_for_the_day_of_return_at_once(self, panel):
        assert "沈月娥 77 岁 · 女 该打的电话还没打" in panel.as_("li").words("/")
        panel.as_("wang").press(
            f"/elders/{panel.town.elders['沈月娥']}/away", why="in_hospital", until="2026-03-06"
        )
        assert "沈月娥 77 岁 · 女 该打的电话还没打" not in panel.as_("li").words("/")


def test_a_list_that_is_too_long_says_so_and_can_be_narrowed(panel, monkeypatch):
    monkeypatch.setattr("web.elder_data.COUNTED", 2)
    li = panel.as_("li")
    assert "2+" in li.words("/elders/")
    assert "2+" not in li.words("/elders/?status=in_hospital")
