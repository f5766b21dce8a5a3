"""Telephones that are not installed: their tests are skipped, and the reason names the package."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable

import pytest
from support import debian_baresip, sip, twilio

NEEDS: list[tuple[Callable[[], None], str]] = [
    (sip.need_stack, "the SIP stack is not installed (pip install 'wenan[sip]')"),
    (sip.need_sipp, "SIPp is not installed (Debian: apt-get install sip-tester)"),
    (sip.need_pjsip, "PJSIP is not installed (pip install 'wenan[sip-peer]', Python 3.11 on Linux)"),
    (
        debian_baresip.need_debian_baresip,
        "Debian's baresip is not installed (Debian: apt-get install baresip)",
    ),
    (twilio.need_twilio, "twilio is not installed (pip install 'wenan[twilio]')"),
]
MISSING = {
    "need_stack": "baresip",
    "need_sipp": "sipp",
    "need_pjsip": "pjsua2",
    "need_twilio": "twilio",
    "need_debian_baresip": "baresip",
}
PROGRAMS = {"need_sipp", "need_debian_baresip"}


@pytest.mark.parametrize(("need", "reason"), NEEDS, ids=[need.__name__ for need, _ in NEEDS])
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, need: Callable[[], None], reason: str
) -> None:
    missing, program = MISSING[need.__name__], need.__name__ in PROGRAMS

    def found(name: str) -> object | None:
        return None if name == missing and not program else object()

    monkeypatch.setattr(importlib.util, "find_spec", found)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == missing else f"/usr/bin/{name}")
    with pytest.raises(pytest.skip.Exception) as skipped:
        need()
    assert str(skipped.value) == reason


def test_the_summary_prints_reasons(pytestconfig: pytest.Config) -> None:
    assert "-ra" in pytestconfig.getini("addopts")
