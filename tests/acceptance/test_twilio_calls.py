"""The dialer, the dialogue and the panel with a Twilio on loopback: whole visits, lost and doubled news."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select
from support.calls import Hears, Tones, senses
from support.campaigning import CALLER, MONDAY, Community
from support.fake_twilio import FakeCall, FakeTwilio, Story, settings_for
from support.panel_fixtures import HandClock, rules
from support.recorded import read_recording
from support.telephone import tone
from support.twilio import need_twilio

from campaigns.desk import DialerOptions
from campaigns.dialer import Dialer, new_owner
from campaigns.progress import ProgressEvent
from escalation.aftercare import VisitAftercare
from ivr.call import hold_conversation
from ivr.clock import LoopClock
from ivr.lines.twilio import CallNews, Signatures, TwilioLine
from records.provider_events import ProviderEvent
from records.sessions import Ledger
from speech.prompts import Prompt
from speech.types import SAMPLE_RATE, Language
from web.app import create_app
from web.server import start_in_thread
from web.twilio_door import TwilioDoor
from wenan.twilio_records import QUIET, TwilioRecords

pytestmark = pytest.mark.twilio
SILENCE = b"\xff" * 160


@pytest.fixture(autouse=True)
def _installed() -> None:
    need_twilio()


class ShortTones(Tones):
    """A voice that says everything in a fifth of a second."""

    def get(self, sentence: str, *, language: Language, speed: float = 1.0, voice: str = "") -> Prompt:
        del speed, voice
        return Prompt(sentence, language, tone(0.2, 300), "tones")


@asynccontextmanager
async def product(
    community: Community, story: Story
) -> AsyncIterator[tuple[FakeTwilio, TwilioLine, LoopClock]]:
    """Twilio, the line and the panel with its door, put together as ``wenan serve`` does."""
    clock = LoopClock(asyncio.get_running_loop(), MONDAY)
    twilio = FakeTwilio(story)
    with twilio.running():
        settings = settings_for(twilio)
        line = TwilioLine(settings, keep=TwilioRecords(community.ledger, clock).keep)
        app = create_app(
            community.ledger,
            secret_key="a key that only tests know",  # noqa: S106 - of an app that lives for one test
            recordings_dir=community.recordings,
            clock=clock,
            organisation="滨河社区",
            rules=rules(),
            twilio_door=TwilioDoor(settings, Signatures(settings), line.hear),
        )
        with start_in_thread(app, host="127.0.0.1", port=0) as serving:
            twilio.webhooks = serving.address
            async with line:
                twilio.media_port = line.media_port
                yield twilio, line, clock
                await twilio.over()


async def phone_them(
    community: Community, story: Story, *, calls: int, ears: Hears | None = None
) -> FakeTwilio:
    """Let a dialer work in real time from Monday morning on, until so many calls are over."""
    ended = asyncio.Semaphore(0)

    def note(event: ProgressEvent) -> None:
        if event.state == "ended":
            ended.release()

    async with product(community, story) as (twilio, line, clock):
        with ThreadPoolExecutor(2) as engines:
            hearing = senses(ears or Hears(), ShortTones(), executor=engines, energy=True)
            dialer = Dialer(
                community.ledger,
                line,
                partial(hold_conversation, senses=hearing, clock=clock),
                clock,
                VisitAftercare(rules()),
                owner=new_owner(),
                recordings_dir=community.recordings,
                options=DialerOptions(caller=CALLER, on_event=note),
            )
            working = asyncio.create_task(dialer.run())
            async with asyncio.timeout(240):
                for _ in range(calls):
                    await ended.acquire()
            await dialer.stop()
            await working
    return twilio


async def well(twilio: FakeTwilio, call: FakeCall) -> None:
    """An elder who presses 1 whenever the robot has asked something."""
    from websockets.exceptions import ConnectionClosed  # noqa: PLC0415 - optional

    late = twilio.callback(call, "initiated")
    await twilio.report(call, "ringing")
    await twilio.report(call, "in-progress")
    await twilio.post(call.one("StatusCallback"), late, "token-late")
    async with twilio.answered(call) as stream:
        listening = asyncio.create_task(stream.listen())
        try:
            so_far = heard = 0
            while not listening.done():
                await stream.say(SILENCE * 40)
                heard = len(stream.came)
                if heard and heard == so_far:
                    await stream.press("1")
                    so_far = 0
                else:
                    so_far = heard
        except ConnectionClosed:
            pass
        await listening
    final = twilio.callback(call, "completed", CallDuration="30", SipResponseCode="200")
    for _ in range(2):
        await twilio.post(call.one("StatusCallback"), final, "token-final")


def test_a_whole_visit_is_held_over_twilio(
    sqlite_ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    community = Community(sqlite_ledger, tmp_path)
    community.settle(1)
    twilio = asyncio.run(phone_them(community, well, calls=1, ears=Hears()))
    (attempt,) = community.attempts()
    assert (attempt.line, attempt.disposition, attempt.call_outcome) == (
        "twilio",
        "answered_human",
        "completed",
    )
    assert attempt.provider_call_id == twilio.calls[0].sid
    assert community.visit().outcome == "completed"
    assert len(community.visit().answers) >= 5
    recording = read_recording(tmp_path / attempt.recording, channel=0)
    assert abs(len(recording) / SAMPLE_RATE - attempt.duration_s) < 1
    assert set(twilio.answers) == {204}
    with sqlite_ledger.reading() as session:
        events = session.scalars(select(ProviderEvent).order_by(ProviderEvent.id)).all()
    told = sorted(event.status for event in events if event.seal)
    assert told == ["completed", "in-progress", "initiated", "ringing"], "each once, though one came twice"
    shown = capsys.readouterr()
    assert twilio.calls[0].one("To")[3:] not in shown.out + shown.err


async def various(twilio: FakeTwilio, call: FakeCall) -> None:
    """The first telephone is busy, and it is told twice; that the second rang in vain is never reported."""
    if call is twilio.calls[-1]:
        busy = twilio.callback(call, "busy", SipResponseCode="486")
        await twilio.post(call.one("StatusCallback"), busy, "token-1")
        await twilio.post(call.one("StatusCallback"), busy, "token-1")
        await twilio.report(call, "ringing")
        call.status = "busy"
    else:
        await twilio.report(call, "no-answer", lost=True)


def test_lost_and_doubled_reports_leave_nobody_forgotten(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    community = Community(sqlite_ledger, tmp_path)
    community.settle(2)
    asyncio.run(phone_them(community, various, calls=2))
    attempts = community.attempts()
    assert sorted(str(each.disposition) for each in attempts) == ["busy", "no_answer"]
    assert sorted(each.cause for each in attempts) == ["busy, SIP 486", "no-answer"]
    for visit in community.visits():
        assert visit.outcome is None
        assert visit.next_attempt_at is not None


async def silent(_twilio: FakeTwilio, _call: FakeCall) -> None:
    """Nothing is ever reported."""


def test_calls_whose_end_was_never_reported_are_asked_after(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    community = Community(sqlite_ledger, tmp_path)
    clock = HandClock()
    records = TwilioRecords(sqlite_ledger, clock)

    async def main() -> None:
        async with product(community, silent) as (twilio, line, _clock):
            form = {"To": ["+865335550001"], "From": ["+14155550100"]}
            over, ringing = (
                FakeCall("CA" + "7" * 32, form, "no-answer"),
                FakeCall("CA" + "8" * 32, form, "ringing"),
            )
            twilio.calls += [over, ringing]
            unknown = FakeCall("CA" + "6" * 32, form, "queued")  # the first to be asked after
            for call in (unknown, over, ringing):
                records.keep(CallNews(call.sid, f"visit-of-{call.sid[-1]}", "queued"))
            assert await records.reconcile(line) == 0, "they may well be under way"
            clock.moment += QUIET + timedelta(seconds=1)
            assert await records.reconcile(line) == 3, "one that Twilio does not know keeps nobody waiting"
            assert ringing.ended.is_set()
            assert await records.reconcile(line) == 0, "their ends are on record"

    asyncio.run(main())
    with sqlite_ledger.reading() as session:
        final = session.scalars(select(ProviderEvent.status).where(ProviderEvent.final)).all()
    assert sorted(final) == ["canceled", "failed", "no-answer"]
