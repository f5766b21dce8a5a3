"""Keys that come as sound: the two tones of ITU-T Q.23, heard as Q.24 wants a receiver to hear them.

Some exchanges and analogue gateways pass a pressed key on as its tones only. What tells a key from an
elder's voice: just two tones, each within its tolerance, about equally loud, nothing else, and steady. All of
it is measured on windows of 20 ms, two to a frame, by Goertzel's sums at all frequencies at once, as one
product of matrices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from speech.types import FRAME_SAMPLES, SAMPLE_RATE, Pcm

ROWS_HZ = (697.0, 770.0, 852.0, 941.0)
COLUMNS_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
KEYPAD = ("123A", "456B", "789C", "*0#D")
"""Which key has which row and which column (Q.23)."""

FAINTEST_DBM0 = -34.0
"""Each tone is at least this loud; Q.24 asks for -25, and lines are worse than it thinks."""
OVERLOAD_DBM0 = 3.14
"""Level of the loudest sine that G.711 can carry."""
_TOLERATED = 0.018
"""Q.24: a tone that is off by 1.5 % is one, by 3.5 % it is not. With more than this, a voice's second and
third harmonics could be the tones of a key."""
_LOW_LOUDER_DB, _HIGH_LOUDER_DB = 9.0, 5.0
"""Q.24 asks for 8 and 4 (AT&T): the higher tone loses more on a long line."""
_SHARE = 0.88
"""Of all the power in a window, what is in the two tones: noise 9 dB below them is still borne, and a window
of which the tones fill less than four fifths is none. A voice spreads over its harmonics and its breath."""
_SHARE_GOES_ON = 0.6
"""The same for a key that is down already: the beginning and the end of its tones fill no whole window."""
_WORTH_A_LOOK = 0.5
"""The same before it is known by how much the tones are off."""
_HARMONIC_DB = -14.0
"""The second harmonic of the column, against it; a voice's is louder. Rows' second harmonics lie close to
columns."""
_STEADY_DB, _STEADY = 3.0, 0.01
"""From one window to the next a key's tones keep their levels and, relatively, their pitch; voices glide."""
_ENOUGH = 2
"""Windows that make a key. They begin every 10 ms: tones of 40 ms always fill two of them, 20 ms never do."""
_LET_GO = 4
"""Windows without it that end a key: a pause of 40 ms spoils at least four of them, a gap of 10 ms three."""
_FORGOTTEN_AFTER = 10
"""Windows in a row of which nothing is known (100 ms) after which a key is taken to have been let go."""

_HOP = FRAME_SAMPLES // 2
_STEP = 0.02
"""How far beside a tone's frequency, relatively, is measured as well: the three tell where it really is."""


@dataclass(frozen=True, slots=True)
class ToneHeard:
    """What there was of keys in one frame."""

    key: str = ""
    """One of ``0123456789*#ABCD`` that is known to be pressed since this frame; empty for none."""
    toned: bool = False
    """Whether the frame is the sound of a key, and nobody's voice."""


_NOTHING = ToneHeard()


@dataclass(frozen=True, slots=True)
class _Tone:
    """One tone in one window: mean power, and how far off it is, relatively."""

    power: float
    off: float


@dataclass(frozen=True, slots=True)
class _Look:
    """The pair of tones that a window is full of."""

    key: str
    row: _Tone
    column: _Tone
    share: float
    proper: bool
    """Whether nothing speaks against a key, looked at by itself."""

    def steady_since(self, earlier: _Look | None) -> bool:
        """Whether this is the same key, unchanged."""
        return (
            earlier is not None
            and earlier.key == self.key
            and _unchanged(self.row, earlier.row)
            and _unchanged(self.column, earlier.column)
        )


class KeyTones:
    """Hears the keys of one call. One instance for one stream of frames in their order."""

    def __init__(self) -> None:
        self._sound = np.zeros(_HOP + FRAME_SAMPLES, np.float32)
        self._windows = sliding_window_view(self._sound, FRAME_SAMPLES)[::_HOP]
        self._lost_before = False
        self._down = ""
        self._candidate: _Look | None = None
        self._seen = 0
        self._missed = 0
        self._unknown = 0

    def hears(self, frame: Pcm, *, lost: bool = False) -> ToneHeard:
        """Take in the next 20 ms (160 samples). What stands in for a lost frame says nothing about keys."""
        self._sound[:_HOP] = self._sound[FRAME_SAMPLES:]
        self._sound[_HOP:] = frame
        before, self._lost_before = self._lost_before, lost
        straddling, whole = (None, None) if lost else self._look()
        key = self._pass_over() if lost or before else self._take(straddling)
        key = (self._pass_over() if lost else self._take(whole)) or key
        # Half a frame of a key may be half a frame of a cry: only what fills the frame is its sound.
        toned = bool(self._down) if lost else whole is not None and (whole.proper or self._goes_on(whole))
        return ToneHeard(key, toned) if toned or key else _NOTHING

    def let_go(self) -> None:
        """Nothing came for a while before the frame heard last: whatever was pressed is so no more."""
        self._down, self._candidate = "", None

    def _take(self, look: _Look | None) -> str:
        """One more window; the key that it makes known."""
        self._unknown = 0
        if look is not None and self._goes_on(look):
            self._missed = 0
            return ""
        self._missed += 1
        if self._missed >= _LET_GO:
            self._down = ""
        if look is None or not look.proper:
            self._candidate = None
            return ""
        self._seen = self._seen + 1 if look.steady_since(self._candidate) else 1
        self._candidate = look
        if self._seen < _ENOUGH:
            return ""
        self._down, self._missed, self._candidate = look.key, 0, None
        return look.key

    def _pass_over(self) -> str:
        """A window of which nothing is known: it makes no key, and only too many of them end one."""
        self._unknown += 1
        if self._unknown >= _FORGOTTEN_AFTER:
            self.let_go()
        return ""

    def _goes_on(self, look: _Look) -> bool:
        return look.key == self._down and look.share >= _SHARE_GOES_ON

    def _look(self) -> tuple[_Look | None, _Look | None]:
        """What the two windows that end in this frame are full of."""
        windows = self._windows
        total = np.square(windows) @ _WEIGHTS
        if total[1] < _FAINTEST / 2:
            return None, None
        sums = windows @ _COARSE
        power = np.square(sums[:, :8]) + np.square(sums[:, 8:])
        both = power[:, :4].max(axis=1) + power[:, 4:].max(axis=1)
        first, second = (both > _WORTH_A_LOOK * total).tolist()
        return (
            _look_closer(windows[0], power[0], float(total[0])) if first else None,
            _look_closer(windows[1], power[1], float(total[1])) if second else None,
        )


def _look_closer(window: NDArray[np.float32], power: NDArray[np.float32], total: float) -> _Look | None:
    """Measure the strongest row and column of a window, whose whole mean power is ``total``."""
    row, column = int(power[:4].argmax()), int(power[4:].argmax())
    low, _ = _measure(window, float(power[row]), row)
    high, harmonic = _measure(window, float(power[4 + column]), 4 + column)
    if low is None or high is None:
        return None
    share = (low.power + high.power) / total
    twist_db = _db(low.power / high.power)
    proper = (
        share >= _SHARE
        and min(low.power, high.power) >= _FAINTEST
        and -_HIGH_LOUDER_DB <= twist_db <= _LOW_LOUDER_DB
        and max(abs(low.off), abs(high.off)) <= _TOLERATED
        and _db(harmonic / high.power) <= _HARMONIC_DB
    )
    return _Look(KEYPAD[row][column], low, high, share, proper)


def _measure(window: NDArray[np.float32], power: float, tone: int) -> tuple[_Tone | None, float]:
    """A tone near one of the eight frequencies, None if there is no peak; and its second harmonic's power.

    How much more there is on one side than on the other tells how far off it is, by the window's own shape.
    """
    sums = window @ _FINE[tone]
    below, above, harmonic = (sums[:3] ** 2 + sums[3:] ** 2).tolist()
    left, top, right = (math.log(max(each, 1e-9)) for each in (below, power, above))
    if left - 2 * top + right >= 0:
        return None, harmonic
    slants, fallen = _SLANTS[tone]
    off = float(np.interp(right - left, slants, _OFFS))
    return _Tone(math.exp(top - float(np.interp(off, _OFFS, fallen))), off), harmonic


def _unchanged(one: _Tone, other: _Tone) -> bool:
    return abs(_db(one.power / other.power)) <= _STEADY_DB and abs(one.off - other.off) <= _STEADY


def _db(ratio: float) -> float:
    return 10 * math.log10(max(ratio, 1e-12))


def amplitude(dbm0: float) -> float:
    """Of a sine at this level, in steps of 16 bits."""
    return float(32768 * 10 ** ((dbm0 - OVERLOAD_DBM0) / 20))


_FAINTEST = amplitude(FAINTEST_DBM0) ** 2 / 2
_HANN = np.hanning(FRAME_SAMPLES + 1)[:FRAME_SAMPLES]
_WEIGHTS = (_HANN**2 / np.sum(_HANN**2)).astype(np.float32)


def _waves(*hertz: float) -> NDArray[np.float32]:
    """Windowed cosines and then sines, shape (160, 2n), scaled so that squares add up to mean power."""
    turns = np.outer(np.arange(FRAME_SAMPLES), 2 * np.pi * np.array(hertz) / SAMPLE_RATE)
    waves = np.hstack([np.cos(turns), np.sin(turns)]) * _HANN[:, None]
    return (waves * math.sqrt(2) / np.sum(_HANN)).astype(np.float32)


def _seen_through_the_window(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of a tone's power, seen so far from where it is, against that seen there."""
    turns = np.outer(np.arange(FRAME_SAMPLES), 2 * np.pi * hertz / SAMPLE_RATE)
    seen = np.abs(_HANN @ np.exp(1j * turns)) / np.sum(_HANN)
    return np.asarray(2 * np.log(seen), np.float64)


def _slants(hertz: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For a tone off by each of ``_OFFS``: how much more is above than below it, and how much less of it."""
    above, below = (_seen_through_the_window(hertz * (_OFFS - step)) for step in (_STEP, -_STEP))
    return above - below, _seen_through_the_window(hertz * _OFFS)


_OFFS = np.linspace(-0.04, 0.04, 81)
"""Further off is as far off as that: it is no key's tone."""
_COARSE = _waves(*ROWS_HZ, *COLUMNS_HZ)
_FINE = tuple(_waves(hertz * (1 - _STEP), hertz * (1 + _STEP), hertz * 2) for hertz in ROWS_HZ + COLUMNS_HZ)
_SLANTS = tuple(_slants(hertz) for hertz in ROWS_HZ + COLUMNS_HZ)
TONES_OF = {
    KEYPAD[row][column]: (ROWS_HZ[row], COLUMNS_HZ[column]) for row, column in product(range(4), range(4))
}
"""The two frequencies of every key, in hertz."""
