"""Who belongs to which tier and who may be phoned, as the district's plan says."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.cadences import ByCalendar
from campaigns.policy import Ability, Category, Policy, Tier, load_policy
from campaigns.tiers import (
    WORDS,
    ModeDecision,
    ModeReason,
    VisitMode,
    age_on,
    cadence_of,
    reason_text,
    tier_of,
    visit_mode_of,
)

POLICY = load_policy()

ages = st.one_of(st.none(), st.integers(60, 110))
abilities = st.sampled_from(list(Ability))
categories = st.frozensets(st.sampled_from(list(Category)))


@pytest.mark.parametrize(
    ("age", "groups", "ability", "tier"),
    [
        (80, [], "intact", "key"),
        (79, [], "intact", "general"),
        (79, [], "mild", "general"),
        (79, [], "unknown", "general"),
        (79, ["living_alone", "empty_nest"], "intact", "general"),
        (65, [], "moderate", "secondary"),
        (65, [], "severe", "key"),
        (65, [], "complete", "key"),
        (65, ["severely_disabled"], "intact", "key"),
        (65, ["dementia"], "mild", "key"),
        (65, ["bedridden"], "unknown", "key"),
        (65, ["bedridden"], "mild", "general"),
        (65, ["disabled_by_age"], "unknown", "key"),
        (65, ["disabled_by_age"], "moderate", "secondary"),
        (65, ["limited_mobility"], "unknown", "secondary"),
        (None, [], "intact", "key"),
    ],
)
def test_the_tier_follows_the_districts_plan(
    age: int | None, groups: list[str], ability: str, tier: str
) -> None:
    assert tier_of(age, groups, ability, POLICY) == tier


@given(ages, categories, abilities)
def test_growing_older_never_lowers_the_tier(
    age: int | None, groups: frozenset[str], ability: Ability
) -> None:
    order = list(Tier)
    if age is not None:
        now, later = (tier_of(years, groups, ability, POLICY) for years in (age, age + 1))
        assert order.index(later) <= order.index(now)


@given(ages, categories, abilities)
def test_everybody_belongs_to_a_tier_and_is_visited_at_least_monthly(
    age: int | None, groups: frozenset[str], ability: Ability
) -> None:
    tier = tier_of(age, groups, ability, POLICY)
    assert cadence_of(tier, groups, POLICY) in {7, ByCalendar.MONTHLY}


def test_the_key_tier_and_the_safety_net_are_visited_weekly() -> None:
    assert cadence_of("key", [], POLICY) == 7
    assert cadence_of("general", ["safety_net", "living_alone"], POLICY) == 7
    assert cadence_of("general", ["living_alone"], POLICY) == ByCalendar.MONTHLY


def mode(policy: Policy = POLICY, **facts: object) -> ModeDecision:
    """The decision for an elder who looks after themselves, but for the facts named."""
    usual: dict[str, object] = {
        "ability": "intact",
        "categories": ["living_alone"],
        "consent": True,
        "usable_phones": 1,
        "language": "zh-CN",
    }
    return visit_mode_of(policy=policy, **{**usual, **facts})  # type: ignore[arg-type] - facts of mixed types


def test_an_elder_who_looks_after_themselves_and_agrees_is_phoned() -> None:
    assert mode() == ModeDecision(VisitMode.TELEPHONE)
    assert mode(ability="mild").mode is VisitMode.TELEPHONE
    assert mode().code == ""


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"ability": "unknown"}, "ability_not_assessed"),
        ({"ability": "moderate"}, "ability_too_low"),
        ({"ability": "complete"}, "ability_too_low"),
        ({"ability": "a level nobody knows"}, "ability_too_low"),
        ({"categories": ["severely_disabled"]}, "category_at_home"),
        ({"categories": ["dementia"], "ability": "mild"}, "category_at_home"),
        ({"categories": ["disabled_by_age"]}, "category_at_home"),
        ({"consent": None}, "no_consent"),
        ({"consent": False}, "refused"),
        ({"status": "opted_out"}, "refused"),
        ({"status": "in_hospital"}, "not_active"),
        ({"status": "deceased", "consent": None}, "not_active"),
        ({"usable_phones": 0}, "no_usable_phone"),
        ({"language": "ko"}, "language_not_spoken"),
        ({"consent": False, "ability": "severe", "usable_phones": 0}, "refused"),
    ],
)
def test_everybody_else_is_visited_at_home_and_the_reason_is_told(
    facts: dict[str, object], reason: str
) -> None:
    decision = mode(**facts)
    assert decision.mode is VisitMode.IN_HOME
    assert decision.code == reason


def test_a_district_may_allow_calls_to_elders_who_were_not_assessed() -> None:
    rules = POLICY.telephone.model_copy(update={"unknown_ability_allowed": True})
    generous = POLICY.model_copy(update={"telephone": rules})
    assert mode(generous, ability="unknown").mode is VisitMode.TELEPHONE
    assert mode(generous, ability="severe").mode is VisitMode.IN_HOME


@given(
    ability=abilities,
    groups=categories,
    consent=st.sampled_from([True, False, None]),
    usable_phones=st.integers(0, 3),
    language=st.sampled_from(["zh-CN", "es", "en", "ko", "und", ""]),
    status=st.sampled_from(["active", "in_hospital", "away", "moved", "deceased", "opted_out"]),
)
def test_nobody_is_phoned_without_a_yes_a_number_and_a_common_language(
    *,
    ability: Ability,
    groups: frozenset[str],
    consent: bool | None,
    usable_phones: int,
    language: str,
    status: str,
) -> None:
    decision = mode(
        ability=ability,
        categories=groups,
        consent=consent,
        usable_phones=usable_phones,
        language=language,
        status=status,
    )
    assert (decision.mode is VisitMode.TELEPHONE) == (decision.reason is None)
    if decision.mode is VisitMode.TELEPHONE:
        assert consent is True
        assert usable_phones > 0
        assert language in {"zh-CN", "es", "en"}
        assert status == "active"
        assert ability in {"intact", "mild"}


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(WORDS) == set(ModeReason)
    for reason in ModeReason:
        assert reason_text(reason, "zh-CN") != reason_text(reason, "en")
    assert reason_text("", "en") == ""
    assert reason_text("孙主任决定改为入户", "en") == "孙主任决定改为入户"


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        (date(1946, 3, 4), date(2026, 3, 3), 79),
        (date(1946, 3, 4), date(2026, 3, 4), 80),
        (date(1944, 2, 29), date(2026, 2, 28), 81),
        (date(1944, 2, 29), date(2026, 3, 1), 82),
        (date(1944, 2, 29), date(2028, 2, 29), 84),
        (None, date(2026, 3, 4), None),
    ],
)
def test_ages_are_completed_years(born: date | None, today: date, age: int | None) -> None:
    assert age_on(born, today) == age
