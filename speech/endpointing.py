"""When does an utterance begin, and when is it over? Counted in frames, so the answer needs no clock."""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from speech.types import FRAME_SECONDS


class EndpointEvent(StrEnum):
    """What an endpointer noticed in the frame just given."""

    SPEECH_STARTED = "speech_started"
    SPEECH_ENDED = "speech_ended"
    NO_INPUT = "no_input"
    TOO_LONG = "too_long"


class Endpointer:
    """Watches the probability of speech, frame by frame, for one utterance.

    Says SPEECH_STARTED once enough of the recent frames were voiced (a click is not speech), then
    SPEECH_ENDED after a pause of ``end_silence_s`` or TOO_LONG after ``max_speech_s``; or NO_INPUT when
    nobody began within ``no_input_s``. A pause shorter than ``end_silence_s`` is thinking, and elders think
    for a while: 1.2 s suits yes or no, 2 s suits sentences. After the last event every further frame gives
    None. Times count from the first frame.
    """

    def __init__(
        self,
        *,
        end_silence_s: float,
        no_input_s: float,
        max_speech_s: float = 30.0,
        start_at: float = 0.5,
        stop_at: float = 0.35,
        onset_s: float = 0.1,
        onset_window_s: float = 0.3,
    ) -> None:
        """Set the patience.

        ``start_at`` and ``stop_at`` are the probabilities at which a frame begins to count as voiced, and
        below which it stops. Speech has started when ``onset_s`` of the last ``onset_window_s`` were voiced.
        """
        self._end_silence = _frames(end_silence_s)
        self._no_input = _frames(no_input_s)
        self._max_speech = _frames(max_speech_s)
        self._start_at = start_at
        self._stop_at = stop_at
        self._onset = _frames(onset_s)
        self._recent: deque[int] = deque(maxlen=self._onset)
        self._onset_window = _frames(onset_window_s)
        self._count = 0
        self._voiced = False
        self._voiced_frames = 0
        self._first: int | None = None
        self._last: int | None = None
        self._over = False

    @property
    def frames(self) -> int:
        """Frames listened to so far."""
        return self._count

    @property
    def elapsed_s(self) -> float:
        """Seconds listened so far."""
        return self._count * FRAME_SECONDS

    @property
    def speaking(self) -> bool:
        """Whether an utterance has begun and is not over."""
        return self._first is not None and not self._over

    @property
    def finished(self) -> bool:
        """Whether the last event has been given."""
        return self._over

    @property
    def started_s(self) -> float | None:
        """Where the utterance began: the start of its first voiced frame. None before SPEECH_STARTED."""
        return None if self._first is None else self._first * FRAME_SECONDS

    @property
    def ended_s(self) -> float | None:
        """Where the last voiced frame so far ends. None before SPEECH_STARTED."""
        return None if self._first is None or self._last is None else (self._last + 1) * FRAME_SECONDS

    @property
    def pause_s(self) -> float:
        """Seconds of silence since the last voiced frame of an utterance that is not over; else 0."""
        if not self.speaking or self._last is None:
            return 0.0
        return (self._count - 1 - self._last) * FRAME_SECONDS

    @property
    def voiced_s(self) -> float:
        """Seconds of voiced frames since the utterance began, pauses left out."""
        return self._voiced_frames * FRAME_SECONDS

    def step(self, voiced: float) -> EndpointEvent | None:
        """Take in the probability of speech (0..1) of the next 20 ms and say what it changed, if anything."""
        if self._over:
            return None
        index = self._count
        self._count += 1
        self._voiced = voiced >= (self._stop_at if self._voiced else self._start_at)
        return self._before_speech(index) if self._first is None else self._in_speech(index)

    def _before_speech(self, index: int) -> EndpointEvent | None:
        if self._voiced:
            self._recent.append(index)
            if len(self._recent) == self._onset and index - self._recent[0] < self._onset_window:
                self._first, self._last = self._recent[0], index
                self._voiced_frames = self._onset
                return EndpointEvent.SPEECH_STARTED
        # Somebody who is just opening their mouth when the time is up is heard out.
        elif self._count >= self._no_input:
            return self._finish(EndpointEvent.NO_INPUT)
        return None

    def _in_speech(self, index: int) -> EndpointEvent | None:
        first, last = self._first or 0, self._last or 0
        if self._voiced:
            self._last = index
            self._voiced_frames += 1
        elif index - last >= self._end_silence:
            return self._finish(EndpointEvent.SPEECH_ENDED)
        if index - first + 1 >= self._max_speech:
            return self._finish(EndpointEvent.TOO_LONG)
        return None

    def _finish(self, event: EndpointEvent) -> EndpointEvent:
        self._over = True
        return event


def _frames(seconds: float) -> int:
    """Seconds as a whole number of frames, at least one."""
    return max(1, round(seconds / FRAME_SECONDS))
