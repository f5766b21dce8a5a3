"""What a process of the product may be: one role, some, or all of them."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A part of the product that may run as processes of its own, any number of each on one PostgreSQL."""

    WEB = "web"
    """The panel."""
    GATEWAY = "gateway"
    """Claims visits, opens the line and holds the calls."""
    KEEPER = "keeper"
    """Sweeper, ladders, outboxes, auditor, calendar and dead man's switch."""


ALL = frozenset(Role)
