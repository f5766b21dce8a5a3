"""Group bots of WeCom 企业微信, DingTalk 钉钉 and Feishu 飞书: their reply says whether they took a message.

They answer 200 even when they refuse (a wrong key, too many messages a minute, a missing keyword); only a
code of zero in the JSON of the reply is a delivery. Formats: the bots' public documentation
(developer.work.weixin.qq.com "群机器人", open.dingtalk.com "自定义机器人", open.feishu.cn "自定义机器人").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

import requests

from escalation.addresses import Reach
from escalation.channels import BotKind, ChannelRule
from escalation.notifiers import DeliveryError, Message

CODES = ("errcode", "code", "StatusCode")
"""Where the bots say how it went; zero is well."""
WORDS = ("errmsg", "msg", "StatusMessage")
LONGEST_REPLY = 120
"""Characters of a bot's words that are kept."""


class BotNotifier:
    """Writes messages into a group and mentions whoever is asked by their telephone number."""

    def __init__(self, rule: ChannelRule, reach: Callable[[str], Reach], now: Callable[[], datetime]) -> None:
        """``reach``: what is known of a worker by login; ``now``: for signatures."""
        if rule.bot is None:
            raise ValueError("this channel has no bot")
        self._kind: BotKind = rule.bot
        self._url = rule.url.get_secret_value()
        self._secret = rule.secret.get_secret_value()
        self._timeout = rule.timeout
        self._reach = reach
        self._now = now

    def deliver(self, message: Message) -> None:
        """Post, and read the reply. Raises DeliveryError unless the bot says that it took the message."""
        number = self._reach(message.recipient).number
        body, query = self._body(message.body, number)
        try:
            reply = requests.post(
                self._url, json=body, params=query, timeout=self._timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            raise DeliveryError(f"The {self._kind} bot was not reached: {type(error).__name__}") from error
        if reply.status_code != requests.codes.ok:
            raise DeliveryError(f"The {self._kind} bot answered {reply.status_code}")
        self._check(reply)

    def _check(self, reply: requests.Response) -> None:
        try:
            said = reply.json()
        except ValueError as error:
            raise DeliveryError(f"The {self._kind} bot's answer cannot be read") from error
        codes = [said[name] for name in CODES if name in said] if isinstance(said, dict) else []
        if not codes or any(code != 0 for code in codes):
            words = next((str(said[name]) for name in WORDS if name in said), "") if codes else "no code"
            raise DeliveryError(f"The {self._kind} bot refused: {codes[:1]} {words[:LONGEST_REPLY]}")

    def _body(self, text: str, number: str) -> tuple[dict[str, Any], dict[str, str]]:
        """The JSON to post, and what is added to the address."""
        mobile = number.removeprefix("+86")
        if self._kind == "wecom":
            mentioned = {"mentioned_mobile_list": [mobile]} if mobile else {}
            return {"msgtype": "text", "text": {"content": text, **mentioned}}, {}
        if self._kind == "dingtalk":
            at = {"atMobiles": [mobile] if mobile else [], "isAtAll": False}
            said = f"{text} @{mobile}" if mobile else text
            return {"msgtype": "text", "text": {"content": said}, "at": at}, self._dingtalk_signature()
        return {"msg_type": "text", "content": {"text": text}, **self._feishu_signature()}, {}

    def _dingtalk_signature(self) -> dict[str, str]:
        if not self._secret:
            return {}
        stamp = str(int(self._now().timestamp() * 1000))
        return {"timestamp": stamp, "sign": _sign(self._secret.encode(), f"{stamp}\n{self._secret}".encode())}

    def _feishu_signature(self) -> dict[str, str]:
        if not self._secret:
            return {}
        stamp = str(int(self._now().timestamp()))
        return {"timestamp": stamp, "sign": _sign(f"{stamp}\n{self._secret}".encode(), b"")}


def _sign(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
