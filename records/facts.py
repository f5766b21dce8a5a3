"""What the ledger knows about itself."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from records.base import Base


class LedgerFact(Base):
    """A named fact about this ledger, e.g. which key its personal fields are sealed with."""

    __tablename__ = "ledger_facts"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
