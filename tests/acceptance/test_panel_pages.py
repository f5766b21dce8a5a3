"""Every page, in both languages: whole, local, labelled, and safe to show."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from records.audit import beat
from records.errors import LedgerError
from records.visits import Turn

pytest_plugins = ["support.panel_fixtures"]

PAGES = {
    "today": "/",
    "calls": "/calls/",
    "all calls": "/calls/?show=all",
    "a call": "/calls/{visit}",
    "orders": "/orders/",
    "an order": "/orders/{order}",
    "on duty": "/duty/",
    "elders": "/elders/",
    "a file": "/elders/{elder}",
    "trail": "/trail/",
    "roster": "/roster/",
    "policies": "/policies/",
    "a policy": "/policies/edit?area=",
    "special days": "/surges/",
    "ladders": "/ladders/",
    "a ladder": "/ladders/edit?area=",
    "missing": "/nothing-here",
}
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "circle", "line", "path", "rect"}


def address(panel, page):
    town = panel.town
    return PAGES[page].format(
        visit=town.visits["孙桂英"], order=town.orders["孙桂英"], elder=town.elders["孙桂英"]
    )


class Page(HTMLParser):
    """Reads a page and notes what a careful reader would object to."""

    def __init__(self, html):
        super().__init__()
        self.open, self.ids, self.addresses, self.objections, self.labels = [], set(), [], [], 0
        self.feed(html)
        self.objections += [f"never closed: {tag}" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in given:
            if given["id"] in self.ids:
                self.objections.append(f"id twice: {given['id']}")
            self.ids.add(given["id"])
        self.addresses += [given[name] for name in ("href", "src", "action", "formaction") if given.get(name)]
        labelled = "label" in self.open or {"aria-label", "title", "aria-labelledby"} & set(given)
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden" and not labelled:
            self.objections.append(f"no label: {tag} {given.get('name')}")
        if tag == "th" and given.get("scope") not in {"col", "row"}:
            self.objections.append("a table header without scope")
        if tag == "img" and "alt" not in given:
            self.objections.append("a picture without words")
        if given.get("role") == "img" and not given.get("aria-label"):
            self.objections.append("a drawing without words")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.objections.append(f"closed out of order: {tag} in {self.open[-3:]}")
        else:
            self.open.pop()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_local_and_labelled(panel, page, language):
    zhao = panel.as_("zhao", language)
    with panel.ledger.session() as session:
        session.connection().exec_driver_sql("UPDATE workers SET role = 'coordinator' WHERE login = 'zhao'")
    html = zhao.client.get(address(panel, page)).text
    read = Page(html)
    assert read.objections == []
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in html
    assert html.count("<h1") == 1
    outside = [
        link
        for link in read.addresses
        if not link.startswith(("/", "#", "tel:", "?")) or link.startswith("//")
    ]
    assert outside == []
    assert not re.search(r"https?://", html)


@pytest.mark.parametrize("page", PAGES)
def test_the_english_page_has_no_chinese_of_its_own(panel, page):
    """Elders' names, words and addresses stay as they are; the panel's own words are English."""
    words = panel.as_("zhao", "en").client.get(address(panel, page)).text
    assert not re.search(
        r"今日|工单|探访率|复核|筛选|老人本人|健康|需求",
        re.sub(r'<(\w+)[^>]*lang="zh-CN".*?</\1>', "", words, flags=re.DOTALL),
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_answer_forbids_what_the_panel_never_does(panel, page):
    headers = panel.as_("chen").client.get(address(panel, page)).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_links_of_a_page_lead_somewhere(panel):
    chen = panel.as_("chen")
    seen = set()
    for page in PAGES:
        for link in Page(chen.client.get(address(panel, page)).text).addresses:
            path = link.partition("#")[0]
            if path.startswith("/") and path not in seen and "/recordings/" not in path:
                seen.add(path)
                answer = chen.get(path)
                assert answer.status_code in {200, 302, 405}, (page, path)
    assert len(seen) > 25


def test_a_missing_page_is_said_kindly_in_both_languages(panel):
    assert "没有这个页面" in panel.as_("li").client.get("/nothing-here").text
    assert "There is no such page" in panel.as_("li", "en").client.get("/nothing-here").text


def test_a_mistake_of_ours_shows_no_traceback(panel, monkeypatch):
    panel.app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("web.elder_data.find_elders", lambda *_: 1 / 0)
    answer = panel.as_("li").client.get("/elders/")
    assert answer.status_code == 500
    assert "系统出错了" in answer.text
    assert "ZeroDivision" not in answer.text
    assert "Traceback" not in answer.text


def test_when_the_records_cannot_be_reached_the_page_says_so_in_both_languages(panel, monkeypatch):
    li = panel.as_("li")

    def gone():
        raise LedgerError("the disk is away")

    monkeypatch.setattr(panel.ledger, "reading", gone)
    answer = li.client.get("/orders/")
    assert answer.status_code == 503
    assert "暂时读不到档案" in answer.text
    assert "cannot be reached" in answer.text
    assert "disk" not in answer.text
    assert li.client.get("/api/campaigns/1/progress").get_json() == {"error": "no ledger"}


def test_what_an_elder_said_cannot_become_part_of_the_page(panel):
    with panel.ledger.session() as session:
        session.get_one(Turn, panel.town.turns["孙桂英"][1]).transcript = "<script>alert(1)</script>"
    html = panel.as_("li").read(f"/calls/{panel.town.visits['孙桂英']}")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_health_needs_no_sign_in_and_says_nothing_personal(panel):
    client = panel.app.test_client()
    assert client.get("/healthz").get_json() == {"status": "alive"}
    assert client.get("/readyz").get_json() == {"status": "ready", "silent": [], "off": []}


def test_readiness_names_components_that_have_fallen_silent(panel):
    with panel.ledger.session() as session:
        beat(session, "dialer", panel.clock.now() - timedelta(minutes=6))
        beat(session, "auditor", panel.clock.now() - timedelta(minutes=1))
    client = panel.app.test_client()
    assert client.get("/readyz").get_json()["silent"] == ["dialer"]
    assert client.get("/readyz").status_code == 200, "the panel itself can do its work"
    assert client.get("/readyz?all=1").status_code == 503


def test_without_its_records_the_panel_is_not_ready(panel, monkeypatch):
    def gone():
        raise LedgerError("the disk is away")

    monkeypatch.setattr(panel.ledger, "reading", gone)
    answer = panel.app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "no ledger"}
