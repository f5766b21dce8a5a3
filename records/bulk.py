"""Many numbers in one statement, as a query: no database takes a million parameters."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import ARRAY, Integer, Select, column, func, literal, select
from sqlalchemy.orm import Session


def these(session: Session, numbers: Sequence[int]) -> Select[int]:
    """A query that gives just these ids, as ``value``; for ``IN`` and ``INSERT ... SELECT``."""
    value = column("value", Integer)
    if session.get_bind().dialect.name == "sqlite":
        found = func.json_each(json.dumps(list(numbers))).table_valued(value, name="these")
    else:
        given = func.unnest(literal(list(numbers), ARRAY(Integer)))
        found = given.table_valued(value, name="these").render_derived()
    return select(found.c.value)
