"""Where in a recording the elder's words lie, found by looking at when the elder's side was loud."""

from __future__ import annotations

from collections.abc import Sequence

BLOCK_S = 0.1
"""Seconds of one block: loud or not."""
REACH_S = 4.0
"""How far before an exchange's end its last word may lie: the silence that ended it, and the asking back."""
GAP_S = 1.5
"""A silence at least this long parts one utterance from the one before."""
LEAD_S, TAIL_S = 0.4, 0.5
"""Played before the first and after the last loud block, so that no syllable is cut."""
PAUSES = 1.5
"""How much longer than its voiced part an answer takes: elders pause."""


def words_at(loud: Sequence[bool], *, ended_s: float, speech_s: float) -> tuple[float, float] | None:
    """Start and end (seconds) of the last utterance before ``ended_s``; None when the elder was silent.

    ``speech_s``, how long the elder was heard to speak, keeps the search from running on into what was said
    before when there is no long silence between.
    """
    last = _block(ended_s + TAIL_S, loud)
    earliest = last - round(REACH_S / BLOCK_S)
    while last >= max(0, earliest) and not loud[last]:
        last -= 1
    if last < max(0, earliest):
        return None
    longest = round(max(speech_s * PAUSES + GAP_S, GAP_S) / BLOCK_S)
    first = at = last
    while at >= 0 and first - at < round(GAP_S / BLOCK_S) and last - at <= longest:
        if loud[at]:
            first = at
        at -= 1
    return max(0.0, first * BLOCK_S - LEAD_S), (last + 1) * BLOCK_S + TAIL_S


def words_by_length(started_s: float, ended_s: float, speech_s: float) -> tuple[float, float]:
    """Start and end of an exchange's words by their length alone, for recordings that cannot be looked at."""
    return max(started_s, ended_s - speech_s * PAUSES - 2 * LEAD_S), ended_s + TAIL_S


def _block(second: float, loud: Sequence[bool]) -> int:
    return min(len(loud) - 1, max(0, int(second / BLOCK_S)))
