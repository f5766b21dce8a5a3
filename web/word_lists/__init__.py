"""Words for the ledger's codes, by group and code, a module for each subject; ``web.words`` looks them up."""

from __future__ import annotations

from typing import Any

from web.word_lists import answers, orders, people, plans, trail, visits

WORDS: dict[str, dict[str, Any]] = {
    group: words
    for part in (visits, answers, orders, people, plans, trail)
    for group, words in part.WORDS.items()
}
"""Words by group and code; no group has words in two modules."""
