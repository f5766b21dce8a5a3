"""Messages to real peers on loopback: what arrives, and what counts as delivered when they misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from support.peers import Letterbox, Mood, http_peer, nobody_there, silent_peer, smtp_peer

from escalation.addresses import Reach
from escalation.apprise_notifier import AppriseNotifier
from escalation.bots import BotNotifier
from escalation.channels import BotKind, ChannelError, ChannelRule
from escalation.notifiers import DeliveryError, Message

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
BODY = "【紧急】上门看望：王桂兰（一网格），3月4日10:30前。 https://p/orders/1"
MESSAGE = Message("step:1:1:li:x", 1, "li", BODY, "emergency", NOW)
LI = Reach("+8613853310002", {"mail": "li@example.org"})
QUICK = 0.5
"""Seconds that these tests wait for a peer that does not answer."""


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def web() -> Iterator[Letterbox]:
    with http_peer() as box:
        yield box


@pytest.fixture
def post() -> Iterator[Letterbox]:
    with smtp_peer() as box:
        yield box


def bot(box: Letterbox, kind: BotKind = "wecom", secret: str = "", reach: Reach = LI) -> BotNotifier:
    rule = ChannelRule(
        bot=kind,
        url=SecretStr(f"http://{box.address}/send?key=K"),
        secret=SecretStr(secret),
        timeout=QUICK,
    )
    return BotNotifier(rule, lambda _: reach, lambda: NOW)


def hook(box: Letterbox, reach: Reach = LI) -> AppriseNotifier:
    url = f"json://{box.address}/alerts?:key={{key}}&:urgency={{urgency}}"
    return AppriseNotifier("hook", ChannelRule(apprise=SecretStr(url), timeout=QUICK), lambda _: reach)


def mail(box: Letterbox, reach: Reach = LI) -> AppriseNotifier:
    url = f"mailto://{box.address}/{{address}}?from=robot@wenan.example&mode=insecure"
    return AppriseNotifier("mail", ChannelRule(apprise=SecretStr(url), timeout=QUICK), lambda _: reach)


def test_a_wecom_group_reads_the_message_and_the_worker_is_mentioned(web: Letterbox) -> None:
    bot(web).deliver(MESSAGE)
    assert web.posted == [
        {"msgtype": "text", "text": {"content": MESSAGE.body, "mentioned_mobile_list": ["13853310002"]}}
    ]
    assert web.queries == [{"key": ["K"]}]


def test_a_dingtalk_bot_gets_a_signature_it_can_check(web: Letterbox) -> None:
    bot(web, "dingtalk", secret="SEC1").deliver(MESSAGE)  # noqa: S106 - of a bot that lives for one test
    stamp, sign = web.queries[0]["timestamp"][0], web.queries[0]["sign"][0]
    expected = hmac.new(b"SEC1", f"{stamp}\nSEC1".encode(), hashlib.sha256).digest()
    assert stamp == str(int(NOW.timestamp() * 1000))
    assert base64.b64decode(sign) == expected
    assert web.posted[0]["at"]["atMobiles"] == ["13853310002"]


def test_a_feishu_bot_gets_a_signature_in_the_body(web: Letterbox) -> None:
    web.reply = {"code": 0, "msg": "success"}
    bot(web, "feishu", secret="S").deliver(MESSAGE)  # noqa: S106 - of a bot that lives for one test
    stamp = str(int(NOW.timestamp()))
    expected = base64.b64encode(hmac.new(f"{stamp}\nS".encode(), b"", hashlib.sha256).digest()).decode()
    assert (web.posted[0]["timestamp"], web.posted[0]["sign"]) == (stamp, expected)
    assert web.posted[0]["content"] == {"text": MESSAGE.body}


def test_whoever_has_no_number_is_told_without_a_mention(web: Letterbox) -> None:
    bot(web, reach=Reach()).deliver(MESSAGE)
    assert web.posted[0]["text"] == {"content": MESSAGE.body}


@pytest.mark.parametrize(
    "reply",
    [
        {"errcode": 45009, "errmsg": "api freq out of limit"},
        {"errcode": 310000, "errmsg": "sign not match"},
        {"code": 9499, "msg": "too many request"},
        {"errcode": 0, "code": 19024},
        {},
    ],
)
def test_a_bot_that_answers_200_and_refuses_has_not_taken_the_message(
    web: Letterbox, reply: dict[str, object]
) -> None:
    web.reply = reply
    with pytest.raises(DeliveryError, match="refused") as failed:
        bot(web).deliver(MESSAGE)
    assert not failed.value.hopeless


@pytest.mark.parametrize("mood", ["refusing", "slow", "dying", "torn"])
def test_a_bot_that_misbehaves_has_not_taken_the_message_and_keeps_its_key_to_itself(
    web: Letterbox, mood: Mood
) -> None:
    web.mood = mood
    with pytest.raises(DeliveryError) as failed:
        bot(web).deliver(MESSAGE)
    assert not failed.value.hopeless
    assert "key" not in str(failed.value)


def test_a_webhook_gets_the_message_under_its_key(web: Letterbox) -> None:
    hook(web).deliver(MESSAGE)
    assert web.posted[0]["message"] == MESSAGE.body
    assert (web.posted[0]["key"], web.posted[0]["urgency"]) == (MESSAGE.key, "emergency")


@pytest.mark.parametrize("mood", ["refusing", "slow", "dying", "torn"])
def test_a_webhook_that_misbehaves_has_not_taken_the_message(web: Letterbox, mood: Mood) -> None:
    web.mood = mood
    with pytest.raises(DeliveryError, match="hook: "):
        hook(web).deliver(MESSAGE)
    web.mood = "well"
    hook(web).deliver(MESSAGE)
    assert len({each["key"] for each in web.posted}) == 1, "a receiver can tell that it is the same"


def test_an_e_mail_arrives_in_chinese_with_the_head_of_the_message_as_subject(post: Letterbox) -> None:
    mail(post).deliver(MESSAGE)
    (letter,) = post.mails
    assert letter["Subject"] == "【紧急】上门看望"
    assert "li@example.org" in letter["To"]
    body = letter.get_body(("plain", "html"))
    assert body is not None
    assert "王桂兰（一网格），3月4日10:30前" in body.get_content()


@pytest.mark.parametrize("mood", ["refusing", "dying"])
def test_a_mail_server_that_misbehaves_has_not_taken_the_message(post: Letterbox, mood: Mood) -> None:
    post.mood = mood
    with pytest.raises(DeliveryError) as failed:
        mail(post).deliver(MESSAGE)
    assert not failed.value.hopeless
    assert "li@example.org" not in str(failed.value), "addresses stay out of error columns and logs"
    post.mood = "well"
    mail(post).deliver(MESSAGE)


def test_peers_that_are_not_there_or_never_speak_do_not_hold_us_for_ever() -> None:
    for peer in (nobody_there, silent_peer):
        with peer() as box:
            for notifier in (bot(box), hook(box), mail(box)):
                with pytest.raises(DeliveryError):
                    notifier.deliver(MESSAGE)


def test_a_worker_without_an_address_can_never_be_reached_there(post: Letterbox) -> None:
    with pytest.raises(DeliveryError, match="li has no address") as failed:
        mail(post, Reach()).deliver(MESSAGE)
    assert failed.value.hopeless


def test_an_address_that_is_none_is_given_up_without_repeating_it(post: Letterbox) -> None:
    with pytest.raises(DeliveryError) as failed:
        mail(post, Reach("", {"mail": "no address at all"})).deliver(MESSAGE)
    assert "no address at all" not in str(failed.value)


def test_a_url_that_apprise_does_not_know_is_refused_without_its_secrets() -> None:
    with pytest.raises(ChannelError, match="this pigeon URL") as refused:
        AppriseNotifier("x", ChannelRule(apprise=SecretStr("pigeon://secret@loft")), lambda _: LI)
    assert "secret" not in str(refused.value)
