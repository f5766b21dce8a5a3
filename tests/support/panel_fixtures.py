"""The panel as its tests use it: a built town, an app, and visitors who sign in and press buttons."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from html import unescape
from http import HTTPStatus
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.test import TestResponse

from campaigns.roster import RosterSettings
from escalation.rules import Channel, Rules
from records.keyring import Keyring
from records.sessions import Ledger
from support import panel_data
from support.ledgers import Ledgers, opened
from support.panel_town import NOW, PASSWORD, Town
from web.app import create_app

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class HandClock:
    """A clock that stands still until somebody moves it."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Visitor:
    """Somebody at a browser."""

    client: FlaskClient
    seen: TestResponse = field(init=False)

    def get(self, path: str, **headers: str) -> TestResponse:
        self.seen = self.client.get(path, headers=headers, buffered=True)
        return self.seen

    def read(self, path: str) -> str:
        """The page as HTML; it must be there."""
        response = self.client.get(path, follow_redirects=True, buffered=True)
        assert response.status_code == 200, (path, response.status_code)
        self.seen = response
        return response.text

    def words(self, path: str) -> str:
        """What somebody reads on the page: its text on one line."""
        return text_of(self.read(path))

    def press(self, path: str, **form: str) -> str:
        """Send a form, follow where it leads, and read the page there."""
        response = self.client.post(path, data={"csrf_token": self.token(), **form}, follow_redirects=True)
        self.seen = response
        return text_of(response.text)

    def token(self) -> str:
        page = self.client.get("/sign-in")
        if page.status_code != HTTPStatus.OK:  # signed in already
            page = self.client.get("/orders/?show=mine")
        found = TOKEN.search(page.text)
        assert found is not None
        return found.group(1)

    def sign_in(self, login: str, password: str = PASSWORD, **form: str) -> str:
        return self.press("/sign-in", login=login, password=password, **form)

    def speak(self, language: str) -> Visitor:
        self.client.post("/language", data={"csrf_token": self.token(), "language": language})
        return self


@dataclass
class PanelUnderTest:
    """The app with everything behind it."""

    app: Flask
    ledger: Ledger
    town: Town
    clock: HandClock

    def visitor(self) -> Visitor:
        return Visitor(self.app.test_client())

    def as_(self, login: str, language: str = "zh") -> Visitor:
        """A worker who has signed in."""
        visitor = self.visitor()
        form = {"csrf_token": visitor.token(), "login": login, "password": PASSWORD}
        visitor.seen = visitor.client.post("/sign-in", data=form)
        assert visitor.seen.status_code == 302, f"{login} was not let in"
        return visitor if language == "zh" else visitor.speak(language)


def text_of(html: str) -> str:
    """The words of a page, without its marks."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@cache
def rules() -> Rules:
    """The shipped rules: reading the files again for every test would take longer than the test."""
    return Rules.load((Channel("console"),))


@cache
def roster_settings() -> RosterSettings:
    """The shipped settings of imports."""
    return RosterSettings()


class CompiledPages(BytecodeCache):
    """Templates compiled by an earlier test of the same run."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@cache
def compiled_pages() -> CompiledPages:
    return CompiledPages()


def open_panel(ledger: Ledger, town: Town, clock: HandClock) -> PanelUnderTest:
    """An app on a ledger that holds the town."""
    app = create_app(
        ledger,
        secret_key="a key that only tests know",  # noqa: S106 - of an app that lives for one test
        recordings_dir=town.folder,
        clock=clock,
        organisation="城南社区养老服务中心",
        rules=rules(),
        roster_settings=roster_settings(),
    )
    app.jinja_env.bytecode_cache = compiled_pages()
    app.config["TESTING"] = True
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return PanelUnderTest(app, ledger, town, clock)


@pytest.fixture(scope="session")
def built_town(
    sqlite_ledgers: Ledgers, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Town]:
    """A database file with the town in it, made once; tests get copies."""
    folder = tmp_path_factory.mktemp("town")
    with opened(sqlite_ledgers.migrated_url(folder), keyring) as ledger:
        town = panel_data.build(ledger, folder / "recordings")
    return folder / "ledger.db", town


@pytest.fixture
def panel(built_town: tuple[Path, Town], keyring: Keyring, tmp_path: Path) -> Iterator[PanelUnderTest]:
    """The panel on a town of its own."""
    file, town = built_town
    shutil.copy(file, tmp_path / "ledger.db")
    with opened(f"sqlite:///{tmp_path / 'ledger.db'}", keyring) as ledger:
        yield open_panel(ledger, town, HandClock())
