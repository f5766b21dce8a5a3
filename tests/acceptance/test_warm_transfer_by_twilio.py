"""An elder whom Twilio has rung cries for help, and is put through to whoever is on duty."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from support.campaigning import number
from support.fake_twilio import FakeTwilio, settings_for
from support.sip_transfers import QuickTones, phone_until_over
from support.telephone import Person, hang_up
from support.transfers import (
    ELDERS_VOICE,
    WORKERS,
    WORKERS_VOICE,
    Town,
    accepts_and,
    cries_and,
    hears,
    seconds_of,
    speaks,
    waits,
)
from support.twilio import need_twilio
from support.twilio_people import PeopleAtTwilio

from escalation.switchboard import By
from escalation.worker_call import PUT_THROUGH
from ivr.lines.handing_over import HANDED_OVER
from ivr.lines.twilio import TwilioLine
from records.sessions import Ledger

pytestmark = pytest.mark.twilio
ELDER = number(1)
ROBOTS_VOICE = 300.0


@pytest.fixture
def town(sqlite_ledger: Ledger, tmp_path: Path) -> Town:
    need_twilio()
    return Town(sqlite_ledger, tmp_path, voice=QuickTones())


def who_takes_it() -> Person:
    return Person(accepts_and(waits(4), speaks(WORKERS_VOICE), hears(ELDERS_VOICE), waits(1), hang_up))


def who_hands_it_on() -> Person:
    return Person(accepts_and(waits(60), key="2"))


def waiting_elder() -> Person:
    return Person(cries_and(hears(WORKERS_VOICE), speaks(ELDERS_VOICE, 3.0), waits(60)))


def phoned_by_twilio(town: Town, people: dict[str, Person], *, by: By = "bridge") -> PeopleAtTwilio:
    """Twilio rings the elder, and then whoever is on duty; returns what became of the calls."""

    async def main() -> PeopleAtTwilio:
        there = PeopleAtTwilio({town.numbers.get(who, ELDER): person for who, person in people.items()})
        twilio = FakeTwilio(there.story)
        with twilio.running():
            async with AsyncExitStack() as stack:
                line = await stack.enter_async_context(TwilioLine(settings_for(twilio)))
                twilio.media_port = line.media_port
                await phone_until_over(town, line, stack, by)
                await twilio.over()
        return there

    return asyncio.run(main())


def test_the_worker_hears_the_order_presses_1_and_the_two_hear_each_other(town: Town) -> None:
    elder, li = waiting_elder(), who_takes_it()
    phoned_by_twilio(town, {"elder-1": elder, "li": li})
    assert seconds_of(li.heard, ROBOTS_VOICE) >= 1.0, "the robot told the worker what it is about"
    assert seconds_of(elder.heard, WORKERS_VOICE) >= 1.5
    assert seconds_of(li.heard, ELDERS_VOICE) >= 2.0
    assert town.holder() == "li"
    assert (PUT_THROUGH, "li") in town.events()
    attempt = town.community.visit().attempts[0]
    assert (attempt.line, attempt.put_through_to) == ("twilio", "li")


def test_who_presses_2_hears_nothing_of_the_elder_and_is_followed_by_the_next(town: Town) -> None:
    elder, li, wu = waiting_elder(), who_hands_it_on(), who_takes_it()
    there = phoned_by_twilio(town, {"elder-1": elder, "li": li, "wu": wu})
    assert there.rung == [ELDER, WORKERS["li"], WORKERS["wu"]]
    assert town.holder() == "wu"
    assert seconds_of(li.heard, ELDERS_VOICE) == 0
    assert seconds_of(wu.heard, ELDERS_VOICE) >= 2.0


def test_once_1_is_pressed_both_calls_are_led_into_one_conference_and_the_order_is_the_workers(
    town: Town,
) -> None:
    there = phoned_by_twilio(town, {"elder-1": waiting_elder(), "li": who_takes_it()}, by="attended")
    assert there.rooms[ELDER] == there.rooms[WORKERS["li"]] != ""
    assert town.holder() == "li"
    attempt = town.community.visit().attempts[0]
    assert (attempt.put_through_to, attempt.cause) == ("li", HANDED_OVER)
