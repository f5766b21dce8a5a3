"""Policies in the panel: seen before they are saved, never overwritten unseen, never lost to a slip."""

import io
import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy import select
from support import panel_data
from support.panel_fixtures import HandClock, open_panel, text_of
from werkzeug.datastructures import MultiDict

from campaigns.policies import Policies
from campaigns.policy import Policy, document_of, load_policy, yaml_of
from records.audit import AuditEvent
from records.people import Elder
from records.policies import PolicyVersion
from web.policy_form import fill, read

pytest_plugins = ["support.panel_fixtures"]

INPUT = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
TODAY = "2026-03-04"


def opened_form(visitor, area):
    """The fields of the form as the browser would send them back."""
    html = visitor.read(f"/policies/edit?area={area}")
    form = fill(load_policy())
    form["area"], form["effective_from"], form["note"] = str(area), TODAY, ""
    hidden = dict(INPUT.findall(html))
    form["base"], form["document"] = hidden["base"], unescape(hidden["document"])
    form["version"] = re.search(r'name="version"[^>]*value="([^"]+)"', html)[1]
    return form


def send(visitor, form, act):
    data = MultiDict(form)
    data["act"], data["csrf_token"] = act, visitor.token()
    visitor.seen = visitor.client.post("/policies/edit", data=data, follow_redirects=True)
    return text_of(visitor.seen.text)


def versions(panel):
    with panel.ledger.reading() as session:
        rows = session.scalars(select(PolicyVersion).order_by(PolicyVersion.id)).all()
        return [(row.area_id, row.version, row.created_by) for row in rows]


@pytest.fixture
def town(panel):
    return panel.town.areas["般阳路街道"]


def test_a_coordinator_sees_whom_a_change_affects_and_only_then_saves_it(panel, town):
    chen = panel.as_("chen")
    form = opened_form(chen, town)
    form["days.general"] = "14"
    form["note"] = "街道2026年方案"
    words = send(chen, form, "preview")
    assert re.search(r"\d+ 位老人中有 [1-9]\d* 位的安排会变", words)
    assert "每月 → 每两周" in words
    assert versions(panel) == [], "a preview saves nothing"

    words = send(chen, form, "save")
    assert "已保存并开始执行" in words
    assert versions(panel) == [(town, form["version"], "chen")]
    with panel.ledger.reading() as session:
        assert Policies.read(session).of(town, date(2026, 3, 4)).cadence_days.tiers["general"] == 14
        saved = session.scalars(select(AuditEvent).where(AuditEvent.action == "policy_saved")).one()
        assert (saved.actor, saved.detail["area"]) == ("chen", town)


def test_what_the_form_does_not_touch_stays_as_it_was(panel, town):
    chen = panel.as_("chen")
    form = opened_form(chen, town)
    send(chen, form, "save")
    with panel.ledger.reading() as session:
        stored = session.scalars(select(PolicyVersion)).one().document
    assert stored == document_of(load_policy()) | {"version": form["version"]}


def test_rules_of_a_tier_can_be_added_and_taken_away(panel, town):
    chen = panel.as_("chen")
    form = opened_form(chen, town)
    form["rule.key.0.age"] = "75"
    form.setlist("rule.secondary.2.categories", ["living_alone"])
    form["rule.key.3.age"] = ""
    form.setlist("rule.key.3.abilities", [])
    form.setlist("rule.key.3.categories", [])
    assert "已保存" in send(chen, form, "save")
    with panel.ledger.reading() as session:
        key, secondary, general = session.scalars(select(PolicyVersion)).one().document["tiers"]
    assert key["rules"][0] == {"age_from": 75}
    assert len(key["rules"]) == 3
    assert secondary["rules"][2] == {"categories_any": ["living_alone"]}
    assert general["rules"] == [{}]


def test_of_two_who_edit_at_once_the_second_is_told_and_loses_nothing(panel, town):
    one, other = panel.as_("chen"), panel.as_("chen")
    first, second = opened_form(one, town), opened_form(other, town)
    first["days.general"], second["days.general"] = "14", "21"
    second["version"] = "街道-第二版"
    assert "已保存" in send(one, first, "save")
    words = send(other, second, "save")
    assert other.seen.status_code == 409
    assert f"刚刚保存了版本“{first['version']}”" in words
    assert (
        'name="days.general" list="cadences" maxlength="20" autocomplete="off" value="21"' in other.seen.text
    )
    assert len(versions(panel)) == 1, "nothing is overwritten"

    second["base"] = dict(INPUT.findall(other.seen.text))["base"]
    assert "已保存" in send(other, second, "save"), "having been told, they may"
    assert [version for _, version, _ in versions(panel)] == [first["version"], "街道-第二版"]


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("days.key", "every week", "探访频次请填 1 到 366 的天数，或选列出的词，不能是“every week”"),
        ("days.key", "0", "请填 1 到 366 的天数"),
        ("minimum_age", "", "最低年龄：要填 0 到 120 的整数"),
        ("rule.key.0.age", "999", "年满（岁）：要填 0 到 150 的整数"),
        ("season.summer_heat", "6, 13", "不能是“13”"),
        ("effective_from", "2026-03-03", "不能是过去的日子"),
        ("effective_from", "soon", "请填写从哪一天起执行"),
        ("version", "  ", "请给新版本起个名字"),
        ("document", "{", "表单不完整"),
    ],
)
def test_a_slip_is_named_and_everything_typed_is_still_there(panel, town, field, value, complaint):
    chen = panel.as_("chen")
    form = opened_form(chen, town)
    form["note"] = "要留住的话"
    form[field] = value
    words = send(chen, form, "preview")
    assert complaint in words
    assert chen.seen.status_code == 400
    assert "要留住的话" in chen.seen.text
    assert versions(panel) == []


def test_a_name_is_used_once(panel, town):
    chen = panel.as_("chen")
    form = opened_form(chen, town)
    send(chen, form, "save")
    again = opened_form(chen, town)
    again["version"] = form["version"]
    assert "请换一个名字" in send(chen, again, "preview")


def test_a_later_version_that_takes_over_is_pointed_out(panel, town):
    chen = panel.as_("chen")
    later = opened_form(chen, town)
    later["effective_from"] = "2026-05-01"
    assert "2026-05-01 起执行" in send(chen, later, "save")
    sooner = opened_form(chen, town)
    sooner["effective_from"] = "2026-04-01"
    assert f"2026-05-01 起这里改按先前保存的版本“{later['version']}”" in send(chen, sooner, "preview")


@pytest.mark.parametrize("login", ["li", "wang", "zhao"])
def test_whoever_may_not_plan_sees_and_changes_nothing(panel, town, login):
    visitor = panel.as_(login)
    assert visitor.get("/policies/").status_code == 403
    assert visitor.get(f"/policies/edit?area={town}").status_code == 403
    send(visitor, MultiDict({"area": str(town)}), "save")
    assert visitor.seen.status_code == 403


def test_a_coordinator_changes_neither_another_town_nor_everywhere(panel, town):
    chen = panel.as_("chen")
    form = opened_form(chen, town)
    for area, status in ((panel.town.areas["昆仑镇"], 404), (panel.town.areas["淄川区"], 404), ("", 403)):
        form["area"] = str(area)
        send(chen, form, "save")
        assert chen.seen.status_code == status
    assert versions(panel) == []


def upload(visitor, area, text, name="mine.yaml"):
    data = {"csrf_token": visitor.token(), "area": str(area), "policy": (io.BytesIO(text), name)}
    visitor.seen = visitor.client.post("/policies/upload", data=data)
    return text_of(visitor.seen.text)


def test_a_policy_goes_out_as_a_file_and_comes_back_changed(panel, town):
    chen = panel.as_("chen")
    text = chen.get("/policies/0.yaml").text
    assert text == yaml_of(load_policy())
    changed = text.replace("district-2023.2", "town-2026.1").replace("general: monthly", "general: 10")
    words = upload(chen, town, changed.encode())
    assert "文件已读入" in words
    assert 'value="town-2026.1"' in chen.seen.text
    assert (
        'name="days.general" list="cadences" maxlength="20" autocomplete="off" value="10"' in chen.seen.text
    )
    assert versions(panel) == []


def test_a_file_that_would_phone_without_consent_is_pointed_out(panel, town):
    chen = panel.as_("chen")
    text = yaml_of(load_policy())
    assert "没有同意" not in upload(chen, town, text.encode())
    assert "没有同意" in upload(
        chen, town, text.replace("consent_required: true", "consent_required: false").encode()
    )


@pytest.mark.parametrize(
    "text", [b"", b"a: [", b"\xff\xfe\x00", b"version: x", b"- 1", b"version: x\ntiers: 3\nminimum_age: old"]
)
def test_a_file_that_is_no_policy_is_refused_in_words(panel, town, text):
    chen = panel.as_("chen")
    assert "这个文件不能用，什么都没有改" in upload(chen, town, text)
    assert chen.seen.status_code == 400


def test_the_form_says_what_the_policy_says(panel):
    data = document_of(load_policy()) | {"rounds": {"start": "by_itself", "every": "week"}}
    policy = Policy.model_validate(data)
    with panel.app.test_request_context():
        assert read(fill(policy), policy.version) == (policy, [])


def test_it_works_on_either_database(ledger, tmp_path):
    panel = open_panel(ledger, panel_data.build(ledger, tmp_path / "recordings"), HandClock())
    chen = panel.as_("chen")
    form = opened_form(chen, panel.town.areas["般阳路街道"])
    form["days.secondary"] = "7"
    assert "位的安排会变" in send(chen, form, "preview")
    assert "已保存" in send(chen, form, "save")
    assert form["version"] in chen.words("/policies/")
    with panel.ledger.reading() as session:
        assert session.scalars(select(Elder.id).limit(1)).one()


def test_words_of_the_calendar_targets_and_a_script_are_set_in_the_form(panel, town):
    chen = panel.as_("chen")
    form = opened_form(chen, town)
    assert (
        'name="days.general" list="cadences" maxlength="20" autocomplete="off" value="每月"' in chen.seen.text
    )
    for name, value in {
        "days.general": "每季度",
        "target_month": "95",
        "round_start": "by_itself",
        "round_script": "standard",
    }.items():
        form[name] = value
    assert "每月 → 每季度" in send(chen, form, "preview")
    assert "已保存" in send(chen, form, "save")
    with panel.ledger.reading() as session:
        policy = Policies.read(session).of(town, date(2026, 3, 4))
    assert policy.cadence_days.tiers["general"] == "quarterly"
    assert policy.targets.model_dump() == {"monthly_rate": 95, "weekly_rate": 100, "satisfaction": 85}
    assert policy.rounds.script == "standard"
    assert "目标：月探访率95%，周探访率100%" in chen.words("/")


def test_a_script_that_is_not_there_is_told(panel, town):
    chen = panel.as_("chen")
    form = opened_form(chen, town)
    form["round_start"], form["round_script"] = "by_itself", "not_there"
    assert "没有“not_there”这份问卷" in send(chen, form, "preview")
