"""Properties of the ledger: each example that is drawn happens in a new one, as migrations make it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from records.keyring import Keyring
from records.sessions import Ledger
from support.ledgers import Ledgers, opened

Drawn = TypeVar("Drawn")


def holds_in_fresh_ledgers(
    ledgers: Ledgers,
    keyring: Keyring,
    folder: Path,
    drawn: SearchStrategy[Drawn],
    story: Callable[[Ledger, Path, Drawn], None],
    *,
    examples: int,
) -> None:
    """Run a story, which asserts, with so many examples; a ledger and a folder are new for each."""
    numbers = iter(range(1000))

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )
    @given(drawn)
    def holds(example: Drawn) -> None:
        own = folder / str(next(numbers))
        own.mkdir()
        url = ledgers.migrated_url(own)
        with opened(url, keyring) as ledger:
            story(ledger, own, example)
        ledgers.discard(url)

    holds()
