"""A keeper's round over the counts that the panel of a large city shows."""

from __future__ import annotations

import structlog

from campaigns.census import recount_campaign, stale_campaigns
from campaigns.policy import PolicyError
from campaigns.tallying import recount, stale_areas
from ivr.clock import Clock
from records.sessions import Ledger

log = structlog.get_logger(__name__)


def keep_tallies(ledger: Ledger, clock: Clock) -> int:
    """Count what is old, each part in a transaction of its own; how many parts were counted.

    Several keepers share the work. Where a policy cannot be read the old count stays, with its time.
    """
    with ledger.reading() as session:
        areas, campaigns = stale_areas(session, clock.now()), stale_campaigns(session, clock.now())
    done = 0
    for campaign in campaigns:
        with ledger.session() as session:
            done += recount_campaign(session, campaign, clock.now())
    for area in areas:
        try:
            with ledger.session() as session:
                done += recount(session, area, clock.now())
        except PolicyError as error:
            log.error("visit rates cannot be counted", area=area, problem=str(error))  # noqa: TRY400 - it is said
    return done
