"""The keeper's part in rounds that open by themselves: it looks again and again, on every keeper."""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog

from campaigns.opening import CampaignError
from campaigns.policy import PolicyError
from campaigns.scripts import ScriptChangedError
from campaigns.standing_rounds import RoundTerms, keep_round, rounds_to_keep
from escalation.rules import Rules
from ivr.clock import Clock
from ivr.script import ScriptError, load_script
from records.audit import beat
from records.sessions import Ledger
from wenan.forgetting import ForgottenWatch
from wenan.lines import why_nothing_is_dialled
from wenan.settings import Settings
from wenan.upkeep import Upkeep

log = structlog.get_logger(__name__)
COMPONENT = "rounds"
"""Name of the heartbeat: beaten only when nothing stood in the way, so that a policy that cannot be read or a
script that was changed is seen in ``/readyz`` and by whoever watches it, not only in the log."""


@dataclass(frozen=True, slots=True)
class RoundKeeper:
    """Opens the rounds that policies and surge days call for, and fills them up while they last."""

    ledger: Ledger
    clock: Clock
    terms: RoundTerms

    def make_round(self) -> int:
        """Look once; how many visits were planned. Trouble with one round keeps no other waiting.

        Raises LedgerError when the ledger is out of reach.
        """
        now = self.clock.now()
        try:
            with self.ledger.reading() as session:
                wanted = rounds_to_keep(session, now)
        except PolicyError as error:
            log.error("no round can be opened", problem=str(error))  # noqa: TRY400 - it is said
            return 0
        planned, trouble = 0, False
        for each in wanted:
            try:
                with self.ledger.session() as session:
                    planned += keep_round(session, each, self.terms, now)
            except (CampaignError, PolicyError, ScriptError, ScriptChangedError) as error:
                log.error("a round was not opened", round=each.round.key, problem=str(error))  # noqa: TRY400
                trouble = True
        if not trouble:
            with self.ledger.session() as session:
                beat(session, COMPONENT, now)
        return planned


def with_rounds(upkeep: Upkeep, settings: Settings, rules: Rules) -> Upkeep:
    """The upkeep of a keeper that opens rounds, and then asks who was forgotten all the same.

    Raises ScriptError when the shipped script cannot be read.
    """
    terms = RoundTerms(
        script=load_script("standard"),
        timezone=settings.timezone,
        max_concurrent=settings.max_concurrent_calls,
        # Where others share the ledger one of them may well have a line.
        nothing_dials=why_nothing_is_dialled(settings) if settings.is_embedded else "",
    )
    keeper = RoundKeeper(upkeep.ledger, upkeep.clock, terms)
    watch = ForgottenWatch(upkeep.ledger, rules, upkeep.clock)

    def make_round() -> None:
        keeper.make_round()
        watch.make_round()

    return replace(upkeep, rounds=make_round)
