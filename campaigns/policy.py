"""The visiting policy as data: see ``policy.yaml`` for what it says and where its numbers come from."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from campaigns.cadences import Cadence

SHIPPED = Path(__file__).with_name("policy.yaml")
"""The defaults of a fresh deployment."""


class PolicyError(Exception):
    """A policy file cannot be used; the message says which file, where in it, and what is wrong."""


class Tier(StrEnum):
    """How closely an elder is looked after (重点, 次重点, 一般)."""

    KEY = "key"
    SECONDARY = "secondary"
    GENERAL = "general"


class Ability(StrEnum):
    """Level of ability after GB/T 42195-2022, as somebody assessed it; the robot never assigns one."""

    INTACT = "intact"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    COMPLETE = "complete"
    UNKNOWN = "unknown"


class Category(StrEnum):
    """The groups of special-difficulty elders (特殊困难老年人), and conditions that the policy looks at."""

    LIVING_ALONE = "living_alone"
    EMPTY_NEST = "empty_nest"
    LEFT_BEHIND = "left_behind"
    DISABLED_BY_AGE = "disabled_by_age"
    SEVERELY_DISABLED = "severely_disabled"
    SPECIAL_FAMILY_PLANNING = "special_family_planning"
    LIVING_WITH_DISABLED_CHILD = "living_with_disabled_child"
    SAFETY_NET = "safety_net"
    DEMENTIA = "dementia"
    BEDRIDDEN = "bedridden"
    LIMITED_MOBILITY = "limited_mobility"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Month = Annotated[int, Field(ge=1, le=12)]
Percent = Annotated[int, Field(ge=1, le=100)]
ScriptName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class TierRule(_Data):
    """Matches an elder when everything it names holds; what it leaves empty it does not ask for."""

    age_from: int | None = Field(default=None, ge=0, le=150)
    abilities_any: tuple[Ability, ...] = ()
    categories_any: tuple[Category, ...] = ()


class TierRules(_Data):
    """The rules by which an elder belongs to one tier; any of them is enough."""

    tier: Tier
    rules: tuple[TierRule, ...] = Field(min_length=1)


class Cadences(_Data):
    """From one visit to the next: days, or a word of the calendar (``campaigns.cadences``)."""

    tiers: dict[Tier, Cadence]
    groups: dict[Category, Cadence] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _every_tier_has_a_number(self) -> Cadences:
        if missing := set(Tier) - set(self.tiers):
            raise ValueError(f"no number of days for the tier {', '.join(sorted(missing))}")
        return self


class TelephoneRules(_Data):
    """Whom the robot may phone."""

    abilities: frozenset[Ability]
    unknown_ability_allowed: bool = False
    excluded_categories: tuple[Category, ...] = ()
    consent_required: bool = True
    languages: tuple[str, ...] = Field(min_length=1)


class RoundStart(StrEnum):
    """Who starts a round of visits whose period has begun."""

    BY_ITSELF = "by_itself"
    WHEN_STARTED = "when_started"
    NEVER = "never"


class RoundLength(StrEnum):
    """How long the period of a round is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Rounds(_Data):
    """The rounds of visits that are opened by themselves when a period begins."""

    start: RoundStart = RoundStart.WHEN_STARTED
    """by_itself: calls begin at once. when_started: it waits for a coordinator, who is reminded. never:
    rounds are opened by hand."""
    every: RoundLength | None = None
    """None: as long as the shortest number of days between two visits allows."""
    script: ScriptName | None = None
    """Id of a shipped script or of one added to the ledger, the newest version; None: the usual one."""


class Targets(_Data):
    """What is reported upward (月探访率, 周探访率, 满意度), in percent."""

    monthly_rate: Percent = 100
    weekly_rate: Percent = 100
    """Of those who are to be visited at least weekly."""
    satisfaction: Percent = 85
    """Of those who said how a service was to them."""


class Policy(_Data):
    """All of it, with the version that visits are marked with."""

    version: str = Field(min_length=1, max_length=40)
    minimum_age: int = Field(ge=0, le=120)
    tiers: tuple[TierRules, ...]
    cadence_days: Cadences
    telephone: TelephoneRules
    seasons: dict[str, tuple[Month, ...]] = Field(default_factory=dict)
    """Months in which a module of the script is spoken of, the first of them first; others always are."""
    rounds: Rounds | None = None
    """None: as in the area above; above all, rounds that wait for a coordinator."""
    targets: Targets | None = None
    """None: everybody."""

    @model_validator(mode="after")
    def _nobody_falls_through(self) -> Policy:
        if not self.tiers or TierRule() not in self.tiers[-1].rules:
            raise ValueError("the last tier must take everybody who is left: give it an empty rule {}")
        return self


def load_policy(path: Path | None = None) -> Policy:
    """Read a policy file, by default the shipped one. Raises PolicyError."""
    file = path or SHIPPED
    try:
        data: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyError(f"The policy {file} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise PolicyError(f"The policy {file} is not YAML: {' '.join(str(error).split())}") from error
    return policy_from(data, origin=str(file))


def policy_from(data: Any, *, origin: str) -> Policy:
    """The policy that a document says. Raises PolicyError naming the ``origin`` and the place."""
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise PolicyError(f"The policy {origin} is wrong at {place}: {first['msg']}") from error


def document_of(policy: Policy) -> dict[str, Any]:
    """A policy as JSON-ready data that says the same wherever it is written: sets in order."""
    data = policy.model_dump(mode="json", exclude={"tiers"})
    for name in ("rounds", "targets"):
        if data[name] is None:
            del data[name]  # as in documents that were stored before there were any
    if policy.rounds is not None and policy.rounds.script is None:
        del data["rounds"]["script"]
    data["telephone"]["abilities"] = sorted(data["telephone"]["abilities"], key=list(Ability).index)
    tiers = [
        {
            "tier": each.tier.value,
            "rules": [rule.model_dump(mode="json", exclude_defaults=True) for rule in each.rules],
        }
        for each in policy.tiers
    ]
    return {"version": data.pop("version"), "minimum_age": data.pop("minimum_age"), "tiers": tiers, **data}


def yaml_of(policy: Policy) -> str:
    """A policy as YAML that ``load_policy`` reads back the same."""
    text: str = yaml.safe_dump(document_of(policy), allow_unicode=True, sort_keys=False, width=100)
    return text
