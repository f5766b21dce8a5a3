"""What the seed decides: what each telephone does, and where each life of a worker ends."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import event
from sqlalchemy.orm import Session

from campaigns.rehearsal import Plan, Talk, flag
from ivr.lines import Disposition
from ivr.report import CallOutcome
from speech.types import Urgency

Where = Literal["before a commit", "after a commit", "while dialling"]
PAIN = flag("chest_pain", Urgency.EMERGENCY)
REPLY_LOST = 0.03
"""Share of calls of which the line never tells anything again."""
LONGEST_DELAY_S = 25.0
REPORT_LOST, REPORT_TWICE = 0.15, 0.25
"""Shares of the provider's reports that never come, and that come twice."""
LATEST_REPORT_S = 20.0
"""By how much a report may be late: more than lies between two of them, so that they overtake each other."""


def in_distress(plan: Plan) -> bool:
    """Whether somebody who does this cries for help once they pick up."""
    return any(isinstance(does, Talk) and does.flags for does in plan)


def plan_of(seed: int, number: str) -> Plan:
    """What a number does the first, second ... time it is rung."""
    dice = random.Random(f"{seed}/{number}")
    cry = Talk(questions=2, flags={0: PAIN})
    talk = Talk(questions=dice.randint(1, 3))
    plans: list[tuple[int, Plan]] = [
        (50, (talk,)),
        (12, (Disposition.BUSY, talk)),
        (5, (Disposition.NO_ANSWER,)),
        (5, (Talk(CallOutcome.MACHINE),)),
        (6, (Talk(CallOutcome.PARTIAL, questions=1), talk)),
        (4, (Disposition.INVALID_NUMBER,)),
        (12, (cry,)),
        (6, (Disposition.NO_ANSWER, cry)),
    ]
    return dice.choices([plan for _, plan in plans], [weight for weight, _ in plans])[0]


def delay_of(seed: int, number: str, rung: int) -> float | None:
    """Seconds until the line tells what came of a call; None: never."""
    dice = random.Random(f"{seed}/{number}/{rung}")
    return None if dice.random() < REPLY_LOST else dice.uniform(1.0, LONGEST_DELAY_S)


@dataclass(frozen=True, slots=True)
class Report:
    """One report of the provider about a call, as it reaches us."""

    after_s: float
    """Seconds in town after the call was given to the line."""
    status: str
    token: str
    """The same for the same thing told again."""


def reports_of(seed: int, reference: str, rung: int, ends: str, told_after: float) -> list[Report]:
    """What is reported of a call that comes to ``ends``: late, twice, in the wrong order, or not at all."""
    dice = random.Random(f"{seed}/reports/{reference.rsplit('-', 1)[0]}/{rung}")
    on_time = {"initiated": 0.5, "ringing": told_after / 2, ends: told_after}
    found = []
    for status, after_s in on_time.items():
        if dice.random() < REPORT_LOST:
            continue
        times = 2 if dice.random() < REPORT_TWICE else 1
        found += [
            Report(after_s + dice.uniform(0.0, LATEST_REPORT_S), status, f"{reference}:{status}")
            for _ in range(times)
        ]
    return sorted(found, key=lambda report: report.after_s)


@dataclass(slots=True)
class Fate:
    """Where a life ends: by SIGKILL, from the inside, at a moment that no outsider could hit so well."""

    where: Where
    count: int
    """At which commit, or at which call."""

    @classmethod
    def of(cls, seed: int, worker: str, life: int) -> Fate:
        """The fate of one life of one worker."""
        dice = random.Random(f"{seed}/{worker}/{life}")
        places: tuple[Where, ...] = ("before a commit", "after a commit", "while dialling")
        where = dice.choice(places if worker.startswith("gateway") else places[:2])
        return cls(where, dice.randint(1, 5) if where == "while dialling" else dice.randint(3, 45))

    def befall(self) -> None:
        """Let it come over this process."""
        if self.where != "while dialling":
            name = "before_commit" if self.where == "before a commit" else "after_commit"
            event.listen(Session, name, lambda _: self.strike())

    def dialled(self) -> None:
        """A call has just been given to the line."""
        if self.where == "while dialling":
            self.strike()

    def strike(self) -> None:
        """One step nearer."""
        self.count -= 1
        if self.count <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
