"""What lies between two states of what the sentence encoder has learnt."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.tune_encoder.blending import Arrays, blended
from tools.tune_encoder.ranks import RANK


def state(seed: int, rank: int, meanings: tuple[str, ...] = ("fire", "ok/none")) -> Arrays:
    dice = np.random.default_rng(seed)
    return {
        "meanings": np.array(meanings),
        "directions": dice.normal(size=(2, 48)).astype(np.float16),
        "bias": dice.normal(size=2).astype(np.float32),
        "l0.q.a": dice.normal(size=(rank, 48)).astype(np.float16),
        "l0.q.b": dice.normal(size=(40, rank)).astype(np.float16),
    }


def change(of: Arrays) -> NDArray[np.float64]:
    return of["l0.q.b"].astype("f8") @ of["l0.q.a"].astype("f8")


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_change_to_a_matrix_is_blended_whatever_its_rank(share: float) -> None:
    before, after = state(1, rank=8), state(2, rank=RANK - 8)

    mixed = blended(before, after, share)

    assert np.allclose(change(mixed), (1 - share) * change(before) + share * change(after), atol=0.05)
    assert np.allclose(
        mixed["bias"].astype("f4"),
        (1 - share) * before["bias"].astype("f4") + share * after["bias"].astype("f4"),
    )
    assert set(mixed) == set(after)
    assert {name: values.dtype for name, values in mixed.items()} == {
        name: values.dtype for name, values in after.items()
    }


def test_what_has_too_high_a_rank_is_written_in_the_nearest_that_fits() -> None:
    before, after = state(1, rank=RANK), state(2, rank=RANK)

    mixed = blended(before, after, 0.5)

    assert mixed["l0.q.a"].shape == (RANK, 48)
    wanted = (change(before) + change(after)) / 2
    left, strengths, back = np.linalg.svd(wanted)
    nearest = left[:, :RANK] * strengths[:RANK] @ back[:RANK]
    assert np.allclose(change(mixed), nearest, atol=0.1)


def test_states_that_tell_different_meanings_apart_are_not_blended() -> None:
    with pytest.raises(ValueError, match="different meanings"):
        blended(state(1, rank=8), state(2, rank=8, meanings=("flood", "ok/none")), 0.5)
