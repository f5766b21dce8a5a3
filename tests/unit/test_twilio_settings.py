"""What must be known to telephone by Twilio; and who is Twilio."""

from typing import Any

import pytest
from support.twilio import ACCOUNT, AUTH_TOKEN, SETTINGS, need_twilio, sign

from ivr.lines.twilio import Signatures, TwilioSettings, TwilioSettingsError
from ivr.lines.twilio.signatures import ALGORITHM, SIGNATURE

KNOWN: dict[str, Any] = {
    "account_sid": ACCOUNT,
    "auth_token": AUTH_TOKEN,
    "number": "+14155550100",
    "public_url": "https://wenan.example.org",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"account_sid": ""},
        {"account_sid": "SK" + "0" * 32},
        {"auth_token": ""},
        {"number": "0533-1234567"},
        {"public_url": ""},
        {"public_url": "http://wenan.example.org"},
        {"public_url": "https://wenan.example.org/"},
        {"public_url": "https://wenan.example.org/panel"},
        {"public_url": "https://wenan.example.org?x=1"},
        {"public_url": "https://user@wenan.example.org"},
        {"calls_per_second": 0.0},
        {"max_call_s": 0.0},
    ],
)
def test_what_twilio_would_misunderstand_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TwilioSettingsError):
        TwilioSettings(**(KNOWN | wrong))


def test_secrets_are_shown_to_nobody() -> None:
    shown = repr(TwilioSettings(**KNOWN, webhook_secret="geheim"))  # noqa: S106 - made up
    assert AUTH_TOKEN not in shown
    assert "geheim" not in shown


def test_where_twilio_reaches_us() -> None:
    settings = TwilioSettings(**(KNOWN | {"public_url": "https://wenan.example.org:8443"}))
    assert settings.status_url("visit-1") == "https://wenan.example.org:8443/twilio/status/visit-1"
    assert settings.media_url("k-1") == "wss://wenan.example.org:8443/twilio/media/k-1"


URL = SETTINGS.status_url("visit-1")
FORM = {"CallSid": "CA" + "0" * 32, "CallStatus": "ringing"}


@pytest.mark.twilio
@pytest.mark.parametrize(
    ("url", "form", "headers", "genuine"),
    [
        (URL, FORM, {SIGNATURE: sign(URL, FORM)}, True),
        (URL, FORM, {}, False),
        (URL, FORM, {SIGNATURE: "forged"}, False),
        (URL, FORM, {SIGNATURE: sign(URL, FORM, secret="another")}, False),  # noqa: S106 - made up
        (URL, FORM | {"CallStatus": "completed"}, {SIGNATURE: sign(URL, FORM)}, False),
        (SETTINGS.status_url("visit-2"), FORM, {SIGNATURE: sign(URL, FORM)}, False),
        (URL + "/", FORM, {SIGNATURE: sign(URL, FORM)}, False),
        (
            URL,
            FORM,
            {SIGNATURE: sign(URL, FORM, sha256=True), ALGORITHM: "key=k,algorithm=HMAC_SHA256"},
            True,
        ),
        (URL, FORM, {SIGNATURE: sign(URL, FORM), ALGORITHM: "key=k,algorithm=HMAC_SHA256"}, False),
    ],
)
def test_only_twilio_itself_is_believed(
    url: str, form: dict[str, str], headers: dict[str, str], genuine: bool
) -> None:
    need_twilio()
    assert Signatures(SETTINGS).genuine(url, form, headers) is genuine


@pytest.mark.twilio
def test_a_stream_is_signed_over_its_own_address_without_a_form() -> None:
    need_twilio()
    url = SETTINGS.media_url("key")
    assert Signatures(SETTINGS).genuine(url, {}, {SIGNATURE: sign(url, {})})
    assert not Signatures(SETTINGS).genuine(SETTINGS.media_url("yek"), {}, {SIGNATURE: sign(url, {})})


@pytest.mark.twilio
def test_an_algorithm_nobody_knows_is_not_believed(caplog: pytest.LogCaptureFixture) -> None:
    need_twilio()
    headers = {SIGNATURE: sign(URL, FORM), ALGORITHM: "key=k,algorithm=ROT13"}
    assert not Signatures(SETTINGS).genuine(URL, FORM, headers)
    assert "1234567" not in caplog.text
