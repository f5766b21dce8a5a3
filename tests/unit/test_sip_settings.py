"""What a telephone line must be told, and what is refused before the stack misreads it."""

from pathlib import Path
from typing import Any

import pytest

from ivr.lines.sip import SipSettings, SipSettingsError
from ivr.lines.sip.stack import address_of, extra_configuration, headers_of


def test_a_password_is_shown_to_nobody() -> None:
    assert "geheim" not in repr(SipSettings("sip.example.cn", password="geheim"))  # noqa: S106 - made up


@pytest.mark.parametrize(
    "wrong",
    [
        {"server": ""},
        {"server": "host;transport=tcp"},
        {"server": "a b"},
        {"user": "a@b"},
        {"user": ""},
        {"proxy": 'x"y'},
        {"listen": "5060"},
        {"password": 'a"b'},
        {"display_name": "a\r\nX-Evil: 1"},
        {"caller_number": "1>,<sip:2"},
        {"codecs": ()},
        {"rtp_ports": "20000"},
        {"rtp_ports": "20999-20000"},
        {"rtp_ports": "80-90"},
        {"rtp_timeout_s": -1},
        {"encrypt_audio": True, "transport": "tcp"},
        {"max_call_s": 0.0},
        {"ca_file": Path("/tmp/two words.pem")},  # noqa: S108 - only a name
    ],
)
def test_what_the_stack_would_misread_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SipSettingsError):
        SipSettings(**{"server": "sip.example.cn", **wrong})


def test_where_a_call_goes_and_what_it_carries() -> None:
    settings = SipSettings("sip.example.cn:5061", transport="tls", caller_number="05335550000")
    assert address_of("+865331234567", settings) == "sip:+865331234567@sip.example.cn:5061;transport=tls"
    assert headers_of("visit-7/1", settings) == {
        "X-Wenan-Attempt": "visit-7/1",
        "P-Preferred-Identity": "<sip:05335550000@sip.example.cn:5061>",
    }


def test_tls_servers_have_to_prove_who_they_are() -> None:
    assert "sip_verify_server yes\n" in extra_configuration(SipSettings("sip.example.cn", transport="tls"))
    own = SipSettings("sip.example.cn", transport="tls", ca_file=Path("/etc/wenan/ca.pem"))
    assert "sip_cafile /etc/wenan/ca.pem\n" in extra_configuration(own)


@pytest.mark.parametrize(
    ("server", "proxy", "by_the_system"),
    [
        ("pbx:5060", "", True),
        ("sip.example.cn", "", False),
        ("sip.example.cn", "pbx:5060", True),
        ("sip.example.cn:5060", "pbx", False),
        ("[2001:db8::10]", "", False),
    ],
)
def test_a_host_with_a_port_is_found_as_the_system_finds_hosts(
    server: str, proxy: str, by_the_system: bool
) -> None:
    text = extra_configuration(SipSettings(server, proxy=proxy))
    assert ("dns_getaddrinfo yes" in text) is by_the_system


def test_ports_for_the_firewall() -> None:
    settings = SipSettings("sip.example.cn", listen="0.0.0.0:5060", rtp_ports="20000-20999")
    assert extra_configuration(settings) == "sip_listen 0.0.0.0:5060\nrtp_ports 20000-20999\n"
