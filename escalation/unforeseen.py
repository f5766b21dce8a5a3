"""What can be said of an error that nobody foresaw: its kind and its place, none of its words.

Words of such errors may hold a webhook's key, a number or an elder's name.
"""

from __future__ import annotations

import traceback
from pathlib import Path


def describe(error: BaseException) -> str:
    """The error's kind, and the innermost place in the program where it came up."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    path = Path(last.filename)
    return f"{type(error).__name__} in {path.parent.name}/{path.name}:{last.lineno}"
