"""The outbox: at least once, in order of urgency, whatever dies in between."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from support.casebook import (
    MORNING,
    HandClock,
    aftercare,
    history,
    notifications,
    orders,
    plan_visit,
    raise_flag,
    rules,
    settle_village,
)

from escalation.alerts import Recipient, enqueue, order_text
from escalation.notifiers import (
    ConsoleNotifier,
    DeliveryError,
    FileNotifier,
    MemoryNotifier,
    Message,
)
from escalation.once import LONGEST_KEY, key_of
from escalation.outbox import Drained, Outbox
from escalation.rules import Channel
from records.audit import Heartbeat
from records.orders import Notification
from records.sessions import Ledger
from records.visits import Visit

DELIVERY = rules().policy.delivery
MESSAGE = Message("order:1:1:0:li:file", 1, "li", "【紧急】上门看望：王桂兰", "emergency", MORNING)


class Killed(BaseException):
    """The process dies here; nothing may catch it."""


def put(ledger: Ledger, *urgencies: str, channel: str = "memory") -> None:
    """One message each, a second apart."""
    with ledger.session() as session:
        for number, urgency in enumerate(urgencies):
            enqueue(
                session,
                key=f"{channel}-{number}-{urgency}",
                order_id=None,
                channel=Channel(channel),
                recipient=Recipient("li", "zh-CN"),
                body=f"{number} {urgency}",
                urgency=urgency,
                now=MORNING + timedelta(seconds=number),
            )


def outbox(ledger: Ledger, notifier: MemoryNotifier, clock: HandClock) -> Outbox:
    return Outbox(ledger, {"memory": notifier}, DELIVERY, clock)


def row(ledger: Ledger) -> Notification:
    with ledger.reading() as session:
        return notifications(session)[0]


def test_after_an_outage_emergencies_go_out_first_and_then_the_oldest(ledger: Ledger) -> None:
    put(ledger, "need", "urgent", "emergency", "none", "emergency", "urgent")
    notifier, clock = MemoryNotifier(), HandClock(MORNING + timedelta(hours=3))

    assert outbox(ledger, notifier, clock).drain() == Drained(sent=6)
    assert [each.body for each in notifier.delivered] == [
        "2 emergency", "4 emergency", "1 urgent", "5 urgent", "0 need", "3 none",
    ]  # fmt: skip
    assert outbox(ledger, notifier, clock).drain() == Drained()


def test_a_message_that_fails_waits_longer_each_time_and_holds_up_no_other(ledger: Ledger) -> None:
    put(ledger, "urgent", "need")
    notifier, clock = MemoryNotifier(), HandClock(MORNING + timedelta(minutes=1))
    box = outbox(ledger, notifier, clock)
    notifier.failures = [DeliveryError("no network")]

    assert box.drain() == Drained(sent=1, postponed=1)
    assert row(ledger).error == "no network"
    waits = []
    for _ in range(6):
        waits.append((row(ledger).next_try_at - clock.now()).total_seconds())
        clock.moment = row(ledger).next_try_at
        notifier.failures = [DeliveryError("no network")]
        box.drain()
    assert waits == [5, 10, 20, 40, 80, 120]
    clock.moment = row(ledger).next_try_at
    notifier.failures = []

    assert box.drain() == Drained(sent=1)
    assert (row(ledger).status, row(ledger).error, row(ledger).attempts) == ("sent", "", 8)


def test_emergencies_never_wait_long() -> None:
    assert max(DELIVERY.wait(attempts, "emergency") for attempts in range(1, 100)) == 30


def test_a_message_that_can_never_arrive_is_given_up_at_once(ledger: Ledger) -> None:
    put(ledger, "urgent")
    notifier, clock = MemoryNotifier(), HandClock(MORNING + timedelta(minutes=1))
    notifier.failures = [DeliveryError("no such number", hopeless=True)]

    assert outbox(ledger, notifier, clock).drain() == Drained(given_up=1)
    clock.forward(days=1)
    assert outbox(ledger, notifier, clock).drain() == Drained()
    assert row(ledger).status == "failed"


def test_a_channel_without_a_notifier_waits_for_one(ledger: Ledger) -> None:
    put(ledger, "urgent", channel="wecom")
    clock = HandClock(MORNING + timedelta(minutes=1))

    assert outbox(ledger, MemoryNotifier(), clock).drain() == Drained(postponed=1)
    assert row(ledger).status == "pending"
    assert "wecom" in row(ledger).error


class DyingNotifier(MemoryNotifier):
    """Kills the process before or after it has delivered."""

    def __init__(self, moment: str) -> None:
        super().__init__()
        self.moment = moment

    def deliver(self, message: Message) -> None:
        if self.moment == "before":
            raise Killed
        super().deliver(message)
        if self.moment == "after":
            raise Killed


@pytest.mark.parametrize(("moment", "copies"), [("before", 1), ("after", 2)])
def test_a_process_that_dies_around_a_delivery_loses_nothing(
    ledger: Ledger, moment: str, copies: int
) -> None:
    put(ledger, "emergency")
    clock = HandClock(MORNING + timedelta(minutes=1))
    dying = DyingNotifier(moment)
    with pytest.raises(Killed):
        outbox(ledger, dying, clock).drain()
    survivor = MemoryNotifier()

    assert outbox(ledger, survivor, clock).drain() == Drained(), "the claim still stands"
    clock.forward(seconds=DELIVERY.lease + 1)
    assert outbox(ledger, survivor, clock).drain() == Drained(sent=1)
    delivered = [*dying.delivered, *survivor.delivered]
    assert len(delivered) == copies
    assert {each.key for each in delivered} == {"memory-0-emergency"}, "the receiver can tell it is the same"


def test_a_crash_between_delivery_and_its_mark_does_not_repeat_a_line_in_the_file(
    ledger: Ledger, tmp_path: Path
) -> None:
    put(ledger, "emergency", channel="file")
    clock = HandClock(MORNING + timedelta(minutes=1))
    target = tmp_path / "alerts.jsonl"

    class DyingFile:
        def deliver(self, message: Message) -> None:
            FileNotifier(target, clock.now).deliver(message)
            raise Killed

    with pytest.raises(Killed):
        Outbox(ledger, {"file": DyingFile()}, DELIVERY, clock).drain()
    clock.forward(seconds=DELIVERY.lease + 1)
    Outbox(ledger, {"file": FileNotifier(target, clock.now)}, DELIVERY, clock).drain()

    assert len(target.read_text(encoding="utf-8").splitlines()) == 1
    assert row(ledger).status == "sent"


def test_two_processes_share_an_outbox_without_doubling_anything(ledger: Ledger) -> None:
    put(ledger, *["need"] * 30)
    clock = HandClock(MORNING + timedelta(minutes=1))
    both = [MemoryNotifier(), MemoryNotifier()]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda notifier: outbox(ledger, notifier, clock).drain(), both))

    keys = [each.key for notifier in both for each in notifier.delivered]
    assert len(keys) == len(set(keys)) == 30


def test_a_slow_channel_does_not_hold_claims_beyond_their_time(ledger: Ledger) -> None:
    put(ledger, *["urgent"] * 3)
    clock = HandClock(MORNING + timedelta(minutes=1))

    class SlowNotifier(MemoryNotifier):
        def deliver(self, message: Message) -> None:
            super().deliver(message)
            clock.forward(seconds=DELIVERY.lease)

    slow = SlowNotifier()
    outbox(ledger, slow, clock).drain()

    assert len({each.key for each in slow.delivered}) == 3
    assert len(slow.delivered) == 3, "each was claimed anew before it was sent"


def test_order_and_message_stand_or_fall_together(ledger: Ledger) -> None:
    village = settle_village(ledger, "grid_worker:li")
    with ledger.session() as session:
        visit = plan_visit(session, village)

    def die_before_the_commit() -> None:
        with ledger.session() as session:
            mine = session.get_one(Visit, visit.id)
            aftercare().flag_raised(session, mine, raise_flag(session, mine, "gas"), MORNING)
            assert notifications(session)
            raise Killed

    with pytest.raises(Killed):
        die_before_the_commit()
    with ledger.reading() as session:
        assert orders(session) == []
        assert notifications(session) == []


def test_what_was_delivered_is_in_the_history_of_its_order(ledger: Ledger) -> None:
    village = settle_village(ledger, "grid_worker:li")
    with ledger.session() as session:
        visit = plan_visit(session, village)
        aftercare().flag_raised(session, visit, raise_flag(session, visit, "gas"), MORNING)
    notifier = MemoryNotifier()
    clock = HandClock(MORNING + timedelta(seconds=2))
    drained = outbox(ledger, notifier, clock).drain()
    with ledger.reading() as session:
        (order,) = orders(session)
        assert drained.sent == len(notifier.delivered) == 1
        assert history(session, order) == ["opened", "assigned", "notified"]


def test_an_idle_outbox_still_shows_that_it_is_alive(ledger: Ledger) -> None:
    clock = HandClock()
    box = outbox(ledger, MemoryNotifier(), clock)
    for _ in range(3):
        box.drain()
        clock.forward(seconds=31)
    with ledger.reading() as session:
        assert session.get_one(Heartbeat, "outbox").at == MORNING + timedelta(seconds=62)


@pytest.mark.parametrize(
    ("detail", "says", "never_says"),
    [
        ("none", ["王桂兰", "一网格", "紧急", "/orders/"], ["煤气", "味儿"]),
        ("code", ["王桂兰", "煤气味或漏气"], ["味儿"]),
        ("full", ["王桂兰", "一股煤气味儿"], []),
    ],
)
def test_a_message_says_no_more_than_its_channel_may_carry(
    ledger: Ledger, detail: str, says: list[str], never_says: list[str]
) -> None:
    village = settle_village(ledger, "grid_worker:li")
    with ledger.session() as session:
        visit = plan_visit(session, village)
        flag = raise_flag(session, visit, "gas", words="一股煤气味儿")
        aftercare().flag_raised(session, visit, flag, MORNING)
        channel = Channel("any", detail)  # type: ignore[arg-type]  # parametrised with plain strings
        text = order_text(rules(), orders(session)[0], "zh-CN", channel)
    assert all(word in text for word in says)
    assert not [word for word in never_says if word in text]


def test_the_file_holds_one_whole_line_per_message(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "alerts.jsonl"
    first, second = FileNotifier(path, lambda: MORNING), FileNotifier(path, lambda: MORNING)
    other = Message("order:2", None, "wu", "另一条", "need", MORNING)
    for deliver in (first.deliver, second.deliver):
        deliver(MESSAGE)
        deliver(other)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    assert [line["key"] for line in lines] == [MESSAGE.key, "order:2"]
    assert lines[0] == {
        "key": MESSAGE.key,
        "order": 1,
        "recipient": "li",
        "urgency": "emergency",
        "body": MESSAGE.body,
        "created_at": MORNING.isoformat(),
        "delivered_at": MORNING.isoformat(),
    }
    assert path.stat().st_mode & 0o077 == 0, "messages name elders: only the owner may read them"


def test_a_line_torn_by_a_power_cut_spoils_neither_its_neighbours_nor_the_next(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text('{"key": "order:1:1:0:li:file", "bo', encoding="utf-8")
    FileNotifier(path).deliver(MESSAGE)

    torn, whole = path.read_text(encoding="utf-8").splitlines()
    assert torn.endswith('"bo')
    assert json.loads(whole)["key"] == MESSAGE.key


def test_a_file_that_was_rotated_away_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    notifier = FileNotifier(path)
    notifier.deliver(MESSAGE)
    path.unlink()
    notifier.deliver(MESSAGE)

    assert len(path.read_text(encoding="utf-8").splitlines()) == 1


def test_a_file_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="cannot be written"):
        FileNotifier(tmp_path).deliver(MESSAGE)


def test_the_console_shows_the_whole_message_on_one_line() -> None:
    screen = io.StringIO()
    ConsoleNotifier(Console(file=screen, width=20)).deliver(MESSAGE)

    assert screen.getvalue().strip().splitlines() == [f"→ li  {MESSAGE.body}"]


def test_a_closed_terminal_is_a_failed_delivery() -> None:
    screen = io.StringIO()
    screen.close()
    with pytest.raises(DeliveryError):
        ConsoleNotifier(Console(file=screen)).deliver(MESSAGE)


def test_keys_that_would_not_fit_keep_apart() -> None:
    shorten: Callable[..., str] = key_of
    long = shorten("order", 1, "x" * 200, "a"), shorten("order", 1, "x" * 200, "b")

    assert len(set(long)) == 2
    assert all(len(key) <= LONGEST_KEY for key in long)
    assert shorten("order", 1) == "order:1"
