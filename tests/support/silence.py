"""Nobody answers an elder's telephone: the people around the elder, and those who ring them one by one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from escalation.aftercare import VisitAftercare
from escalation.climber import Climber
from escalation.contact_caller import ContactCaller
from escalation.contact_rules import ContactRules
from escalation.rules import Rules
from ivr.bridge import Operator
from ivr.clock import Clock
from ivr.lines.simulated import SimulatedLine
from ivr.virtual_time import run_virtual
from records.contact_calls import ContactCall
from records.orders import WorkOrder
from records.people import Consent, Contact
from records.sessions import Ledger
from support.calls import Hears, senses
from support.casebook import MORNING, agree_to_visits, end, history, orders, plan_visit, ring, rules
from support.duty_night import Duty
from support.telephone import Person

DAUGHTER, NEIGHBOUR = "+8613853300001", "+8613853300002"


@dataclass
class Silence:
    """An elder whom nobody reached, a daughter, a neighbour, and whoever is on duty."""

    ledger: Ledger
    people: dict[str, Person] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    open_hours: bool = True
    lines: list[SimulatedLine] = field(default_factory=list)

    operator_of: Callable[[int], Operator] | None = None

    def __post_init__(self) -> None:
        asking = ContactRules(may_ring=lambda _session, _order, _now: self.open_hours)
        self.laws: Rules = replace(rules(), contacts=asking)
        self.duty = Duty(self.ledger, laws=self.laws)
        self.rung: list[str] = []

    def nobody_answers(self, *, refuses: bool = False, contacts: bool = True) -> None:
        """The visit ends after its last attempt."""
        with self.ledger.session() as session:
            visit = plan_visit(session, self.duty.village)
            if contacts:
                session.add_all(
                    [
                        Contact(
                            elder_id=visit.elder_id,
                            position=1,
                            name="李强",
                            relation="邻居",
                            number=NEIGHBOUR,
                        ),
                        Contact(
                            elder_id=visit.elder_id, position=0, name="王芳", relation="女儿", number=DAUGHTER
                        ),
                        Contact(
                            elder_id=visit.elder_id, position=2, name="王芳", relation="女儿", number=DAUGHTER
                        ),
                        Contact(elder_id=visit.elder_id, position=3, name="本人", number="+865335181234"),
                    ]
                )
            if refuses:
                session.add(
                    Consent(elder_id=visit.elder_id, kind="contacts_called", granted=False,
                            source="form", recorded_at=MORNING)
                )  # fmt: skip
            agree_to_visits(session, visit)
            for _ in range(3):
                ring(session, visit, "no_answer")
            end(visit, "unreachable")
            session.flush()
            VisitAftercare(self.laws).visit_ended(session, visit, self.now)

    @property
    def now(self) -> datetime:
        return self.duty.clock.now()

    def rounds(self, ledger: Ledger | None = None, *, most: int = 6) -> None:
        """The caller works until nothing is due; time passes as the calls do."""

        def at(number: str) -> Person:
            self.rung.append(number)
            return self.people[number]

        async def work(clock: Clock) -> datetime:
            with ThreadPoolExecutor(1) as books, ThreadPoolExecutor(2) as engines:
                line = SimulatedLine(at, clock)
                self.lines.append(line)
                ears = senses(Hears(*self.heard), energy=True, executor=engines)
                caller = ContactCaller(
                    ledger or self.ledger,
                    self.laws,
                    line,
                    ears,
                    clock,
                    books,
                    organisation="滨河社区",
                    operator_of=self.operator_of,
                )
                for _ in range(most):
                    if not await caller.make_round():
                        break
            return clock.now()

        self.duty.clock.moment = run_virtual(work, self.now)

    def later(self, **span: float) -> None:
        self.duty.clock.forward(**span)
        Climber(self.ledger, self.laws, self.duty.clock).make_round()

    @property
    def order(self) -> WorkOrder:
        with self.ledger.reading() as session:
            found = orders(session)
            assert len(found) == 1
            _ = found[0].assignee
            return found[0]

    @property
    def events(self) -> list[str]:
        with self.ledger.reading() as session:
            return [kind for kind in history(session, session.get_one(WorkOrder, self.order.id))
                    if kind != "notified"]  # fmt: skip

    @property
    def answers(self) -> list[tuple[str, str]]:
        with self.ledger.reading() as session:
            rows = session.query(ContactCall).order_by(ContactCall.dialled_at, ContactCall.id)
            return [(row.relation, row.answer or row.status) for row in rows]
