"""Telephones to call over loopback that share nothing with our own SIP stack: SIPp by scenario, and PJSIP."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ivr.lines.sip import SipSettings
from support.ports import free_port, is_taken

SCENARIOS = Path(__file__).parents[1] / "data" / "sip"
PATIENCE_S = 30.0


def need_stack() -> None:
    if importlib.util.find_spec("baresip") is None:
        pytest.skip("the SIP stack is not installed (pip install 'wenan[sip]')")


def need_sipp() -> None:
    need_stack()
    if shutil.which("sipp") is None:
        pytest.skip("SIPp is not installed (Debian: apt-get install sip-tester)")


def need_pjsip() -> None:
    need_stack()
    if importlib.util.find_spec("pjsua2") is None:
        pytest.skip("PJSIP is not installed (pip install 'wenan[sip-peer]', Python 3.11 on Linux)")


def part_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over loopback what is said in parting is there at once: the stack need not stay to say it again."""
    monkeypatch.setattr("ivr.lines.sip.line._LAST_WORDS_S", 0.2)


def direct(port: int, **changes: Any) -> SipSettings:
    """Settings that call the telephone on a loopback port, without registration."""
    return SipSettings(
        f"127.0.0.1:{port}", interface="127.0.0.1", **{"register": False, "line_patience_s": 0.0, **changes}
    )


@dataclass
class Sipp:
    """A running SIPp."""

    port: int
    process: asyncio.subprocess.Process
    messages: Path

    async def played_out(self) -> str:
        """Wait for the scenario's end, check that everything it expects happened; returns the messages."""
        output, _ = await asyncio.wait_for(self.process.communicate(), PATIENCE_S)
        said = self.messages.read_text("utf-8", "replace") if self.messages.exists() else ""
        assert self.process.returncode == 0, f"{output.decode('utf-8', 'replace')[-600:]}\n{said[-3000:]}"
        return said


@asynccontextmanager
async def sipp(
    scenario: str,
    folder: Path,
    *,
    port: int | None = None,
    calls: int = 1,
    transport: str = "u1",
    values: Mapping[str, str] | None = None,
    target: str = "",
    echoes: bool = False,
) -> AsyncIterator[Sipp]:
    """A telephone or provider that plays a scenario of tests/data/sip for so many calls.

    With a ``target`` it is the one who calls. ``echoes``: every caller hears what they said.
    """
    port = port or free_port()
    messages = folder / f"{scenario}-{port}.log"
    audio_port = str(free_port())
    given = {"rtp_port": audio_port, "payload": "8", "codec": "PCMA", "thinks_ms": "0", **(values or {})}
    text = (SCENARIOS / f"{scenario}.xml").read_text(encoding="utf-8")
    for key, value in given.items():
        text = text.replace(f"{{{{{key}}}}}", value)
    script = folder / f"{scenario}-{port}.xml"
    script.write_text(text, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        "sipp", *([target] if target else []), "-sf", str(script), "-i", "127.0.0.1", "-p", str(port),
        "-m", str(calls), "-t", transport, "-nostdin", "-timeout", f"{PATIENCE_S:.0f}", "-timeout_error",
        *(["-rtp_echo", "-mp", audio_port] if echoes else []), "-trace_msg", "-message_file", str(messages),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=folder,
    )  # fmt: skip
    try:
        if not target:
            await _listening(port, process, tcp=transport != "u1")
        yield Sipp(port, process, messages)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def _listening(port: int, process: asyncio.subprocess.Process, *, tcp: bool) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while process.returncode is None and asyncio.get_running_loop().time() < deadline:
        if is_taken(port, tcp=tcp):
            return
        await asyncio.sleep(0.02)
    assert process.stdout is not None
    said = (await process.stdout.read()).decode("utf-8", "replace")
    raise EOFError(f"SIPp did not start: {said[-300:]}")


@dataclass
class Phone:
    """A PJSIP telephone in a process of its own; see pjsip_manner.py for how it may be told to behave."""

    port: int
    process: asyncio.subprocess.Process

    async def report(self) -> dict[str, Any]:
        """What it saw and heard, once its call is over."""
        return dict(json.loads(await self._line("REPORT ")))

    async def _line(self, prefix: str) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while line := (await self.process.stdout.readline()).decode():
                if line.startswith(prefix):
                    return line.removeprefix(prefix)
        raise EOFError("the PJSIP telephone broke down")


@asynccontextmanager
async def pjsip_phone(**manner: Any) -> AsyncIterator[Phone]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "support.pjsip_phone", json.dumps({"port": port, **manner}),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, limit=1 << 20,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    phone = Phone(port, process)
    try:
        await phone._line("READY")
        yield phone
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
