"""The first seconds after the telephone was picked up: hear them out, and tell people from tapes."""

from __future__ import annotations

from contextlib import suppress

import structlog

from ivr.dialogue.events import Answered, MachineDetected
from ivr.early import EarlyReading, more_urgent
from ivr.lines.answerer import network_says
from ivr.listening import Patience, Stretch
from ivr.machine import MACHINE_PHRASES, Answerer, judge, may_be_misheard
from ivr.media import LineGoneError, Media
from ivr.overhearing import OVERHEARD, Overhearing
from ivr.senses import CallSenses, Reading
from speech.types import FRAME_SECONDS, Urgency

log = structlog.get_logger(__name__)

HELLO = Patience(end_silence_s=0.8, no_input_s=1.2, max_speech_s=12.0)
"""Somebody who says nothing for 1.2 s waits for us. A "喂" is over after 0.8 s."""
READ_FROM_S = 0.4
"""Silence after which it is worth finding out what was said, though the greeting may go on."""
DECIDE_WITHIN_S = 1.0
"""Longer than this nobody is kept waiting for what their greeting meant; it is read on meanwhile."""
TAPE_ENDS = Patience(end_silence_s=2.5, no_input_s=2.5, max_speech_s=20.0)
TONE_IS_OVER_S = 0.4
"""So long without a tone, and no second one belongs to it: what is said into a tone is not on the tape."""
LONGEST_TONE_S = 3.0
_RANKED_PHRASES = 8
"""Phrases of machines ranked against the audio of a greeting: every one costs time."""


async def first_event(
    media: Media, senses: CallSenses, overhearing: Overhearing
) -> Answered | MachineDetected:
    """Wait until it is the robot's turn, and say who answered; whoever is in doubt is a person.

    A machine is reported once it is ready to take a message. Distress in the greeting, and a greeting that
    takes too long to be read, are left to ``overhearing``. Raises LineGoneError.
    """  # fmt: skip
    ear = media.ear
    early = EarlyReading(overhearing, OVERHEARD, also=MACHINE_PHRASES[senses.language][:_RANKED_PHRASES])
    try:
        await _hear_out(media, early)
    except LineGoneError:
        early.give_up()
        raise
    greeting = ear.stretch
    if greeting is None:
        return Answered()
    ear.take(greeting)
    if media.keys:
        early.give_up()
        overhearing.consider(greeting)
        return Answered()
    reading = early.reading(greeting)
    overhearing.adopt(reading)
    if early.before is not None:
        overhearing.keep(greeting, early.before)
    if not await media.until(lambda: reading.done, patience_s=DECIDE_WITHIN_S):
        return Answered()
    if _is_person(media, senses, greeting, reading.result(), early.before):
        media.gaps.answered(ear.last_sound(greeting), HELLO.end_silence_s)
        return Answered()
    overhearing.collect()
    overhearing.urgent.clear()
    with suppress(LineGoneError):  # a machine that hangs up is a machine still
        await tape_is_ready(media)
    return MachineDetected()


async def _hear_out(media: Media, early: EarlyReading) -> None:
    """Wait until whoever answered has greeted, or presses a key, and begin to read it at their first pause.

    Raises LineGoneError.
    """
    ear = media.ear
    ear.attend(HELLO)

    def over() -> bool:
        if ear.event is not None or media.keys:
            return True
        if ear.stretch is not None and ear.pause_s >= READ_FROM_S:
            early.begin(ear.stretch)
        return False

    await media.until(over)


def _is_person(
    media: Media, senses: CallSenses, greeting: Stretch, reading: Reading, before: Reading | None
) -> bool:
    """``before``: what was read of the greeting while it went on; a cry in its beginning is one."""
    greeting_s = (greeting.end - greeting.start) * FRAME_SECONDS
    alarm = more_urgent(before, reading).understanding
    answerer = judge(
        greeting_s=greeting_s,
        readings=reading.readings,
        language=senses.language,
        beep=media.ear.beeped,
        urgent=alarm.urgency >= Urgency.URGENT,
        doubtful=may_be_misheard(alarm),
        announced=reading.announced,
        network=network_says(media.call),
    )
    log.info(
        "call.answerer",
        answerer=answerer.value,
        greeting_s=round(greeting_s, 2),
        tone=media.ear.beeped,
        network=network_says(media.call),
    )
    return answerer is not Answerer.MACHINE


async def tape_is_ready(media: Media) -> None:
    """Wait until a machine has finished and its tone is over. Raises LineGoneError."""
    ear = media.ear
    ear.attend(TAPE_ENDS, since=ear.now)
    await media.until(lambda: ear.beeped or ear.event is not None)
    latest = ear.now + round(LONGEST_TONE_S / FRAME_SECONDS)
    while ear.beeped and ear.now < latest:
        quiet_s = (ear.now - ear.tone_until) * FRAME_SECONDS
        if quiet_s >= TONE_IS_OVER_S:
            return
        await media.pause(TONE_IS_OVER_S - quiet_s)
