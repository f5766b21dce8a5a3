"""Statements that the two databases word differently: many numbers at once, and insert or update."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import ARRAY, Integer, Select, Text, cast, column, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from records.base import Base


def upserting(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An insert into a table that may go on with ``on_conflict_do_update``."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(table)


def these(session: Session, numbers: Sequence[int]) -> Select[int]:
    """A query that gives just these ids, as ``value``; for ``IN`` and ``INSERT ... SELECT``.

    No database takes a million parameters. They are handed over as one text, which a driver need not look at
    number by number.
    """
    value = column("value", Integer)
    if session.get_bind().dialect.name == "sqlite":
        found = func.json_each(json.dumps(list(numbers))).table_valued(value, name="these")
    else:
        given = cast(literal(f"{{{','.join(map(str, numbers))}}}", Text), ARRAY(Integer))
        found = func.unnest(given).table_valued(value, name="these").render_derived()
    return select(found.c.value)
