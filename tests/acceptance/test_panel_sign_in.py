"""Who gets into the panel, and who does not."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from support.panel_town import PASSWORD

from records.people import Worker
from web.access import PUBLIC
from web.passwords import hash_password

pytest_plugins = ["support.panel_fixtures"]


def change(panel, login, **values):
    with panel.ledger.session() as session:
        worker = session.scalars(select(Worker).where(Worker.login == login)).one()
        for name, value in values.items():
            setattr(worker, name, value)


def test_a_worker_signs_in_and_sees_todays_campaign(panel):
    li = panel.visitor()
    words = li.sign_in("li")
    assert "般阳路街道每周电话探访" in words
    assert "李敏" in words


def test_a_grid_worker_arrives_at_the_work_orders(panel):
    wang = panel.visitor()
    wang.sign_in("wang")
    assert wang.seen.request.path == "/orders/"


def test_a_wrong_password_is_refused_without_saying_which_half_was_wrong(panel):
    visitor = panel.visitor()
    known = visitor.sign_in("li", "not the password")
    assert visitor.seen.status_code == 401
    unknown = visitor.sign_in("nobody-of-that-name", "not the password")
    assert "用户名或密码不对" in known
    assert "用户名或密码不对" in unknown


def test_an_account_that_was_closed_cannot_be_entered(panel):
    visitor = panel.visitor()
    assert "用户名或密码不对" in visitor.sign_in("gone")


def test_after_several_wrong_passwords_even_the_right_one_has_to_wait(panel):
    visitor = panel.visitor()
    for _ in range(5):
        visitor.sign_in("li", "a guess")
    assert "密码输错次数太多" in visitor.sign_in("li")
    assert visitor.seen.status_code == 429
    panel.clock.moment += timedelta(seconds=31)
    assert "李敏" in visitor.sign_in("li")


def test_without_signing_in_no_page_shows_anything(panel):
    """Every address the panel has, also those written tomorrow."""
    client = panel.app.test_client()
    closed = [rule for rule in panel.app.url_map.iter_rules() if rule.endpoint not in PUBLIC]
    assert len(closed) > 10
    for rule in closed:
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(next(part for part in path.split("/") if f":{argument}>" in part), "1")
        for method in rule.methods & {"GET", "POST"}:
            panel.app.config["WTF_CSRF_ENABLED"] = False
            answer = client.open(path, method=method)
            assert answer.status_code in {302, 401, 404, 405}, (method, path, answer.status_code)
            if answer.status_code == 302:
                assert answer.location.startswith("/sign-in")


def test_after_signing_in_one_arrives_where_one_wanted_to_go(panel):
    visitor = panel.visitor()
    assert visitor.get("/orders/1").location == "/sign-in?next=%2Forders%2F1"
    visitor.sign_in("li", next="/orders/1")
    assert visitor.seen.request.path == "/orders/1"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example"]
)
def test_signing_in_leads_to_no_other_host(panel, elsewhere):
    visitor = panel.visitor()
    response = visitor.client.post(
        "/sign-in",
        data={"csrf_token": visitor.token(), "login": "li", "password": PASSWORD, "next": elsewhere},
    )
    assert response.status_code == 302
    assert response.location == "/"


def test_signing_out_ends_the_session(panel):
    li = panel.as_("li")
    li.press("/sign-out")
    assert li.get("/").location.startswith("/sign-in")


def test_the_next_worker_at_the_same_browser_reads_in_the_own_language(panel):
    shared = panel.as_("li", "en")
    shared.press("/sign-out")
    assert "密码" in shared.words("/sign-in")
    assert "工单" in shared.sign_in("wang")


def test_a_new_password_ends_the_sessions_begun_with_the_old_one(panel):
    li = panel.as_("li")
    change(panel, "li", password_hash=hash_password("a completely new one"))
    assert li.get("/").location.startswith("/sign-in")


def test_closing_an_account_ends_its_session_at_once(panel):
    li = panel.as_("li")
    change(panel, "li", active=False)
    assert li.get("/").location.startswith("/sign-in")


def test_the_session_cookie_is_kept_from_scripts_and_from_other_sites(panel):
    cookie = panel.as_("li").seen.request  # signed in
    assert cookie is not None
    answer = panel.app.test_client().get("/sign-in")
    kept = answer.headers["Set-Cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=Lax" in kept
    assert "Secure" not in kept


def test_over_https_the_cookie_never_travels_in_the_clear(panel):
    answer = panel.app.test_client().get("/sign-in", base_url="https://panel.example")
    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_form_without_its_token_changes_nothing_and_says_so_kindly(panel):
    li = panel.as_("li")
    answer = li.client.post("/orders/1/accept", data={})
    assert answer.status_code == 400
    assert "表单已经过期" in answer.text


def test_a_worker_chooses_a_language_and_keeps_it_for_next_time(panel):
    li = panel.as_("li")
    assert "Work orders" in li.speak("en").words("/")
    another_browser = panel.as_("li")
    assert "Work orders" in another_browser.words("/")


def test_the_sign_in_page_speaks_the_language_that_was_chosen_there(panel):
    visitor = panel.visitor()
    assert "密码" in visitor.words("/sign-in")
    assert "Password" in visitor.speak("en").words("/sign-in")


def test_an_unknown_language_is_ignored(panel):
    assert "密码" in panel.visitor().speak("tlh").words("/sign-in")
