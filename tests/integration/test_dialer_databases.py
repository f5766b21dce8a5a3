"""One story of a campaign, a crash and a recovery, told on each database."""

from __future__ import annotations

from pathlib import Path

from support.campaigning import Community, Talk, number, rings
from support.powercuts import DyingLedger

from campaigns.rehearsal import flag
from ivr.lines import Disposition
from ivr.report import CallOutcome
from records.sessions import Ledger, LedgerError
from speech.types import Urgency


def test_a_community_is_phoned_through_a_crash(ledger: Ledger, tmp_path: Path) -> None:
    community = Community(ledger, tmp_path / "recordings")
    community.plans = {
        number(1): rings(Talk(CallOutcome.COMPLETED, questions=2)),
        number(2): rings(Disposition.BUSY, Talk()),
        number(3): rings(Talk(questions=2, flags={1: flag("chest_pain", Urgency.EMERGENCY)})),
        number(4): rings(Disposition.NO_ANSWER),
        number(5): rings(Talk(CallOutcome.REFUSED, do_not_call=True)),
    }
    community.settle(5)
    community.ledger = DyingLedger(ledger, at=15, committed=True)
    try:
        community.run()
    except LedgerError:
        community.ledger = ledger
    community.run(take_over=True)
    assert [visit.outcome for visit in community.visits()] == [
        "completed",
        "completed",
        "escalated",
        "unreachable",
        "refused",
    ]
    references = [reference for reference, _, _ in community.dialled]
    assert len(references) == len(set(references))
    assert community.aftercare_of(3) == ["flag:chest_pain:emergency", "ended:escalated"]


def test_a_couple_with_one_telephone_is_rung_one_after_the_other(ledger: Ledger, tmp_path: Path) -> None:
    community = Community(ledger, tmp_path / "recordings")
    community.settle(2, phones=[number(1)])
    community.run()
    assert [visit.outcome for visit in community.visits()] == ["completed"] * 2
    first, second = (moment for _, _, moment in community.dialled)
    assert (second - first).total_seconds() >= 600
