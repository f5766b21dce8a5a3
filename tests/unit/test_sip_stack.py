"""What is said when the SIP stack is missing or its settings cannot be."""

import sys

import pytest

from ivr.lines.sip import SipLine, SipNotInstalledError, SipSettings
from ivr.lines.sip.logs import without_numbers
from wenan.cli.errors import LINE, USAGE, explain
from wenan.settings import Settings, SettingsError


def test_without_the_stack_one_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "baresip", None)
    with pytest.raises(SipNotInstalledError, match=r"pip install 'wenan\[sip\]'") as caught:
        SipLine(SipSettings("sip.example.cn"))
    explanation = explain(caught.value)
    assert explanation is not None
    assert explanation.exit_code == LINE


def test_the_environment_configures_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "SERVER": "sip.example.cn",
        "USER": "05335550000",
        "PASSWORD": "a-long-one",
        "CODECS": '["pcmu"]',
        "NUMBER_FORM": "local",
        "DIAL_PREFIX": "9",
    }.items():
        monkeypatch.setenv(f"WENAN_SIP_{name}", value)
    settings = Settings(line="sip", default_area_code="0533", call_seconds=120)
    assert "a-long-one" not in repr(settings)
    sip = settings.sip
    assert (sip.server, sip.user, sip.password, sip.codecs) == (
        "sip.example.cn",
        "05335550000",
        "a-long-one",
        ("pcmu",),
    )
    assert sip.dial_plan.dialled("+865331234567").user == "91234567"
    assert sip.max_call_s > 120


@pytest.mark.parametrize("wrong", [{"sip_server": ""}, {"sip_dial_prefix": "nine"}, {"sip_listen": "5060"}])
def test_a_line_that_cannot_be_is_a_setting_to_correct(wrong: dict[str, str]) -> None:
    settings = Settings.model_validate({"line": "sip", "sip_server": "sip.example.cn", **wrong})
    with pytest.raises(SettingsError, match=r"WENAN_LINE=sip cannot be used: .+ See docs/lines.md") as caught:
        _ = settings.sip
    explanation = explain(caught.value)
    assert explanation is not None
    assert explanation.exit_code == USAGE


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("call: sip:+865331234567@10.0.0.1 failed", "call: sip:…@10.0.0.1 failed"),
        ("tls: connect: error (r=-1, ssl_err=1)", "tls: connect: error (r=-1, ssl_err=1)"),
    ],
)
def test_the_stacks_warnings_are_logged_without_numbers(said: str, logged: str) -> None:
    assert without_numbers(said) == logged
