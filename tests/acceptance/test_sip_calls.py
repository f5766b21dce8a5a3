"""The dialer, the media loop and the dialogue on real SIP calls to telephones of other makers (loopback)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.calls import Hears, Interview, Notes, ask, bye, senses
from support.campaigning import CALLER, MONDAY, Community
from support.models import models_with
from support.recorded import read_recording
from support.sip import direct, need_pjsip, need_sipp, pjsip_phone, sipp
from support.telephone import voice

from campaigns.desk import DialerOptions
from campaigns.dialer import Dialer, new_owner
from campaigns.progress import ProgressEvent
from escalation.aftercare import VisitAftercare
from escalation.rules import Channel, Rules
from ivr.brief import Brief
from ivr.call import converse, hold_conversation
from ivr.clock import LoopClock, SystemClock
from ivr.dialogue.events import KeyPressed
from ivr.lines.sip import SipLine, SipSettings
from ivr.report import CallOutcome
from ivr.script import load_script
from records.sessions import Ledger
from speech.audio import write_wav
from speech.recognizers import open_recognizer
from speech.types import SAMPLE_RATE
from wenan.trial import Trial, call_once

pytestmark = pytest.mark.sip
NUMBER = "+865331234567"


def test_a_conversation_is_held_over_a_real_call() -> None:
    need_pjsip()

    async def main() -> None:
        dialogue = Interview(ask("您好"), bye("再见，保重"))
        notes = Notes()
        with ThreadPoolExecutor(2) as engines:
            async with pjsip_phone(tone_hz=0.0, presses="1") as phone, SipLine(direct(phone.port)) as line:
                report = await converse(
                    await line.dial(NUMBER, reference="visit-1/1"),
                    partner=dialogue,
                    language="zh-CN",
                    senses=senses(Hears(), executor=engines, energy=True),
                    clock=SystemClock(),
                    observer=notes,
                )
                seen = await phone.report()
        assert report.outcome is CallOutcome.COMPLETED
        assert [event.digit for event in dialogue.heard(KeyPressed)] == ["1"]
        voice = [level for hertz, level in seen["heard"] if abs(hertz - 300) < 5]
        assert max(voice) > 1000, "the elder heard the robot"
        assert seen["lost"] == 0

    asyncio.run(main())


async def phone_them(community: Community, settings: SipSettings, calls: int) -> None:
    """Let a dialer work on a SIP line, in real time from Monday morning on, until so many calls are over."""
    clock = LoopClock(asyncio.get_running_loop(), MONDAY)
    ended = asyncio.Semaphore(0)

    def note(event: ProgressEvent) -> None:
        if event.state == "ended":
            ended.release()

    with ThreadPoolExecutor(2) as engines:
        ears = senses(Hears(), executor=engines, energy=True)
        async with SipLine(settings) as line:
            dialer = Dialer(
                community.ledger,
                line,
                partial(hold_conversation, senses=ears, clock=clock),
                clock,
                VisitAftercare(Rules.load([Channel("file", "code")], language="zh-CN")),
                owner=new_owner(),
                recordings_dir=community.recordings,
                options=DialerOptions(caller=CALLER, on_event=note),
            )
            working = asyncio.create_task(dialer.run())
            async with asyncio.timeout(40):
                for _ in range(calls):
                    await ended.acquire()
            await dialer.stop()
            await working


def test_elders_whose_telephones_are_busy_are_called_again_later(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    need_sipp()
    community = Community(sqlite_ledger, tmp_path)
    community.settle(2)

    async def main() -> None:
        busy = {"status": "486 Busy Here", "reason": 'Q.850;cause=17;text="User busy"'}
        async with sipp("refuses", tmp_path, calls=2, values=busy) as network:
            await phone_them(community, direct(network.port), calls=2)
            said = await network.played_out()
        for attempt in community.attempts():
            assert f"X-Wenan-Attempt: {attempt.reference}" in said

    asyncio.run(main())
    attempts = community.attempts()
    assert [(each.line, each.disposition) for each in attempts] == [("sip", "busy")] * 2
    assert all(each.cause.startswith("486 Busy Here") for each in attempts)
    for visit in community.visits():
        assert visit.outcome is None
        assert visit.next_attempt_at is not None
        assert 10 <= (visit.next_attempt_at - MONDAY).total_seconds() / 60 <= 20


def test_an_elder_who_hangs_up_is_on_record_with_the_recording_and_is_called_again(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    need_pjsip()
    community = Community(sqlite_ledger, tmp_path)
    community.settle(1)

    async def main() -> None:
        async with pjsip_phone(tone_hz=220.0, hangs_up_after_s=6.0) as phone:
            await phone_them(community, direct(phone.port), calls=1)
            seen = await phone.report()
        (attempt,) = community.attempts()
        assert f"X-Wenan-Attempt: {attempt.reference}" in seen["invite"]
        assert attempt.provider_call_id in seen["invite"]

    asyncio.run(main())
    (attempt,) = community.attempts()
    assert (attempt.line, attempt.disposition, attempt.cause) == ("sip", "answered_human", "normal")
    recording = read_recording(community.recordings / attempt.recording, channel=0)
    assert abs(len(recording) / SAMPLE_RATE - attempt.duration_s) < 1
    assert 4 < attempt.duration_s < 15
    assert community.visit().outcome is None, "the visit is not over"
    assert community.visit().next_attempt_at is not None


TRIAL = Trial(NUMBER, load_script("standard"), Brief("王秀兰", "王奶奶", "滨河社区", "0533-5181234", "zh-CN"))


def try_call(port: int, shown: list[str], ears: Any = None) -> Awaitable[bool]:
    """The command has an event loop of its own. Without ``ears`` nothing is understood."""
    return asyncio.to_thread(
        call_once,
        direct(port),
        TRIAL,
        lambda engines: senses(ears or Hears(), executor=engines, energy=ears is None),
        shown.append,
    )


def test_a_trial_call_shows_what_happens() -> None:
    need_pjsip()
    shown: list[str] = []

    async def main() -> bool:
        async with pjsip_phone(tone_hz=0.0, hangs_up_after_s=5.0) as phone:
            return await try_call(phone.port, shown)

    assert asyncio.run(main())
    assert shown[0] == "the line is ready"
    assert shown[1].startswith("answered after ")
    assert shown[-1].startswith("the call ended after ")
    assert "normal" in shown[-1]


def test_a_trial_call_that_reaches_nobody_says_so(tmp_path: Path) -> None:
    need_sipp()
    shown: list[str] = []

    async def main() -> bool:
        busy = {"status": "486 Busy Here", "reason": "SIP;cause=486"}
        async with sipp("refuses", tmp_path, values=busy) as network:
            return await try_call(network.port, shown)

    assert not asyncio.run(main())
    assert shown[-1].startswith("nobody was reached: busy: 486 Busy Here")


@pytest.mark.models
def test_a_cry_for_help_on_a_real_telephone_line_is_heard(tmp_path: Path) -> None:
    need_pjsip()
    whisper = open_recognizer("whisper", models_dir=models_with("whisper-base"), vosk_models={}, threads=2)
    write_wav(tmp_path / "help.wav", voice("kuai_jiu_ming"))
    shown: list[str] = []

    async def main() -> None:
        async with pjsip_phone(says=str(tmp_path / "help.wav"), hangs_up_after_s=25.0) as phone:
            await try_call(phone.port, shown, whisper)

    asyncio.run(main())
    assert any(line.startswith("  FLAG") and "(emergency)" in line for line in shown), shown
