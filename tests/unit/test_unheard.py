"""Who heard the engaged tone: what is done for them, minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.unheard import BACK_WITHIN, MOST_TRIES, Owed, next_step

CAME = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
SOON = CAME + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("owed", "minutes", "step"),
    [
        (Owed(CAME, 0), 1, "ring"),
        (Owed(CAME, 1), 4, "ring"),
        (Owed(CAME, MOST_TRIES), 7, "hand_over"),
        (Owed(CAME, 0), 21, "hand_over"),
        (Owed(CAME, 0, reason_against="refused"), 1, "hand_over"),
        (Owed(CAME, 0, on_the_telephone=True), 1, "later"),
        (Owed(CAME, 0, on_the_telephone=True), 25, "hand_over"),
        (Owed(CAME, 1, heard_since=True), 4, "settled"),
        (Owed(CAME, 0, heard_since=True, reason_against="refused"), 30, "settled"),
    ],
)
def test_an_elder_is_rung_back_soon_or_handed_to_a_person(owed: Owed, minutes: int, step: str) -> None:
    assert next_step(owed, CAME + timedelta(minutes=minutes)) == step


@given(
    owed=st.builds(
        Owed,
        came_at=st.just(CAME),
        calls_back=st.integers(0, 5),
        heard_since=st.booleans(),
        on_the_telephone=st.booleans(),
        reason_against=st.sampled_from(["", "refused"]),
    ),
    minutes=st.integers(0, 600),
)
def test_nobody_waits_for_ever_and_nobody_is_rung_who_may_not_be(owed: Owed, minutes: int) -> None:
    step = next_step(owed, CAME + timedelta(minutes=minutes))
    if timedelta(minutes=minutes) > BACK_WITHIN:
        assert step in ("settled", "hand_over")
    if step == "ring":
        assert not owed.reason_against
        assert owed.calls_back < MOST_TRIES
