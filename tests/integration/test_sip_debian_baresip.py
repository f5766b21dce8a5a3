"""Calls over loopback to Debian's baresip: both hear each other, keys that only sound, and who hangs up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from support.debian_baresip import NUMBER, baresip_phone, heard_there, need_debian_baresip
from support.key_sounds import key_sound, keys_in, pause
from support.sip import direct
from support.telephone import frames_of, tone

from ivr.lines import AudioFrame, FarEndHungUp
from ivr.lines.sip import SipLine
from ivr.lines.sip.call import SipCall
from speech.types import SAMPLE_RATE, Pcm

pytestmark = pytest.mark.sip


@pytest.fixture(autouse=True)
def _peer() -> None:
    need_debian_baresip()


async def heard_to_the_end(call: SipCall) -> tuple[list[AudioFrame], str]:
    frames: list[AudioFrame] = []
    while not isinstance(event := await call.receive(), FarEndHungUp):
        if isinstance(event, AudioFrame):
            frames.append(event)
    return frames, event.cause


def pitch(pcm: Pcm) -> float:
    """The strongest frequency of the loud part of a sound, in hertz."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > 1000)
    part = pcm[loud[0] : loud[-1]]
    assert len(part) > SAMPLE_RATE, "more than a second of it"
    return float(np.abs(np.fft.rfft(part)).argmax()) * SAMPLE_RATE / len(part)


@pytest.mark.parametrize("codec", ["pcma", "pcmu"])
def test_both_hear_each_other_and_we_hang_up(tmp_path: Path, codec: str) -> None:
    async def main() -> tuple[list[AudioFrame], str]:
        async with (
            asyncio.timeout(60),
            baresip_phone(tmp_path, says=tone(8.0, 700.0)) as phone,
            SipLine(direct(phone.port, codecs=(codec,))) as line,
        ):
            call = await line.dial(NUMBER, reference="visit-1")
            hearing = asyncio.create_task(heard_to_the_end(call))
            for frame in frames_of(tone(2.5, 500.0)):
                await call.send(frame)
            await call.hang_up()
            return await hearing

    frames, cause = asyncio.run(main())
    assert cause == "hung up here"
    assert pitch(np.concatenate([frame.pcm for frame in frames])) == pytest.approx(700, abs=5)
    assert sum(frame.lost for frame in frames) <= 2
    assert pitch(heard_there(tmp_path)) == pytest.approx(500, abs=5)
    assert f"Set audio encoder: {codec.upper()}" in (tmp_path / "log").read_text(encoding="utf-8")


@pytest.mark.parametrize("codec", ["pcma", "pcmu"])
def test_keys_that_it_only_sounds_are_heard_until_it_hangs_up(tmp_path: Path, codec: str) -> None:
    dialled = "1590*#"
    sounds = [piece for key in dialled for piece in (key_sound(key, 0.1), pause(0.1))]
    says = np.concatenate([pause(0.5), *sounds, pause(30.0)])

    async def main() -> tuple[list[AudioFrame], str]:
        async with (
            asyncio.timeout(60),
            baresip_phone(tmp_path, says=says) as phone,
            SipLine(direct(phone.port, codecs=(codec,))) as line,
        ):
            call = await line.dial(NUMBER, reference="visit-1")
            hearing = asyncio.create_task(heard_to_the_end(call))
            for frame in frames_of(pause(2.5)):
                await call.send(frame)
            await phone.hang_up()
            return await hearing

    frames, cause = asyncio.run(main())
    assert cause == "normal"
    assert keys_in(frames) == dialled


def test_when_it_is_switched_off_the_call_ends(tmp_path: Path) -> None:
    async def main() -> str:
        async with asyncio.timeout(60):
            async with baresip_phone(tmp_path, says=tone(8.0, 700.0)) as phone:
                line = SipLine(direct(phone.port))
                await line.__aenter__()
                call = await line.dial(NUMBER, reference="visit-1")
            try:
                return (await heard_to_the_end(call))[1]
            finally:
                await line.close()

    assert asyncio.run(main()) == "normal"
