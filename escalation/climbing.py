"""Which step of its ladder an order is on and when the next is due: pure, folded from the order's events.

Nothing about a climb is kept beside the events, so a crash at any moment leaves it where the last committed
step put it, and whoever looks next comes to the same decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from escalation.ladders import OrderLadder, Step

ASKED = "assigned"
"""Event of a step that offered the order to somebody on duty (its note is the login)."""
TOLD = "escalated"
"""Event of a step that told others, such as the coordinators."""
NOBODY = "unassigned"
"""Event of a step that found nobody on duty at all: the coordinators were told of that."""
PASSED = "passed_over"
"""Event of a step that found nobody further to ask: the next one follows at once."""
OVERDUE = "overdue"
"""Event of a step because of a missed deadline."""
RESTS = "contacts_waiting"
"""Event: the people around the elder are being asked first; its note is the moment (ISO) until which the
ladder rests at most."""
ON_AGAIN = "contacts_asked"
"""Event: they have all been asked, and the ladder goes on at once."""
UNHEARD = "unheard"
"""Event: no message of a step reached anybody (its note is the step's number), so that the rest of the round
does not wait for an answer. The next round does, or a dead provider would ask everybody without end."""
ANEW = "asked_anew"
"""Event: the order has become an emergency while somebody had it who has not set out yet; its note is their
login. They are asked once more, and others after them."""
TAKEN_AWAY = "taken_away"
"""Event: a coordinator has somebody else asked instead of whoever had the order; its note is their login."""

Phase = Literal["offered", "held", "done"]


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of an order, as far as its ladder is concerned."""

    kind: str
    at: datetime
    actor: str = ""
    note: str = ""
    step: int | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """The step that follows, and what was learnt on the way to it."""

    number: int
    """Counted over the order's whole life from 1: with person and channel the key of a message."""
    at: datetime
    """When it is due."""
    step: Step
    late: bool
    """Because the deadline is missed, not because nobody has the order."""
    fresh: bool = False
    """The first step since something happened to the order, not one that comes of waiting."""
    asked: tuple[str, ...] = ()
    """Logins of those to whom this round of the ladder has offered the order already."""
    declined: frozenset[str] = frozenset()
    """Logins of those who have handed the order back since it was last opened."""


def next_step(
    ladder: OrderLadder, happenings: Iterable[Happening], *, deadline: datetime, now: datetime
) -> NextStep | None:
    """The step that is due next, which may lie in the future; None when nothing is to be climbed.

    Args:
        ladder: the order's own copy.
        happenings: the order's events, oldest first.
        deadline: the order's, aware.
        now: aware; a new round goes by the hours in which it begins.
    """
    climb = _Climb(ladder)
    for happening in happenings:
        climb.note(happening)
    return climb.following(deadline, now)


@dataclass(slots=True)
class _Climb:
    """The fold over an order's events."""

    ladder: OrderLadder
    phase: Phase = "done"
    number: int = 0
    place: int = 0
    """Of the next step in the round; 0 begins a round."""
    steps: tuple[Step, ...] = ()
    due: datetime | None = None
    stepped_at: datetime | None = None
    waits: bool = False
    """Whether the next step comes of waiting, so that night may hold it."""
    rests: bool = False
    """Whether it rests because contacts are being asked."""
    asked: list[str] = field(default_factory=list)
    declined: set[str] = field(default_factory=set)
    held_at: datetime | None = None
    late_place: int = 0
    late_due: datetime | None = None

    def note(self, happening: Happening) -> None:
        """Take one event in."""
        if happening.step is not None:
            self._stepped(happening)
        elif happening.kind in ("opened", "reopened"):
            self.declined.clear()
            self._begin(happening.at)
        elif happening.kind == ANEW or (happening.kind == "raised" and self.phase == "offered"):
            self._begin(happening.at)
        elif happening.kind == "accepted":
            self.phase, self.late_place, self.late_due, self.held_at = "held", 0, None, happening.at
        elif happening.kind in ("declined", TAKEN_AWAY):
            self.phase, self.due, self.waits = "offered", happening.at, False
            self.declined.add(happening.actor if happening.kind == "declined" else happening.note)
        elif happening.kind in (RESTS, ON_AGAIN):
            self._rest(happening)
        elif happening.kind == UNHEARD:
            self._hurry(happening)
        elif happening.kind in ("on_site", "closed"):
            self.phase = "done"

    def following(self, deadline: datetime, now: datetime) -> NextStep | None:
        """What follows from all events."""
        if self.phase == "held":
            step = self.ladder.overdue[self.late_place % len(self.ladder.overdue)]
            at = self._in_hours(self.late_due) if self.late_due else self._first_late(deadline)
            return NextStep(self.number + 1, at, step, late=True)
        if self.phase == "done" or self.due is None:
            return None
        at = self._in_hours(self._not_past(self.due, deadline)) if self.waits else self.due
        steps = self.steps if self.place else self.ladder.steps_at(max(at, now))
        asked = tuple(self.asked) if self.place else ()
        return NextStep(
            self.number + 1,
            at,
            steps[self.place],
            late=False,
            fresh=self.place == 0 and not self.waits,
            asked=asked,
            declined=frozenset(self.declined),
        )

    def _rest(self, happening: Happening) -> None:
        """Wait for the contacts, and no longer than was said; whoever has the order keeps it meanwhile."""
        if self.phase != "offered":
            return
        if happening.kind == RESTS:
            self.due, self.waits, self.rests = _moment(happening.note) or happening.at, False, True
        elif self.rests:
            self.due, self.rests = happening.at, False

    def _hurry(self, happening: Happening) -> None:
        """Wait no longer for an answer to a step that nobody heard of."""
        latest = happening.note == str(self.number)
        if self.phase == "offered" and latest and self.place > 0 and self.due is not None:
            self.due = min(self.due, happening.at)

    def _begin(self, at: datetime) -> None:
        self.phase, self.place, self.due, self.waits, self.rests = "offered", 0, at, False, False

    def _stepped(self, happening: Happening) -> None:
        if happening.step == self.number:  # a further event of the same step, which asked more than one
            if happening.kind == ASKED:
                self.asked.append(happening.note)
            return
        self.number, self.stepped_at, self.rests = happening.step or self.number, happening.at, False
        if happening.kind == OVERDUE:
            step = self.ladder.overdue[self.late_place % len(self.ladder.overdue)]
            self.late_place += 1
            self.late_due = happening.at + timedelta(minutes=step.wait)
            return
        if self.place == 0:
            self.steps, self.asked = self.ladder.steps_at(happening.at), []
        step = self.steps[self.place]
        if happening.kind == ASKED:
            self.asked.append(happening.note)
        self.place = (self.place + 1) % len(self.steps)
        at_once = happening.kind == PASSED and self.place > 0
        self.due = happening.at if at_once else happening.at + timedelta(minutes=step.wait)
        self.waits = not at_once

    def _not_past(self, due: datetime, deadline: datetime) -> datetime:
        """When waiting ends: an order whose deadline comes first does not wait beyond it."""
        return deadline if self.stepped_at is not None and self.stepped_at < deadline < due else due

    def _first_late(self, deadline: datetime) -> datetime:
        """The deadline; whoever takes an order that is late already gets one step's time to get there."""
        if self.held_at is None or deadline > self.held_at:
            return deadline
        return self.held_at + timedelta(minutes=self.ladder.overdue[0].wait)

    def _in_hours(self, at: datetime) -> datetime:
        if not self.ladder.hold_at_night:
            return at
        return self.ladder.hours.next_opening(at, self.ladder.timezone)


def _moment(text: str) -> datetime | None:
    """An aware moment as ISO text; None for anything else, so that nobody waits for it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
