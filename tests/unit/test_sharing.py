"""Free lines go to campaigns evenly; limits of areas add up over the tree."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.area_lines import AreaLines
from campaigns.sharing import Claimant, share_out

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def waiting(number: int, under_way: int = 0, *, key: bool = False, since: int = 0) -> Claimant:
    return Claimant(number, under_way, key, MORNING + timedelta(minutes=since))


class TestBetweenCampaigns:
    def test_a_campaign_that_has_waited_longer_does_not_take_all_the_lines(self) -> None:
        assert share_out(4, [waiting(1), waiting(2, since=60)]) == {1: 2, 2: 2}

    def test_one_that_has_calls_under_way_waits_until_the_others_have_as_many(self) -> None:
        assert share_out(3, [waiting(1, under_way=4), waiting(2)]) == {2: 3}

    def test_the_odd_line_goes_where_the_key_tier_is_due_then_where_somebody_waits_longest(self) -> None:
        assert share_out(1, [waiting(1), waiting(2, key=True, since=60)]) == {2: 1}
        assert share_out(1, [waiting(1, since=1), waiting(2)]) == {2: 1}

    def test_a_campaign_alone_has_all_and_nobody_waiting_has_none(self) -> None:
        assert share_out(5, [waiting(7)]) == {7: 5}
        assert share_out(5, []) == {}
        assert share_out(0, [waiting(7)]) == {}

    @given(
        st.integers(0, 40),
        st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.integers(0, 600)), max_size=8),
    )
    def test_nobody_gets_a_line_while_somebody_else_has_fewer(
        self, lines: int, drawn: list[tuple[int, bool, int]]
    ) -> None:
        among = [
            waiting(number, calls, key=key, since=since) for number, (calls, key, since) in enumerate(drawn)
        ]
        given_ = share_out(lines, among)
        assert sum(given_.values()) == (lines if among else 0)
        after = {each.campaign_id: each.under_way + given_.get(each.campaign_id, 0) for each in among}
        for number in given_:
            assert after[number] <= min(after.values()) + 1


TREE = {1: None, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3}
"""A district, two towns, three communities."""


class TestBetweenAreas:
    def test_every_limit_on_the_way_up_holds(self) -> None:
        lines = AreaLines({1: 10, 2: 3, 4: 2}, TREE)
        assert [lines.over(area) for area in (4, 5, 6)] == [(4, 2, 1), (2, 1), (1,)]
        in_use = lines.in_use({4: 1, 5: 2, 6: 4})
        assert in_use == {4: 1, 2: 3, 1: 7}
        assert [lines.room(area, in_use) for area in (4, 5, 6)] == [0, 0, 3]

    def test_where_there_is_no_limit_there_is_always_room(self) -> None:
        assert AreaLines({2: 1}, TREE).room(6, {2: 1}) is None
        assert not AreaLines()

    def test_more_calls_than_a_new_limit_allows_leave_no_room_until_enough_are_over(self) -> None:
        lines = AreaLines({1: 2}, TREE)
        assert lines.room(4, lines.in_use({4: 5})) == 0

    def test_a_tree_damaged_into_a_circle_ends(self) -> None:
        assert AreaLines({2: 1, 3: 1}, {2: 3, 3: 2}).over(2) == (2, 3)

    @given(
        st.dictionaries(st.sampled_from(sorted(TREE)), st.integers(1, 5)),
        st.lists(st.sampled_from([4, 5, 6]), max_size=40),
    )
    def test_whoever_asks_for_room_before_each_call_never_exceeds_a_limit(
        self, limits: dict[int, int], asked: list[int]
    ) -> None:
        lines, calls = AreaLines(limits, TREE), Counter[int | None]()
        for area in asked:
            if lines.room(area, lines.in_use(calls)) != 0:
                calls[area] += 1
        in_use = lines.in_use(calls)
        assert all(in_use[area] <= limit for area, limit in limits.items())
