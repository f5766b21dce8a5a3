"""Whether the proof proves anything: the product is broken on purpose, and a run must end red and say how.

Each sabotage patches the product in the processes of one run, as a plausible slip of the pen would; nothing
of it is in the product. ``make chaos ARGS="--sabotage NAME"`` breaks one, ``make chaos-proof`` all, in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from campaigns import talking
from campaigns.attempts import Ready
from campaigns.desk import Desk
from escalation.outbox import Outbox
from ivr.lines import Disposition
from ivr.report import CallReport

LATE_MORNING = datetime(2026, 11, 23, 3, 5, tzinfo=UTC)
"""Five past eleven in China: whoever is to be rung again soon would be rung in the midday rest."""


@dataclass(frozen=True)
class Sabotage:
    """One way to break the product, and which invariant must notice."""

    what: str
    invariant: str
    """Of ``benchmarks.chaos.verdict``."""
    patches: Callable[[], list[Any]]
    begins: datetime | None = None
    """When the calls of the run must begin for it to matter; None for any time."""

    @contextmanager
    def committed(self) -> Iterator[None]:
        """The product is broken until the context is left."""
        broken = self.patches()
        for each in broken:
            each.start()
        try:
            yield
        finally:
            for each in reversed(broken):
                each.stop()


def _hours_forgotten() -> list[Any]:
    return [
        patch("campaigns.attempts.may_begin", lambda _windows, _now: True),
        patch("campaigns.retries.next_opening", lambda _windows, moment: moment),
    ]


def _redialled() -> list[Any]:
    once = talking._dial_and_talk  # noqa: SLF001 - what is broken is broken from outside

    async def twice(desk: Desk, ready: Ready, told: Any) -> CallReport:
        report = await once(desk, ready, told)
        if report.disposition is Disposition.BUSY:
            report = await once(desk, ready, told)
        return report

    return [patch.object(talking, "_dial_and_talk", twice)]


def _swallowed() -> list[Any]:
    deliver = Outbox._deliver  # noqa: SLF001 - as above

    def swallow(self: Outbox, claim: Any) -> None:
        if claim.message.urgency != "emergency":
            deliver(self, claim)

    return [patch.object(Outbox, "_deliver", swallow)]


SABOTAGES: dict[str, Sabotage] = {
    "out-of-hours": Sabotage(
        "neither the dialer nor the retries ask for the calling hours",
        "calling hours",
        _hours_forgotten,
        LATE_MORNING,
    ),
    "dialled-twice": Sabotage(
        "a busy telephone is rung once more for the same attempt", "one attempt, one call", _redialled
    ),
    "undelivered": Sabotage(
        "messages about emergencies count as sent, and nobody sends them", "everybody told", _swallowed
    ),
}
