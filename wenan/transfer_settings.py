"""The setting of putting elders through to whoever is on duty."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class TransferSettings(BaseSettings):
    """Part of ``wenan.settings.Settings``."""

    transfer: bool = Field(
        default=True,
        description="In an emergency ring whoever is on duty while the elder stays on the line, and put them "
        "through; workers without a telephone number are never rung. See docs/transfer.md.",
    )
    transfer_by: Literal["bridge", "attended", "blind"] = Field(
        default="bridge",
        description="How the two are put through. bridge: in our own process, on the recording. attended: "
        "by the network, once 1 is pressed (SIP REFER with Replaces, a conference at Twilio), and "
        "we are out of it. blind: SIP REFER to the worker's number at once, nobody presses a key. What the "
        "network refuses is bridged.",
    )
