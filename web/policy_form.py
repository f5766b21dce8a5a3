"""A visiting policy as a form for people: what is in it, and reading it back without losing anything.

The form begins from a whole policy, which travels with it; what has a field is put on top of that. So nothing
is lost that the form has no field for, and whatever was typed is shown again when something is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from campaigns.policy import (
    Ability,
    Category,
    Policy,
    PolicyError,
    RoundLength,
    RoundStart,
    Targets,
    Tier,
    document_of,
    policy_from,
)
from web.cadence_words import cadence_words, read_cadence

MOST_RULES = 12
"""Rules of one tier that a form carries."""
OLDEST = 150
DOCUMENT = "document"
"""The policy that the form began from, as JSON."""

Form = MultiDict[str, str]


def fill(policy: Policy) -> Form:
    """The fields of a form that says what a policy says; all tiers but the last get an empty rule more."""
    form: Form = MultiDict()
    document = document_of(policy)
    form[DOCUMENT] = json.dumps(document, ensure_ascii=False)
    form["minimum_age"] = str(policy.minimum_age)
    for tiers in document["tiers"][:-1]:
        for number, rule in enumerate([*tiers["rules"], {}]):
            _fill_rule(form, f"rule.{tiers['tier']}.{number}", rule)
    for tier, days in policy.cadence_days.tiers.items():
        form[f"days.{tier.value}"] = cadence_words(days)
    for group, days in policy.cadence_days.groups.items():
        form[f"days.{group.value}"] = cadence_words(days)
    telephone = document["telephone"]
    form.setlist("abilities", telephone["abilities"])
    form.setlist("excluded", telephone["excluded_categories"])
    form["unknown_ability"] = "yes" if telephone["unknown_ability_allowed"] else ""
    for module, months in policy.seasons.items():
        form[f"season.{module}"] = ", ".join(str(month) for month in months)
    form["round_start"] = policy.rounds.start.value if policy.rounds else ""
    form["round_script"] = (policy.rounds.script or "") if policy.rounds else ""
    targets = policy.targets or Targets()
    for target, name in _TARGETS.items():
        form[name] = str(getattr(targets, target))
    form["round_every"] = policy.rounds.every.value if policy.rounds and policy.rounds.every else ""
    return form


def _fill_rule(form: Form, name: str, rule: Mapping[str, Any]) -> None:
    form[f"{name}.age"] = str(rule.get("age_from", ""))
    form.setlist(f"{name}.abilities", rule.get("abilities_any", []))
    form.setlist(f"{name}.categories", rule.get("categories_any", []))


def phones_without_consent(form: Form) -> bool:
    """Whether the policy behind the form, read from a file perhaps, lets the robot phone without a yes."""
    try:
        return json.loads(form.get(DOCUMENT, ""))["telephone"]["consent_required"] is False
    except (ValueError, KeyError, TypeError):
        return False


def rules_in(form: Form) -> list[tuple[str, list[str]]]:
    """The tiers that have rules in the form, each with the names of its rules' fields, empty ones too."""
    found = []
    for tier in Tier:
        names = [f"rule.{tier.value}.{number}" for number in range(MOST_RULES)]
        shown = [name for name in names if f"{name}.age" in form]
        if shown:
            found.append((tier.value, shown))
    return found


def read(form: Form, version: str) -> tuple[Policy | None, list[str]]:
    """The policy that a form says, with what is wrong with it in words; None when anything is."""
    problems: list[str] = []
    try:
        document = document_of(policy_from(json.loads(form.get(DOCUMENT, "")), origin="of the form"))
    except (ValueError, PolicyError):
        return None, [
            gettext("The form came back incomplete. Load the page again and repeat what you entered.")
        ]
    document["version"] = version
    document["minimum_age"] = _number(form, "minimum_age", gettext("Lowest age"), (0, 120), problems)
    for tiers in document["tiers"][:-1]:
        rules = list(_rules(form, tiers["tier"], problems))
        tiers["rules"] = [_as_before(rule, tiers["rules"]) for rule in rules]
        if not tiers["rules"]:
            problems.append(gettext("A tier needs at least one rule."))
    document["cadence_days"] = {
        "tiers": {tier.value: read_cadence(form.get(f"days.{tier.value}", ""), problems) for tier in Tier},
        "groups": {
            group.value: read_cadence(form[f"days.{group.value}"], problems)
            for group in Category
            if form.get(f"days.{group.value}", "").strip()
        },
    }
    excluded = document["telephone"]["excluded_categories"]
    document["telephone"] |= {
        "abilities": _known(form.getlist("abilities"), list(Ability)),
        "excluded_categories": _known(form.getlist("excluded"), [*excluded, *Category]),
        "unknown_ability_allowed": form.get("unknown_ability") == "yes",
    }
    document["seasons"] = dict(_seasons(form, document["seasons"], problems))
    document.pop("rounds", None)
    if start := form.get("round_start", ""):
        every = form.get("round_every", "")
        document["rounds"] = {
            "start": _known([start], list(RoundStart))[0] if start in list(RoundStart) else "",
            "every": every if every in list(RoundLength) else None,
            "script": form.get("round_script", "") or None,
        }
    _targets(form, document, problems)
    if problems:
        return None, list(dict.fromkeys(problems))
    try:
        return policy_from(document, origin=version), []
    except PolicyError as error:
        return None, [gettext("The policy cannot be used: %(why)s", why=str(error))]


_TARGETS = {
    "monthly_rate": "target_month",
    "weekly_rate": "target_week",
    "satisfaction": "target_satisfaction",
}
"""Fields of the form by the rates that they are of."""


def _targets(form: Form, document: dict[str, Any], problems: list[str]) -> None:
    """The rates to be reached; a policy that named none names none as long as they are the usual ones."""
    if not all(name in form for name in _TARGETS.values()):
        return
    said = {
        target: _number(form, name, gettext("Rate to be reached"), (1, 100), problems)
        for target, name in _TARGETS.items()
    }
    if "targets" in document or said != Targets().model_dump():
        document["targets"] = said


def _rules(form: Form, tier: str, problems: list[str]) -> Iterator[dict[str, Any]]:
    """The rules of a tier that name anything: an empty one would match everybody and is no rule here."""
    for number in range(MOST_RULES):
        name = f"rule.{tier}.{number}"
        rule: dict[str, Any] = {}
        if form.get(f"{name}.age", "").strip():
            rule["age_from"] = _number(
                form, f"{name}.age", gettext("At least this old"), (0, OLDEST), problems
            )
        if abilities := _known(form.getlist(f"{name}.abilities"), list(Ability)):
            rule["abilities_any"] = abilities
        if categories := _known(form.getlist(f"{name}.categories"), list(Category)):
            rule["categories_any"] = categories
        if rule:
            yield rule


def _seasons(
    form: Form, before: Mapping[str, Sequence[int]], problems: list[str]
) -> Iterator[tuple[str, list[int]]]:
    for module in before:
        months = []
        for piece in form.get(f"season.{module}", "").replace("，", ",").replace("、", ",").split(","):
            text = piece.strip()
            if text.isascii() and text.isdigit() and 1 <= int(text) <= 12:  # noqa: PLR2004 - months of a year
                months.append(int(text))
            elif text:
                problems.append(
                    gettext(
                        "Months are numbers from 1 to 12 with commas between them, not “%(text)s”.",
                        text=text[:20],
                    )
                )
        if months:
            yield module, months


def _number(form: Form, name: str, what: str, span: tuple[int, int], problems: list[str]) -> int:
    text = form.get(name, "").strip()
    lowest, highest = span
    if (
        text.isascii()
        and text.isdigit()
        and len(text) <= len(str(highest))
        and lowest <= int(text) <= highest
    ):
        return int(text)
    problems.append(
        gettext(
            "%(what)s: a whole number from %(lowest)s to %(highest)s is needed, not “%(text)s”.",
            what=what,
            lowest=lowest,
            highest=highest,
            text=text[:20],
        )
    )
    return lowest


def _known(given: Sequence[str], codes: Sequence[str]) -> list[str]:
    """Those that there are, each once, in the order of the codes."""
    return list(dict.fromkeys(str(code) for code in codes if code in given))


def _as_before(rule: dict[str, Any], before: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The rule as it was written where it says the same: ticks come in an order of their own."""
    return next((old for old in before if _bare(old) == _bare(rule)), rule)


def _bare(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, list) else value for name, value in rule.items()}
