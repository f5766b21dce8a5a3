"""Who is told how: everybody where they can be reached, the urgent first, no channel waiting for another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from rich.console import Console
from support.casebook import MORNING, HandClock, notifications, rules
from support.duty_night import Duty
from support.peers import Letterbox, http_peer, smtp_peer

from escalation.addresses import note_address
from escalation.alerts import Recipient, enqueue
from escalation.notifiers import DeliveryError, MemoryNotifier
from escalation.outbox import Outbox
from escalation.rules import Channel, Rules
from records.people import Worker
from records.sessions import Ledger
from speech.types import Urgency
from wenan.settings import Settings, load_settings
from wenan.wiring import open_notifiers, open_outboxes, open_rules

GROUP, MAIL, SMS = Channel("group"), Channel("mail", "full", "address"), Channel("sms", "none", "number")


def laws(*channels: Channel) -> Rules:
    return replace(rules(), channels=channels)


def told(ledger: Ledger) -> set[tuple[str, str]]:
    with ledger.reading() as session:
        return {(row.recipient, row.channel) for row in notifications(session)}


def equip(duty: Duty, login: str, *, number: str = "", mail: str = "") -> None:
    with duty.ledger.session() as session:
        worker = session.get_one(Worker, duty.village.workers[login])
        worker.number = number
        note_address(session, worker, "mail", mail, actor="zhao", now=MORNING)


def test_everybody_is_told_where_they_can_be_reached(ledger: Ledger) -> None:
    duty = Duty(ledger, laws=laws(GROUP, MAIL, SMS))
    equip(duty, "li", number="+8613853310002")
    equip(duty, "zhao", mail="zhao@example.org")
    duty.elder_says("chest_pain")

    assert told(ledger) == {("li", "group"), ("li", "sms"), ("zhao", "group"), ("zhao", "mail")}


def test_who_can_be_reached_nowhere_is_a_failed_message_and_not_silence(ledger: Ledger) -> None:
    duty = Duty(ledger, laws=laws(MAIL, SMS))
    duty.elder_says("chest_pain")

    assert ("li", "mail") in told(ledger)
    assert ("li", "sms") in told(ledger)


def test_a_step_keeps_to_its_channels_and_health_to_those_that_may_carry_it(ledger: Ledger) -> None:
    duty = Duty(ledger, laws=laws(GROUP, MAIL))
    equip(duty, "li", mail="li@example.org")
    duty.elder_says("chest_pain")
    with ledger.reading() as session:
        bodies = {row.channel: row.body for row in notifications(session) if row.recipient == "li"}
    assert "胸口疼" in bodies["mail"]
    assert "胸口疼" not in bodies["group"]


def put(ledger: Ledger, channel: str, *urgencies: str) -> None:
    with ledger.session() as session:
        for number, urgency in enumerate(urgencies):
            enqueue(
                session,
                key=f"{channel}-{number}",
                order_id=None,
                channel=Channel(channel),
                recipient=Recipient("li", "zh-CN"),
                body=f"{urgency} {number}",
                urgency=urgency,
                now=MORNING,
            )


def test_a_dead_channel_holds_up_no_other(ledger: Ledger) -> None:
    clock = HandClock()
    put(ledger, "mail", *["emergency"] * 8)
    put(ledger, "sms", "need")
    reached: list[str] = []

    class Hanging(MemoryNotifier):
        def deliver(self, _message: object) -> None:
            reached.append("mail")
            raise DeliveryError("no route")

    sms = MemoryNotifier()
    boxes = open_outboxes(ledger, rules(), clock, {"mail": Hanging(), "sms": sms})
    assert boxes[1].drain().sent == 1, "before the mail's turn has come"
    assert reached == []
    assert boxes[0].drain().postponed == 8


def test_messages_of_a_channel_that_is_gone_wait_and_are_seen(ledger: Ledger) -> None:
    clock = HandClock()
    put(ledger, "pager", "urgent")
    *_, rest = open_outboxes(ledger, rules(), clock, {"sms": MemoryNotifier()})
    assert rest.drain().postponed == 1
    with ledger.reading() as session:
        assert "pager" in notifications(session)[0].error


def test_an_emergency_does_not_wait_for_a_long_line_of_needs(ledger: Ledger) -> None:
    clock = HandClock()
    put(ledger, "sms", *["need"] * 30)

    class Busy(MemoryNotifier):
        def deliver(self, message: object) -> None:
            super().deliver(message)  # type: ignore[arg-type]  # a message, as the outbox gives it
            if len(self.delivered) == 1:
                with ledger.session() as session:
                    enqueue(
                        session,
                        key="cry",
                        order_id=None,
                        channel=Channel("sms"),
                        recipient=Recipient("li", "zh-CN"),
                        body="emergency",
                        urgency="emergency",
                        now=MORNING,
                    )

    busy = Busy()
    Outbox(ledger, {"sms": busy}, rules().policy.delivery, clock, only="sms").drain()
    assert [each.body for each in busy.delivered].index("emergency") <= rules().policy.delivery.batch


@pytest.fixture
def peers() -> Iterator[tuple[Letterbox, Letterbox]]:
    with http_peer() as web, smtp_peer() as post:
        yield web, post


def deployment(tmp_path: Path, web: Letterbox, post: Letterbox) -> Settings:
    path = tmp_path / "channels.yaml"
    channels = {
        "wecom": {"bot": "wecom", "url": f"http://{web.address}/send?key=K", "timeout": 5},
        "mail": {
            "apprise": f"mailto://{post.address}/{{address}}?from=robot@wenan.example&mode=insecure",
            "detail": "full",
            "timeout": 5,
        },
    }
    path.write_text(yaml.safe_dump({"channels": channels}), encoding="utf-8")
    return load_settings(
        channels=path, notify=["file"], data_dir=tmp_path, panel_url="https://panel.example/"
    )


def test_a_deployment_tells_its_people_over_real_servers_after_an_outage_too(
    sqlite_ledger: Ledger, tmp_path: Path, peers: tuple[Letterbox, Letterbox]
) -> None:
    web, post = peers
    settings = deployment(tmp_path, web, post)
    duty = Duty(sqlite_ledger, laws=open_rules(settings))
    for login in ("li", "wu"):
        equip(duty, login, number="+8613853310002", mail=f"{login}@example.org")
    notifiers = open_notifiers(settings, sqlite_ledger, duty.clock, Console(quiet=True), duty.laws)
    boxes = open_outboxes(sqlite_ledger, duty.laws, duty.clock, notifiers)
    web.mood = "refusing"
    duty.elder_says("no_food", Urgency.URGENT, name="张三")
    duty.elder_says("chest_pain", name="王桂兰")
    for box in boxes:
        box.drain()
    (first, second) = (letter.get_body(("plain", "html")).get_content() for letter in post.mails[:2])  # type: ignore[union-attr]
    assert "王桂兰" in first, "the emergency first, although it came later"
    assert "胸口疼" in first
    assert "https://panel.example/orders/" in first
    assert "张三" in second

    web.mood = "well"
    before = len(web.posted)
    duty.clock.forward(minutes=3)
    for box in boxes:
        box.drain()
    heard = [each["text"]["content"] for each in web.posted[before:]]
    assert "王桂兰" in heard[0]
    assert "张三" in heard[-1]
    assert not [body for body in heard if "胸口疼" in body], "a group hears nothing about health"
    lines = (tmp_path / "notifications.jsonl").read_text(encoding="utf-8").splitlines()
    with sqlite_ledger.reading() as session:
        rows = notifications(session)
    assert len(lines) == sum(1 for row in rows if row.channel == "file")
    assert {row.status for row in rows} == {"sent"}
