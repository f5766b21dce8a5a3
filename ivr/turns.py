"""Collects what belongs to one exchange while it happens: what was said, what came back, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.clock import Clock
from ivr.dialogue.actions import Listen
from ivr.gaps import Gaps
from ivr.listening import Ear, Stretch
from ivr.recording import Recording
from ivr.report import TurnTaken
from speech.types import FRAME_SECONDS, Understanding
from speech.voice import Voice


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back in one exchange: words, a key, or neither."""

    stretch: Stretch | None = None
    understanding: Understanding | None = None
    key: str = ""
    barge_in: bool = False
    """Whether it began while the robot was speaking, and stopped it."""


class TurnKeeper:
    """Writes the turns of one call."""

    def __init__(self, recording: Recording, ear: Ear, gaps: Gaps, clock: Clock) -> None:
        self._recording = recording
        self._ear = ear
        self._gaps = gaps
        self._clock = clock
        self._next_index = 0
        self._prompt: list[str] = []
        self._prompt_ended: int | None = None
        self._asked_at: datetime | None = None
        self._started = 0

    def saying(self, sentence: str) -> None:
        """The robot begins to say a sentence."""
        self._begin()
        if not self._prompt or self._prompt[-1] != sentence:  # begun again after a false interruption
            self._prompt.append(sentence)
        self._prompt_ended = None

    def said(self) -> None:
        """The robot has finished what it had to say for now."""
        self._prompt_ended = self._recording.frames

    def listening(self) -> None:
        """The robot waits for an answer, perhaps without having said anything."""
        self._begin()

    def response_delay_s(self, reply: Reply) -> float | None:
        """From the end of the prompt to the first sound; None without words or when they interrupted it."""
        if reply.stretch is None or reply.barge_in or self._prompt_ended is None:
            return None
        return max(0, reply.stretch.start - self._prompt_ended) * FRAME_SECONDS

    def finish(self, listen: Listen, reply: Reply) -> TurnTaken:
        """The exchange is over. Turns are numbered as the dialogue does, and never twice alike in a call."""
        self._begin()
        index = max(listen.turn, self._next_index)
        self._next_index = index + 1
        ended = reply.stretch.end if reply.stretch else self._recording.frames
        voice = self._ear.voice(reply.stretch) if reply.stretch else Voice()
        turn = TurnTaken(
            index=index,
            question=listen.script_question,
            prompt=tuple(self._prompt),
            asked_at=self._asked_at or self._clock.now(),
            started_s=self._started * FRAME_SECONDS,
            ended_s=max(ended, self._started) * FRAME_SECONDS,
            understanding=reply.understanding,
            key=reply.key,
            response_delay_s=self.response_delay_s(reply),
            speech_s=reply.stretch.voiced_s if reply.stretch else 0.0,
            pause_s=voice.pause_s,
            speech_dbfs=voice.speech_dbfs,
            background_dbfs=voice.background_dbfs,
            longest_pause_s=voice.longest_pause_s,
            barge_in=reply.barge_in,
            gap=self._gaps.before_prompt(),
        )
        self._prompt, self._prompt_ended, self._asked_at = [], None, None
        return turn

    def _begin(self) -> None:
        if self._asked_at is None:
            self._asked_at = self._clock.now()
            self._started = self._recording.frames
