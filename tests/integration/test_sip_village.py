"""The village's telephones on real calls: rung by our own line, on a stack that shares nothing with it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.calls import Hears, Interview, Notes, ask, bye, senses
from support.sip import part_quickly
from support.telephone import Person, hang_up, press, quiet, say, tone, until_robot_is_silent
from support.village import need_telephones

from ivr.call import converse
from ivr.clock import SystemClock
from ivr.dialogue.events import KeyPressed as KeyTold
from ivr.lines import AudioFrame, CallNotConnectedError, Disposition, FarEndHungUp, KeyPressed
from ivr.lines.simulated import FarEnd, Ring
from ivr.lines.sip import SipLine, SipSettings
from ivr.lines.sip.call import SipCall
from speech.prompts import PromptStore
from speech.synthesizers.espeak import EspeakSynthesizer
from speech.synthesizers.tones import ToneSynthesizer
from wenan.village.switchboard import Opening, Switchboard, TelephonesError, ToldPrompts

if TYPE_CHECKING:
    from wenan.village.sip_exchange import Conversation

pytestmark = pytest.mark.sip
NUMBER, OTHER = "+865331234567", "+865331234568"


@pytest.fixture(autouse=True)
def _telephones(monkeypatch: pytest.MonkeyPatch) -> None:
    need_telephones()
    part_quickly(monkeypatch)


def with_village(
    people: Mapping[str, FarEnd], story: Callable[[SipLine, list[Conversation]], Awaitable[None]]
) -> None:
    from wenan.village.sip_exchange import SipExchange  # noqa: PLC0415 - an optional package

    async def main() -> None:
        ended: list[Conversation] = []
        exchange = SipExchange(people.__getitem__, on_end=ended.append)
        port = await exchange.start()
        settings = SipSettings(f"127.0.0.1:{port}", interface="127.0.0.1", register=False)
        try:
            async with SipLine(settings) as line:
                await story(line, ended)
        finally:
            await exchange.stop()

    asyncio.run(main())


async def until(true: Callable[[], bool]) -> None:
    """Wait for what another thread or process is about to say."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - there is no event between processes
            await asyncio.sleep(0.01)


async def everything_from(call: SipCall) -> tuple[str, str, int]:
    """Keys, cause and how many frames came."""
    keys, frames = "", 0
    while not isinstance(event := await call.receive(), FarEndHungUp):
        keys += event.digit if isinstance(event, KeyPressed) else ""
        frames += isinstance(event, AudioFrame)
    return keys, event.cause, frames


def test_a_villager_talks_listens_presses_keys_and_hangs_up() -> None:
    def talks():
        yield from say(tone(1.0, hertz=700.0))
        yield from press("1", "5")
        yield from until_robot_is_silent(for_s=0.4)
        yield from hang_up()

    person = Person(talks, ring=Ring(answers_after_s=0.2))

    async def story(line: SipLine, ended: list[Conversation]) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")

        async def speak() -> None:
            for _ in range(100):
                await call.send(tone(0.02, hertz=440.0))
            while True:
                await call.send(tone(0.02, level=0.0))

        speaking = asyncio.create_task(speak())
        keys, cause, frames = await everything_from(call)
        speaking.cancel()
        assert (keys, cause) == ("15", "normal")
        assert frames > 60
        (stretch,) = [(a, b) for a, b in person.spoken_to_s() if b - a > 1.0]
        assert 1.5 < stretch[1] - stretch[0] < 2.5, "two seconds of ours were heard"
        (conversation,) = ended
        assert (conversation.reference, conversation.ended) == ("visit-7/1", "hung up here")
        assert conversation.lost == 0
        assert len(conversation.arrivals) == conversation.packets > 60

    with_village({NUMBER: person}, story)


@pytest.mark.parametrize(
    ("ring", "disposition", "there"),
    [
        (Ring(None, Disposition.BUSY, 0.1), Disposition.BUSY, "busy"),
        (Ring(None, Disposition.REJECTED, 0.1), Disposition.REJECTED, "rejected"),
        (Ring(None), Disposition.NO_ANSWER, "cancelled"),
        (None, Disposition.INVALID_NUMBER, "nobody has this number"),
    ],
)
def test_a_villager_who_does_not_answer(ring: Ring | None, disposition: Disposition, there: str) -> None:
    async def story(line: SipLine, ended: list[Conversation]) -> None:
        with pytest.raises(CallNotConnectedError) as caught:
            await line.dial(NUMBER, reference="visit-7/1", ring_seconds=1.0)
        assert caught.value.disposition is disposition
        await until(lambda: bool(ended))
        assert [each.ended for each in ended] == [there]

    with_village({} if ring is None else {NUMBER: Person(ring=ring)}, story)


def test_when_we_hang_up_the_villager_knows() -> None:
    async def story(line: SipLine, ended: list[Conversation]) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        await call.hang_up()
        await until(lambda: bool(ended))
        assert ended[0].ended == "hung up there"

    with_village({NUMBER: Person(lambda: quiet(60), ring=Ring(answers_after_s=0.1))}, story)


def test_a_caller_who_vanishes_does_not_keep_a_villager_on_the_telephone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wenan.village.sip_exchange.NO_AUDIO_S", 0.3)
    monkeypatch.setattr("wenan.village.rtp.RtpAudio._receive", lambda audio: audio._socket.recv(2048))

    async def story(line: SipLine, ended: list[Conversation]) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        async with asyncio.timeout(20):
            _, cause, _ = await everything_from(call)
        assert cause == "normal"
        assert [each.ended for each in ended] == ["no audio"]

    with_village({NUMBER: Person(lambda: quiet(60), ring=Ring(answers_after_s=0.1))}, story)


class TonesByAnotherName(ToneSynthesizer):
    name = EspeakSynthesizer.name


def opening(folder: Path) -> dict[str, object]:
    return {
        "synthesizer": "espeak",
        "models_dir": str(folder),
        "prompts_dir": str(folder / "prompts"),
        "recorded_dir": "",
        "script": "standard",
        "lines": 4,
        "past": {},
    }


def test_the_opening_is_what_the_telephones_expect(tmp_path: Path) -> None:
    assert set(opening(tmp_path)) == set(Opening.__dataclass_fields__)


def test_a_persona_answers_what_was_asked_over_a_real_call(tmp_path: Path) -> None:
    """The telephones are a process of their own; the one who only presses keys hears two questions.

    The robot's voice is tones, found in the cache under the name of the telephones' own engine.
    """
    store = PromptStore(TonesByAnotherName(), cache_dir=tmp_path / "prompts")
    interview = Interview(ask("您这几天身体还好吗？"), ask("心情还好吗？"), bye("再见"))

    async def main() -> None:
        with Switchboard(opening(tmp_path)) as telephones, ThreadPoolExecutor(2) as engines:
            ears = senses(Hears(), ToldPrompts(store, telephones), executor=engines, energy=True)
            async with SipLine(telephones.line_settings) as line:
                await converse(
                    await line.dial("+865335550105", reference="visit-5/1"),
                    partner=interview,
                    language="zh-CN",
                    senses=ears,
                    clock=SystemClock(),
                    observer=Notes(),
                    max_seconds=40.0,
                )
                await until(lambda: bool(telephones.ended))
            (call,) = telephones.ended
            assert call["ended"] == "hung up there"

    asyncio.run(main())
    assert [event.digit for event in interview.heard(KeyTold)] == ["1", "2"], "well, and in low spirits"


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process_id}/stat")
    return not status.exists() or status.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"


def test_telephones_end_with_whoever_started_them_however_that_ends(tmp_path: Path) -> None:
    starter = (
        "import sys, time, json\n"
        "from wenan.village.switchboard import Switchboard\n"
        "with Switchboard(json.loads(sys.argv[1])) as telephones:\n"
        "    print(telephones._process.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-c", starter, json.dumps(opening(tmp_path))], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        telephones = int(parent.stdout.readline())
        assert is_alive(telephones)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 20
        while is_alive(telephones) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert not is_alive(telephones)


def test_telephones_that_cannot_open_say_so(tmp_path: Path) -> None:
    wrong = {**opening(tmp_path), "script": str(tmp_path / "missing.yaml")}
    with pytest.raises(TelephonesError, match="did not start"):
        Switchboard(wrong).__enter__()
