"""E-mail, webhooks, SMS gateways and whatever else Apprise can reach, behind the ``Notifier`` protocol."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat

from escalation.addresses import Reach
from escalation.channels import ChannelError, ChannelRule
from escalation.notifiers import DeliveryError, Message

SAMPLES = ("somebody@example.org", "+8613800138000", "somebody")
"""Addresses for trying out whether a URL can be used at all."""
LONGEST_TITLE = 60

_ASSET = AppriseAsset(app_id="Wenan", app_desc="Wenan", app_url="", async_mode=False, http_redirects=False)
_PLACE = re.compile(r"\{(\w+)\}")


class AppriseNotifier:
    """Sends on one channel by one Apprise URL whose open places are filled in for each message."""

    def __init__(self, name: str, rule: ChannelRule, reach: Callable[[str], Reach]) -> None:
        """``reach``: what is known of a worker by login.

        Raises:
            ChannelError: the URL is none that Apprise can use; its secrets are not in the message.
        """
        self._name = name
        self._url = rule.apprise.get_secret_value()
        self._needs = rule.needs
        self._timeout = rule.timeout
        self._reach = reach
        if not any(self._service(sample, "key", "need") is not None for sample in SAMPLES):
            scheme = self._url.partition(":")[0]
            raise ChannelError(f"channels.{name}: Apprise cannot use this {scheme} URL")

    def deliver(self, message: Message) -> None:
        """Send, waiting for the other side's reply. Raises DeliveryError when it did not take the message.

        Nothing says more than the message itself does: the subject of an e-mail is its head.
        """
        address = self._address(message)
        service = self._service(address, message.key, message.urgency)
        if service is None:
            reason = f"The address of {message.recipient} on {self._name} cannot be used"
            raise DeliveryError(reason, hopeless=True)
        sender = Apprise(asset=_ASSET)
        sender.add(service)
        title = _title(message.body) if self._url.startswith("mailto") else ""
        with _complaints() as said:
            taken = sender.notify(body=message.body, title=title, body_format=NotifyFormat.TEXT)
        if not taken:
            reason = next(iter(said), "the other side did not take the message")
            raise DeliveryError(f"{self._name}: {reason.replace(address, '…') if address else reason}")

    def _address(self, message: Message) -> str:
        """Where to; empty for channels that need no address."""
        if self._needs is None:
            return ""
        known = self._reach(message.recipient)
        address = known.number if self._needs == "number" else known.addresses.get(self._name, "")
        if not address:
            reason = f"{message.recipient} has no {self._needs} for {self._name}"
            raise DeliveryError(reason, hopeless=True)
        return address

    def _service(self, address: str, key: str, urgency: str) -> NotifyBase | None:
        """The service that the URL with its places filled in stands for; None when Apprise knows none."""
        values = {"address": address, "number": address, "key": key, "urgency": urgency}
        url = _PLACE.sub(lambda place: quote(values[place[1]], safe=""), self._url)
        service = Apprise.instantiate(url, asset=_ASSET)
        if service is not None:
            service.socket_connect_timeout = service.socket_read_timeout = self._timeout
        return service


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What Apprise complains of in this thread meanwhile; it returns no reason for a failure."""
    said: list[str] = []
    mine = threading.get_ident()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == mine:
                said.append(record.getMessage())

    listener = Listener(logging.WARNING)
    logger = logging.getLogger("apprise")
    logger.addHandler(listener)
    try:
        yield said
    finally:
        logger.removeHandler(listener)


def _title(body: str) -> str:
    """The head of a message, up to whom it is about: 【紧急】上门看望."""
    return re.split("[：:]", body, maxsplit=1)[0][:LONGEST_TITLE]
