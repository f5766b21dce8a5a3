"""What may go wrong with one message stays with that message, and what is graver never waits behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from support.casebook import MORNING, HandClock, notifications, rules
from support.duty_night import Duty

from escalation import climber
from escalation.alerts import Recipient, enqueue
from escalation.climber import Climber
from escalation.notifiers import DeliveryError, MemoryNotifier, Message
from escalation.outbox import Drained, Outbox
from escalation.rules import Channel
from records.orders import Notification
from records.sessions import Ledger, LedgerError

DELIVERY = rules().policy.delivery
SECRET = "key=do-not-log-me"  # noqa: S105 - of a webhook that does not exist


def put(ledger: Ledger, urgency: str, name: str, *, at: HandClock) -> None:
    with ledger.session() as session:
        enqueue(
            session,
            key=name,
            order_id=None,
            channel=Channel("memory"),
            recipient=Recipient("li", "zh-CN"),
            body=name,
            urgency=urgency,
            now=at.now(),
        )


def rows(ledger: Ledger) -> dict[str, Notification]:
    with ledger.reading() as session:
        return {row.dedupe_key: row for row in notifications(session)}


class FaultyNotifier(MemoryNotifier):
    """Stumbles over one message in a way that nobody foresaw."""

    def __init__(self, over: str, error: Exception) -> None:
        super().__init__()
        self.over = over
        self.error: Exception | None = error

    def deliver(self, message: Message) -> None:
        if message.key == self.over and self.error is not None:
            raise self.error
        super().deliver(message)


@pytest.mark.parametrize(
    "error", [KeyError("errcode"), RuntimeError(SECRET), UnicodeEncodeError("ascii", "王", 0, 1, "no")]
)
def test_a_fault_nobody_foresaw_is_one_failed_try_and_the_others_go_on(
    ledger: Ledger, error: Exception
) -> None:
    clock = HandClock()
    for name, urgency in (("first", "emergency"), ("second", "urgent"), ("third", "need")):
        put(ledger, urgency, name, at=clock)
    faulty = FaultyNotifier("first", error)
    outbox = Outbox(ledger, {"memory": faulty}, DELIVERY, clock)

    with capture_logs() as logs:
        assert outbox.drain() == Drained(sent=2, postponed=1)
    assert [each.key for each in faulty.delivered] == ["second", "third"]
    row = rows(ledger)["first"]
    assert (row.status, row.attempts) == ("pending", 1)
    assert type(error).__name__ in row.error
    assert "test_outbox_troubles.py" in row.error, "where it came up"
    assert SECRET not in f"{row.error} {logs}", "an error's words may hold a secret"
    (said,) = [entry for entry in logs if entry["event"] == "notification_not_delivered"]
    assert (said["notification"], said["attempts"]) == (row.id, 1)

    faulty.error = None
    clock.forward(seconds=DELIVERY.first_wait)
    assert outbox.drain() == Drained(sent=1)
    assert rows(ledger)["first"].status == "sent"


def test_a_notifier_that_is_broken_through_and_through_is_tried_less_and_less_often(ledger: Ledger) -> None:
    clock = HandClock()
    put(ledger, "emergency", "help", at=clock)
    outbox = Outbox(ledger, {"memory": FaultyNotifier("help", TypeError("broken"))}, DELIVERY, clock)
    waits = []
    for _ in range(5):
        assert outbox.drain() == Drained(postponed=1)
        waits.append((rows(ledger)["help"].next_try_at - clock.now()).total_seconds())
        clock.moment = rows(ledger)["help"].next_try_at
    assert waits == [5, 10, 20, 30, 30], "an emergency is never given up"


def test_trouble_with_the_ledger_is_no_fault_of_a_message(ledger: Ledger) -> None:
    class CutOff(Ledger):
        def __init__(self) -> None:
            self.engine = ledger.engine

        def reading(self):  # type: ignore[no-untyped-def]  # ends before it begins
            raise LedgerError("The power is cut.")

        session = reading

    with pytest.raises(LedgerError):
        Outbox(CutOff(), {"memory": MemoryNotifier()}, DELIVERY, HandClock()).drain()


def test_a_cry_for_help_that_comes_meanwhile_goes_before_what_was_claimed_already(ledger: Ledger) -> None:
    clock = HandClock()
    for number in range(4):
        put(ledger, "need", f"need {number}", at=clock)

    class Slow(MemoryNotifier):
        def deliver(self, message: Message) -> None:
            super().deliver(message)
            clock.forward(seconds=9)
            if message.key == "need 0":
                put(ledger, "emergency", "help", at=clock)

    slow = Slow()
    assert Outbox(ledger, {"memory": slow}, DELIVERY, clock).drain() == Drained(sent=5)
    assert [each.key for each in slow.delivered] == ["need 0", "help", "need 1", "need 2", "need 3"]
    assert {row.attempts for row in rows(ledger).values()} == {1}, "who was given back was not tried"


def test_what_is_not_graver_does_not_interrupt(ledger: Ledger) -> None:
    clock = HandClock()
    put(ledger, "urgent", "one", at=clock)
    put(ledger, "urgent", "two", at=clock)

    class Busy(MemoryNotifier):
        def deliver(self, message: Message) -> None:
            super().deliver(message)
            if message.key == "one":
                put(ledger, "urgent", "three", at=clock)
                put(ledger, "need", "four", at=clock)

    busy = Busy()
    Outbox(ledger, {"memory": busy}, DELIVERY, clock).drain()
    assert [each.key for each in busy.delivered] == ["one", "two", "three", "four"]


@pytest.mark.parametrize("minutes", [1, 7, 20])
def test_after_any_outage_emergencies_are_out_within_half_a_minute_and_every_round_goes_by_urgency(
    ledger: Ledger, minutes: int
) -> None:
    clock = HandClock()
    for number, urgency in enumerate(("need", "emergency", "urgent", "none", "emergency", "need", "urgent")):
        put(ledger, urgency, f"{number} {urgency}", at=clock)
    dead = MemoryNotifier()
    outbox = Outbox(ledger, {"memory": dead}, DELIVERY, clock)
    back = MORNING + timedelta(minutes=minutes)
    while clock.now() < back:
        dead.failures = [DeliveryError("no network") for _ in range(7)]
        outbox.drain()
        clock.forward(seconds=15)
    dead.failures = []
    back = clock.now()
    ranks = {"emergency": 0, "urgent": 1, "need": 2, "none": 3}
    while clock.now() < back + timedelta(seconds=DELIVERY.longest_wait["need"] + 4):
        before = len(dead.delivered)
        outbox.drain()
        now_out = [ranks[each.urgency] for each in dead.delivered[before:]]
        assert now_out == sorted(now_out)
        clock.forward(seconds=4)
        if clock.now() >= back + timedelta(seconds=36):
            assert sum(each.urgency == "emergency" for each in dead.delivered) == 2
    assert len(dead.delivered) == 7


def test_an_order_whose_ladder_cannot_be_climbed_holds_up_no_other(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    duty = Duty(ledger)
    first, second = duty.elder_says("chest_pain", name="甲"), duty.elder_says("gas", name="乙")
    whole = climber.climb

    def stumble(session, laws, order, now):  # type: ignore[no-untyped-def]  # as escalation.asking.climb
        if order.id == first.id:
            raise ZeroDivisionError
        return whole(session, laws, order, now)

    monkeypatch.setattr(climber, "climb", stumble)
    duty.clock.forward(minutes=5)
    with capture_logs() as logs:
        assert Climber(ledger, duty.laws, duty.clock).make_round() == 1
    assert second.events == ["opened", "assigned", "assigned"]
    assert [entry["order"] for entry in logs if entry["log_level"] == "error"] == [first.id]

    monkeypatch.undo()
    duty.pulse()
    assert first.events == ["opened", "assigned", "assigned"], "nothing was lost meanwhile"
