"""A worker sees the own area and all below, nothing beside it and nothing above."""

from hypothesis import given
from hypothesis import strategies as st

from web.areas import subtree

DISTRICT, TOWN, OTHER_TOWN, VILLAGE, GRID = 1, 2, 3, 4, 5
TREE = {DISTRICT: None, TOWN: DISTRICT, OTHER_TOWN: DISTRICT, VILLAGE: TOWN, GRID: VILLAGE}


def test_the_district_sees_everything():
    assert subtree(TREE, DISTRICT) == frozenset(TREE)


def test_a_town_sees_its_villages_and_not_the_next_town():
    assert subtree(TREE, TOWN) == {TOWN, VILLAGE, GRID}


def test_a_grid_sees_only_itself():
    assert subtree(TREE, GRID) == {GRID}


def test_a_tree_damaged_into_a_circle_is_walked_once():
    assert subtree({1: 2, 2: 1, 3: None}, 1) == {1, 2}


@given(st.dictionaries(st.integers(1, 30), st.one_of(st.none(), st.integers(1, 30)), min_size=1))
def test_nobody_sees_an_area_that_does_not_lie_below_theirs(parents):
    root = next(iter(parents))
    for area in subtree(parents, root) - {root}:
        above, steps = parents.get(area), 0
        while above != root and above is not None and steps < 40:
            above, steps = parents.get(above), steps + 1
        assert above == root
