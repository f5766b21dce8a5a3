"""Ladders in the panel: seen as they would be climbed now, holes in red, edited by one at a time."""

import io
import re
from datetime import timedelta
from html import unescape

import pytest
import yaml
from sqlalchemy import select, update
from support import panel_data
from support.panel_fixtures import HandClock, open_panel, rules, text_of
from werkzeug.datastructures import MultiDict

from escalation.asking import put_on_ladder
from escalation.ladder_books import book_in_force, document_of, yaml_of
from escalation.ladder_rehearsal import rehearse
from escalation.ladders import ladders_from, load_ladders
from records.audit import AuditEvent
from records.ladders import LadderBookVersion
from records.orders import WorkOrder
from records.people import Absence, Worker
from web.ladder_form import fill, move, read

pytest_plugins = ["support.panel_fixtures"]

INPUT = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def chief(panel):
    """A coordinator of the whole district."""
    return chief_of(panel)


def chief_of(panel):
    with panel.ledger.session() as session:
        session.execute(update(Worker).where(Worker.login == "zhao").values(role="coordinator"))
    return panel.as_("zhao")


def opened_form(visitor, place="", area=""):
    """The fields of the form as the browser would send them back."""
    html = visitor.read(f"/ladders/edit?area={area}")
    hidden = dict(INPUT.findall(html))
    document = unescape(hidden["document"])
    form = fill(load_ladders(), place)
    form["document"], form["area"], form["base"] = document, str(area), hidden["base"]
    form["version"], form["note"] = re.search(r'name="version"[^>]*value="([^"]+)"', html)[1], ""
    return form


def save(visitor, form):
    data = MultiDict(form)
    data["csrf_token"] = visitor.token()
    visitor.seen = visitor.client.post("/ladders/edit", data=data, follow_redirects=True)
    return text_of(visitor.seen.text)


def books(panel):
    with panel.ledger.reading() as session:
        return [(row.version, row.created_by) for row in session.scalars(select(LadderBookVersion))]


def in_force(panel):
    with panel.ledger.reading() as session:
        return book_in_force(session, rules().ladders)


def be_away(panel, *logins, days=2, stand_in=None):
    with panel.ledger.session() as session:
        for login in logins:
            worker = session.scalars(select(Worker).where(Worker.login == login)).one()
            other = (
                session.scalars(select(Worker).where(Worker.login == stand_in)).first() if stand_in else None
            )
            session.add(
                Absence(
                    worker_id=worker.id,
                    starts_at=panel.clock.now() + timedelta(hours=6),
                    ends_at=panel.clock.now() + timedelta(hours=6, days=days),
                    stand_in_id=other.id if other else None,
                    recorded_at=panel.clock.now(),
                )
            )


def test_the_picture_names_who_would_be_asked_now_and_whom_next(panel):
    words = panel.as_("chen").words(f"/ladders/?area={panel.town.areas['城南社区']}")
    assert "马上 王强 下一位值班人员 等 5 分钟 5 分钟后 李敏" in words


def test_a_day_on_which_nobody_is_on_duty_is_red_and_stands_first(panel):
    be_away(panel, "wang", "li")
    chen = panel.as_("chen")
    html = chen.read("/ladders/")
    assert 'class="hole"' in html
    assert "16:40起没有人" in text_of(html).replace(" ", "")
    first_row = html.split("<tbody>")[1].split("</tr>")[0]
    assert "hole" in first_row


def test_a_stand_in_fills_the_hole(panel):
    be_away(panel, "wang", "li", stand_in="chen")
    assert 'class="hole"' not in panel.as_("chen").read("/ladders/")


def test_a_step_with_nobody_further_is_red(panel):
    with panel.ledger.session() as session:
        session.execute(update(Worker).where(Worker.login == "li").values(active=False))
    html = panel.as_("chen").read("/ladders/")
    assert "没人值班，会告诉： 陈慧" in text_of(html)
    assert 'class="ladder__step hole"' in html
    assert "再没有别人了" in panel.as_("chen").words(f"/ladders/?area={panel.town.areas['城南社区']}")


def rehearsed(panel, urgency, login, hours=7):
    """Who would be told on each step by day, in so many hours, from where a worker works."""
    with panel.ledger.reading() as session:
        area = session.scalars(select(Worker).where(Worker.login == login)).one().area_id
        roles = ("grid_worker",)
        ladder = in_force(panel).for_order(urgency, areas=[], timezone="Asia/Shanghai", roles=roles)
        steps = rehearse(session, area, ladder, ladder.work, panel.clock.now() + timedelta(hours=hours))
        return [[(worker.login, worker.role) for worker in step.people] for step in steps]


def test_somebody_named_who_is_away_is_shown_as_they_would_be_told(panel, chief):
    form = opened_form(chief)
    form.setlist("step.need.work.1.who", ["worker:wang"])
    save(chief, form)
    be_away(panel, "wang")
    assert [login for login, _ in rehearsed(panel, "need", "wang")[1]] == ["wang"], "better than nobody"
    be_away(panel, "wang", stand_in="chen")
    assert [login for login, _ in rehearsed(panel, "need", "wang")[1]] == ["chen"]


def test_where_nobody_is_on_duty_the_coordinators_are_shown_as_they_would_be_told(panel):
    with panel.ledger.session() as session:
        session.execute(update(Worker).where(Worker.role != "coordinator").values(active=False))
    assert {role for _, role in rehearsed(panel, "urgent", "chen")[0]} == {"coordinator"}


def steps_shown(html):
    """Minutes and people of the emergency's steps by day, as the form shows them."""
    name = re.escape("step.emergency.work.")
    waits = re.findall(rf'name="{name}\d+\.wait"[^>]*value="(\d*)"', html)
    ticked = re.findall(rf'name="{name}(\d+)\.who" value="([^"]+)" checked', html)
    return [(wait, [who for number, who in ticked if int(number) == at]) for at, wait in enumerate(waits)]


def test_steps_change_places_and_nothing_is_saved_until_it_is(panel, chief):
    html = chief.read("/ladders/edit?area=")
    first, second, third, *blank = steps_shown(html)
    assert second != third
    form = opened_form(chief)
    form["step.emergency.work.1.wait"] = "4"
    form["move"] = "emergency.work.1.down"
    save(chief, form)
    moved = ("4", second[1])
    assert steps_shown(chief.seen.text) == [first, third, moved, *blank], "with what was typed"
    assert books(panel) == []


@pytest.mark.parametrize(
    "which", ["", "emergency.work.0.up", "emergency.work.99.down", "x", "need.work.0.away"]
)
def test_what_cannot_be_moved_stays_where_it_is(which):
    form = fill(load_ladders(), "")
    before = form.to_dict(flat=False)
    move(form, which)
    assert form.to_dict(flat=False) == before


def test_what_is_saved_holds_for_new_orders_and_leaves_those_that_stand(panel, chief):
    order = panel.town.orders["孙桂英"]
    with panel.ledger.session() as session:
        put_on_ladder(session, rules(), session.get_one(WorkOrder, order))
    form = opened_form(chief)
    form["step.emergency.work.0.wait"] = "3"
    form.setlist("step.emergency.work.1.who", ["on_duty", "worker:li"])
    form["note"] = "夜里太慢"
    assert "从现在起新开的工单按它来" in save(chief, form)
    with panel.ledger.session() as session:
        stands = session.get_one(WorkOrder, order)
        assert stands.ladder["work"][0]["wait"] == 5
        ladder = put_on_ladder(session, rules(), stands)
        assert (ladder.version, ladder.work[0].wait) == (form["version"], 3)
        assert [target.login for target in ladder.work[1].to] == ["", "li"]
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "ladders_saved")).one()
        assert noted.actor == "zhao"
    assert "夜里太慢" in chief.words("/ladders/")


def test_what_the_form_does_not_touch_stays_as_it_was(panel, chief):
    form = opened_form(chief)
    save(chief, form)
    assert document_of(in_force(panel)) == document_of(load_ladders()) | {"version": form["version"]}


def test_a_town_has_a_ladder_of_its_own_and_changes_nobody_elses(panel):
    town = panel.town.areas["般阳路街道"]
    chen = panel.as_("chen")
    form = opened_form(chen, "般阳路街道", town)
    form["own.urgent"], form["own_hours"] = "yes", "yes"
    form["step.urgent.work.0.wait"] = "10"
    form["hours"] = "08:00-12:00, 14:00-18:00"
    assert "已保存" in save(chen, form)
    book = in_force(panel)
    assert set(book.areas) == {"般阳路街道"}
    assert book.areas["般阳路街道"].ladders["urgent"].work[0].wait == 10
    assert set(book.areas["般阳路街道"].ladders) == {"urgent"}
    assert book.ladders == load_ladders().ladders

    form = opened_form(chen, "般阳路街道", town)
    form["own.urgent"] = form["own_hours"] = ""
    save(chen, form)
    assert in_force(panel).areas == {}, "and gives it up again"


def test_of_two_who_edit_at_once_the_second_is_told_and_neither_is_lost(panel, chief):
    chen, town = panel.as_("chen"), panel.town.areas["般阳路街道"]
    theirs, mine = opened_form(chen, "般阳路街道", town), opened_form(chief)
    theirs["own.urgent"], theirs["step.urgent.work.0.wait"] = "yes", "10"
    mine["step.need.work.0.wait"] = "600"
    save(chen, theirs)
    words = save(chief, mine)
    assert chief.seen.status_code == 409
    assert f"chen 刚刚保存了版本“{theirs['version']}”" in words
    assert 'maxlength="5" value="600"' in chief.seen.text
    assert len(books(panel)) == 1

    hidden = dict(INPUT.findall(chief.seen.text))
    mine["base"], mine["document"] = hidden["base"], unescape(hidden["document"])
    mine["version"] = re.search(r'name="version"[^>]*value="([^"]+)"', chief.seen.text)[1]
    assert "已保存" in save(chief, mine)
    book = in_force(panel)
    assert book.ladders["need"].work[0].wait == 600
    assert book.areas["般阳路街道"].ladders["urgent"].work[0].wait == 10, "the town's own ladder is kept"


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"step.emergency.work.0.wait": "31"}, "紧急情况下，每一步最多等 30 分钟"),
        ({"step.urgent.work.0.wait": "soon"}, "要填大于 0 的整数，不能是“soon”"),
        ({"step.urgent.work.0.who": []}, "每一步都要有人可找"),
        ({"step.emergency.night.1.who": ["on_duty"]}, "白天夜里都必须能找到负责人"),
        ({"step.need.overdue.0.who": [], "step.need.overdue.0.wait": ""}, "至少要有一步"),
        ({"step.need.work.0.who": ["worker:"]}, "这个值班顺序不能用"),
        ({"step.need.work.0.channels": ["pigeon"]}, "not configured: pigeon"),
        ({"hours": "always"}, "上班时间请这样写"),
        ({"days": []}, "至少勾选一个工作日"),
        ({"version": " "}, "起个名字"),
        ({"document": "[]"}, "表单不完整"),
    ],
)
def test_a_ladder_that_would_let_somebody_wait_in_vain_is_refused_in_words(panel, chief, fields, complaint):
    form = opened_form(chief)
    form["note"] = "要留住的话"
    for name, value in fields.items():
        form.setlist(name, value if isinstance(value, list) else [value])
    words = save(chief, form)
    assert complaint in words
    assert chief.seen.status_code == 400
    assert "要留住的话" in chief.seen.text
    assert books(panel) == []


@pytest.mark.parametrize("login", ["li", "wang"])
def test_whoever_may_not_plan_sees_and_changes_nothing(panel, login):
    visitor = panel.as_(login)
    assert visitor.get("/ladders/").status_code == 403
    save(visitor, MultiDict({"area": ""}))
    assert visitor.seen.status_code == 403


def test_a_town_changes_neither_everywhere_nor_another_town(panel):
    chen = panel.as_("chen")
    form = opened_form(chen, "般阳路街道", panel.town.areas["般阳路街道"])
    for area, status in (("", 403), (panel.town.areas["昆仑镇"], 404)):
        form["area"] = str(area)
        save(chen, form)
        assert chen.seen.status_code == status
    assert books(panel) == []


def test_what_comes_back_of_other_places_is_not_believed(panel):
    """No book travels with the form of a place; a town's coordinator may change their own part of it only."""
    chen, town = panel.as_("chen"), panel.town.areas["般阳路街道"]
    form = opened_form(chen, "般阳路街道", town)
    assert form["document"] == ""
    form["document"] = fill(load_ladders(), "")["document"].replace('"wait": 5', '"wait": 29')
    form["own.urgent"] = "yes"
    assert "已保存" in save(chen, form)
    assert in_force(panel).ladders == load_ladders().ladders


def test_whoever_plans_for_one_area_gets_what_holds_there_and_no_other_places_ladders(panel, chief):
    for name, minutes in (("般阳路街道", "11"), ("昆仑镇", "13")):
        form = opened_form(chief, name, panel.town.areas[name])
        form["own.urgent"], form["step.urgent.work.0.wait"] = "yes", minutes
        assert "已保存" in save(chief, form)
    with panel.ledger.reading() as session:
        newest = session.scalars(select(LadderBookVersion.id).order_by(LadderBookVersion.id.desc())).first()
    chen = panel.as_("chen")
    text = chen.get(f"/ladders/{newest}.yaml").text
    assert text.startswith("# An excerpt")
    mine = ladders_from(yaml.safe_load(text), origin="test")
    assert set(mine.areas) == {"般阳路街道"}
    assert mine.ladders == load_ladders().ladders, "what holds everywhere holds here too"
    assert set(yaml.safe_load(chief.get(f"/ladders/{newest}.yaml").text)["areas"]) == {"般阳路街道", "昆仑镇"}
    town = panel.town.areas["般阳路街道"]
    assert "昆仑镇" not in chen.read(f"/ladders/edit?area={town}")


def upload(visitor, text):
    data = {"csrf_token": visitor.token(), "ladders": (io.BytesIO(text), "mine.yaml")}
    visitor.seen = visitor.client.post("/ladders/upload", data=data)
    return text_of(visitor.seen.text)


def test_a_book_goes_out_as_a_file_and_comes_back_changed(panel, chief):
    text = chief.get("/ladders/0.yaml").text
    assert text == yaml_of(load_ladders())
    words = upload(chief, text.replace("ladders-2026.1", "ours-1").encode())
    assert "文件已读入" in words
    assert 'value="ours-1"' in chief.seen.text
    assert books(panel) == []


@pytest.mark.parametrize("text", [b"", b"a: [", b"\xff\xfe\x00", b"version: x", b"- 1"])
def test_a_file_that_is_no_book_is_refused_in_words(panel, chief, text):
    assert "这个文件不能用，什么都没有改" in upload(chief, text)
    assert chief.seen.status_code == 400
    assert books(panel) == []


def test_a_stored_book_that_cannot_be_read_leaves_the_files_in_force(panel, chief):
    save(chief, opened_form(chief))
    with panel.ledger.session() as session:
        session.execute(update(LadderBookVersion).values(document={"from": "the future"}))
    assert in_force(panel) == rules().ladders


def test_the_form_says_what_the_book_says(panel):
    with panel.app.test_request_context():
        book = load_ladders()
        assert read(fill(book, ""), "", book.version, ["console"]) == (book, [])


def test_it_works_on_either_database(ledger, tmp_path):
    panel = open_panel(ledger, panel_data.build(ledger, tmp_path / "recordings"), HandClock())
    chief = chief_of(panel)
    form = opened_form(chief)
    form["step.need.work.0.wait"] = "600"
    assert "已保存" in save(chief, form)
    assert form["version"] in chief.words("/ladders/")


def test_days_off_on_public_holidays_are_kept(panel, chief):
    form = opened_form(chief)
    form["holidays_off"] = "yes"
    save(chief, form)
    assert in_force(panel).working_hours.public_holidays_off
