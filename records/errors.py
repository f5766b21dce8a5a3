"""What can go wrong with the ledger as a whole."""

from __future__ import annotations


class LedgerError(Exception):
    """The ledger cannot be used; the message says in one line which database, why, and what to do."""
