"""The program is killed at every moment at which it writes, and started again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from support.campaigning import Community, Talk, number, rings
from support.ledgers import Ledgers, opened
from support.powercuts import DyingLedger

from campaigns.rehearsal import flag
from ivr.report import CallOutcome
from records.keyring import Keyring
from records.sessions import Ledger, LedgerError
from records.visits import CallAttempt
from speech.types import Urgency

WELL = Talk(CallOutcome.COMPLETED, questions=1)
IN_PAIN = Talk(CallOutcome.COMPLETED, questions=1, flags={0: flag("chest_pain", Urgency.EMERGENCY)})
NEVER_SO_MANY = 60


def two_elders(ledger: Ledger, folder: Path) -> Community:
    community = Community(ledger, folder / "recordings")
    community.plans = {number(1): rings(WELL), number(2): rings(IN_PAIN)}
    community.settle(2)
    return community


@pytest.fixture
def community(sqlite_ledger: Ledger, tmp_path: Path) -> Community:
    return two_elders(sqlite_ledger, tmp_path)


def run_until_killed(community: Community, *, at: int, committed: bool) -> bool:
    """Whether the program was killed before it was through."""
    real = community.ledger
    dying = DyingLedger(real, at=at, committed=committed)
    community.ledger = dying
    try:
        community.run()
    except LedgerError:
        pass
    finally:
        community.ledger = real
    return dying.dead


def check(community: Community, killed_at: int) -> None:
    where = f"killed at transaction {killed_at}"
    references = Counter(reference for reference, _, _ in community.dialled)
    assert set(references.values()) <= {1}, f"{where}: an attempt was dialled twice"
    known = {attempt.reference: attempt for attempt in community.attempts()}
    assert references.keys() <= known.keys(), f"{where}: a call was placed that was not on record before"
    assert all(attempt.status == "ended" for attempt in known.values()), where
    assert [visit.outcome for visit in community.visits()] == ["completed", "escalated"], where
    assert community.aftercare_of(1) == ["ended:completed"], where
    assert community.aftercare_of(2) == ["flag:chest_pain:emergency", "ended:escalated"], where
    for index in (1, 2):
        visit = community.visit(index)
        dialled = [attempt for attempt in visit.attempts if _counts(attempt)]
        assert visit.attempts_made == len(dialled), where


def _counts(attempt: CallAttempt) -> bool:
    return attempt.dialled_at is not None


@pytest.mark.parametrize("committed", [True, False], ids=["just after a commit", "just before a commit"])
def test_no_visit_is_lost_and_no_attempt_is_dialled_twice_wherever_the_program_is_killed(
    sqlite_ledgers: Ledgers, keyring: Keyring, tmp_path: Path, *, committed: bool
) -> None:
    for at in range(1, NEVER_SO_MANY):
        folder = tmp_path / str(at)
        folder.mkdir()
        with opened(sqlite_ledgers.migrated_url(folder), keyring) as ledger:
            community = two_elders(ledger, folder)
            killed = run_until_killed(community, at=at, committed=committed)
            community.run(take_over=True)
            check(community, at)
        if not killed:
            assert at > 10
            return
    pytest.fail("the program was never through")


def test_another_process_takes_over_once_the_leases_of_the_dead_one_have_run_out(
    community: Community,
) -> None:
    assert run_until_killed(community, at=8, committed=True)
    community.run()
    check(community, 8)


def test_a_second_kill_while_recovering_does_no_harm(community: Community) -> None:
    assert run_until_killed(community, at=8, committed=True)
    for at in range(1, 8):
        run_until_killed(community, at=at, committed=at % 2 == 0)
    community.run(take_over=True)
    check(community, 8)
