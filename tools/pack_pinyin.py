"""Packs pypinyin's phrases for ``speech.phonetics.pinyin``; to be run when the library's version changes.

Usage: PYTHONPATH=. python tools/pack_pinyin.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pypinyin.phrases_dict import phrases_dict

from speech.phonetics.pinyin import PACKED, Phrases


def main() -> None:
    """Write the file anew."""
    path = Path(str(PACKED))
    np.savez_compressed(path, **Phrases.packed(phrases_dict))
    print(f"{path}: {len(phrases_dict)} phrases, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
