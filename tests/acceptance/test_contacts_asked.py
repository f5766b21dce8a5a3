"""Nobody answers: the people around the elder are rung one by one before somebody is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session
from support.casebook import MORNING, end, plan_visit, ring
from support.duty_night import Duty, TheOrder
from support.powercuts import DyingLedger, FalteringLedger
from support.silence import DAUGHTER, NEIGHBOUR, Silence
from support.telephone import Behaviour, Person, hum, quiet, say
from support.who_picks_up import greets_and_presses as presses
from support.who_picks_up import hangs_up, says_nothing, voicemail

from escalation.aftercare import VisitAftercare
from escalation.contact_rules import ContactRules
from escalation.contacts import claim
from ivr.bridge import Bridge
from ivr.lines import Disposition
from ivr.lines.simulated import Ring
from records.orders import WorkOrder
from records.sessions import Ledger, LedgerError
from records.visits import Campaign

NOT_AT_HOME = Ring(answers_after_s=None)
BUSY = Ring(answers_after_s=None, disposition_if_not=Disposition.BUSY)


@pytest.fixture
def silence(ledger: Ledger) -> Silence:
    return Silence(ledger)


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        (Person(ring=NOT_AT_HOME), "no_answer"),
        (Person(says_nothing), "silent"),
        (Person(hangs_up), "silent"),
        (Person(presses("2")), "wrong_person"),
        (Person(presses("1", "3")), "unknown"),
        (Person(presses("1", "9")), "none"),
        (Person(voicemail), "machine"),
    ],
)
def test_whoever_gives_no_word_is_followed_by_the_next_and_then_by_the_ladder(
    silence: Silence, who: Person, answer: str
) -> None:
    silence.people = {DAUGHTER: who, NEIGHBOUR: Person(presses("1", "3"))}
    silence.heard = ["喂"] if answer != "machine" else ["您好您呼叫的用户暂时无法接听请在提示音后留言"]
    silence.nobody_answers()
    assert silence.order.status == "open"
    assert silence.events == ["opened", "contacts_waiting"], "nobody is sent while contacts are being asked"

    silence.rounds()

    assert silence.rung == [DAUGHTER, NEIGHBOUR], "one by one, each number once, never the elder's own"
    assert silence.answers == [("女儿", answer), ("邻居", "unknown")]
    assert silence.events[-2:] == ["contacts_asked", "assigned"]
    assert silence.order.assignee is not None


def test_a_busy_contact_is_tried_once_more(silence: Silence) -> None:
    silence.people = {DAUGHTER: Person(ring=BUSY), NEIGHBOUR: Person(ring=NOT_AT_HOME)}
    silence.nobody_answers()
    silence.rounds()
    assert "contacts_asked" not in silence.events
    silence.later(minutes=6)
    silence.rounds()
    assert silence.rung == [DAUGHTER, NEIGHBOUR, DAUGHTER]
    assert silence.events[-2:] == ["contacts_asked", "assigned"]


def test_a_contacts_word_closes_the_order_with_who_gave_it(silence: Silence) -> None:
    silence.people = {DAUGHTER: Person(presses("1", "1"))}
    silence.heard = ["喂"]
    silence.nobody_answers()
    silence.rounds()
    assert silence.rung == [DAUGHTER], "the neighbour is left in peace"
    assert silence.order.status == "closed"
    assert "王芳（女儿）" in silence.order.result
    assert silence.events[-2:] == ["contact_well", "closed"]
    assert set(silence.answers) == {("邻居", "dropped"), ("女儿", "well")}


def test_whoever_goes_there_is_asked_again_and_the_order_stays_theirs_meanwhile(silence: Silence) -> None:
    silence.people = {DAUGHTER: Person(presses("1", "2"))}
    silence.heard = ["喂"]
    silence.nobody_answers()
    silence.rounds()
    assert silence.order.status == "open", "a promise to look is no word that all is well"
    silence.later(minutes=40)
    assert "assigned" not in silence.events
    silence.people[DAUGHTER] = Person(presses("1", "1"))
    silence.later(minutes=6)
    silence.rounds()
    assert silence.rung == [DAUGHTER, DAUGHTER]
    assert silence.order.status == "closed"


def test_whoever_went_and_does_not_answer_any_more_is_followed_by_a_worker(silence: Silence) -> None:
    silence.people = {DAUGHTER: Person(presses("1", "2"))}
    silence.heard = ["喂"]
    silence.nobody_answers()
    silence.rounds()
    silence.people[DAUGHTER] = Person(ring=NOT_AT_HOME)
    silence.later(minutes=46)
    silence.rounds()
    assert silence.events[-2:] == ["contacts_asked", "assigned"]


def test_a_worried_contact_makes_it_an_emergency(silence: Silence) -> None:
    silence.people = {DAUGHTER: Person(presses("1", "2"))}
    silence.heard = ["喂"]
    silence.nobody_answers()
    silence.rounds()
    silence.people[DAUGHTER] = Person(presses("1", "3"))
    silence.later(minutes=46)
    silence.rounds()
    assert silence.order.urgency == "emergency"
    assert silence.order.deadline <= silence.now + timedelta(minutes=30)
    assert silence.events[-2:] == ["raised", "assigned"]
    assert silence.order.summary.startswith("电话里王芳（女儿）说情况不好")
    silence.duty.worker("zhao").gets_alert_within("5 s").reads("紧急")


def test_a_worried_contact_wakes_whoever_took_it_for_later(silence: Silence) -> None:
    silence.people = {DAUGHTER: Person(presses("1", "2"))}
    silence.heard = ["喂"]
    silence.nobody_answers()
    silence.rounds()
    silence.duty.worker("li").takes(TheOrder(silence.duty, silence.order.id))
    silence.people[DAUGHTER] = Person(presses("1", "3"))
    silence.later(minutes=46)
    silence.rounds()
    assert silence.events[-3:] == ["asked_anew", "raised", "assigned"]
    assert (silence.order.status, silence.order.assignee.login) == ("open", "li")  # type: ignore[union-attr]
    silence.duty.worker("li").gets_alert_within("5 s").reads("紧急")


def test_a_contact_who_is_worried_while_the_ledger_is_away_is_heard_out_and_believed(
    silence: Silence,
) -> None:
    def cries() -> Behaviour:
        yield from say(hum(1.2))
        yield from quiet(10)

    silence.people = {DAUGHTER: Person(cries)}
    silence.heard = ["救命啊，我妈倒在地上了"]
    silence.nobody_answers()
    silence.rounds(FalteringLedger(silence.ledger, after=2, fails=4), most=1)
    assert silence.order.urgency == "emergency"
    assert ("女儿", "trouble") in silence.answers


def test_a_contact_who_cries_for_help_is_kept_on_the_line_for_whoever_is_on_duty(silence: Silence) -> None:
    rung: list[tuple[str, bool]] = []

    class Busy:
        def put_through(self, bridge: Bridge) -> None:
            rung.append((silence.order.urgency, bridge.with_elder))
            bridge.rung()
            bridge.nobody()

    def cries() -> Behaviour:
        yield from say(hum(1.2))
        yield from quiet(60)

    silence.operator_of = lambda _order_id: Busy()
    silence.people = {DAUGHTER: Person(cries), NEIGHBOUR: Person(ring=NOT_AT_HOME)}
    silence.heard = ["救命啊，我妈倒在地上了"]
    silence.nobody_answers()
    silence.rounds()
    assert rung == [("emergency", False)], "the order stands before anybody is rung"
    assert "contact_trouble" in silence.events


def test_a_cry_into_the_goodbye_counts_more_than_the_answer_before_it(silence: Silence) -> None:
    def says_well_and_then_cries() -> Behaviour:
        yield from presses("1", "1")()
        yield from quiet(1.0)
        yield from say(hum(1.2))
        yield from quiet(5.0)

    silence.people = {DAUGHTER: Person(says_well_and_then_cries)}
    silence.heard = ["喂", "哎呀救命啊，我妈倒在地上了"]
    silence.nobody_answers()
    silence.rounds()
    assert silence.order.urgency == "emergency"
    assert silence.order.status == "open"
    assert "contact_well" in silence.events
    assert silence.events.index("reopened") > silence.events.index("closed")


def test_an_elder_who_does_not_want_it_has_nobody_rung(silence: Silence) -> None:
    silence.nobody_answers(refuses=True)
    silence.rounds()
    assert silence.rung == []
    assert silence.events == ["opened", "assigned"], "a worker is asked at once"


def test_without_contacts_a_worker_is_asked_at_once(silence: Silence) -> None:
    silence.nobody_answers(contacts=False)
    assert silence.events == ["opened", "assigned"]


def test_outside_the_hours_a_worker_is_asked_at_once_and_the_contacts_when_hours_allow(
    silence: Silence,
) -> None:
    silence.open_hours = False
    silence.people = {DAUGHTER: Person(presses("1", "1"))}
    silence.heard = ["喂"]
    silence.nobody_answers()
    silence.rounds()
    assert silence.rung == []
    assert silence.events == ["opened", "assigned"]
    silence.duty.worker("li").gets_alert_within("60 s")
    silence.open_hours = True
    silence.rounds()
    assert silence.order.status == "closed"
    silence.duty.worker("li").gets_alert_within("60 s").reads("不用再去了")


def test_a_caller_that_never_comes_delays_the_ladder_and_stops_it_no_longer(silence: Silence) -> None:
    silence.nobody_answers()
    silence.later(minutes=29)
    assert "assigned" not in silence.events
    silence.later(minutes=2)
    assert silence.events == ["opened", "contacts_waiting", "assigned"]
    assert silence.order.deadline <= MORNING + timedelta(days=1), "the deadline is the policy's"


def test_an_elder_who_answers_later_calls_off_whoever_is_on_the_way(silence: Silence) -> None:
    silence.nobody_answers(contacts=False)
    duty = silence.duty
    li = duty.worker("li").gets_alert_within("60 s")
    with silence.ledger.session() as session:
        elder = session.get_one(WorkOrder, silence.order.id).elder
        later = plan_visit(session, duty.village, elder=elder, campaign=_another(session, duty))
        ring(session, later, "answered_human", "completed")
        end(later, "completed", silence.now)
        session.flush()
        VisitAftercare(silence.laws).visit_ended(session, later, silence.now)
    assert silence.order.status == "closed"
    li.gets_alert_within("60 s").reads("不用再去了")


@pytest.mark.parametrize("committed", [True, False], ids=["after the commit", "before the commit"])
@pytest.mark.parametrize("at", range(1, 8))
def test_dying_at_every_commit_forgets_nobody_and_takes_no_answer_twice(
    silence: Silence, at: int, committed: bool
) -> None:
    silence.people = {DAUGHTER: Person(ring=NOT_AT_HOME), NEIGHBOUR: Person(presses("1", "1"))}
    silence.heard = ["喂"]
    silence.nobody_answers()
    with suppress(LedgerError):
        silence.rounds(DyingLedger(silence.ledger, at=at, committed=committed))
    for _ in range(3):
        silence.later(minutes=11)
        silence.heard = ["喂"]
        silence.rounds()
    assert silence.order.status == "closed", silence.events
    assert silence.events.count("contact_well") == silence.events.count("closed") == 1
    assert len(silence.rung) <= 3, "only a call whose end nobody saw is made again"


def test_a_visit_that_is_corrected_later_closes_no_order_opened_since(silence: Silence) -> None:
    with silence.ledger.session() as session:
        well = plan_visit(session, silence.duty.village, name="李大爷")
        ring(session, well, "answered_human", "completed")
        end(well, "completed", MORNING - timedelta(days=7))
        lost = plan_visit(
            session, silence.duty.village, elder=well.elder, campaign=_another(session, silence.duty)
        )
        end(lost, "unreachable")
        session.flush()
        care = VisitAftercare(silence.laws)
        care.visit_ended(session, lost, silence.now)
        care.reconsider(session, well, silence.now)
    assert silence.order.status == "open", "the elder may have fallen since"


def test_two_callers_at_once_ring_nobody_twice(silence: Silence) -> None:
    asking = silence.laws.contacts
    assert asking is not None
    silence.nobody_answers()
    with ThreadPoolExecutor(2) as pool:
        jobs = list(pool.map(lambda _: _claimed(silence, asking), range(2)))
    assert sum(job is not None for job in jobs) == 1


def _claimed(silence: Silence, asking: ContactRules) -> object:
    with silence.ledger.session() as session:
        return claim(session, asking, silence.now)


def _another(session: Session, duty: Duty) -> int:
    """Next month's campaign."""
    first = session.get_one(Campaign, duty.village.campaign)
    values = {
        column.key: getattr(first, column.key)
        for column in Campaign.__table__.columns
        if column.key not in ("id", "name")
    }
    campaign = Campaign(name="四月探访", **values)
    session.add(campaign)
    session.flush()
    return campaign.id
