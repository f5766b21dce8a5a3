"""The escalation policy: a table kept as data, checked when read, versioned with every order it decides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time, timedelta
from pathlib import Path
from typing import Literal, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from speech.types import Urgency

SHIPPED = Path(__file__).parent / "policy.yaml"

OrderKind = Literal["in_person_visit", "phone_follow_up", "service_referral", "data_correction"]
UrgencyLabel = Literal["none", "need", "urgent", "emergency"]
Role = Literal["grid_worker", "social_worker", "coordinator"]
Situation = Literal[
    "emergency",
    "urgent",
    "urgent_call",
    "unheard",
    "deceased",
    "in_hospital",
    "wrong_person",
    "silent",
    "unreachable",
    "expired",
    "asked_for_person",
    "opted_out",
    "refused",
    "proxy_only",
    "partial",
    "unclear_answers",
    "withdrawn_grave",
    "withdrawn",
    "look_into",
    "several_concerns",
    "repeated_concern",
    "changed_manner",
    "mode_outgrown",
    "need",
    "unexplained",
]
"""Everything that ``escalation.situations`` can tell apart."""

NEVER_COVERED: frozenset[Situation] = frozenset({"emergency", "urgent", "urgent_call", "unexplained"})


class PolicyError(Exception):
    """The policy file cannot be used; the message names the file, the place and what is wrong."""


class _Part(BaseModel):
    """A piece of the policy file: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Deadline(_Part):
    """By when: either so many minutes from now, or at a local time of the same day."""

    minutes: int | None = Field(default=None, gt=0)
    minutes_by_tier: dict[str, int] = Field(default_factory=dict)
    by: time | None = None
    at_least: int = Field(default=0, ge=0)
    """Minutes that remain in any case, with ``by``."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.minutes is None) == (self.by is None):
            raise ValueError("a deadline has either minutes or by")
        if self.by is not None and self.at_least <= 0:
            raise ValueError("a deadline with by needs at_least, the minutes that remain late in the day")
        return self


class OrderRule(_Part):
    """One work order that a situation makes."""

    kind: OrderKind
    urgency: UrgencyLabel
    deadline: str
    roles: tuple[Role, ...] = Field(min_length=1)


class SituationRule(_Part):
    """What one situation makes."""

    orders: tuple[OrderRule, ...] = Field(min_length=1)
    at_once: bool = False
    inform: tuple[Role, ...] = ()
    covered_by: frozenset[Situation] = frozenset()


class InHomeRule(_Part):
    """The order for a visit in person that was planned because the rules do not allow a call."""

    kind: OrderKind
    urgency: UrgencyLabel
    roles: tuple[Role, ...] = Field(min_length=1)


class OutgrownRule(_Part):
    """When a person is asked whether calls still are the right way to visit somebody."""

    codes: frozenset[str]
    """Signs of it."""
    visits: int = Field(ge=2)
    """In so many visits, this one included ..."""
    of: int = Field(ge=2, le=12)
    """... of so many latest ones in which the elder was talked with."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.visits > self.of:
            raise ValueError("a sign cannot show in more visits than are looked at")
        return self


class CodeRule(_Part):
    """What a code means when the call itself did not say."""

    urgency: UrgencyLabel
    situation: Situation | None = None
    dial: str = ""
    """Public emergency number that may be needed as well: 120, 119 or 110."""
    grave: bool = False
    """Even taken back, somebody hears it the same day: fear and shame also say no."""


class Delivery(_Part):
    """How notifications are sent and sent again; seconds."""

    lease: int = Field(gt=0)
    first_wait: int = Field(gt=0)
    longest_wait: dict[UrgencyLabel, int]
    batch: int = Field(gt=0)

    def wait(self, attempts: int, urgency: UrgencyLabel) -> int:
        """Seconds until the next try after ``attempts`` (>= 1) failed ones."""
        doublings = min(max(attempts - 1, 0), 20)
        return min(self.first_wait << doublings, self.longest_wait[urgency])


USUAL_PATIENCE = 15
"""Minutes after which a component counts as silent for which the policy names no time."""


class AuditorRules(_Part):
    """When the auditor speaks up; minutes."""

    visit_overdue: int = Field(gt=0)
    lease_dead: int = Field(gt=0)
    order_unaccepted: dict[UrgencyLabel, int]
    order_unfinished: int = Field(gt=0)
    ladder_stuck: int = Field(gt=0)
    notification_stuck: dict[UrgencyLabel, int]
    unassessed: int = Field(gt=0)
    flag_unanswered: int = Field(gt=0)
    in_home_unordered: int = Field(gt=0)
    campaign_paused: int = Field(default=30, gt=0)
    round_waiting: int = Field(default=120, gt=0)
    emergency_unreviewed: int = Field(default=1440, gt=0)
    caller_unheard: int = Field(default=30, gt=0)
    heartbeats: dict[str, int]
    unneeded_silent: int = Field(default=20160, gt=0)
    """For a part that ``heartbeats`` does not list."""
    repeat: dict[UrgencyLabel, int]

    def patience(self, component: str) -> timedelta:
        """How long a component may say nothing before it counts as silent."""
        return timedelta(minutes=self.heartbeats.get(component, USUAL_PATIENCE))


class Policy(_Part):
    """The whole file, checked."""

    version: str = Field(min_length=1, max_length=40)
    deadlines: dict[str, Deadline]
    situations: dict[Situation, SituationRule]
    in_home: InHomeRule
    unclear_answers_from: int = Field(ge=1)
    repeated_from: int = Field(ge=2, le=12)
    """So many visits running with the same small complaint ask for somebody."""
    mode_outgrown: OutgrownRule
    codes: dict[str, CodeRule]
    delivery: Delivery
    auditor: AuditorRules

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Refuse a policy with loose ends, or one under which somebody in danger is not gone to at once."""
        if missing := set(get_args(Situation)) - set(self.situations):
            raise ValueError(f"situations lack a rule: {', '.join(sorted(missing))}")
        above: set[Situation] = set()
        for name, rule in self.situations.items():
            if name in NEVER_COVERED and rule.covered_by:
                raise ValueError(f"situations.{name} may not be covered by another")
            if rule.covered_by - above:
                raise ValueError(f"situations.{name} may be covered only by situations above it")
            above.add(name)
            for order in rule.orders:
                if order.deadline not in self.deadlines:
                    raise ValueError(f"situations.{name} names an unknown deadline: {order.deadline}")
        emergency = self.situations["emergency"]
        goes = any(o.kind == "in_person_visit" and o.urgency == "emergency" for o in emergency.orders)
        if not (goes and emergency.at_once):
            raise ValueError("situations.emergency must send a person, with urgency emergency, at once")
        every = set(get_args(UrgencyLabel))
        for table in (
            self.delivery.longest_wait,
            self.auditor.order_unaccepted,
            self.auditor.notification_stuck,
            self.auditor.repeat,
        ):
            if set(table) != every:
                raise ValueError(f"tables by urgency must list {', '.join(sorted(every))}")
        return self

    @property
    def looks_back(self) -> int:
        """How many earlier visits these rules look at."""
        return max(self.repeated_from, self.mode_outgrown.of) - 1

    def nominal(self, code: str) -> Urgency | None:
        """The urgency of a code when the call did not say; None for a code the policy does not know."""
        rule = self.codes.get(code)
        return None if rule is None else Urgency.parse(rule.urgency)

    def dial(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Public emergency numbers that these codes may need, each once, in order."""
        return tuple(sorted({rule.dial for code in codes if (rule := self.codes.get(code)) and rule.dial}))


def load_policy(path: Path | None = None) -> Policy:
    """Read a policy file, by default the shipped one.

    Raises:
        PolicyError: the file is missing, is no YAML, or breaks a rule; one line says which and where.
    """
    source = path or SHIPPED
    try:
        return Policy.model_validate(yaml.safe_load(source.read_text(encoding="utf-8")))
    except OSError as error:
        raise PolicyError(f"Cannot read the escalation policy {source}: {error.strerror}") from error
    except yaml.YAMLError as error:
        message = " ".join(str(error).split())
        raise PolicyError(f"The escalation policy {source} is not YAML: {message}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise PolicyError(
            f"The escalation policy {source} cannot be used: {place}: {first['msg']}"
        ) from error
