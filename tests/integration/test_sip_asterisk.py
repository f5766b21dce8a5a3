"""The recipe for Asterisk in docs/lines.md, tried: Asterisk runs with its very lines."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from support.ports import free_port
from support.sip import need_stack
from support.telephone import Person, hang_up, press, quiet, say, tone

from ivr.lines import CallNotConnectedError, Disposition, FarEndHungUp, KeyPressed
from ivr.lines.simulated import Ring
from ivr.lines.sip import SipLine, SipSettings
from ivr.lines.sip.call import SipCall

pytest.importorskip("aiosipua", reason="the village's telephones are not installed (wenan[sip-village])")

from wenan.village.sip_exchange import Conversation, SipExchange

pytestmark = [pytest.mark.sip, pytest.mark.servers]
RECIPE = Path(__file__).parents[2] / "docs" / "lines.md"
ELDER, BUSY, NOBODY = "+865331234567", "+865331234568", "+865331234569"
PATIENCE_S = 30.0
"""Asterisk loads a while on a machine that is busy."""


def asterisk_program() -> str:
    need_stack()
    program = (
        os.environ.get("WENAN_ASTERISK") or shutil.which("asterisk") or shutil.which("/usr/sbin/asterisk")
    )
    if not program:
        pytest.skip("Asterisk is not installed (or name its program in WENAN_ASTERISK)")
    return program


def recipe(file: str) -> str:
    """What docs/lines.md says belongs into this file."""
    page = RECIPE.read_text(encoding="utf-8")
    (block,) = re.findall(rf"```ini\n(; {re.escape(file)}.*?)```", page, re.DOTALL)
    return str(block)


def instead(text: str, **addresses: str) -> str:
    """Put the addresses of this machine where the recipe has others."""
    for name, here in addresses.items():
        there = {"listen": "0.0.0.0:5060", "carrier": "sip.carrier.example:5060"}[name]
        assert there in text, f"the recipe names {there}"
        text = text.replace(there, here)
    return text


def configured(folder: Path, port: int, carrier: int) -> Path:
    """A configuration of Asterisk in a folder of its own: the recipe's, and where things are."""
    here = folder / "asterisk"
    here.mkdir(parents=True)
    modules = next(Path("/usr/lib").glob("*/asterisk/modules"), "/usr/lib/x86_64-linux-gnu/asterisk/modules")
    folders = ("astvarlibdir", "astdbdir", "astkeydir", "astagidir", "astspooldir", "astrundir", "astlogdir")
    files = {
        "asterisk.conf": "\n".join(
            ["[directories]", f"astetcdir => {here}", f"astmoddir => {modules}"]
            + [f"{name} => {here}" for name in folders]
        ),
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load = {each}.so\n" for each in MODULES),
        "logger.conf": "[logfiles]\nconsole => warning,error\n",
        "rtp.conf": "[general]\nrtpstart=24000\nrtpend=24199\n",
        "pjsip.conf": instead(
            recipe("pjsip.conf"), listen=f"127.0.0.1:{port}", carrier=f"127.0.0.1:{carrier}"
        ),
        "extensions.conf": recipe("extensions.conf"),
    }
    for name, text in files.items():
        (here / name).write_text(text, encoding="utf-8")
    return here / "asterisk.conf"


MODULES = (
    "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_pjproject", "res_pjsip",
    "res_pjsip_session", "res_pjsip_sdp_rtp", "res_pjsip_registrar", "res_pjsip_authenticator_digest",
    "res_pjsip_outbound_authenticator_digest", "res_pjsip_endpoint_identifier_user", "res_pjsip_header_funcs",
    "res_pjsip_caller_id", "res_pjsip_nat", "res_pjsip_rfc3326", "res_pjsip_pubsub", "res_rtp_asterisk",
    "res_timing_timerfd", "codec_alaw", "codec_ulaw", "bridge_simple", "bridge_native_rtp", "bridge_softmix",
    "func_callerid", "pbx_config", "app_dial", "chan_pjsip",
)  # fmt: skip


@asynccontextmanager
async def asterisk(folder: Path, carrier: int) -> AsyncIterator[int]:
    """Asterisk with the recipe's configuration; yields the port it listens on."""
    program, port = asterisk_program(), free_port()
    configuration = configured(folder, port, carrier)
    with (folder / "asterisk.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program, "-f", "-n", "-q", "-C", str(configuration), stdout=log, stderr=asyncio.subprocess.STDOUT
        )
    try:
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        except TimeoutError:
            process.kill()
            await process.wait()


class Carrier:
    """The network behind Asterisk: an elder who talks, one who is busy, and a number that nobody has."""

    def __init__(self) -> None:
        self.elder = Person(self._talks, ring=Ring(answers_after_s=0.5))
        self.ended: list[Conversation] = []
        self._telephones = {ELDER: self.elder, BUSY: Person(ring=Ring(None, Disposition.BUSY, 0.1))}
        self.exchange = SipExchange(self._telephones.__getitem__, on_end=self.ended.append)

    def _talks(self) -> Iterator[object]:
        yield from quiet(0.5)
        yield from say(tone(1.0, hertz=700.0))
        yield from press("1", "5")
        yield from quiet(1.5)
        yield from hang_up()


async def speak(call: SipCall) -> None:
    while True:
        await call.send(tone(0.02, hertz=440.0))


def with_asterisk(folder: Path, story: Callable[[SipLine, Carrier], object]) -> None:
    async def main() -> None:
        carrier = Carrier()
        port = await carrier.exchange.start()
        try:
            async with asterisk(folder, port) as at:
                account = {"user": "wenan", "password": "a-long-one"}
                settings = SipSettings(f"127.0.0.1:{at}", interface="127.0.0.1", **account)
                async with SipLine(settings) as line:
                    assert await line.wait_ready(PATIENCE_S), line.health.cause
                    await story(line, carrier)  # type: ignore[misc]
        finally:
            await carrier.exchange.stop()

    asyncio.run(main())


def test_a_visit_goes_through_asterisk_as_the_recipe_has_it(tmp_path: Path) -> None:
    async def story(line: SipLine, carrier: Carrier) -> None:
        call = await line.dial(ELDER, reference="visit-7/1")
        speaking = asyncio.create_task(speak(call))
        keys, frames = "", 0
        while not isinstance(event := await call.receive(), FarEndHungUp):
            keys += event.digit if isinstance(event, KeyPressed) else ""
            frames += not isinstance(event, KeyPressed)
        speaking.cancel()
        assert event.cause == "normal"
        assert keys == "15"
        assert frames > 100
        assert carrier.elder.spoken_to_s(), "the elder heard us"
        (conversation,) = carrier.ended
        assert (conversation.number, conversation.ended) == (ELDER, "hung up here")

    with_asterisk(tmp_path, story)


def test_asterisk_passes_on_who_is_busy_and_which_number_is_wrong(tmp_path: Path) -> None:
    async def story(line: SipLine, _carrier: Carrier) -> None:
        for number, disposition in ((BUSY, Disposition.BUSY), (NOBODY, Disposition.INVALID_NUMBER)):
            with pytest.raises(CallNotConnectedError) as caught:
                await line.dial(number, reference="visit-7/2", ring_seconds=10.0)
            assert caught.value.disposition is disposition, caught.value.cause

    with_asterisk(tmp_path, story)
