"""The ear of a call: keeps everything that was heard and notices when somebody begins and stops speaking.

Nothing is ever cut off at the front: an utterance is taken from the recording, beginning a little before its
first voiced frame, however late it turned out to be one.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ivr.lines.concealment import SILENCE
from ivr.recording import Recording
from ivr.tones import BeepDetector
from speech.endpointing import Endpointer, EndpointEvent
from speech.onset import BEFORE_S, MOST_S, sound_begins
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, Pcm
from speech.vad import VoiceDetector
from speech.voice import Voice, voice_of

FOR_EVER_S = 1e6
_PRE_ROLL = 15
"""Frames (0.3 s) kept before the first voiced one: soft beginnings are voiced before a detector thinks so."""
_EARLIEST = round(MOST_S / FRAME_SECONDS)
_BEFORE = round(BEFORE_S / FRAME_SECONDS)
"""Where sound began earlier than that, it is heard from this much before; see ``speech.onset``."""
_TAIL = 10
"""Frames (0.2 s) kept after the last voiced one."""
_ONSET = 15
"""Frames (0.3 s) within which somebody may already have opened their mouth without it being speech yet."""
_BACKGROUND = 25
"""Frames (0.5 s) of the line before an utterance that tell what it sounds like when nobody speaks."""
_MEMORY = 2000
"""Frames (40 s) of the past in which an utterance may have begun."""
_BEEPS_UNTIL = 1500
"""Frames (30 s) from the start of a call in which a machine's tone may be heard."""

_PAUSE_NEWS = 2
"""While somebody who has spoken is silent, that is news every 40 ms: how long they are decides."""

_FADED = 0.1
"""20 dB below its loud frames a voice has faded away."""
_SPEECH_NEWS = 50
"""And while they speak, every second."""

SUSTAINED_S = 0.5
"""Voiced seconds that tell words from a cough or a knock."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of speech, in frames of the recording."""

    start: int
    """Its first voiced frame."""
    end: int
    """The frame after its last voiced one."""
    voiced_s: float
    """Seconds of it in which somebody really spoke."""

    def joined(self, later: Stretch) -> Stretch:
        """This and a later stretch as one, the pause between them included."""
        return Stretch(self.start, later.end, self.voiced_s + later.voiced_s)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for speech, and when it is over; in seconds."""

    end_silence_s: float
    no_input_s: float = FOR_EVER_S
    max_speech_s: float = 30.0


OVERHEARING = Patience(end_silence_s=0.4, max_speech_s=6.0)
"""While the robot itself speaks: coughs must not add up to words, nor may a cry wait for long."""


class Ear:
    """Listens to one call."""

    def __init__(self, detector: VoiceDetector, recording: Recording) -> None:
        self._detector = detector
        self._recording = recording
        self._voiced = array("f")
        """Probability of speech, one for each frame of the elder's side of the recording."""
        self._toned: set[int] = set()
        """Frames that are the sound of a key, and nobody's voice."""
        self._taken = 0
        """Up to this frame everything spoken was dealt with."""
        self._overheard: Callable[[Stretch], None] | None = None
        self._beeps = BeepDetector()
        self.beeped = False
        """Whether a machine's tone was heard in the first half minute; later, tones mean nothing."""
        self.tone_until = 0
        """The frame after the last one of such a tone."""
        self._base = 0
        self._listened_to = 0
        """Up to this frame the present endpointer, or one before it, has heard everything."""
        self._sustained = False
        self._endpointer = _endpointer(OVERHEARING)
        self.event: EndpointEvent | None = None
        """SPEECH_ENDED, TOO_LONG or NO_INPUT once one of them has come; None before."""

    @property
    def fax(self) -> bool:
        """Whether a fax was heard, likewise."""
        return self._beeps.fax

    @property
    def now(self) -> int:
        """Index of the next frame."""
        return len(self._voiced)

    def hear(self, pcm: Pcm, *, toned: bool = False) -> bool:
        """Take in one frame of 160 samples; returns whether it changed anything somebody may wait for.

        A ``toned`` frame is the sound of a key: it is recorded, and silence to everything else.
        """
        index = self._recording.add_elder(pcm)
        if toned:
            self._toned.add(index)
            pcm = SILENCE
        changed = self._listen_for_beep(pcm)
        while self.now < index:  # the recording fills gaps that a line leaves; in a gap nobody speaks
            changed |= self._take_in(0.0)
        return self._take_in(self._detector.probability(pcm)) or changed

    def attend(self, patience: Patience, *, since: int | None = None) -> None:
        """Begin to wait for an utterance; what becomes of it shows in ``event`` and ``stretch``.

        It may have begun already: at frame ``since`` or later, by default whatever is being said now and was
        not taken. Waiting for it to begin counts from now.
        """
        self._overheard = None
        self._catch_up(patience, self._present() if since is None else since)

    def overhear(self, tell: Callable[[Stretch], None]) -> None:
        """Listen while the robot speaks: ``tell`` gets every stretch of speech when it ends, and it is taken.

        Goes on where it was when it was overhearing already.
        """
        already = self._overheard is not None
        self._overheard = tell
        if not already:
            self._catch_up(OVERHEARING, self._present())

    @property
    def untaken(self) -> int:
        """The first frame that may hold something spoken that was not dealt with."""
        return max(self._taken, self.now - _MEMORY, 0)

    @property
    def speaking(self) -> bool:
        """Whether somebody has begun to speak and has not finished."""
        return self._endpointer.speaking

    @property
    def pause_s(self) -> float:
        """Seconds for which somebody who has not finished has been silent; 0 while they speak."""
        return self._endpointer.pause_s

    @property
    def sustained(self) -> bool:
        """Whether they have spoken long enough for it to be more than a cough."""
        return self._sustained and self._endpointer.speaking

    @property
    def stretch(self) -> Stretch | None:
        """What was spoken so far since attention began, finished or not; None if nobody spoke."""
        started, ended = self._endpointer.started_s, self._endpointer.ended_s
        if started is None or ended is None:
            return None
        start, end = (self._base + round(moment / FRAME_SECONDS) for moment in (started, ended))
        return Stretch(start, end, self._endpointer.voiced_s)

    def audio(self, stretch: Stretch) -> Pcm:
        """The sound of a stretch, with a little before and after it, but without that of keys."""
        start, end = self._beginning(stretch), min(stretch.end + _TAIL, self.now)
        pcm = self._recording.elder(start, end)
        keys = [(index - start) * FRAME_SAMPLES for index in range(start, end) if index in self._toned]
        if keys:
            pcm = pcm.copy()
            for at in keys:
                pcm[at : at + FRAME_SAMPLES] = 0
        return pcm

    def _beginning(self, stretch: Stretch) -> int:
        """From which frame a stretch is heard: before its first voiced one, and before its first sound."""
        first = max(0, stretch.start - _EARLIEST)
        pcm = self._recording.elder(first, min(stretch.start + _PRE_ROLL, self.now))
        begins = first + sound_begins(pcm, (stretch.start - first) * FRAME_SAMPLES) // FRAME_SAMPLES
        return max(0, min(stretch.start - _PRE_ROLL, begins - _BEFORE))

    def voice(self, stretch: Stretch) -> Voice:
        """Where a stretch paused and how loud it was; the detector is not asked again."""
        begin, end = max(0, stretch.start - _BACKGROUND), min(stretch.end, self.now)
        return voice_of(
            self._recording.elder(begin, end), self._voiced[begin:end], answer_at=stretch.start - begin
        )

    def last_sound(self, stretch: Stretch) -> int:
        """The frame after the last one of a stretch that was loud enough for words.

        A detector takes some tenths of a second of silence for voiced; whoever waits for a reply does not.
        """
        pcm = self._recording.elder(stretch.start, min(stretch.end, self.now)).astype(np.float64)
        frames = len(pcm) // FRAME_SAMPLES
        if not frames:
            return stretch.end
        level = np.sqrt(np.mean(pcm[: frames * FRAME_SAMPLES].reshape(frames, FRAME_SAMPLES) ** 2, axis=1))
        loud = np.flatnonzero(level >= _FADED * np.quantile(level, 0.9))
        return stretch.start + int(loud[-1]) + 1

    def take(self, stretch: Stretch) -> None:
        """Note that this stretch is dealt with: it does not begin another utterance."""
        self._taken = max(self._taken, stretch.end)

    def _take_in(self, probability: float) -> bool:
        self._voiced.append(probability)
        return self._step(self.now - 1)

    def _present(self) -> int:
        """Where to begin so as to miss nothing; silence that was listened to need not be heard again."""
        stretch = self.stretch
        if stretch is None:
            return max(self._taken, self._listened_to - _ONSET)
        return max(self._taken, stretch.start - _ONSET)

    def _catch_up(self, patience: Patience, base: int) -> None:
        """Listen with fresh patience, beginning with what was heard since frame ``base``."""
        self._start_over(patience, base)
        for index in range(base, self.now):
            self._step(index)
            if self.event is not None:
                break

    def _start_over(self, patience: Patience, base: int) -> None:
        self._base = base
        self._sustained = False
        self._endpointer = _endpointer(patience, (self.now - base) * FRAME_SECONDS)
        self.event = None

    def _step(self, index: int) -> bool:
        """Take one frame's voice into account; returns whether it changed anything."""
        if self.event is not None:
            return False
        self._listened_to = index + 1
        event = self._endpointer.step(self._voiced[index])
        if event is None:
            return (not self._sustained and self._has_become_sustained()) or self._goes_on()
        if event is EndpointEvent.SPEECH_STARTED:
            return True
        stretch = self.stretch
        if self._overheard is None or stretch is None:
            self.event = event
        else:
            self.take(stretch)
            self._start_over(OVERHEARING, index + 1)
            self._overheard(stretch)
        return True

    def _has_become_sustained(self) -> bool:
        self._sustained = self._endpointer.speaking and self._endpointer.voiced_s >= SUSTAINED_S
        return self._sustained

    def _goes_on(self) -> bool:
        """Whether it is time to look how long somebody has been speaking, or has been silent since."""
        if not self._endpointer.speaking:
            return False
        pause = round(self._endpointer.pause_s / FRAME_SECONDS)
        news = _PAUSE_NEWS if pause else _SPEECH_NEWS
        return (pause or self._endpointer.frames) % news == 0

    def _listen_for_beep(self, pcm: Pcm) -> bool:
        """Whether a tone or a fax has just been noticed."""
        if self.now > _BEEPS_UNTIL:
            return False
        before = self.beeped, self.fax
        if self._beeps.hears(pcm):
            self.beeped, self.tone_until = True, self.now + 1
        return before != (self.beeped, self.fax)


def _endpointer(patience: Patience, past_s: float = 0.0) -> Endpointer:
    """An endpointer that grants its patience from now on, though it first hears ``past_s`` of the past."""
    return Endpointer(
        end_silence_s=patience.end_silence_s,
        no_input_s=patience.no_input_s + past_s,
        max_speech_s=patience.max_speech_s,
    )
