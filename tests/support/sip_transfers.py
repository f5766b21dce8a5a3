"""An elder in need and people on duty, with SIP telephones of another maker, in real time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from campaigns.desk import DialerOptions
from campaigns.dialer import Dialer, new_owner
from campaigns.progress import ProgressEvent
from escalation.aftercare import VisitAftercare
from escalation.switchboard import By, Switchboard
from ivr.call import hold_conversation
from ivr.clock import LoopClock
from ivr.lines import Line
from ivr.lines.sip import SipLine
from ivr.warming import warm_up
from speech.prompts import Prompt
from speech.types import Language
from support.calls import Hears, Tones, senses
from support.campaigning import CALLER, number
from support.exchange import exchange
from support.sip import Phone, direct, pjsip_phone
from support.telephone import tone
from support.transfers import ELDERS_VOICE, WORKERS_VOICE, Town
from wenan.transfer import with_transfers

PATIENCE_S = 120.0
CRIES: list[list[Any]] = [["wait", 0.3], ["say", 220.0, 1.2]]
"""Picks up and cries for help."""
HEARD_OUT: list[Any] = ["hear_out", 1.5]
ELDER_WAITS_AND_SPEAKS: list[list[Any]] = [*CRIES, ["hear", WORKERS_VOICE], ["say", ELDERS_VOICE, 5.0]]
TAKES_IT_AND_SPEAKS: list[list[Any]] = [
    HEARD_OUT, ["press", "1"], HEARD_OUT, ["say", WORKERS_VOICE, 3.0], ["hear", ELDERS_VOICE], ["wait", 1.0],
    ["hang_up"],
]  # fmt: skip
"""A worker who hears the robot out, presses 1, speaks, hears the elder and puts the receiver down."""


class QuickTones(Tones):
    """A voice in a hurry: what is said takes a fifth of the time, for nobody has to understand it."""

    def get(self, sentence: str, *, language: Language, speed: float = 1.0, voice: str = "") -> Prompt:
        del voice
        self.rendered.append(sentence)
        return Prompt(sentence, language, tone(0.05 * len(sentence) / speed, 300), "tones")


async def phoned_by_sip(
    town: Town, phones: Mapping[str, Mapping[str, Any]], *, by: By = "bridge"
) -> dict[str, dict[str, Any]]:
    """The dialer phones the town's elder, whoever is on duty is rung; returns what each telephone reports.

    ``phones``: manners of PJSIP telephones by ``elder-1`` or login. Who has none does not exist. Telephones
    that were never rung report nothing.
    """
    async with AsyncExitStack() as stack:
        telephones: dict[str, Phone] = {
            who: await stack.enter_async_context(
                pjsip_phone(**{"answers_after_s": 0.5, "patience_s": 110.0, **manner})
            )
            for who, manner in phones.items()
        }
        numbers = town.numbers | {f"elder-{index}": number(index) for index in range(1, town.elders + 1)}
        trunk = await stack.enter_async_context(
            exchange({numbers[who]: phone.port for who, phone in telephones.items()})
        )
        line = await stack.enter_async_context(SipLine(direct(trunk.port)))
        await phone_until_over(town, line, stack, by)
        return {who: await phone.report() for who, phone in telephones.items() if numbers[who] in trunk.rung}


async def phone_until_over(town: Town, line: Line, stack: AsyncExitStack, by: By) -> None:
    """Until the first call to an elder is over, and whoever is being rung then."""
    clock = LoopClock(asyncio.get_running_loop(), town.community.now)
    engines, books = (stack.enter_context(ThreadPoolExecutor(each)) for each in (2, 1))
    ears = senses(Hears("", *town.heard), town.voice, energy=True, executor=engines)
    await warm_up(ears, "zh-CN")  # takes the first thing that is heard
    switchboard = Switchboard(town.ledger, town.rules, line, ears, clock, books, by=by)
    over = asyncio.Event()

    def note(event: ProgressEvent) -> None:
        if event.state == "ended":
            over.set()

    talk = partial(hold_conversation, senses=ears, clock=clock)
    dialer = Dialer(
        town.ledger,
        line,
        talk,
        clock,
        VisitAftercare(town.rules),
        owner=new_owner(),
        recordings_dir=town.folder,
        options=with_transfers(DialerOptions(caller=CALLER, on_event=note), talk, switchboard),
    )
    working = asyncio.create_task(dialer.run())
    async with asyncio.timeout(PATIENCE_S):
        await over.wait()
        await switchboard.idle()
    await dialer.stop()
    await working
    await switchboard.close()


def seconds_heard(report: Mapping[str, Any], hertz: float) -> float:
    """For how long somebody with this voice was heard, to the nearest half second."""
    return sum(0.5 for pitch, level in report["heard"] if level > 500 and abs(pitch - hertz) <= 12)
