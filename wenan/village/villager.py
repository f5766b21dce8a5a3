"""A villager at the telephone: hears the robot out, then answers in their own voice, at their own pace."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import numpy as np

from ivr.lines import Disposition
from ivr.lines.simulated import FarEndFrame, Ring
from speech.prompts import Prompt
from speech.types import FRAME_SAMPLES, SAMPLE_RATE, Pcm
from wenan.village.cues import KEYS
from wenan.village.listening import PromptEar
from wenan.village.personas import Persona, Step, Turn

HELLO = "hello"
"""Cue: the telephone was picked up."""
BEEP_HERTZ = 1000.0
BEEP_SECONDS = 0.5
HALF_HEARD_S = 6.0
"""When nothing said to them called for an answer, people wait this long and then do what they do unasked."""
UNASKED = "unasked"
"""Cue: the robot is silent and nothing it said was a question."""


class Villager:
    """One persona's telephone: an ``ivr.lines.simulated.FarEnd`` that remembers its earlier calls."""

    def __init__(
        self,
        persona: Persona,
        *,
        speak: Callable[[str, str, float], Pcm],
        prompts: Callable[[], Iterable[Prompt]],
        cues: Callable[[str], str],
        seed: int = 0,
    ) -> None:
        """Wire up a persona.

        ``speak`` renders (sentence, voice, pace) to PCM; ``prompts`` gives the robot's known sentences;
        ``cues`` maps a sentence of the robot to the cue it gives, or an empty string.
        """
        self.persona = persona
        self._speak = speak
        self._prompts = prompts
        self._cues = cues
        self._noise = np.random.default_rng(seed)
        self._said: dict[str, int] = {}
        self._rung = 0
        self._ear = PromptEar(prompts)
        self._plan: deque[_Sound | _Key | _HangUp] = deque()
        self._cue = ""

    def remember(self, rung: int, said: Mapping[str, int], *, hung_up: int = 0) -> None:
        """Go on where an earlier run of the village stopped: rings, turns said per cue, calls cut short.

        Whoever put the receiver down said nothing that a ledger could tell: it counts for each cue that they
        answer so.
        """
        self._rung = rung
        self._said = dict(said)
        for cue, turns in self.persona.says.items():
            if hung_up and any(step.hang_up for turn in turns for step in turn):
                self._said[cue] = self._said.get(cue, 0) + hung_up

    def ring(self, number: str, moment: datetime) -> Ring:  # noqa: ARG002 - FarEnd's signature
        """Pick up, or not, as the persona does this time."""
        rings = self.persona.rings
        what = rings[min(self._rung, len(rings) - 1)]
        self._rung += 1
        self._ear = PromptEar(self._prompts)
        self._plan.clear()
        self._cue = ""
        if what != "answers":
            calls_back = self.persona.calls_back
            return Ring(answers_after_s=None, disposition_if_not=what, calls_back_after_s=calls_back)
        self._do(HELLO)
        return Ring(answers_after_s=self.persona.ring_seconds, disposition_if_not=Disposition.NO_ANSWER)

    def lift_receiver(self) -> None:
        """Call the robot, and let it speak first."""
        self._ear = PromptEar(self._prompts)
        self._plan.clear()
        self._cue = ""

    def frame(self, heard: Pcm) -> FarEndFrame:
        """Hear 20 ms of the robot and give 20 ms back."""
        self._ear.feed(heard)
        if not self._plan:
            self._consider()
        if not self._plan:
            return FarEndFrame(pcm=self._on_the_line(None))
        now = self._plan[0]
        if isinstance(now, _Key):
            self._plan.popleft()
            return FarEndFrame(pcm=self._on_the_line(None), key=now.digit)
        if isinstance(now, _HangUp):
            self._plan.popleft()
            return FarEndFrame(pcm=self._on_the_line(None), hangs_up=True)
        piece = now.next_frame()
        if now.over:
            self._plan.popleft()
        return FarEndFrame(pcm=self._on_the_line(piece))

    def _consider(self) -> None:
        """When the robot has fallen silent, answer what it asked."""
        if self._ear.robot_has_spoken and self._ear.silence_s >= self.persona.reaction:
            cue = self._cue_of(self._ear.take_turn())
            if cue:
                self._do(cue)
        elif not self._ear.robot_has_spoken and self._ear.silence_s >= HALF_HEARD_S:
            self._ear.take_turn()
            self._do(UNASKED)

    def _cue_of(self, sentences: tuple[str, ...]) -> str:
        """The cue of the last sentence that has one; told only the keys, the question before once more."""
        cues = [cue for cue in map(self._cues, sentences) if cue]
        asked = [cue for cue in cues if cue != KEYS]
        if asked:
            self._cue = asked[-1]
        return self._cue if cues else ""

    def _do(self, cue: str) -> None:
        turns = self.persona.says.get(cue)
        if not turns:
            return
        count = self._said.get(cue, 0)
        self._said[cue] = count + 1
        self._plan.extend(self._sounds(turns[min(count, len(turns) - 1)]))

    def _sounds(self, turn: Turn) -> Iterable[_Sound | _Key | _HangUp]:
        for step in turn:
            yield from self._step(step)

    def _step(self, step: Step) -> Iterable[_Sound | _Key | _HangUp]:
        if step.wait:
            yield _Sound(np.zeros(int(step.wait * SAMPLE_RATE), np.int16))
        if step.say:
            yield _Sound(self._speak(step.say, self.persona.voice, self.persona.pace))
        if step.beep:
            yield _Sound(_beep())
        for digit in step.press:
            yield _Key(digit)
            yield _Sound(np.zeros(SAMPLE_RATE // 5, np.int16))
        if step.hang_up:
            yield _HangUp()

    def _on_the_line(self, piece: Pcm | None) -> Pcm:
        """Add the noise of their line."""
        clean = np.zeros(FRAME_SAMPLES, np.int16) if piece is None else piece
        if self.persona.noise_db is None:
            return clean
        level = 2500.0 / 10 ** (self.persona.noise_db / 20)
        noisy = clean + self._noise.normal(0.0, level, FRAME_SAMPLES)
        return np.clip(noisy, -32768, 32767).astype(np.int16)


class _Key:
    def __init__(self, digit: str) -> None:
        self.digit = digit


class _HangUp:
    """The receiver is put down."""


class _Sound:
    """Something to be heard, cut into frames."""

    def __init__(self, pcm: Pcm) -> None:
        short = -len(pcm) % FRAME_SAMPLES
        self._pcm = np.pad(pcm, (0, short)) if short else pcm
        self._at = 0

    @property
    def over(self) -> bool:
        return self._at >= len(self._pcm)

    def next_frame(self) -> Pcm:
        piece = self._pcm[self._at : self._at + FRAME_SAMPLES]
        self._at += FRAME_SAMPLES
        return piece if len(piece) else np.zeros(FRAME_SAMPLES, np.int16)


def _beep() -> Pcm:
    moments = np.arange(int(BEEP_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    return (8000 * np.sin(2 * np.pi * BEEP_HERTZ * moments)).astype(np.int16)
