"""How an answer sounded: where it paused and how loud it was, measured from the answer's own audio.

Levels are those of the line as it reached the robot. A telephone line's own level differs between calls by
more than a voice does, so a level says nothing by itself: it is only ever compared with the same elder's
earlier calls, and read beside the line's background, which a quieter line lowers together with the voice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from speech.audio import to_float
from speech.types import FRAME_SAMPLES, SAMPLE_RATE, Pcm
from speech.vad import speech_spans

SPEAKS_AT = 0.5
"""Probability of speech from which a frame counts towards the level of the voice."""
SILENT_BELOW = 0.35
"""Probability of speech below which a frame counts as the line's background."""
LEAST_BACKGROUND_DBFS = -70.0
"""Quieter than this is no sound of the line: a gap in it, or what a codec sends for silence."""
_LEAST_BACKGROUND_FRAMES = 10
_BACKGROUND_QUANTILE = 0.25
"""Of the frames without speech, the quieter ones: a soft beginning and the robot's echo are none of it."""
_SILENT_POWER = 1e-12


@dataclass(frozen=True, slots=True)
class Voice:
    """What was measured of one answer; None what could not be."""

    pause_s: float | None = None
    """Seconds of silence between stretches of speech. Gaps below 0.3 s belong to the words around them."""
    longest_pause_s: float | None = None
    """The longest of those silences; 0 when there was none."""
    speech_dbfs: float | None = None
    """Level (RMS, dB below full scale) of the frames in which somebody spoke."""
    background_dbfs: float | None = None
    """Level of the line around the words; None for a line that is silent in between."""


def voice_of(pcm: Pcm, probabilities: Sequence[float], *, answer_at: int) -> Voice:
    """Measure an answer.

    Args:
        pcm: the answer, with a little of the line before it, as it was recorded.
        probabilities: probability of speech (0..1), one for each frame of 160 samples.
        answer_at: the frame in which the answer begins. It ends with the last frame given.
    """
    frames = min(len(pcm) // FRAME_SAMPLES, len(probabilities))
    if frames <= answer_at:
        return Voice()
    heard = pcm[: frames * FRAME_SAMPLES]
    likely = np.asarray(probabilities[:frames], np.float64)
    power = np.mean(np.square(to_float(heard), dtype=np.float64).reshape(frames, FRAME_SAMPLES), axis=1)
    pauses = _pauses_s(heard[answer_at * FRAME_SAMPLES :], likely[answer_at:])
    return Voice(
        pause_s=round(sum(pauses), 2),
        longest_pause_s=round(max(pauses, default=0.0), 2),
        speech_dbfs=_speech_dbfs(power[answer_at:], likely[answer_at:]),
        background_dbfs=_background_dbfs(power, likely),
    )


class _Remembered:
    """A detector that repeats what another one said of the same frames."""

    def __init__(self, probabilities: NDArray[np.float64]) -> None:
        self._next: Iterator[float] = iter(probabilities.tolist())

    def probability(self, frame: Pcm) -> float:  # noqa: ARG002 - as VoiceDetector
        """What was said of the next frame."""
        return next(self._next)


def _pauses_s(pcm: Pcm, likely: NDArray[np.float64]) -> list[float]:
    spans = speech_spans(pcm, _Remembered(likely), start_at=SPEAKS_AT, stop_at=SILENT_BELOW)
    return [(later.start - earlier.end) / SAMPLE_RATE for earlier, later in pairwise(spans)]


def _speech_dbfs(power: NDArray[np.float64], likely: NDArray[np.float64]) -> float | None:
    spoken = power[likely >= SPEAKS_AT]
    return _dbfs(float(np.mean(spoken))) if len(spoken) else None


def _background_dbfs(power: NDArray[np.float64], likely: NDArray[np.float64]) -> float | None:
    between = power[likely < SILENT_BELOW]
    if len(between) < _LEAST_BACKGROUND_FRAMES:
        return None
    # On a silent line what is left between words is the voice's own fading, and no measure of the line.
    level = _dbfs(float(np.quantile(between, _BACKGROUND_QUANTILE)))
    return level if level >= LEAST_BACKGROUND_DBFS else None


def _dbfs(power: float) -> float:
    return round(10 * float(np.log10(max(power, _SILENT_POWER))), 1)
