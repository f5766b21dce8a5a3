"""What escalation goes by, gathered once where the program is wired together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from escalation.contact_rules import ContactRules
from escalation.ladders import LadderBook, load_ladders
from escalation.policy import Policy, load_policy
from escalation.wording import Phrases, load_phrases
from speech.types import Language
from speech.weights import Weights, load_weights

Detail = Literal["none", "code", "full"]
"""How much a channel may carry: nothing about health; what it is about in a few words; the whole summary."""


Need = Literal["address", "number"]
"""The address noted for a worker on this channel, or their telephone number."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way of telling people, and what may be told on it."""

    name: str
    """The notifier's name, e.g. ``console`` or ``file``."""
    detail: Detail = "none"
    needs: Need | None = None
    """What must be known of a worker to reach them here; None where all who watch the channel see it."""
    spoken: bool = False
    """Told by an automatic call: only what is urgent, asks for somebody, and cannot wait to be read."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Policy, ladders, weights, wording and channels in force."""

    policy: Policy
    ladders: LadderBook
    weights: Weights
    phrases: dict[Language, Phrases]
    channels: tuple[Channel, ...]
    language: Language = "zh-CN"
    """In which summaries are kept. Messages are written in each worker's own language."""
    link: str = "/orders/{order_id}"
    """Where the panel shows an order; a full address if workers are to open it from a message."""
    contacts: ContactRules | None = None
    """How the people around an elder whom nobody reached are asked; None: they are not rung."""

    @classmethod
    def load(
        cls,
        channels: Sequence[Channel],
        *,
        policy: Path | None = None,
        ladders: Path | None = None,
        weights: Path | None = None,
        wording: Path | None = None,
        language: Language = "zh-CN",
        link: str = "/orders/{order_id}",
    ) -> Self:
        """Read the files, by default the shipped ones.

        Raises:
            PolicyError, LadderError, WeightsError, WordingError: a file cannot be used;
                one line says which and why.
        """
        return cls(
            policy=load_policy(policy),
            ladders=load_ladders(ladders, channels=[channel.name for channel in channels]),
            weights=load_weights(weights),
            phrases=load_phrases(wording),
            channels=tuple(channels),
            language=language,
            link=link,
        )
