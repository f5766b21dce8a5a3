"""The queries of the panel, the dialer, the sweeper and the auditor."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from support.casebook import rules

from benchmarks.campaigns.city import MONDAY, Progress
from benchmarks.campaigns.figures import Clockwork, Figure
from campaigns.absences import returning
from campaigns.claims import campaigns_with_due
from campaigns.forecasting import learnt
from campaigns.outlook import next_moment, nothing_to_call
from campaigns.recovery import lapsed_visits
from campaigns.sweeper import expired_visits
from escalation.late_visits import visits_overdue, visits_past_period
from escalation.oversights import find_oversights, flags_without_order, visits_unassessed
from records.people import Worker
from records.sessions import Ledger
from records.visits import Campaign
from web import call_data, campaign_data, risk_data
from web.call_data import Filter, find_calls
from web.coverage_data import coverage
from web.elder_data import ElderFilter, find_elders
from web.identity import SignedIn, describe
from web.order_data import OrderFilter, find_orders


def ask(clockwork: Clockwork, ledger: Ledger, repeat: int, progress: Progress) -> list[Figure]:
    """Each several times, as the coordinator of the whole city."""
    with ledger.reading() as session:
        user: SignedIn = describe(session, session.scalars(select(Worker)).one())
        today = session.scalars(select(Campaign).where(Campaign.status == "running")).one()
    minutes = rules().policy.auditor
    late = MONDAY - timedelta(days=21)  # when the visits of the last month were not older than it looks back
    queries: dict[str, Callable[[Session], object]] = {
        "overview: how far": lambda session: campaign_data.how_far(session, user, today),
        "overview: levels": lambda session: campaign_data.levels(session, user, today),
        "overview: on the telephone": lambda session: campaign_data.live_calls(session, user, today, MONDAY),
        "overview: at risk": lambda session: risk_data.at_risk(session, user, today, MONDAY),
        "overview: in person": lambda session: campaign_data.in_person(session, user, today),
        "overview: absent": lambda session: campaign_data.absent(session, user, today),
        "overview: without visit": lambda session: campaign_data.without_visit(session, user, today),
        "overview: visit rates": lambda session: coverage(session, user, MONDAY),
        "calls to review": lambda session: find_calls(session, user, Filter(), 1),
        "calls to review: count": lambda session: call_data.to_review(session, user),
        "calls, all flagged": lambda session: find_calls(session, user, Filter(show="flagged"), 1),
        "orders": lambda session: find_orders(session, user, OrderFilter(), 1, MONDAY),
        "elders": lambda session: find_elders(session, user, ElderFilter(), 1),
        "forecast: what calls teach": lambda session: learnt(session, MONDAY),
        "dialer: campaigns with due visits": lambda session: campaigns_with_due(session, MONDAY),
        "dialer: next moment": lambda session: next_moment(session, MONDAY),
        "dialer: nothing to call": nothing_to_call,
        "sweeper: who comes back": lambda session: returning(session, MONDAY),
        "sweeper: lapsed leases": lambda session: lapsed_visits(session, MONDAY),
        "auditor: overdue visits": lambda session: list(visits_overdue(session, minutes, MONDAY)),
        "auditor: periods over": lambda session: list(visits_past_period(session, MONDAY)),
        "auditor: flags without order": lambda session: list(flags_without_order(session, minutes, late)),
        "auditor: visits without scores": lambda session: list(visits_unassessed(session, minutes, late)),
        "auditor: everything": lambda session: find_oversights(session, minutes, MONDAY),
        "sweeper: periods over": lambda session: expired_visits(session, MONDAY + timedelta(hours=1)),
    }
    figures = []
    gc.collect()
    gc.freeze()  # what planning a million visits left in this process, no process of the panel holds
    for what, query in queries.items():
        begun = time.perf_counter()
        with ledger.reading() as session:
            query(session)  # warms up; what takes seconds is not asked again and again
        seconds = time.perf_counter() - begun
        times = repeat if seconds < 1 else min(repeat, 3)
        figures.append(clockwork.asked(ledger, what, query, times))
        progress("queries", len(figures), len(queries))
    return figures
