"""Tests side by side: calls in real time lie between what computes, and none comes last."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.side_by_side import spread, workers_for


@pytest.mark.parametrize(("processors", "workers"), [(1, 2), (2, 4), (3, 6), (4, 8), (64, 8)])
def test_there_are_two_workers_for_a_processor_and_never_too_many(processors, workers):
    assert workers_for(processors) == workers


@given(st.integers(0, 40), st.integers(0, 40))
def test_nobody_is_left_out_and_each_kind_keeps_its_order(waiting, busy):
    order = spread([("wait", n) for n in range(waiting)], [("busy", n) for n in range(busy)])
    assert [n for kind, n in order if kind == "wait"] == list(range(waiting))
    assert [n for kind, n in order if kind == "busy"] == list(range(busy))


def test_calls_begin_at_once_evenly_and_not_in_the_end():
    order = spread(["call"] * 10, ["quick"] * 100)
    calls = [place for place, kind in enumerate(order) if kind == "call"]
    assert calls[0] == 0
    assert {after - before for before, after in pairwise(calls)} <= {8, 9, 10}
    assert calls[-1] < 0.8 * len(order)
