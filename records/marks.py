"""Conditions of rows that partial indexes hold, spelt out as there: with parameters no index would serve."""

from __future__ import annotations

from sqlalchemy import ColumnElement, literal_column

from records.visits import Flag, Visit, is_open


def is_unsettled() -> ColumnElement[bool]:
    """Whether a visit by telephone is over and is not marked as having all that must follow."""
    ended = Visit.status == literal_column("'ended'")
    return ended & (Visit.mode == literal_column("'telephone'")) & ~Visit.settled


def is_hard_to_reach() -> ColumnElement[bool]:
    """Whether a visit that is not over was tried twice or more."""
    return is_open() & (Visit.attempts_made >= literal_column("2"))


def is_grave() -> ColumnElement[bool]:
    """Whether a flag needs a person soon and stands."""
    soon = Flag.urgency.in_([literal_column("'urgent'"), literal_column("'emergency'")])
    return soon & (Flag.confirmed != literal_column("'no'"))
