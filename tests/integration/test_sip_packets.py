"""What goes over the wire in a call, and what becomes of packets that do not arrive."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from support.rtp import RtpSocket, rtp_socket
from support.sip import direct, need_sipp, sipp
from support.telephone import frames_of, is_loud, tone

from ivr.lines import AudioFrame, FarEndHungUp, KeyPressed
from ivr.lines.sip import SipLine
from ivr.lines.sip.call import SipCall
from speech.audio import alaw_decode
from speech.types import FRAME_SAMPLES, SAMPLE_RATE, Pcm

pytestmark = pytest.mark.sip
NUMBER = "+865331234567"


@pytest.fixture(autouse=True)
def _peer() -> None:
    need_sipp()


def with_audio(
    story: Callable[[SipCall, RtpSocket], Awaitable[None]],
    folder: Path,
    scenario: str = "answers",
    before: Callable[[RtpSocket], Awaitable[None]] | None = None,
) -> None:
    """Tell a story on an answered call whose audio is ours; ``before`` happens from the INVITE on."""

    async def main() -> None:
        async with (
            rtp_socket() as audio,
            sipp(scenario, folder, values={"rtp_port": str(audio.port)}) as telephone,
            SipLine(direct(telephone.port)) as line,
        ):
            early = asyncio.create_task(before(audio)) if before else None
            call = await line.dial(NUMBER, reference="visit-7/1")
            if early is not None:
                early.cancel()
            await story(call, audio)
            await call.hang_up()
            await telephone.played_out()

    asyncio.run(main())


async def say(call: SipCall, pcm: Pcm) -> None:
    for frame in frames_of(pcm):
        await call.send(frame)


async def frames_until(call: SipCall, enough: Callable[[list[AudioFrame]], bool]) -> list[AudioFrame]:
    frames: list[AudioFrame] = []
    while not enough(frames):
        event = await call.receive()
        assert not isinstance(event, FarEndHungUp), event.cause
        if isinstance(event, AudioFrame):
            frames.append(event)
    return frames


async def next_key(call: SipCall) -> str:
    while True:
        match await call.receive():
            case KeyPressed(digit=digit):
                return digit
            case FarEndHungUp(cause=cause):
                raise AssertionError(cause)


def test_what_we_say_leaves_as_an_even_stream(tmp_path: Path) -> None:
    async def story(call: SipCall, audio: RtpSocket) -> None:
        await say(call, tone(2.0))
        packets = audio.audio()
        assert len(packets) >= 80
        assert {len(packet.payload) for packet in packets} == {FRAME_SAMPLES}
        assert len({packet.source for packet in packets}) == 1
        for before, after in pairwise(packets):
            assert (after.sequence - before.sequence) & 0xFFFF == 1
            assert (after.timestamp - before.timestamp) & 0xFFFFFFFF == FRAME_SAMPLES
        apart = [after - before for before, after in pairwise(audio.audio_came)]
        assert median(apart) == pytest.approx(0.02, abs=0.003), "and a packet leaves every 20 ms"
        loud = [is_loud(alaw_decode(packet.payload)) for packet in packets]
        said = loud[loud.index(True) :]
        assert said.count(False) <= len(said) // 5, "the stack never waits long for us"

    with_audio(story, tmp_path)


def test_lost_packets_are_concealed_and_marked_and_speech_goes_on(tmp_path: Path) -> None:
    async def story(call: SipCall, audio: RtpSocket) -> None:
        speaking = asyncio.create_task(audio.say(tone(2.4), losing=range(40, 46)))
        frames = await frames_until(call, lambda frames: sum(is_loud(each.pcm) for each in frames) >= 70)
        speaking.cancel()
        heard = [number for number, frame in enumerate(frames) if is_loud(frame.pcm) and not frame.lost]
        middle = frames[heard[0] : heard[-1]]
        assert sum(frame.lost for frame in middle) >= 3
        assert len(frames[-1].pcm) == FRAME_SAMPLES
        assert np.abs(np.concatenate([frame.pcm for frame in middle])).max() > 4000

    with_audio(story, tmp_path)


def test_the_networks_melody_is_not_heard_as_the_elder(tmp_path: Path) -> None:
    async def melody(audio: RtpSocket) -> None:
        await audio.say(tone(10.0))

    async def story(call: SipCall, audio: RtpSocket) -> None:
        frames = await frames_until(call, lambda frames: len(frames) >= 40)
        assert audio.audio(), "the network could have heard us"
        # What was under way in the jitter buffer at that moment may still be heard: a tenth of a second.
        assert sum(is_loud(frame.pcm) for frame in frames) <= 15

    with_audio(story, tmp_path, scenario="announces", before=melody)


def test_keys_are_heard_once_each(tmp_path: Path) -> None:
    async def story(call: SipCall, audio: RtpSocket) -> None:
        heard = ""
        for digit in "1199*0#":
            await audio.press(digit)
            heard += await next_key(call)
        assert heard == "1199*0#"

    with_audio(story, tmp_path)


def test_a_key_counts_when_it_is_pressed_even_if_its_end_is_lost(tmp_path: Path) -> None:
    async def story(call: SipCall, audio: RtpSocket) -> None:
        await audio.press("1", released=False)
        assert await next_key(call) == "1"
        await audio.press("2")
        assert await next_key(call) == "2"

    with_audio(story, tmp_path)


def test_calls_at_the_same_time_never_hear_each_other(tmp_path: Path) -> None:
    pitches = [400 + 150 * number for number in range(8)]

    async def talk(line: SipLine, hertz: int) -> int:
        call = await line.dial(NUMBER, reference=f"visit-{hertz}/1")
        speaking = asyncio.create_task(say(call, tone(10.0, hertz=hertz)))
        frames = await frames_until(call, lambda frames: sum(is_loud(each.pcm) for each in frames) >= 60)
        speaking.cancel()
        await call.hang_up()
        heard = np.concatenate([frame.pcm for frame in frames if is_loud(frame.pcm)])
        return int(np.abs(np.fft.rfft(heard)).argmax() * SAMPLE_RATE / len(heard))

    async def main() -> None:
        async with sipp("answers", tmp_path, calls=len(pitches), echoes=True) as telephones:
            async with SipLine(direct(telephones.port)) as line:
                heard = await asyncio.gather(*(talk(line, hertz) for hertz in pitches))
            await telephones.played_out()
        assert heard == pytest.approx(pitches, abs=10)

    asyncio.run(main())
