"""Before a campaign is opened the simulated village shows how telephones would ring by these very terms."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from support.campaigning import script

from campaigns.policy import load_policy
from campaigns.retries import RetryPolicy
from campaigns.windows import Windows, may_begin
from wenan.dry_run import DryTerms, Tried, dry_run

CHINA = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
"""Half past nine in China."""
HOURS = Windows(hours=((time(9), time(11, 30)), (time(14, 30), time(17, 30))))


def terms(**other: object) -> DryTerms:
    usual = DryTerms(
        script=script(),
        windows=HOURS,
        retries=RetryPolicy(),
        policy=load_policy(),
        starts_on=date(2026, 11, 23),
        ends_on=date(2026, 11, 29),
        max_concurrent=4,
    )
    return replace(usual, **other)  # type: ignore[arg-type]  # names of fields


def village(wanted: DryTerms) -> list[Tried]:
    return dry_run(wanted, MONDAY, lambda _done, _all: None)


def came_to(tried: list[Tried]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in tried:
        found[each.outcome] = found.get(each.outcome, 0) + 1
    return found


def test_every_telephone_does_its_part_within_hours_and_people_get_their_orders() -> None:
    tried = village(terms())
    assert len(tried) == 24
    assert came_to(tried) == {
        "completed": 18,
        "unreachable": 3,
        "wrong_person": 1,
        "partial": 1,
        "refused": 1,
    }
    ringing = [(each, at) for each in tried for at, _ in each.rings]
    assert all(may_begin(HOURS, at) for _, at in ringing)
    assert {what for each in tried for _, what in each.rings} >= {"busy", "no_answer", "answered_machine"}
    assert sorted(len(each.rings) for each in tried)[-3:] == [3, 3, 3], "in vain thrice, then a person goes"
    unreached = [each for each in tried if each.outcome == "unreachable"]
    assert all(each.orders == ("in_person_visit/unreachable",) for each in unreached)


def test_other_terms_come_to_something_else() -> None:
    evenings = Windows(hours=((time(19), time(20)),))
    tried = village(terms(retries=RetryPolicy(max_attempts=1), windows=evenings))
    assert max(len(each.rings) for each in tried) == 1
    assert came_to(tried)["completed"] < 18
    assert {at.astimezone(CHINA).hour for each in tried for at, _ in each.rings} == {19}


def test_a_policy_that_phones_nobody_is_seen_to() -> None:
    policy = load_policy()
    nobody = policy.model_copy(
        update={"telephone": policy.telephone.model_copy(update={"abilities": frozenset()})}
    )
    tried = village(terms(policy=nobody))
    assert {(each.mode, each.mode_reason) for each in tried} == {("in_home", "ability_too_low")}
    assert [each.rings for each in tried] == [()] * 24
