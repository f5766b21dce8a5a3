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
