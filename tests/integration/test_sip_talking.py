"""Calls over loopback to a PJSIP telephone: what each side says, presses and hears."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.certificates import loopback_certificate
from support.sip import Phone, direct, need_pjsip, part_quickly, pjsip_phone
from support.telephone import frames_of, tone

from ivr.lines import AudioFrame, CallNotConnectedError, Disposition, FarEndHungUp, KeyPressed
from ivr.lines.sip import SipLine
from ivr.lines.sip.call import SipCall
from speech.types import SAMPLE_RATE, Pcm

pytestmark = pytest.mark.sip
NUMBER = "+865331234567"


@pytest.fixture(autouse=True)
def _peer(monkeypatch: pytest.MonkeyPatch) -> None:
    need_pjsip()
    part_quickly(monkeypatch)


async def say(call: SipCall, pcm: Pcm) -> None:
    for frame in frames_of(pcm):
        await call.send(frame)


class Listener:
    """Keeps what comes from a call until the other side hangs up."""

    def __init__(self) -> None:
        self.frames: list[AudioFrame] = []
        self.keys = ""
        self.cause = ""

    async def listen(self, call: SipCall) -> None:
        while not self.cause:
            match await call.receive():
                case AudioFrame() as frame:
                    self.frames.append(frame)
                case KeyPressed(digit=digit):
                    self.keys += digit
                case FarEndHungUp(cause=cause):
                    self.cause = cause

    def strongest_hz(self, second: int) -> int:
        pcm = np.concatenate([frame.pcm for frame in self.frames])
        return int(np.abs(np.fft.rfft(pcm[second * SAMPLE_RATE : (second + 1) * SAMPLE_RATE])).argmax())


def with_phone(
    story: Callable[[SipLine, Phone], Awaitable[None]], settings: dict[str, Any], **manner: Any
) -> None:
    async def main() -> None:
        async with pjsip_phone(**manner) as phone, SipLine(direct(phone.port, **settings)) as line:
            await story(line, phone)

    asyncio.run(main())


@pytest.mark.parametrize("codec", ["PCMA", "PCMU"])
def test_both_hear_each_other_press_keys_and_the_elder_hangs_up(codec: str) -> None:
    async def story(line: SipLine, phone: Phone) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        listener = Listener()
        speaking = asyncio.create_task(say(call, tone(20.0, hertz=440.0)))
        await listener.listen(call)
        speaking.cancel()
        assert listener.cause == "normal"
        assert listener.keys == "150#"
        assert abs(listener.strongest_hz(0) - 700) <= 2
        report = await phone.report()
        assert report["codec"] == codec
        assert "X-Wenan-Attempt: visit-7/1" in report["invite"]
        middle = report["heard"][1:-1]
        assert all(abs(hertz - 440) <= 4 for hertz, level in middle if level > 1000)
        assert sum(level > 1000 for _, level in middle) >= len(middle) - 1
        assert report["lost"] == report["misordered"] == report["duplicated"] == 0

    with_phone(story, {}, codec=f"{codec}/8000", presses="150#", hangs_up_after_s=4.0)


def test_we_prefer_the_codec_that_is_named_first() -> None:
    async def story(line: SipLine, phone: Phone) -> None:
        await (await line.dial(NUMBER, reference="visit-7/1")).hang_up()
        offer = (await phone.report())["invite"]
        assert "RTP/AVP 0 8" in offer

    with_phone(story, {"codecs": ("pcmu", "pcma")})


def test_an_extension_is_keyed_in_behind_the_switchboard() -> None:
    async def story(line: SipLine, phone: Phone) -> None:
        call = await line.dial(f"{NUMBER};ext=8042", reference="visit-7/1")
        await say(call, tone(0.5))
        await call.hang_up()
        report = await phone.report()
        assert report["digits"] == "8042"
        assert f"INVITE sip:{NUMBER}@" in report["invite"]

    with_phone(story, {"extension_pause_s": 0.3})


def test_what_was_played_before_the_answer_is_not_taken_for_the_elder() -> None:
    async def story(line: SipLine, phone: Phone) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        answered_at = asyncio.get_running_loop().time()
        listener = Listener()
        await listener.listen(call)
        seconds = asyncio.get_running_loop().time() - answered_at
        await phone.report()
        assert len(listener.frames) <= seconds * 50 + 2, "no more than what came since the answer"

    with_phone(story, {}, answers_after_s=1.0, hangs_up_after_s=1.0)


def test_a_server_with_a_certificate_is_called_over_tls(tmp_path: Path) -> None:
    certificate, with_key = loopback_certificate(tmp_path)

    async def story(line: SipLine, phone: Phone) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        await call.hang_up()
        assert "transport=tls" in (await phone.report())["invite"]

    with_phone(story, {"transport": "tls", "ca_file": certificate}, certificate=str(with_key))


def test_a_server_nobody_vouches_for_is_not_told_whom_we_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, with_key = loopback_certificate(tmp_path)

    async def story(line: SipLine, _phone: Phone) -> None:
        with pytest.raises(CallNotConnectedError) as caught:
            await line.dial(NUMBER, reference="visit-7/1", ring_seconds=5.0)
        assert caught.value.disposition is Disposition.FAILED

    with_phone(story, {"transport": "tls"}, certificate=str(with_key))
    assert "certificate verify failed" in capsys.readouterr().out, "our log says why"


def test_a_telephone_that_dies_without_a_word_ends_the_call() -> None:
    async def story(line: SipLine, _phone: Phone) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        listener = Listener()
        await listener.listen(call)
        assert listener.cause == "the far end has sent no audio for 1 s"
        assert listener.frames[-1].lost, "the silence of a dead line is not the silence of an elder"

    with_phone(story, {"rtp_timeout_s": 1}, dies_after_s=0.8)


def test_a_call_that_the_exchange_switches_in_the_middle_goes_on() -> None:
    async def story(line: SipLine, phone: Phone) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        listener = Listener()
        speaking = asyncio.create_task(say(call, tone(20.0, hertz=440.0)))
        await listener.listen(call)
        speaking.cancel()
        assert listener.cause == "normal"
        seconds = len(listener.frames) / 50
        assert 4 < seconds < 12, "frames come on hold, too"
        assert abs(listener.strongest_hz(0) - 700) <= 2
        assert abs(listener.strongest_hz(int(seconds) - 1) - 700) <= 2, "and the elder is heard again"
        last = (await phone.report())["heard"][-2]
        assert abs(last[0] - 440) <= 2, "and hears us again"

    with_phone(story, {"rtp_timeout_s": 1}, holds_s=1.8, hangs_up_after_s=5.0)


@pytest.mark.parametrize("reliable", [True, False])
def test_a_network_that_wants_its_ringing_acknowledged(*, reliable: bool) -> None:
    async def story(line: SipLine, phone: Phone) -> None:
        if not reliable:
            with pytest.raises(CallNotConnectedError, match="failed: 421"):
                await line.dial(NUMBER, reference="visit-7/1")
            return
        call = await line.dial(NUMBER, reference="visit-7/1")
        await say(call, tone(1.5))
        await call.hang_up()
        assert "100rel" in (await phone.report())["invite"]

    with_phone(story, {"reliable_ringing": reliable}, reliable=True)


def test_what_is_said_can_be_encrypted(tmp_path: Path) -> None:
    certificate, with_key = loopback_certificate(tmp_path)

    async def story(line: SipLine, phone: Phone) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        listener = Listener()
        speaking = asyncio.create_task(say(call, tone(10.0, hertz=440.0)))
        await listener.listen(call)
        speaking.cancel()
        assert abs(listener.strongest_hz(0) - 700) <= 2
        report = await phone.report()
        assert "RTP/SAVP" in report["invite"]
        ours = [hertz for hertz, level in report["heard"] if level > 1000]
        assert ours, "the elder heard us"
        assert all(abs(hertz - 440) <= 4 for hertz in ours[1:-1] or ours)

    with_phone(
        story,
        {"transport": "tls", "ca_file": certificate, "encrypt_audio": True},
        certificate=str(with_key),
        encrypted=True,
        hangs_up_after_s=2.5,
    )


def test_keys_of_old_gateways_are_heard_too() -> None:
    async def story(line: SipLine, _phone: Phone) -> None:
        call = await line.dial(NUMBER, reference="visit-7/1")
        listener = Listener()
        await listener.listen(call)
        assert listener.keys == "1"

    with_phone(story, {}, presses="1", presses_by="info", hangs_up_after_s=2.0)


def test_a_network_that_insists_on_session_timers_is_not_for_us() -> None:
    async def story(line: SipLine, _phone: Phone) -> None:
        with pytest.raises(CallNotConnectedError, match="failed: 421"):
            await line.dial(NUMBER, reference="visit-7/1")

    with_phone(story, {}, timers=True)
