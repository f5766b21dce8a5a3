"""On-call ladders: who is asked about an order, and whom next when nobody takes it.

A book of ladders is data (``ladders.yaml``), checked when read. Each order keeps a copy of the ladder it was
opened under, so that an edited book changes nothing for orders that stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from escalation.policy import Role, UrgencyLabel
from escalation.workdays import works

SHIPPED = Path(__file__).parent / "ladders.yaml"

LONGEST_EMERGENCY_WAIT = 30
"""Minutes: an emergency (应急处置工单) is attended to on site within 30, so no step may wait longer."""

LONGEST_TIME_OFF = 60
"""Days in which somebody works at some time, however the holidays fall."""


class LadderError(Exception):
    """The ladder file cannot be used; the message names the file, the place and what is wrong."""


class _Part(BaseModel):
    """A piece of the file: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(_Part):
    """Somebody to be asked or told."""

    who: Literal["on_duty", "holder", "role", "worker"]
    """on_duty: the nearest worker of the order's roles who was not asked yet. holder: whoever has the order.
    role: everybody of a role in the nearest area that has any. worker: one worker by login."""
    role: Role | None = None
    login: str = ""
    area: str = ""
    """Look from this area (by name) rather than from where the elder lives; for on_duty and role."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.who == "role") != (self.role is not None):
            raise ValueError("a target names a role exactly if it is {who: role}")
        if (self.who == "worker") != bool(self.login):
            raise ValueError("a target names a login exactly if it is {who: worker}")
        if self.area and self.who not in ("on_duty", "role"):
            raise ValueError("only on_duty and role look from an area")
        return self


class Step(_Part):
    """One step: whom to ask, on which channels, and how long to wait for somebody to take the order."""

    to: tuple[Target, ...] = Field(min_length=1)
    wait: int = Field(gt=0)
    """Minutes until the next step."""
    channels: tuple[str, ...] = ()
    """Names of notification channels; none named: all that are configured."""


Steps = Annotated[tuple[Step, ...], Field(min_length=1)]


class Hours(_Part):
    """Working hours, local to the elder's area."""

    days: frozenset[Annotated[int, Field(ge=0, le=6)]] = Field(min_length=1)
    """0 is Monday."""
    hours: tuple[tuple[time, time], ...] = Field(min_length=1)
    public_holidays_off: bool = False
    """Nobody works on public holidays, and people do on make-up workdays, by the Chinese calendar."""

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if any(opens >= closes for opens, closes in self.hours):
            raise ValueError("working hours must end after they begin")
        return self

    def contain(self, moment: datetime, timezone: str) -> bool:
        """Whether somebody works at this moment (aware); never in a time zone that cannot be read."""
        zone = _zone(timezone)
        if zone is None:
            return False
        local = moment.astimezone(zone)
        clock = local.time()
        return self._works_on(local.date()) and any(begin <= clock < end for begin, end in self.hours)

    def next_opening(self, moment: datetime, timezone: str) -> datetime:
        """The moment itself within working hours, else when they next begin. Unreadable zone: the moment."""
        zone = _zone(timezone)
        if zone is None or self.contain(moment, timezone):
            return moment
        day = moment.astimezone(zone).date()
        openings = (
            datetime.combine(day + timedelta(days=ahead), begin, zone)
            for ahead in range(LONGEST_TIME_OFF)
            if self._works_on(day + timedelta(days=ahead))
            for begin, _ in sorted(self.hours)
        )
        return next(opening for opening in openings if opening > moment).astimezone(moment.tzinfo)

    def _works_on(self, day: date) -> bool:
        return works(day, self.days) if self.public_holidays_off else day.weekday() in self.days


class Ladder(_Part):
    """The ladders for orders of one urgency."""

    work: Steps
    """In working hours. After the last step the ladder begins anew, for as long as nobody has the order."""
    night: tuple[Step, ...] = ()
    """Outside of them; none: as in working hours."""
    hold_at_night: bool = False
    """Steps after the first wait for working hours."""
    overdue: Steps
    """When somebody has the order, its deadline is past and nobody is on site."""

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """Every step there is."""
        return (*self.work, *self.night, *self.overdue)


class OrderLadder(Ladder):
    """The ladder of one order, as kept with it."""

    version: str
    hours: Hours
    timezone: str
    roles: tuple[Role, ...] = Field(min_length=1)
    """For whom the order is, in order of preference."""

    def steps_at(self, moment: datetime) -> tuple[Step, ...]:
        """The steps of a round of the ladder that begins at this moment."""
        by_day = not self.night or self.hours.contain(moment, self.timezone)
        return self.work if by_day else self.night


class AreaLadders(_Part):
    """What one area has of its own; the rest is as everywhere."""

    working_hours: Hours | None = None
    ladders: dict[UrgencyLabel, Ladder] = Field(default_factory=dict)


class LadderBook(_Part):
    """The whole file, checked."""

    version: str = Field(min_length=1, max_length=40)
    working_hours: Hours
    ladders: dict[UrgencyLabel, Ladder]
    areas: dict[str, AreaLadders] = Field(default_factory=dict)
    """By the area's name; the nearest area above an elder that is named here counts."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Refuse a book that leaves an urgency out or lets a cry for help wait for one worker alone."""
        if missing := set(get_args(UrgencyLabel)) - set(self.ladders):
            raise ValueError(f"ladders lack {', '.join(sorted(missing))}")
        _check("ladders", self.ladders)
        for name, own in self.areas.items():
            _check(f"areas.{name}.ladders", own.ladders)
        return self

    def for_order(
        self, urgency: UrgencyLabel, *, areas: Sequence[str], timezone: str, roles: Sequence[Role]
    ) -> OrderLadder:
        """The ladder of a new order.

        ``areas`` are the names of the elder's area and those above it, nearest first; ``timezone`` is the
        area's IANA name; ``roles`` are those whom the policy wants to go.
        """
        own = [self.areas[name] for name in areas if name in self.areas]
        ladder = next((each.ladders[urgency] for each in own if urgency in each.ladders), None)
        hours = next((each.working_hours for each in own if each.working_hours is not None), None)
        return OrderLadder(
            **(ladder or self.ladders[urgency]).model_dump(),
            version=self.version,
            hours=hours or self.working_hours,
            timezone=timezone,
            roles=tuple(roles),
        )

    def channels(self) -> frozenset[str]:
        """Names of all channels that some step names."""
        books = [self.ladders, *(own.ladders for own in self.areas.values())]
        steps = (step for book in books for ladder in book.values() for step in ladder.all_steps)
        return frozenset(name for step in steps for name in step.channels)


def load_ladders(path: Path | None = None, *, channels: Iterable[str] | None = None) -> LadderBook:
    """Read a book of ladders, by default the shipped one; ``channels`` are those that are configured.

    Raises:
        LadderError: the file is missing, is no YAML, breaks a rule, or names a channel that is not
            configured; one line says which and where.
    """
    source = path or SHIPPED
    try:
        data = yaml.safe_load(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise LadderError(f"Cannot read the ladders {source}: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise LadderError(f"The ladders {source} are not YAML: {' '.join(str(error).split())}") from error
    return ladders_from(data, origin=str(source), channels=channels)


def ladders_from(data: Any, *, origin: str, channels: Iterable[str] | None = None) -> LadderBook:
    """The book that a document says. Raises LadderError naming the ``origin`` and the place."""
    try:
        book = LadderBook.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise LadderError(f"The ladders {origin} cannot be used: {place}: {first['msg']}") from error
    if channels is not None and (unknown := book.channels() - set(channels)):
        raise LadderError(
            f"The ladders {origin} name channels that are not configured: {', '.join(sorted(unknown))}"
        )
    return book


def _check(place: str, ladders: dict[UrgencyLabel, Ladder]) -> None:
    for urgency, ladder in ladders.items():
        for name, steps in (("work", ladder.work), ("night", ladder.night or ladder.work)):
            if any(target.who == "holder" for step in steps for target in step.to):
                raise ValueError(f"{place}.{urgency}.{name}: nobody holds an order that is still offered")
            pressing = urgency in ("urgent", "emergency")
            if pressing and not any(t.role == "coordinator" for step in steps for t in step.to):
                raise ValueError(f"{place}.{urgency}.{name} must come to the coordinators")
        if any(target.who == "on_duty" for step in ladder.overdue for target in step.to):
            raise ValueError(f"{place}.{urgency}.overdue: the order is with somebody, say holder or a role")
        if urgency == "emergency" and ladder.hold_at_night:
            raise ValueError(f"{place}.emergency may not be held at night")
        if urgency == "emergency" and any(step.wait > LONGEST_EMERGENCY_WAIT for step in ladder.all_steps):
            raise ValueError(
                f"{place}.emergency: no step may wait more than {LONGEST_EMERGENCY_WAIT} minutes"
            )


def _zone(timezone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
