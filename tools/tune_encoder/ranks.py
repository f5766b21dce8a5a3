"""How much the encoder may change."""

from __future__ import annotations

RANK = 32
"""Of the change to a matrix."""
