"""``wenan worker``: who is away is noted, and seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from escalation.addresses import Reach
from escalation.channels import ChannelError
from escalation.ladders import LadderError
from wenan.cli import app, errors
from wenan.settings import load_settings
from wenan.wiring import open_ledger, open_rules

PASSWORD = {"WENAN_NEW_PASSWORD": "teapot-and-tangerines", "COLUMNS": "200"}


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def worker(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["worker", *arguments], env=PASSWORD)


def line_of(result: Result) -> str:
    assert isinstance(result.exception, Exception)
    explained = errors.explain(result.exception)
    assert explained is not None
    assert explained.exit_code == errors.USAGE
    return explained.line


def test_who_is_away_is_noted_and_comes_back() -> None:
    for login in ("li", "wu"):
        assert worker("add", login, "--name", login).exit_code == 0
    away = ("away", "li", "--from", "2099-01-01", "--until", "2099-01-03")

    assert worker(*away, "--stand-in", "wu").exit_code == 0
    assert "2099-01-01 to 2099-01-03, wu" in worker("list").output
    assert "asked again" in worker("back", "li").output
    assert "was not away" in worker("back", "li").output
    assert "2099" not in worker("list").output


def test_who_leaves_for_good_is_seen_to_have_left_and_may_return() -> None:
    worker("add", "li", "--name", "li")
    assert "li has left" in worker("leave", "li").output
    assert "has left already" in line_of(worker("leave", "li"))
    with open_ledger(load_settings()).reading() as session:
        assert session.execute(text("select active from workers where login = 'li'")).scalar() == 0
    assert "asked again" in worker("back", "li").output
    with open_ledger(load_settings()).reading() as session:
        assert session.execute(text("select active from workers where login = 'li'")).scalar() == 1


def test_absences_that_cannot_be_are_one_line() -> None:
    worker("add", "li", "--name", "li")
    assert "stand in" in line_of(worker("away", "li", "--until", "2099-01-03", "--stand-in", "li"))
    assert "wenan worker list" in line_of(worker("away", "nobody", "--until", "2099-01-03"))
    assert "in the future" in line_of(worker("away", "li", "--from", "2020-01-01", "--until", "2020-01-02"))


def test_ladders_that_cannot_be_used_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "ladders.yaml").write_text("version: mine", encoding="utf-8")
    with pytest.raises(LadderError, match=r"ladders\.yaml") as refused:
        open_rules(load_settings(ladders=tmp_path / "ladders.yaml"))
    explained = errors.explain(refused.value)
    assert explained is not None
    assert explained.exit_code == errors.BAD_INPUT


def test_where_a_worker_is_reached_is_noted_sealed_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = tmp_path / "channels.yaml"
    channels.write_text("channels: {mail: {apprise: 'mailtos://u:p@example.cn/{address}'}}", encoding="utf-8")
    monkeypatch.setenv("WENAN_CHANNELS", str(channels))
    worker("add", "li", "--name", "li")

    assert worker("reach", "li", "mail", "li@example.org").exit_code == 0
    with open_ledger(load_settings()).reading() as session:
        assert Reach.of(session, "li").addresses == {"mail": "li@example.org"}
        stored = session.execute(text("SELECT address FROM worker_addresses")).scalar_one()
        assert "example" not in stored
    assert "not reached" in worker("reach", "li", "mail").output
    assert "there are: mail, number" in line_of(worker("reach", "li", "pager", "123"))
    assert worker("reach", "li", "number", "138 5331 0002").exit_code == 0
    with open_ledger(load_settings()).reading() as session:
        assert Reach.of(session, "li").number == "+8613853310002"
    assert "no telephone number" in line_of(worker("reach", "li", "number", "12"))


def test_a_deployment_that_would_tell_nobody_is_refused() -> None:
    with pytest.raises(ChannelError, match="WENAN_NOTIFY"):
        open_rules(load_settings(notify=[]))
