"""G.711: what telephone lines carry, eight bits a sample, as lookup tables made once.

Source of the rules: ITU-T G.711 (11/88), tables 1 (A-law) and 2 (mu-law), scaled to 16 bit samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from speech.types import Pcm

_MULAW_BIAS = 0x84
_MULAW_CLIP = 32635
_ALAW_TOGGLE = 0x55


def _mulaw_decode_table() -> NDArray[np.int16]:
    """Linear value of each of the 256 mu-law codes."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 0x0F
    magnitude = (((mantissa << 3) + _MULAW_BIAS) << exponent) - _MULAW_BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _mulaw_encode_table() -> NDArray[np.uint8]:
    """Mu-law code of each 16 bit sample, indexed by the sample seen as unsigned."""
    sample = np.arange(65536, dtype=np.uint32).astype(np.uint16).view(np.int16).astype(np.int32)
    biased = np.minimum(np.abs(sample), _MULAW_CLIP) + _MULAW_BIAS
    exponent = np.floor(np.log2(biased)).astype(np.int32) - 7
    mantissa = (biased >> (exponent + 3)) & 0x0F
    sign = np.where(sample < 0, 0x80, 0)
    return np.asarray(~(sign | (exponent << 4) | mantissa) & 0xFF, np.uint8)


def _alaw_decode_table() -> NDArray[np.int16]:
    """Linear value of each of the 256 A-law codes."""
    code = np.arange(256, dtype=np.int32) ^ _ALAW_TOGGLE
    exponent, mantissa = (code >> 4) & 7, code & 0x0F
    low = (mantissa << 4) + 8
    high = ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0)
    magnitude = np.where(exponent == 0, low, high)
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _alaw_encode_table() -> NDArray[np.uint8]:
    """A-law code of each 16 bit sample, indexed by the sample seen as unsigned."""
    sample = np.arange(65536, dtype=np.uint32).astype(np.uint16).view(np.int16).astype(np.int32)
    # Thirteen bits and sign; negative values are mirrored by one's complement, so -1 is the first below 0.
    magnitude = np.where(sample < 0, ~sample, sample) >> 3
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4, 0)
    mantissa = (magnitude >> np.maximum(exponent, 1)) & 0x0F
    sign = np.where(sample < 0, 0, 0x80)
    return np.asarray((sign | (exponent << 4) | mantissa) ^ _ALAW_TOGGLE, np.uint8)


_MULAW_TO_LINEAR = _mulaw_decode_table()
_LINEAR_TO_MULAW = _mulaw_encode_table()
_ALAW_TO_LINEAR = _alaw_decode_table()
_LINEAR_TO_ALAW = _alaw_encode_table()


def mulaw_encode(pcm: Pcm) -> bytes:
    """Encode samples as mu-law, one byte each."""
    return _LINEAR_TO_MULAW[np.ascontiguousarray(pcm, dtype=np.int16).view(np.uint16)].tobytes()


def mulaw_decode(data: bytes) -> Pcm:
    """Decode mu-law bytes to samples, one each."""
    return _MULAW_TO_LINEAR[np.frombuffer(data, dtype=np.uint8)]


def alaw_encode(pcm: Pcm) -> bytes:
    """Encode samples as A-law, one byte each."""
    return _LINEAR_TO_ALAW[np.ascontiguousarray(pcm, dtype=np.int16).view(np.uint16)].tobytes()


def alaw_decode(data: bytes) -> Pcm:
    """Decode A-law bytes to samples, one each."""
    return _ALAW_TO_LINEAR[np.frombuffer(data, dtype=np.uint8)]
