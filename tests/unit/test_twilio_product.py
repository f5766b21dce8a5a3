"""What ``wenan serve`` makes of Twilio's settings."""

from __future__ import annotations

from typing import Any

import pytest
from support.twilio import ACCOUNT, need_twilio

from ivr.clock import SystemClock
from ivr.lines.twilio import TwilioLine
from records.sessions import Ledger
from wenan.lines import NO_TWILIO, open_twilio, why_nothing_is_dialled
from wenan.roles import Role
from wenan.settings import Settings, SettingsError

ALL: dict[str, Any] = {
    "line": "twilio",
    "twilio_account_sid": ACCOUNT,
    "twilio_auth_token": "only-for-tests",
    "twilio_number": "+14155550100",
    "twilio_public_url": "https://wenan.example.org",
}


def settings(**changes: Any) -> Settings:
    return Settings(_env_file=None, **(ALL | changes))


def test_what_is_missing_is_named_and_nothing_is_dialled(sqlite_ledger: Ledger) -> None:
    some = settings(twilio_auth_token=None, twilio_public_url="")
    telephones = open_twilio(some, sqlite_ledger, SystemClock())
    assert telephones.line is None
    assert telephones.door is None
    reason = why_nothing_is_dialled(some)
    assert "WENAN_TWILIO_AUTH_TOKEN, WENAN_TWILIO_PUBLIC_URL" in reason
    assert "ACCOUNT_SID" not in reason


def test_an_empty_token_is_a_missing_one() -> None:
    assert settings(twilio_auth_token="").twilio_missing == ["WENAN_TWILIO_AUTH_TOKEN"]
    assert Settings(_env_file=None).twilio_missing == [
        "WENAN_TWILIO_ACCOUNT_SID",
        "WENAN_TWILIO_AUTH_TOKEN",
        "WENAN_TWILIO_NUMBER",
        "WENAN_TWILIO_PUBLIC_URL",
    ]
    longest = NO_TWILIO.format(", ".join(Settings(_env_file=None).twilio_missing))
    assert len(longest) <= 200, "it fits beside the paused campaign"


def test_what_cannot_be_used_says_where_to_read_on() -> None:
    with pytest.raises(
        SettingsError, match=r"WENAN_LINE=twilio cannot be used: .*https://host.*docs/lines.md"
    ):
        _ = settings(twilio_public_url="https://wenan.example.org/").twilio


@pytest.mark.twilio
def test_with_everything_set_there_are_a_line_and_a_door(sqlite_ledger: Ledger) -> None:
    need_twilio()
    telephones = open_twilio(settings(call_seconds=900), sqlite_ledger, SystemClock())
    assert isinstance(telephones.line, TwilioLine)
    assert telephones.door is not None
    assert telephones.door.settings.max_call_s == 1800.0
    assert not why_nothing_is_dialled(settings())


@pytest.mark.twilio
def test_a_panel_alone_has_the_door_and_a_gateway_alone_the_line(sqlite_ledger: Ledger) -> None:
    need_twilio()
    panel = open_twilio(settings(), sqlite_ledger, SystemClock(), {Role.WEB})
    assert panel.line is None
    assert panel.door is not None
    gateway = open_twilio(settings(), sqlite_ledger, SystemClock(), {Role.GATEWAY})
    assert isinstance(gateway.line, TwilioLine)
    assert gateway.records is not None
    assert gateway.door is None
    keeper = open_twilio(settings(), sqlite_ledger, SystemClock(), {Role.KEEPER})
    assert (keeper.line, keeper.records, keeper.door) == (None, None, None)
