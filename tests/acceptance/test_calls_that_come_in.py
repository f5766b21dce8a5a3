"""Calls that come in on real lines, over loopback: an independent SIP telephone, and a Twilio of our own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import select
from support.callers import ShortTones, reception_on
from support.calls import Hears, senses
from support.campaigning import Community, number
from support.fake_twilio import FakeCall, FakeTwilio, settings_for
from support.panel_fixtures import rules
from support.ports import free_port
from support.sip import direct, need_pjsip, need_sipp, pjsip_phone, sipp
from support.twilio import SETTINGS, SID, need_twilio

from campaigns.reception import Reception
from ivr.clock import SystemClock
from ivr.lines.sip import SipLine
from ivr.lines.twilio import Signatures, TwilioLine
from records.call_ins import CallIn
from records.sessions import Ledger
from records.visits import Visit
from web.app import create_app
from web.server import start_in_thread
from web.twilio_door import TwilioDoor
from wenan.receiving import turn_away

SILENCE = b"\xff" * 160
ELDER = "+865335550001"


@pytest.fixture
def community(sqlite_ledger: Ledger, tmp_path: Path) -> Community:
    """One elder whose visit is due this month, whatever month it is."""
    community = Community(sqlite_ledger, tmp_path / "recordings", now=SystemClock().now())
    today = community.now.date()
    community.settle(
        1, phones=[ELDER], campaign={"starts_on": today, "ends_on": today.replace(year=today.year + 1)}
    )
    with sqlite_ledger.session() as session:
        for visit in session.scalars(select(Visit)):
            visit.next_attempt_at = community.now
    return community


def call_ins(ledger: Ledger) -> list[tuple[str, str, str]]:
    """Line, number and outcome of everything that came in."""
    with ledger.reading() as session:
        return [(each.line, each.number, each.outcome) for each in session.query(CallIn).order_by(CallIn.id)]


@pytest.mark.sip
def test_an_elder_s_sip_telephone_calls_and_goes_on_with_the_visit(community: Community) -> None:
    need_pjsip()

    async def main() -> dict[str, object]:
        ours = free_port()
        with ThreadPoolExecutor(1) as books, ThreadPoolExecutor(2) as engines:
            ears = senses(Hears(), ShortTones(), executor=engines, energy=True)
            async with SipLine(direct(free_port(), listen=f"127.0.0.1:{ours}")) as line:
                reception = reception_on(
                    line, community.ledger, ears, SystemClock(), books, community.recordings
                )
                line.take_calls(reception.take)
                manner = {"number": f"0{ELDER[3:]}", "calls": f"sip:+865335181234@127.0.0.1:{ours}"}
                async with pjsip_phone(tone_hz=0.0, presses="1", hangs_up_after_s=12.0, **manner) as phone:
                    seen = await phone.report()
                await reception.idle()
                return seen

    seen = asyncio.run(main())
    assert seen["ended"].startswith("200"), seen["ended"]  # type: ignore[attr-defined]
    voice = [level for hertz, level in seen["heard"] if abs(hertz - 300) < 5]  # type: ignore[attr-defined]
    assert max(voice) > 1000, "the elder heard the robot"
    assert call_ins(community.ledger) == [("sip", ELDER, "visit")]
    visit = community.visit()
    (attempt,) = visit.attempts
    assert (attempt.direction, attempt.line, attempt.disposition) == ("in", "sip", "answered_human")
    assert visit.attempts_made == 0
    assert attempt.provider_call_id


@pytest.mark.sip
def test_nobody_is_answered_whom_there_is_no_room_for(community: Community, tmp_path: Path) -> None:
    need_sipp()

    async def main() -> None:
        ours = free_port()
        with ThreadPoolExecutor(1) as books, ThreadPoolExecutor(2) as engines:
            ears = senses(Hears(), ShortTones(), executor=engines, energy=True)
            async with SipLine(direct(free_port(), listen=f"127.0.0.1:{ours}")) as line:
                reception = reception_on(
                    line, community.ledger, ears, SystemClock(), books, community.recordings, most=0
                )
                line.take_calls(reception.take)
                async with sipp("caller", tmp_path, target=f"127.0.0.1:{ours}") as stranger:
                    await stranger.played_out()
                await reception.idle()

    asyncio.run(main())
    (call,) = call_ins(community.ledger)
    assert (call[0], call[2]) == ("sip", "busy"), "and yet it is on record that they rang"


@pytest.mark.sip
def test_whoever_calls_while_the_program_starts_is_on_record(community: Community, tmp_path: Path) -> None:
    need_sipp()

    async def main() -> None:
        ours = free_port()
        with ThreadPoolExecutor(1) as books:
            async with (
                SipLine(direct(free_port(), listen=f"127.0.0.1:{ours}")) as line,
                AsyncExitStack() as end,
            ):
                turn_away(line, community.ledger, SystemClock(), rules(), books, end)
                async with sipp("caller", tmp_path, target=f"127.0.0.1:{ours}") as stranger:
                    await stranger.played_out()

    asyncio.run(main())
    (call,) = call_ins(community.ledger)
    assert (call[0], call[2]) == ("sip", "busy")


async def nobody_is_called(_twilio: FakeTwilio, _call: FakeCall) -> None:
    """No order is given in these stories."""


async def with_twilio(community: Community, caller: str, *, most: int = 2) -> tuple[FakeTwilio, int, str]:
    """Somebody rings our number at Twilio, says nothing for a while and hangs up.

    Returns what a second question of the webhook was answered meanwhile as well.
    """
    clock = SystemClock()
    twilio = FakeTwilio(nobody_is_called)
    with twilio.running(), ThreadPoolExecutor(1) as books, ThreadPoolExecutor(2) as engines:
        settings = settings_for(twilio)
        line = TwilioLine(settings)
        ears = senses(Hears(), ShortTones(), executor=engines, energy=True)
        reception: Reception = reception_on(
            line, community.ledger, ears, clock, books, community.recordings, most=most
        )
        app = create_app(
            community.ledger,
            secret_key="a key that only tests know",  # noqa: S106 - of an app that lives for one test
            recordings_dir=community.recordings,
            clock=clock,
            organisation="滨河社区",
            rules=rules(),
            twilio_door=TwilioDoor(settings, Signatures(settings), line.hear, lambda: reception.has_room),
        )
        with start_in_thread(app, host="127.0.0.1", port=0) as serving:
            twilio.webhooks = serving.address
            async with line:
                twilio.media_port = line.media_port
                line.take_calls(reception.take)
                async with twilio.comes_in(caller) as stream:
                    listening = asyncio.create_task(stream.listen())
                    await stream.say(SILENCE * 200)
                    status, answer = await twilio.asks_what_to_do(SID.format(950), caller)
                    assert stream.heard, "the robot has spoken to them"
                    await stream.stop()
                    await listening
                await reception.idle()
    return twilio, status, answer


@pytest.mark.twilio
def test_an_elder_calls_the_number_at_twilio_and_goes_on_with_the_visit(community: Community) -> None:
    need_twilio()
    _, status, answer = asyncio.run(with_twilio(community, ELDER, most=1))
    (attempt,) = community.visit().attempts
    assert (attempt.direction, attempt.line, attempt.call_outcome) == ("in", "twilio", "silent")
    assert community.visit().status == "planned", "they said nothing: the visit is where it was"
    assert call_ins(community.ledger) == [("twilio", ELDER, "visit"), ("twilio", ELDER, "busy")]
    assert (status, "Reject" in answer, "busy" in answer) == (200, True, True), "there is room for one"


@pytest.mark.twilio
@pytest.mark.parametrize("shown", ["anonymous", "+266696687"])
def test_a_withheld_number_at_twilio_is_a_stranger_s(community: Community, shown: str) -> None:
    need_twilio()
    asyncio.run(with_twilio(community, shown))
    assert community.visit().attempts == []
    taken, let_in = call_ins(community.ledger)
    assert taken == ("twilio", "", "silent")
    assert let_in == ("twilio", "", ""), "whose sound never came: it is found when nobody has taken it"


@pytest.mark.twilio
def test_a_stream_that_our_webhook_has_not_let_in_is_not_taken() -> None:
    need_twilio()
    from ivr.lines.twilio.incoming import key_of, let_in  # noqa: PLC0415 - optional
    from ivr.lines.twilio.messages import Started  # noqa: PLC0415

    sid = SID.format(1)
    key = key_of(SETTINGS, sid, ELDER)

    def started(call: str = sid, shown: str = ELDER, account: str = SETTINGS.account_sid) -> Started:
        return Started("MZ1", call, account, {"number": shown})

    assert let_in(SETTINGS, key, started())
    for other in (
        started(call=SID.format(2)),
        started(shown=number(2)),
        started(shown=""),
        started(account="AC" + "f" * 32),
    ):
        assert not let_in(SETTINGS, key, other), "neither another call nor another number"
