"""Says prompts sentence by sentence, and falls silent within a frame when there is a reason to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.attention import Attention, Stop
from ivr.dialogue.actions import Say
from ivr.media import Media
from ivr.overhearing import Overhearing
from ivr.playback import from_first_sound, resume_point
from ivr.senses import CallSenses
from ivr.turns import TurnKeeper
from speech.types import Pcm

BETWEEN_SENTENCES_S = 0.3
MISTAKES_PER_PROMPT = 2
"""After so many interruptions without words (a television, a lorry) a prompt is said to its end."""
_KEY_GRACE_FRAMES = 25
"""A key so soon (0.5 s) after a prompt began was pressed before that was understood: it is kept for its turn,
but the question is put in full first."""
_SAME_BREATH_FRAMES = 5
"""What was last heard more than 100 ms before the end of an opening was a remark, not an answer begun."""


class Speaking:
    """Says one prompt at a time; where it was stopped it can go on."""

    def __init__(
        self,
        media: Media,
        senses: CallSenses,
        keeper: TurnKeeper,
        overhearing: Overhearing,
        attention: Attention,
    ) -> None:
        self._media = media
        self._senses = senses
        self._keeper = keeper
        self._overhearing = overhearing
        self._attention = attention

    def prompt(self, say: Say) -> Prompt:
        """Begin a prompt; keys that are waiting or come within half a second do not interrupt it."""
        sounds = _Sounds(self._senses, say, self._media.ring)
        return Prompt(self._media, self._keeper, self._overhearing, self._attention, say, sounds)


class Prompt:
    """The sentences of one ``Say`` on their way."""

    def __init__(
        self,
        media: Media,
        keeper: TurnKeeper,
        overhearing: Overhearing,
        attention: Attention,
        say: Say,
        sounds: _Sounds,
    ) -> None:
        self._media = media
        self._keeper = keeper
        self._overhearing = overhearing
        self._attention = attention
        self._say = say
        self._sounds = sounds
        self._position = 0
        self._said_samples = 0
        """How much of the sentence at this position need not be said again."""
        self._mistakes = 0
        self._keys_since = media.ear.now + _KEY_GRACE_FRAMES

    async def go_on(self) -> Stop | None:
        """Say what has not been said yet, an interrupted sentence from the phrase in which it was.

        Returns the reason why it stopped, or None at the end of the prompt. Raises LineGoneError and
        SensesFailedError.
        """
        self._media.ear.overhear(self._overhearing.consider)
        reason = None
        while reason is None and self._position < len(self._say.sentences):
            reason = await self._utter()
            if reason is None:
                self._position += 1
                self._said_samples = 0
        self._keeper.said()
        if reason is None and not self._say.interruptible:
            self._part_from_remarks()
        return reason

    def mistaken(self) -> None:
        """The last interruption had no words in it."""
        self._mistakes += 1

    def forget(self) -> None:
        """What was fetched and not said is not needed."""
        self._sounds.forget()

    async def _utter(self) -> Stop | None:
        """Say the next sentence, unless and until there is a reason not to."""
        sound = self._sounds.fetch(self._position)
        await self._media.until(lambda: sound.done() or self._stop() is not None)
        if (reason := self._stop()) is not None:
            return reason
        mouth, last = self._media.mouth, self._position + 1 == len(self._say.sentences)
        self._keeper.saying(self._say.sentences[self._position])
        pcm = sound.result()[self._said_samples :]
        if not self._position:
            pcm = from_first_sound(pcm)
        mouth.play(pcm, after_quiet_s=BETWEEN_SENTENCES_S)
        if not last:
            self._sounds.fetch(self._position + 1)
        await self._media.until(lambda: not mouth.speaking or self._stop() is not None)
        if (reason := self._stop()) is not None:
            self._said_samples += resume_point(pcm, mouth.stop())
        return reason

    def _stop(self) -> Stop | None:
        """What there is against going on. Distress always counts, a cough never."""
        open_to = self._say.interruptible
        reason = self._attention.called_away(keys_since=self._keys_since, only_if_clear=not open_to)
        if reason is not None and (open_to or reason not in (Stop.KEY, Stop.NEWS)):
            return reason
        patient = open_to and self._mistakes < MISTAKES_PER_PROMPT
        return Stop.SPEECH if patient and self._media.ear.sustained else None

    def _part_from_remarks(self) -> None:
        """At the end of a prompt that may not be interrupted: only what is still being said is an answer."""
        ear = self._media.ear
        remark = ear.stretch
        if remark is not None and ear.now - remark.end > _SAME_BREATH_FRAMES:
            ear.take(remark)
            self._overhearing.consider(remark)


class _Sounds:
    """The sentences of a prompt as sound, each fetched while the one before it is being played."""

    def __init__(self, senses: CallSenses, say: Say, tell: Callable[[], None]) -> None:
        self._senses = senses
        self._say = say
        self._tell = tell
        self._tasks: dict[int, asyncio.Task[Pcm]] = {}

    def fetch(self, position: int) -> asyncio.Task[Pcm]:
        """The sound of a sentence, begun to be fetched if it was not yet."""
        if position not in self._tasks:
            say = self._say
            task = asyncio.create_task(
                self._senses.voice(say.sentences[position], speed=say.speed, gain_db=say.gain_db)
            )
            task.add_done_callback(lambda _done: self._tell())
            self._tasks[position] = task
        return self._tasks[position]

    def forget(self) -> None:
        """What was not needed is not waited for, nor are its failures anybody's."""
        for task in self._tasks.values():
            if not task.cancel() and not task.cancelled():
                task.exception()
