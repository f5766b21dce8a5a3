"""A provider reports what became of messages, in any order; what did not arrive is made up for at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr
from sqlalchemy import select
from support.casebook import HandClock, notifications
from support.duty_night import Duty, TheOrder
from support.peers import Letterbox, http_peer
from support.powercuts import DyingLedger

from escalation.addresses import Reach
from escalation.apprise_notifier import AppriseNotifier
from escalation.channels import ChannelError, ChannelRule, ReceiptRule, load_channels
from escalation.notifiers import MemoryNotifier, Notifier
from escalation.outbox import Outbox
from escalation.oversights import notifications_stuck
from escalation.receipts import Reconciled, take_receipt
from escalation.rules import Channel, Rules
from records.orders import WorkOrder
from records.people import Worker, WorkerAddress
from records.sessions import Ledger, LedgerError
from speech.types import Urgency
from web.app import create_app
from web.receipts import LONGEST_BODY, MOST_REPORTS, SIGNATURE, sign
from web.server import start_in_thread

SECRET = "a secret of sixteen or more"  # noqa: S105 - of a provider that plays in this file
RULE = ReceiptRule(secret=SecretStr(SECRET), failed=("undeliv", "failed"), delivered=("DELIVRD",))
SMS = Channel("sms", needs="number")
MAIL = Channel("mail", needs="address")


def laws(*channels: Channel) -> Rules:
    return Rules.load(channels)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def gateway() -> Iterator[Letterbox]:
    """An SMS gateway: takes messages over by HTTP."""
    with http_peer() as box:
        yield box


class Provider:
    """The gateway's other half: tells the panel, over HTTP, what became of the messages it took."""

    def __init__(self, address: str, gateway: Letterbox) -> None:
        self.url = f"{address}receipts/sms"
        self.gateway = gateway

    def took(self, number: str) -> list[str]:
        """Keys of the messages that it took for a number."""
        return [str(post["key"]) for post in self.gateway.posted if post["to"] == number]

    def reports(self, *said: tuple[str, str], secret: str = SECRET) -> int:
        body = json.dumps([{"id": key, "status": word} for key, word in said]).encode()
        return self.sends(body, sign(secret, body))

    def sends(self, body: bytes, signature: str) -> int:
        return requests.post(self.url, data=body, headers={SIGNATURE: signature}, timeout=20).status_code


class Town(Duty):
    """A duty night in which workers are reached by a gateway that is a real server."""

    def __init__(self, ledger: Ledger, gateway: Letterbox, rules: Rules) -> None:
        super().__init__(ledger, laws=rules)
        with ledger.session() as session:
            for place, worker in enumerate(session.scalars(select(Worker).order_by(Worker.id))):
                worker.number = NUMBERS[worker.login] = f"+861385331000{place}"
        url = f"json://{gateway.address}/send?:to={{number}}&:key={{key}}"
        rule = ChannelRule(apprise=SecretStr(url), receipts=RULE, timeout=5)
        own: dict[str, Notifier] = {"sms": AppriseNotifier("sms", rule, self.reach)}
        self.notifiers = {channel.name: own.get(channel.name, self.telephone) for channel in rules.channels}

    def reach(self, login: str) -> Reach:
        with self.ledger.reading() as session:
            return Reach.of(session, login)


NUMBERS: dict[str, str] = {}


@pytest.fixture
def town(sqlite_ledger: Ledger, gateway: Letterbox) -> Town:
    return Town(sqlite_ledger, gateway, laws(SMS))


@pytest.fixture
def provider(town: Town, gateway: Letterbox, tmp_path: Path) -> Iterator[Provider]:
    app = create_app(
        town.ledger,
        secret_key="only for this test",  # noqa: S106 - of an app that lives for one test
        recordings_dir=tmp_path,
        clock=town.clock,
        organisation="城南社区",
        rules=town.laws,
        receipt_rules={"sms": RULE},
    )
    with start_in_thread(app, host="127.0.0.1", port=0) as serving:
        yield Provider(serving.address, gateway)


def states(ledger: Ledger) -> list[tuple[str, str, str]]:
    """Of the messages of the ladder's steps."""
    with ledger.reading() as session:
        return [(row.recipient, row.channel, row.status) for row in notifications(session) if row.step]


def asked(order: TheOrder) -> list[str]:
    return [kind for kind in order.events if kind in ("assigned", "undelivered", "unheard", "escalated")]


def test_a_message_that_arrived_is_marked_once_however_often_it_is_reported(
    town: Town, provider: Provider
) -> None:
    order = town.elder_says("chest_pain")
    town.pulse()
    (key,) = provider.took(NUMBERS["li"])
    assert states(town.ledger) == [("li", "sms", "sent")]
    assert provider.reports((key, "ACCEPTD")) == 204, "on its way: nothing is known yet"
    assert states(town.ledger) == [("li", "sms", "sent")]
    for _ in range(3):
        assert provider.reports((key, "DELIVRD")) == 204
    assert states(town.ledger) == [("li", "sms", "delivered")]
    assert order.events == ["opened", "assigned"]


def test_what_the_provider_could_not_deliver_has_the_next_asked_at_once(
    town: Town, provider: Provider
) -> None:
    order = town.elder_says("chest_pain")
    town.pulse()
    (key,) = provider.took(NUMBERS["li"])
    town.clock.forward(seconds=20)
    assert provider.reports((key, "UNDELIV")) == 204
    assert asked(order) == ["assigned", "undelivered", "unheard", "assigned"]
    assert order.offered_to == "wu", "not after five minutes: now"
    assert provider.reports((key, "UNDELIV"), (key, "UNDELIV")) == 204
    assert asked(order) == ["assigned", "undelivered", "unheard", "assigned"], "reported again: known"
    town.pulse()
    assert len(provider.took(NUMBERS["wu"])) == 1
    town.worker("wu").takes(order)
    assert order.row.status == "accepted"


def test_when_nothing_arrives_anywhere_the_round_is_gone_through_once_and_then_waits(
    town: Town, provider: Provider
) -> None:
    order = town.elder_says("chest_pain")
    told: set[str] = set()
    for _ in range(12):
        town.pulse()
        fresh = [post["key"] for post in provider.gateway.posted if post["key"] not in told]
        told |= set(fresh)
        provider.reports(*[(key, "failed") for key in fresh])
        town.clock.forward(seconds=1)
    assert [kind for kind in asked(order) if kind != "undelivered"] == [
        "assigned", "unheard", "assigned", "unheard", "assigned", "escalated", "unheard",
    ]  # fmt: skip
    town.passes("6 min")
    assert order.events.count("assigned") == 4, "then the next round begins, in its own time"


def test_the_same_person_is_told_on_the_next_channel_before_somebody_else_is_asked(
    sqlite_ledger: Ledger, gateway: Letterbox
) -> None:
    rules = laws(SMS, MAIL)
    emergency = rules.ladders.ladders["emergency"]
    by_sms = tuple(step.model_copy(update={"channels": ("sms",)}) for step in emergency.work)
    book = rules.ladders.model_copy(
        update={
            "ladders": {**rules.ladders.ladders, "emergency": emergency.model_copy(update={"work": by_sms})}
        }
    )
    town = Town(
        sqlite_ledger, gateway, Rules(rules.policy, book, rules.weights, rules.phrases, rules.channels)
    )
    with town.ledger.session() as session:
        session.add(
            WorkerAddress(worker_id=town.village.workers["li"], channel="mail", address="li@example.org")
        )
    order = town.elder_says("chest_pain")
    town.pulse()

    assert receipt(town, "sms", "li", "failed") == Reconciled.OTHER_CHANNEL
    assert states(town.ledger) == [("li", "sms", "undelivered"), ("li", "mail", "pending")]
    town.pulse()
    assert [each.recipient for each in town.telephone.delivered] == ["li"]
    assert order.events.count("assigned") == 1
    assert receipt(town, "mail", "li", "failed") == Reconciled.NEXT_STEP
    assert order.offered_to == "wu"
    assert receipt(town, "sms", "wu", "failed") == Reconciled.NEXT_STEP, "wu has no other channel"


def receipt(town: Town, channel: str, login: str, said: str, ledger: Ledger | None = None) -> Reconciled:
    """One report about the latest message to somebody, without the way over HTTP."""
    with town.ledger.reading() as session:
        rows = [row for row in notifications(session) if (row.recipient, row.channel) == (login, channel)]
    with (ledger or town.ledger).session() as session:
        report = "delivered" if said == "delivered" else "failed"
        return take_receipt(session, town.laws, channel, rows[-1].dedupe_key, report, town.clock.now())  # type: ignore[arg-type]  # one of two


@pytest.mark.parametrize("order_of_news", list(permutations(["failed", "delivered", "failed"])))
def test_in_whatever_order_reports_come_what_was_delivered_stays_delivered(
    town: Town, order_of_news: Sequence[str]
) -> None:
    order = town.elder_says("chest_pain")
    town.pulse()
    for said in order_of_news:
        receipt(town, "sms", "li", said)
    assert states(town.ledger)[0] == ("li", "sms", "delivered")
    assert order.events.count("assigned") == (1 if order_of_news[0] == "delivered" else 2)


def test_a_report_that_comes_before_our_own_mark_is_kept(town: Town, provider: Provider) -> None:
    """The process died between delivery and mark: the provider knows better than we do."""
    order = town.elder_says("chest_pain")
    with town.ledger.reading() as session:
        row = next(row for row in notifications(session) if row.recipient == "li")
    assert provider.reports((row.dedupe_key, "DELIVRD")) == 204
    town.pulse()
    assert provider.took(NUMBERS["li"]) == [], "it has arrived: it is not sent again"
    assert states(town.ledger) == [("li", "sms", "delivered")]
    with town.ledger.reading() as session:
        notes = [(event.kind, event.note) for event in session.get_one(WorkOrder, order.id).events]
    assert notes.count(("notified", "sms: li")) == 1


def test_a_late_report_about_a_step_that_is_past_or_an_order_that_somebody_has_asks_nobody(
    town: Town, provider: Provider
) -> None:
    order = town.elder_says("chest_pain")
    town.passes("5 min")
    assert order.offered_to == "wu"
    assert receipt(town, "sms", "li", "failed") == Reconciled.UNDELIVERED
    town.worker("wu").takes(order)
    assert receipt(town, "sms", "wu", "failed") == Reconciled.UNDELIVERED
    town.worker("wu").arrives(order).closes(order, "安好")
    town.clock.forward(days=3)
    assert provider.reports((provider.took(NUMBERS["wu"])[0], "DELIVRD")) == 204
    assert asked(order) == ["assigned", "assigned", "undelivered", "undelivered"]
    assert states(town.ledger) == [("li", "sms", "undelivered"), ("wu", "sms", "delivered")]


def test_needs_wait_for_the_morning_even_if_a_message_went_astray_at_night(
    sqlite_ledger: Ledger, gateway: Letterbox
) -> None:
    town = Town(sqlite_ledger, gateway, laws(SMS))
    town.clock.forward(hours=12)
    order = town.elder_says("falls", Urgency.URGENT)
    assert order.row.urgency == "urgent"
    town.pulse()
    assert receipt(town, "sms", "li", "failed") == Reconciled.NEXT_STEP, "what is urgent does not wait"


def test_reports_about_messages_that_nobody_knows_are_taken_and_change_nothing(
    town: Town, provider: Provider
) -> None:
    town.elder_says("chest_pain")
    town.pulse()
    (key,) = provider.took(NUMBERS["li"])
    assert provider.reports(("somebody:else's", "DELIVRD"), (key, "DELIVRD")) == 204
    assert states(town.ledger) == [("li", "sms", "delivered")], "one unknown id holds up no other"


def test_only_the_provider_is_believed(town: Town, provider: Provider) -> None:
    town.elder_says("chest_pain")
    town.pulse()
    (key,) = provider.took(NUMBERS["li"])
    body = json.dumps({"id": key, "status": "failed"}).encode()
    assert provider.reports((key, "failed"), secret="another secret altogether") == 403  # noqa: S106 - a wrong one
    assert provider.sends(body, "") == 403
    assert provider.sends(body, "sha256=ü") == 403
    assert provider.sends(body + b" ", sign(SECRET, body)) == 403
    assert requests.get(provider.url, timeout=20).status_code == 405
    other = provider.url.replace("sms", "mail")
    assert (
        requests.post(other, data=body, headers={SIGNATURE: sign(SECRET, body)}, timeout=20).status_code
        == 404
    )
    assert states(town.ledger) == [("li", "sms", "sent")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"7",
        b'"id"',
        b"{}",
        b'{"id": 7, "status": "failed"}',
        b'[[{"id": "a"}]]',
        b"[" * 5000,
        b'{"id": "a\\u0000b", "status": "failed"}',
        json.dumps([{"id": "a", "status": "b"}] * (MOST_REPORTS + 1)).encode(),
    ],
)
def test_what_is_no_report_is_refused_whole(provider: Provider, body: bytes) -> None:
    assert provider.sends(body, sign(SECRET, body)) == 400


def test_a_body_without_end_is_not_read(provider: Provider) -> None:
    body = b" " * (LONGEST_BODY + 1)
    assert provider.sends(body, sign(SECRET, body)) == 413


def test_the_auditor_speaks_of_what_did_not_arrive_and_not_of_its_own_messages(town: Town) -> None:
    town.elder_says("chest_pain")
    town.pulse()
    receipt(town, "sms", "li", "failed")
    with town.ledger.session() as session:
        rows = notifications(session)
        rows[-1].order_id, rows[-1].status = None, "undelivered"
        later = town.clock.now() + timedelta(seconds=1)
        found = list(notifications_stuck(session, town.laws.policy.auditor, later))
    assert [each.subject for each in found] == [str(rows[0].id)]


@pytest.mark.parametrize("committed", [True, False], ids=["after the commit", "before the commit"])
def test_a_process_that_dies_over_a_receipt_loses_and_doubles_nothing(town: Town, committed: bool) -> None:
    order = town.elder_says("chest_pain")
    town.pulse()
    with suppress(LedgerError):
        receipt(town, "sms", "li", "failed", DyingLedger(town.ledger, at=1, committed=committed))
    receipt(town, "sms", "li", "failed")  # no 204 came, so the provider reports again
    assert asked(order) == ["assigned", "undelivered", "unheard", "assigned"]
    town.pulse()
    assert states(town.ledger) == [("li", "sms", "undelivered"), ("wu", "sms", "sent")]


def test_a_receipt_on_postgresql_and_sqlite_has_the_next_asked(ledger: Ledger) -> None:
    town = Duty(ledger)
    order = town.elder_says("chest_pain")
    town.pulse()
    with ledger.session() as session:
        key = notifications(session)[0].dedupe_key
        came = take_receipt(session, town.laws, "memory", key, "failed", town.clock.now())
    assert came == Reconciled.NEXT_STEP
    assert order.offered_to == "wu"


def test_a_message_under_way_whose_receipt_overtakes_its_mark_is_not_marked_back(town: Town) -> None:
    class Overtaken(MemoryNotifier):
        def deliver(self, message) -> None:  # type: ignore[no-untyped-def]  # as Notifier
            super().deliver(message)
            receipt(town, "sms", "li", "failed")

    order = town.elder_says("chest_pain")
    clock: HandClock = town.clock
    Outbox(town.ledger, {"sms": Overtaken()}, town.laws.policy.delivery, clock).drain()
    assert states(town.ledger)[0] == ("li", "sms", "undelivered")
    assert "unheard" in order.events


def test_a_channel_with_receipts_needs_the_messages_key_and_a_secret_worth_the_name(tmp_path: Path) -> None:
    def channels(url: str, secret: str) -> Path:
        path = tmp_path / "channels.yaml"
        rule = {"apprise": url, "receipts": {"secret": secret}}
        path.write_text(json.dumps({"channels": {"sms": rule}}), encoding="utf-8")
        return path

    good = "json://gateway.example.cn/send?:to={number}&:key={key}"
    rule = load_channels(channels(good, SECRET))["sms"].receipts
    assert rule is not None
    assert (rule.read("Delivered"), rule.read("EXPIRED"), rule.read("queued")) == (
        "delivered",
        "failed",
        None,
    )
    with pytest.raises(ChannelError, match="must hold"):
        load_channels(channels("json://gateway.example.cn/send?:to={number}", SECRET))
    with pytest.raises(ChannelError, match=r"receipts\.secret"):
        load_channels(channels(good, "short"))
