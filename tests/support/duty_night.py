"""Stories of orders and those who are asked to take them, in virtual time.

``duty.worker("li").gets_alert_within("60 s").ignores(); duty.clock.forward(minutes=5); duty.worker("wu")...``
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from escalation import work_orders
from escalation.aftercare import VisitAftercare
from escalation.climber import Climber
from escalation.notifiers import MemoryNotifier, Message, Notifier
from escalation.outbox import Outbox
from escalation.rules import Rules
from records.orders import WorkOrder
from records.people import Absence, Worker
from records.sessions import Ledger
from speech.types import Urgency
from support.casebook import (
    MORNING,
    HandClock,
    Village,
    history,
    orders,
    plan_visit,
    raise_flag,
    rules,
    settle_village,
)

SECONDS = {"s": 1, "min": 60, "h": 3600}
PULSE = timedelta(seconds=30)
"""How often these stories let the product look at its ladders; in earnest it does so every few seconds."""
STAFF = ("grid_worker:li", "grid_worker:wu", "social_worker:zhang", "^coordinator:zhao")


def span(words: str) -> timedelta:
    """``"5 min"`` as a span of time."""
    number, unit = words.split()
    return timedelta(seconds=float(number) * SECONDS[unit])


@dataclass
class Duty:
    """A staffed village with ladders and an outbox at work, on a clock that is moved by hand."""

    ledger: Ledger
    staff: tuple[str, ...] = STAFF
    at: datetime = MORNING
    laws: Rules = field(default_factory=rules)
    clock: HandClock = field(init=False)
    village: Village = field(init=False)
    telephone: MemoryNotifier = field(default_factory=MemoryNotifier)
    """Where every message arrives."""
    notifiers: Mapping[str, Notifier] = field(init=False)
    read: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = HandClock(self.at)
        self.village = settle_village(self.ledger, *self.staff)
        self.notifiers = {channel.name: self.telephone for channel in self.laws.channels}
        self.care = VisitAftercare(self.laws)

    def elder_says(self, code: str, urgency: Urgency = Urgency.EMERGENCY, name: str = "王桂兰") -> TheOrder:
        """An elder says something grave on the telephone; the order that follows."""
        now = self.clock.now()
        with self.ledger.session() as session:
            visit = plan_visit(session, self.village, name=name)
            self.care.flag_raised(session, visit, raise_flag(session, visit, code, urgency, at=now), now)
            order = next(each for each in orders(session) if each.visit_id == visit.id)
            return TheOrder(self, order.id)

    def pulse(self) -> None:
        """What the product does every few seconds."""
        Climber(self.ledger, self.laws, self.clock).make_round()
        Outbox(self.ledger, self.notifiers, self.laws.policy.delivery, self.clock).drain()

    def passes(self, words: str) -> None:
        """Time passes while the product works."""
        until = self.clock.now() + span(words)
        while self.clock.now() < until:
            self.clock.forward(seconds=min(PULSE, until - self.clock.now()).total_seconds())
            self.pulse()

    def worker(self, login: str) -> OneOnDuty:
        """Somebody with a telephone."""
        return OneOnDuty(self, login)

    def is_away(self, login: str, days: int = 1, stand_in: str | None = None) -> None:
        """A worker is not to be asked from now on."""
        now = self.clock.now()
        with self.ledger.session() as session:
            session.add(
                Absence(
                    worker_id=self.village.workers[login],
                    starts_at=now,
                    ends_at=now + timedelta(days=days),
                    stand_in_id=None if stand_in is None else self.village.workers[stand_in],
                    recorded_at=now,
                )
            )

    def nobody_hears_anything_for(self, words: str) -> None:
        """Time passes and no message goes out."""
        before = len(self.telephone.delivered)
        self.passes(words)
        assert self.telephone.delivered[before:] == []


@dataclass
class OneOnDuty:
    """What somebody hears and does."""

    duty: Duty
    login: str
    heard: list[Message] = field(default_factory=list)

    def gets_alert_within(self, words: str) -> OneOnDuty:
        """A message that they have not read yet arrives in this time; time stops where it does."""
        until = self.duty.clock.now() + span(words)
        self.duty.pulse()
        while not self._unread():
            assert self.duty.clock.now() < until, f"{self.login} heard nothing within {words}"
            self.duty.passes("5 s")
        self.heard = self._unread()
        self.duty.read[self.login] = self.duty.read.get(self.login, 0) + len(self.heard)
        return self

    def gets_nothing_for(self, words: str) -> OneOnDuty:
        self.duty.passes(words)
        assert self._unread() == []
        return self

    def reads(self, *words: str) -> OneOnDuty:
        """The last message says so."""
        missing = [word for word in words if word not in self.heard[-1].body]
        assert not missing, (missing, self.heard[-1].body)
        return self

    def ignores(self) -> None:
        """Does nothing at all."""

    def takes(self, order: TheOrder) -> OneOnDuty:
        return self._does(order, "accept")

    def sets_out(self, order: TheOrder) -> OneOnDuty:
        return self._does(order, "on_the_way")

    def arrives(self, order: TheOrder) -> OneOnDuty:
        return self._does(order, "on_site")

    def hands_back(self, order: TheOrder, why: str) -> OneOnDuty:
        return self._does(order, "decline", why)

    def closes(self, order: TheOrder, result: str) -> OneOnDuty:
        return self._does(order, "close", result)

    def reopens(self, order: TheOrder, why: str) -> OneOnDuty:
        return self._does(order, "reopen", why)

    def gives_to_another(self, order: TheOrder) -> OneOnDuty:
        """A coordinator has somebody else asked instead of whoever has it."""
        return self._does(order, "take_away")

    def _does(self, order: TheOrder, step: str, *words: str) -> OneOnDuty:
        now = self.duty.clock.now()
        with self.duty.ledger.session() as session:
            worker = session.get_one(Worker, self.duty.village.workers[self.login])
            take = getattr(work_orders, step)
            if step in ("decline", "take_away", "reopen"):
                take(session, self.duty.laws, order.id, worker, *words, now)
            else:
                take(session, order.id, worker, *words, now)
        return self

    def _unread(self) -> list[Message]:
        mine = [each for each in self.duty.telephone.delivered if each.recipient == self.login]
        return mine[self.duty.read.get(self.login, 0) :]


@dataclass
class TheOrder:
    """One order as it stands."""

    duty: Duty
    id: int

    @property
    def row(self) -> WorkOrder:
        with self.duty.ledger.reading() as session:
            order = session.get_one(WorkOrder, self.id)
            _ = order.assignee
            return order

    @property
    def events(self) -> list[str]:
        """Kinds of what happened, without deliveries."""
        with self.duty.ledger.reading() as session:
            kinds = history(session, session.get_one(WorkOrder, self.id))
            return [kind for kind in kinds if kind != "notified"]

    @property
    def offered_to(self) -> str | None:
        assignee = self.row.assignee
        return None if assignee is None else assignee.login


def in_china(day: date, clock: str) -> datetime:
    """A moment by the village's clock."""
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo("Asia/Shanghai"))
