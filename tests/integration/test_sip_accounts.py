"""An account with a provider, played by SIPp: passwords, late registrations, calls from strangers."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.certificates import loopback_certificate
from support.ports import free_port
from support.sip import direct, need_sipp, sipp
from support.tls_relay import tls_relay

from ivr.lines import CallNotConnectedError, Disposition
from ivr.lines.sip import LineHealth, LineState, SipLine, SipSettings, SipStartError

pytestmark = pytest.mark.sip
NUMBER = "+865331234567"
PASSWORD = "a-long-one"  # noqa: S105 - of a provider that exists for a second
ACCOUNT = {"user": "05335550000", "password": PASSWORD, "expires": "300"}


@pytest.fixture(autouse=True)
def _peer() -> None:
    need_sipp()


def account(port: int, **changes: Any) -> SipSettings:
    return direct(port, **{"register": True, "user": "05335550000", "password": PASSWORD, **changes})


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_account_registers_calls_with_its_password_and_signs_off(tmp_path: Path, transport: str) -> None:
    async def main() -> str:
        way = {"udp": "u1", "tcp": "t1"}[transport]
        async with sipp("provider", tmp_path, calls=2, values=ACCOUNT, transport=way) as provider:
            async with SipLine(account(provider.port, transport=transport)) as line:
                assert line.health == LineHealth(LineState.READY)
                call = await line.dial(NUMBER, reference="visit-7/1")
                await call.hang_up()
            assert line.health.state is LineState.STOPPED
            return await provider.played_out()

    said = asyncio.run(main())
    assert "expires=0" in said.lower() or "expires: 0" in said.lower(), "we signed off"
    assert PASSWORD not in said


def test_an_account_registers_over_tls(tmp_path: Path) -> None:
    certificate, with_key = loopback_certificate(tmp_path)

    async def main() -> str:
        async with (
            sipp("provider", tmp_path, values=ACCOUNT, transport="t1") as provider,
            tls_relay(with_key, provider.port) as port,
        ):
            async with SipLine(account(port, transport="tls", ca_file=certificate)) as line:
                assert line.health == LineHealth(LineState.READY)
            return await provider.played_out()

    said = asyncio.run(main())
    assert "Via: SIP/2.0/TLS" in said
    assert "expires=0" in said.lower() or "expires: 0" in said.lower(), "we signed off"


def test_an_account_behind_a_proxy_registers_there(tmp_path: Path) -> None:
    async def main() -> str:
        async with sipp("provider", tmp_path, calls=2, values=ACCOUNT) as proxy:
            at_the_proxy = replace(
                account(proxy.port), server="ims.example.test", proxy=f"127.0.0.1:{proxy.port}"
            )
            async with SipLine(at_the_proxy) as line:
                assert line.health == LineHealth(LineState.READY)
                await (await line.dial(NUMBER, reference="visit-7/1")).hang_up()
            return await proxy.played_out()

    said = asyncio.run(main())
    assert "To: <sip:05335550000@ims.example.test>" in said
    assert f"INVITE sip:{NUMBER}@ims.example.test" in said


def test_a_wrong_password_is_said_and_nobody_is_called(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            sipp("provider", tmp_path, values={**ACCOUNT, "password": "another"}) as provider,
            SipLine(account(provider.port, line_patience_s=60.0)) as line,
        ):
            assert line.health.state is LineState.DOWN
            assert "403 Wrong Password" in line.health.cause
            with pytest.raises(CallNotConnectedError) as caught:
                async with asyncio.timeout(30.0):  # told at once, not after a minute's patience
                    await line.dial(NUMBER, reference="visit-7/1")
            assert caught.value.disposition is Disposition.FAILED
            assert caught.value.cause == line.health.cause

    asyncio.run(main())


def test_a_provider_that_comes_back_is_found_again(tmp_path: Path) -> None:
    async def main() -> None:
        port = free_port()
        async with SipLine(account(port, transport="tcp", line_patience_s=20.0)) as line:
            assert line.health.state is LineState.DOWN
            async with sipp("provider", tmp_path, port=port, calls=2, transport="t1", values=ACCOUNT):
                call = await line.dial(NUMBER, reference="visit-7/1")
                assert line.health.state is LineState.READY
                await call.hang_up()

    asyncio.run(main())


def test_whoever_calls_us_hears_that_we_are_busy(tmp_path: Path) -> None:
    async def main() -> None:
        ours = free_port()
        async with (
            SipLine(direct(free_port(), listen=f"127.0.0.1:{ours}")),
            sipp("caller", tmp_path, target=f"127.0.0.1:{ours}") as stranger,
        ):
            await stranger.played_out()

    asyncio.run(main())


def test_a_port_that_is_taken_is_said_before_anybody_is_called() -> None:
    async def main() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            taken = other.getsockname()[1]
            with pytest.raises(SipStartError, match="The SIP line does not start"):
                async with SipLine(direct(free_port(), listen=f"127.0.0.1:{taken}")):
                    pass
        async with SipLine(direct(free_port())) as line:
            assert line.health.state is LineState.READY, "the next start is none the worse for it"

    asyncio.run(main())


def test_there_is_one_line_in_a_process() -> None:
    async def main() -> None:
        async with SipLine(direct(free_port())) as line:
            with pytest.raises(SipStartError, match="only one"):
                async with SipLine(direct(free_port())):
                    pass
            assert line.health.state is LineState.READY

    asyncio.run(main())


def test_a_start_that_is_broken_off_leaves_nothing_running() -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5), SipLine(account(free_port())):
                pass
        async with SipLine(direct(free_port())) as line:
            assert line.health.state is LineState.READY

    asyncio.run(main())
