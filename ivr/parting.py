"""Words for the case that the robot itself fails: fetched while all is well, said when it is not."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ivr.media import LineGoneError, Media
from ivr.minutes import Partner
from ivr.senses import CallSenses, SensesFailedError
from speech.types import Pcm

_WAIT_S = 3.0
PAUSE_S = 0.3


class Parting:
    """Nobody is left in silence because an engine broke: they are told that a person will call."""

    def __init__(self, partner: Partner, senses: CallSenses) -> None:
        """Begin to fetch the words, both for an emergency and for any other call."""
        self._words = {
            emergency: asyncio.create_task(_fetch(partner, senses, emergency)) for emergency in (False, True)
        }

    async def take_leave(self, media: Media, *, emergency: bool) -> None:
        """Say what there is to say, however the line and the engines are."""
        words = self._words[emergency]
        with suppress(LineGoneError):
            words.add_done_callback(lambda _done: media.ring())
            if not await media.until(words.done, patience_s=_WAIT_S):
                return
            for pcm in words.result():
                media.mouth.play(pcm, after_quiet_s=PAUSE_S)
                await media.until(lambda: not media.mouth.speaking)

    def forget(self) -> None:
        """The words are not needed any more."""
        for words in self._words.values():
            words.cancel()


async def _fetch(partner: Partner, senses: CallSenses, emergency: bool) -> tuple[Pcm, ...]:
    """The words as sound; none if they cannot be spoken."""
    say = partner.parting_words(help_is_coming=emergency)
    try:
        sounds = [
            await senses.voice(sentence, speed=say.speed, gain_db=say.gain_db) for sentence in say.sentences
        ]
    except SensesFailedError:
        return ()
    return tuple(sounds)
