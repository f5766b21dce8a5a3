"""The channels of a deployment beside console and file: a YAML file, checked when read.

```yaml
channels:
  wecom: {bot: wecom, url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=..."}
  mail:  {apprise: "mailtos://robot:SECRET@example.cn/{address}", detail: full}
```
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from escalation.rules import Channel, Detail, Need

BotKind = Literal["wecom", "dingtalk", "feishu"]
PLACES = frozenset({"address", "number", "key", "urgency"})
"""What an Apprise URL may leave open, in braces."""
TAKEN = frozenset({"console", "file", "number"})
"""Names that mean something already."""
UNCHECKED = ("wecombot:", "dingtalk:", "feishu:", "lark:")
"""Apprise takes any reply of these bots for a delivery, even one that says "refused": use ``bot``."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,23}")
_PLACE = re.compile(r"\{(\w+)\}")


class ChannelError(Exception):
    """The channel file cannot be used; the message names the file, the place and what is wrong."""


class ReceiptRule(BaseModel):
    """How a channel's provider reports what became of messages that it took over (``web.receipts``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: SecretStr = Field(min_length=16)
    """Signs the reports: HMAC-SHA256 over the body."""
    id: str = "id"
    """Where a report names the message: the ``{key}`` that it was sent with."""
    status: str = "status"
    delivered: tuple[str, ...] = ("delivered",)
    """The provider's words for a message that arrived, in any case."""
    failed: tuple[str, ...] = ("failed", "undelivered", "rejected", "expired")
    """And for one that it took over and cannot deliver. Other words mean that it is on its way."""

    def read(self, word: str) -> Literal["delivered", "failed"] | None:
        """What a provider's word means; None while it is on its way."""
        said = word.strip().lower()
        if said in {each.lower() for each in self.delivered}:
            return "delivered"
        return "failed" if said in {each.lower() for each in self.failed} else None


class ChannelRule(BaseModel):
    """One channel: either a group's bot or anything that Apprise can reach."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bot: BotKind | None = None
    url: SecretStr = SecretStr("")
    """The bot's webhook."""
    secret: SecretStr = SecretStr("")
    """Signs what is sent to a DingTalk or Feishu bot that demands it."""
    telephone: bool = False
    """An automatic call over the telephone line; keys answer it."""
    apprise: SecretStr = SecretStr("")
    """An Apprise URL; ``{address}``, ``{number}``, ``{key}`` and ``{urgency}`` are filled in."""
    receipts: ReceiptRule | None = None
    """What the provider reports afterwards; needs ``{key}`` in the Apprise URL."""
    detail: Detail = "none"
    timeout: float = Field(10.0, gt=0, le=30)
    """Seconds to wait for the other side, for a connection and for each reply."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        apprise, url = self.apprise.get_secret_value(), self.url.get_secret_value()
        if [self.bot is not None, bool(apprise), self.telephone].count(True) != 1:
            raise ValueError("a channel has either bot and url, or apprise, or telephone: true")
        if self.bot is not None and not url.startswith(("https://", "http://127.0.0.1:")):
            raise ValueError("a bot needs its webhook as url, over https")
        if apprise.startswith(UNCHECKED):
            raise ValueError("use bot: wecom, dingtalk or feishu, which reads whether the bot took it")
        if unknown := set(_PLACE.findall(apprise)) - PLACES:
            raise ValueError(f"apprise may leave open {', '.join(sorted(PLACES))}, not {min(unknown)}")
        if self.receipts is not None and "key" not in _PLACE.findall(apprise):
            raise ValueError("receipts name a message by its key: the Apprise URL must hold {key}")
        if {"address", "number"} <= set(_PLACE.findall(apprise)):
            raise ValueError("apprise may leave open address or number, not both")
        return self

    @property
    def needs(self) -> Need | None:
        """What must be known of a worker."""
        if self.telephone:
            return "number"
        places = _PLACE.findall(self.apprise.get_secret_value())
        return "address" if "address" in places else "number" if "number" in places else None

    def as_channel(self, name: str) -> Channel:
        """The channel as escalation knows it."""
        return Channel(name, self.detail, self.needs, spoken=self.telephone)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: dict[str, ChannelRule]

    @model_validator(mode="after")
    def _named(self) -> Self:
        for name in self.channels:
            if name in TAKEN or not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name}: use up to 24 small letters, digits, - or _, not console, file or number"
                )
        return self


def load_channels(path: Path) -> Mapping[str, ChannelRule]:
    """Read a file of channels.

    Raises:
        ChannelError: the file is missing, is no YAML, or breaks a rule; one line says which and where, and
            holds none of the file's secrets.
    """
    try:
        return _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).channels
    except OSError as error:
        raise ChannelError(f"Cannot read the channels {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ChannelError(f"The channels {path} are not YAML") from error
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise ChannelError(f"The channels {path} cannot be used: {place}: {first['msg']}") from None
