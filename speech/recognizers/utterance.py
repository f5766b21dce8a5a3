"""From the audio of a turn to what is worth recognising: speech found, silence cut away, level set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from speech.audio import level_dbfs, set_level
from speech.onset import BEFORE_S, sound_begins
from speech.types import SAMPLE_RATE, Pcm
from speech.vad import Span, VoiceActivity, speech_spans

KEEP_S = 0.25
"""Kept around speech; where sound began earlier, all of it (``speech.onset``)."""
LONGEST_S = 8.0
"""Longest piece handed to a recogniser at once: Whisper learnt from answers of a few seconds."""
SPEECH_DBFS = -20.0
"""Level that speech is brought to. Whisper hears quiet speech worse than loud, and lines differ by 30 dB."""
_MOST_GAIN_DB = 30.0
"""Beyond this it is the line's noise that would be made loud."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of audio with speech in it; ``speech_s`` of its seconds are voiced."""

    pcm: Pcm
    speech_s: float


def pieces_of(pcm: Pcm) -> list[Piece]:
    """Cut the speech out of a turn, in pieces of at most 8 s; none when nobody speaks."""
    spans = speech_spans(pcm, VoiceActivity())
    groups = _grouped([part for span in spans for part in _cut(span)])
    ends = [0, *(group[-1].end for group in groups)]
    return [_piece(pcm, group, earliest) for group, earliest in zip(groups, ends, strict=False)]


def _cut(span: Span) -> list[Span]:
    """Cut speech without any pause where it would be too long for a recogniser."""
    longest = round(LONGEST_S * SAMPLE_RATE)
    edges = [*range(span.start, span.end, longest), span.end]
    return [Span(start, end) for start, end in pairwise(edges)]


def _grouped(spans: Sequence[Span]) -> list[list[Span]]:
    """Put neighbouring spans together as long as they fit into one piece."""
    groups: list[list[Span]] = []
    for span in spans:
        if groups and (span.end - groups[-1][0].start) / SAMPLE_RATE <= LONGEST_S:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _piece(pcm: Pcm, spans: Sequence[Span], earliest: int) -> Piece:
    """``earliest``: where the piece before it ends."""
    keep, before = round(KEEP_S * SAMPLE_RATE), round(BEFORE_S * SAMPLE_RATE)
    begins = min(spans[0].start - keep, sound_begins(pcm, spans[0].start, earliest=earliest) - before)
    cut = pcm[max(0, begins) : spans[-1].end + keep]
    level = max(level_dbfs(pcm[span.start : span.end]) for span in spans)
    wanted = min(SPEECH_DBFS, level + _MOST_GAIN_DB)
    return Piece(set_level(cut, wanted, reference_dbfs=level), sum(span.seconds for span in spans))
