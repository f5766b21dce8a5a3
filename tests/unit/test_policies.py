"""Which policy holds where and when; when the next visit is due; a policy written and read back."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from campaigns.cadences import ByCalendar
from campaigns.policies import Dated, Policies
from campaigns.policy import (
    Ability,
    Cadences,
    Category,
    Policy,
    TelephoneRules,
    Tier,
    TierRule,
    TierRules,
    document_of,
    load_policy,
    policy_from,
    yaml_of,
)
from campaigns.surges import due_with

SHIPPED = load_policy()
PARENTS = {1: None, 2: 1, 3: 2, 4: 2, 9: None}
"""District 1 > town 2 > communities 3 and 4; another district 9."""
FIRST = date(2026, 1, 1)


def version(name: str) -> Policy:
    return SHIPPED.model_copy(update={"version": name})


def policies(*dated: tuple[int | None, str, str]) -> Policies:
    found = [
        Dated(area, date.fromisoformat(day), version(name), order)
        for order, (area, day, name) in enumerate(dated, start=1)
    ]
    return Policies(found, PARENTS)


class TestWhereAPolicyHolds:
    def test_without_any_version_the_shipped_one(self) -> None:
        assert policies().of(3, FIRST).version == SHIPPED.version
        assert policies().of(None, FIRST).version == SHIPPED.version

    def test_in_an_area_and_below_it_and_nowhere_else(self) -> None:
        found = policies((2, "2026-01-01", "town"))
        assert [found.of(area, FIRST).version for area in (2, 3, 4)] == ["town"] * 3
        assert [found.of(area, FIRST).version for area in (1, 9, None)] == [SHIPPED.version] * 3

    def test_the_nearest_counts_however_new_the_one_above(self) -> None:
        found = policies(
            (3, "2026-01-01", "community"), (1, "2026-06-01", "district"), (None, "2026-07-01", "all")
        )
        day = date(2026, 12, 1)
        assert [found.of(area, day).version for area in (3, 4, 1, 9)] == [
            "community",
            "district",
            "district",
            "all",
        ]

    def test_an_area_that_nobody_knows_has_the_one_for_the_whole_ledger(self) -> None:
        assert policies((None, "2026-01-01", "all")).of(77, FIRST).version == "all"

    def test_a_circle_in_the_tree_of_areas_ends(self) -> None:
        assert Policies([], {1: 2, 2: 1}).of(1, FIRST).version == SHIPPED.version


class TestWhenAPolicyHolds:
    def test_from_its_day_on_and_until_the_next_one(self) -> None:
        found = policies((1, "2026-02-28", "spring"), (1, "2026-06-01", "summer"))
        days = [date(2026, 2, 27), date(2026, 2, 28), date(2026, 5, 31), date(2026, 6, 1)]
        assert [found.of(1, day).version for day in days] == [SHIPPED.version, "spring", "spring", "summer"]

    def test_of_two_for_the_same_day_the_later_saved_counts(self) -> None:
        assert (
            policies((1, "2026-01-01", "hasty"), (1, "2026-01-01", "better")).of(1, FIRST).version == "better"
        )

    def test_one_that_is_only_thought_about_changes_nothing_that_stands(self) -> None:
        stands = policies((1, "2026-01-01", "old"))
        thought = stands.with_one_more(1, FIRST, version("new"))
        assert (stands.of(3, FIRST).version, thought.of(3, FIRST).version) == ("old", "new")

    @given(
        st.lists(
            st.tuples(st.sampled_from([None, 1, 2, 3, 4, 9]), st.integers(0, 400), st.integers(0, 10**6)),
            max_size=12,
            unique_by=lambda each: each[2],
        ),
        st.sampled_from([None, 1, 2, 3, 4, 9]),
        st.integers(-10, 410),
    )
    def test_nothing_holds_before_its_day_and_nothing_from_beside(
        self, drawn: list[tuple[int | None, int, int]], area: int | None, offset: int
    ) -> None:
        day = FIRST + timedelta(days=offset)
        known = {str(name): (place, FIRST + timedelta(days=after)) for place, after, name in drawn}
        found = policies(*((place, start.isoformat(), name) for name, (place, start) in known.items()))
        held = found.of(area, day).version
        above = {1: [1], 2: [2, 1], 3: [3, 2, 1], 4: [4, 2, 1], 9: [9], None: []}[area]
        if held == SHIPPED.version:
            assert not any(place in (*above, None) and start <= day for place, start in known.values())
            return
        place, start = known[held]
        assert start <= day
        assert place in (*above, None)
        nearer = above[: above.index(place)] if place in above else above
        assert not any(other in nearer and since <= day for other, since in known.values())
        assert not any(other == place and start < since <= day for other, since in known.values())


rules = st.builds(
    TierRule,
    age_from=st.none() | st.integers(60, 100),
    abilities_any=st.lists(st.sampled_from(Ability), max_size=3, unique=True).map(tuple),
    categories_any=st.lists(st.sampled_from(Category), max_size=3, unique=True).map(tuple),
)
cadences = st.integers(1, 366) | st.sampled_from(ByCalendar)
any_policy = st.builds(
    Policy,
    version=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20),
    minimum_age=st.integers(0, 80),
    tiers=st.lists(rules, min_size=1, max_size=3).map(
        lambda drawn: (
            TierRules(tier=Tier.KEY, rules=tuple(drawn)),
            TierRules(tier=Tier.GENERAL, rules=(TierRule(),)),
        )
    ),
    cadence_days=st.builds(
        Cadences,
        tiers=st.fixed_dictionaries(dict.fromkeys(Tier, cadences)),
        groups=st.dictionaries(st.sampled_from(Category), cadences, max_size=3),
    ),
    telephone=st.builds(
        TelephoneRules,
        abilities=st.frozensets(st.sampled_from(Ability)),
        unknown_ability_allowed=st.booleans(),
        consent_required=st.booleans(),
        languages=st.just(("zh-CN",)),
    ),
)


@given(any_policy)
def test_a_policy_written_as_yaml_or_kept_in_the_ledger_is_the_same_when_read(
    policy: Policy,
) -> None:
    import yaml  # noqa: PLC0415 - to read what was written

    assert policy_from(yaml.safe_load(yaml_of(policy)), origin="yaml") == policy
    assert policy_from(document_of(policy), origin="ledger") == policy
    assert document_of(policy_from(document_of(policy), origin="ledger")) == document_of(policy)


def test_the_shipped_policy_survives_export_and_import(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(yaml_of(SHIPPED), encoding="utf-8")
    assert load_policy(file) == SHIPPED


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 366), st.integers(1, 366))
def test_a_shorter_cadence_is_never_due_later(last: date, some: int, more: int) -> None:
    assert due_with(last, [min(some, more)], ()) <= due_with(last, [max(some, more)], ())
    assert due_with(None, [some], ()) < last


def test_a_visit_on_a_leap_day_is_due_again_a_week_later() -> None:
    assert due_with(date(2028, 2, 29), [7], ()) == date(2028, 3, 7)
