"""Blends two states of what the encoder has learnt.

A sitting over the newest examples pulls the encoder towards them, and it forgets some of the older ones. What
lies between the states before and after is often better than either.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.tune_encoder.ranks import RANK

Arrays = Mapping[str, NDArray[np.generic]]
_SHARED = "meanings"


def main() -> None:
    """Read two files, write a third."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--share", type=float, required=True, help="of what was learnt after, 0..1")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with np.load(options.before) as before, np.load(options.after) as after:
        np.savez_compressed(options.out, **blended(before, after, options.share))


def blended(before: Arrays, after: Arrays, share: float) -> dict[str, NDArray[np.generic]]:
    """``1 - share`` of one state and ``share`` of another, whatever the rank of each.

    The changes to a matrix are blended as the matrices that they stand for, and written in the nearest of
    rank ``RANK`` at most. Raises ValueError when the two do not tell the same meanings apart.
    """
    if list(before[_SHARED]) != list(after[_SHARED]):
        raise ValueError("the two states tell different meanings apart: learn the older one anew")
    mixed: dict[str, NDArray[np.generic]] = {_SHARED: after[_SHARED]}
    for name in after:
        matrix, _, part = name.rpartition(".")
        if part == "a":
            mixed[name], mixed[f"{matrix}.b"] = _between(before, after, matrix, share)
        elif part != "b" and name != _SHARED:
            told = (1 - share) * before[name].astype("f4") + share * after[name].astype("f4")
            mixed[name] = told.astype(after[name].dtype)
    return mixed


def _between(
    before: Arrays, after: Arrays, matrix: str, share: float
) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """The two thin matrices, (rank, inputs) and (outputs, rank), of what lies between two changes."""
    thin = np.concatenate([before[f"{matrix}.a"].astype("f8"), after[f"{matrix}.a"].astype("f8")])
    tall = np.concatenate(
        [(1 - share) * before[f"{matrix}.b"].astype("f8"), share * after[f"{matrix}.b"].astype("f8")], axis=1
    )
    left, inner = np.linalg.qr(tall)
    right, outer = np.linalg.qr(thin.T)
    turned, strengths, back = np.linalg.svd(inner @ outer.T)
    root = np.sqrt(strengths[:RANK])
    b, a = left @ turned[:, :RANK] * root, root[:, None] * (back[:RANK] @ right.T)
    return a.astype(np.float16), b.astype(np.float16)


if __name__ == "__main__":
    main()
