"""Whatever a district goes through, its book of visits is kept: nobody doubled, nobody forgotten.

Elders move in, move on and away, tiers, policies, hours and special days change, rounds are paused, stopped
and made longer, calls end in every way there is or die half-way, and the clock goes on over changes of the
clocks, 29 February, the lunar new year and make-up workdays. After every step the book is held against rules
that are worked out here once more, in the plainest way.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from support.campaigning import CALLER, add_area, add_elder, script
from support.casebook import HandClock
from support.ledgers import Ledgers, ledger_at
from support.plain_rules import LEAST, VISITED, Spans, due_by, hours_allow, planned_twice, week_of

from campaigns.absences import be_away, bring_back, come_back, returning
from campaigns.attempts import NotCalled, mark_dialling, prepare
from campaigns.claims import campaigns_with_due, claim_due
from campaigns.history import end_of_period
from campaigns.opening import extend_campaign, pause_campaign, resume_campaign
from campaigns.outcomes import record_outcome
from campaigns.policies import put_in_force, save_policy, versions_due
from campaigns.policy import Policy, load_policy
from campaigns.recovery import lapsed_visits, recover
from campaigns.rehearsal import NotedAftercare
from campaigns.standing_rounds import RoundTerms
from campaigns.stopping import stop_campaign
from campaigns.surges import Surge, SurgeError, declare
from campaigns.sweeper import expire, expired_visits, tidy_up
from campaigns.windows import Windows
from ivr.lines import Disposition
from ivr.report import CallOutcome, CallReport
from records.keyring import Keyring
from records.people import Area, Elder
from records.rounds import Round
from records.visits import Campaign, Visit
from wenan.round_keeping import RoundKeeper

BEGINNINGS = {
    "an ordinary Monday": datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
    "clocks go forward in Madrid on Sunday": datetime(2027, 3, 26, 1, 30, tzinfo=UTC),
    "clocks go back in Madrid on Sunday": datetime(2027, 10, 29, 1, 30, tzinfo=UTC),
    "29 February is on Tuesday": datetime(2028, 2, 27, 1, 30, tzinfo=UTC),
    "Saturday is a make-up workday, then comes the lunar new year": datetime(2026, 2, 12, 1, 30, tzinfo=UTC),
}
PLACES = {"东村": "Asia/Shanghai", "西村": "Europe/Madrid", "北村": "Asia/Urumqi"}
HOURS: tuple[Spans | None, ...] = (
    None,
    ((time(9), time(17)),),
    ((time(15), time(15, 8)),),  # shorter than a call
    ((time(9), time(9, 10)),),  # just long enough
    ((time(20), time(21)),),  # when rounds never call
)
DAYS = {"key": 7, "secondary": 14, "general": 14}

EXAMPLES, STEPS = 12, 25
"""Some twenty seconds; a longer search is a matter of larger numbers."""
PICK = st.integers(0, 100)
NOT_CONNECTED = [each for each in Disposition if not each.value.startswith("answered")]
FATES: list[Any] = [
    "dies before dialling",
    "dies while dialling",
    *NOT_CONNECTED,
    *(CallOutcome(each) for each in CallOutcome),
]


class BookOfVisits(RuleBasedStateMachine):
    """One district, its keepers and its gateways, on a clock moved by hand."""

    ledgers: Ledgers
    keyring: Keyring
    folder: Path
    numbers = count()

    @initialize(beginning=st.sampled_from(sorted(BEGINNINGS)), calendar=st.booleans())
    def settle(self, beginning: str, calendar: bool) -> None:
        place = self.folder / f"example-{next(self.numbers)}"
        place.mkdir()
        self.ledger = ledger_at(self.ledgers.migrated_url(place), self.keyring)
        self.clock = HandClock(BEGINNINGS[beginning])
        self.aftercare = NotedAftercare()
        self.keeper = RoundKeeper(self.ledger, self.clock, RoundTerms(script(), "Asia/Shanghai", 100))
        self.hours: dict[int, Spans | None] = {}
        self.by_calendar: int | None = None
        """The village that leaves out weekends and holidays."""
        self.policies: list[tuple[date, dict[str, int]]] = []
        self.elders, self.surges = count(1), count(1)
        with self.ledger.session() as session:
            top = add_area(session, "淄川区")
            for name, zone in PLACES.items():
                village = add_area(session, name, top)
                village.timezone = zone
                self.hours[village.id] = None
            if calendar:
                village.windows = Windows(weekends=False, holidays=False).model_dump(mode="json")
                self.by_calendar = village.id
            self._agree(session, dict(DAYS), self.today)
            for area, tier in zip(self.hours, DAYS, strict=True):
                add_elder(session, next(self.elders), session.get_one(Area, area), tier=tier)
        self._look_after()

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.dispose()

    # What happens to people

    @rule(place=st.integers(0, 2), tier=st.sampled_from(sorted(DAYS)), phones=st.integers(0, 2))
    def somebody_moves_in(self, place: int, tier: str, phones: int) -> None:
        with self.ledger.session() as session:
            area = session.get_one(Area, sorted(self.hours)[place])
            index = next(self.elders)
            numbers = [f"+865335{index:04d}{each}00" for each in range(phones)]
            add_elder(session, index, area, tier=tier, phones=numbers)
        self._look_after()

    @rule(pick=PICK, tier=st.sampled_from(sorted(DAYS)))
    def somebody_changes_tier(self, pick: int, tier: str) -> None:
        with self.ledger.session() as session:
            self._elder(session, pick).tier = tier
        self._look_after()

    @rule(pick=PICK, place=st.integers(0, 2))
    def somebody_moves_on(self, pick: int, place: int) -> None:
        with self.ledger.session() as session:
            self._elder(session, pick).area = session.get_one(Area, sorted(self.hours)[place])
        self._look_after()

    @rule(pick=PICK, days=st.sampled_from([None, 1, 3, 9]))
    def somebody_goes_away(self, pick: int, days: int | None) -> None:
        with self.ledger.session() as session:
            elder = self._elder(session, pick)
            if elder.status in ("active", "away"):
                here = self._now.astimezone(ZoneInfo(elder.area.timezone)).date()
                back = here + timedelta(days=days) if days else None
                be_away(session, elder, "away", back, now=self._now, actor="chen")
        self._look_after()

    @rule(pick=PICK)
    def somebody_comes_back(self, pick: int) -> None:
        with self.ledger.session() as session:
            come_back(session, self._elder(session, pick), now=self._now, actor="chen")
        self._look_after()

    # What coordinators do

    @rule(place=st.integers(0, 2), hours=st.sampled_from(HOURS))
    def a_village_sets_its_hours(self, place: int, hours: tuple[tuple[time, time], ...] | None) -> None:
        area_id = sorted(self.hours)[place]
        if area_id == self.by_calendar:
            return
        with self.ledger.session() as session:
            stored = Windows(hours=hours).model_dump(mode="json") if hours else None
            session.get_one(Area, area_id).windows = stored
        self.hours[area_id] = hours
        self._look_after()

    @rule(in_days=st.integers(0, 5), general=st.sampled_from([7, 14, 21]))
    def a_policy_is_agreed(self, in_days: int, general: int) -> None:
        with self.ledger.session() as session:
            self._agree(session, DAYS | {"general": general}, self.today + timedelta(days=in_days))
        self._look_after()

    @rule(days=st.integers(1, 5), every=st.integers(1, 3), tier=st.sampled_from(["", *sorted(DAYS)]))
    def special_days_are_declared(self, days: int, every: int, tier: str) -> None:
        number = next(self.surges)
        surge = Surge(
            f"特殊时期{number}", self.today, self.today + timedelta(days=days - 1), every,
            tiers=frozenset([tier] if tier else ()),
        )  # fmt: skip
        try:
            with self.ledger.session() as session:
                declare(session, surge, modules=(), today=self.today, now=self._now, actor="chen")
        except SurgeError:
            return  # the same people at the same time
        self._look_after()

    @rule(pick=PICK, act=st.sampled_from(["pause", "pause", "resume", "resume", "stop", "extend"]))
    def a_round_is_steered(self, pick: int, act: str) -> None:
        with self.ledger.session() as session:
            wanted = Campaign.status.in_(["running", "paused"])
            campaigns = session.scalars(select(Campaign).where(wanted).order_by(Campaign.id)).all()
            if not campaigns:
                return
            one, now = campaigns[pick % len(campaigns)], self._now
            if act == "pause":
                pause_campaign(session, one.id, "雨", now=now, actor="chen")
            elif act == "resume":
                resume_campaign(session, one.id, now=now, actor="chen")
            elif act == "stop":
                stop_campaign(session, one.id, "雨", now=now, actor="chen")
            elif one.ends_on + timedelta(days=2) > self.today:
                extend_campaign(session, one.id, one.ends_on + timedelta(days=2), now=now, actor="chen")
        self._look_after()

    # What gateways do

    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4))
    def calls_are_made(self, fates: list[Any]) -> None:
        for fate in fates:
            with self.ledger.session() as session:
                due = campaigns_with_due(session, self._now)
                leases = claim_due(session, due[0], owner="g", now=self._now, limit=1) if due else []
            if not leases:
                return
            with self.ledger.session() as session:
                found = prepare(session, leases[0], caller=CALLER, aftercare=self.aftercare, now=self._now)
            if isinstance(found, NotCalled) or fate == "dies before dialling":
                continue
            with self.ledger.session() as session:
                visit = session.get_one(Visit, found.lease.visit_id)
                self._may_be_rung(visit)
                mark_dialling(session, found, line="rehearsal", now=self._now)
            if fate == "dies while dialling":
                continue
            self.clock.forward(seconds=60)
            report = (
                CallReport(fate, None, cause="x" if fate is Disposition.FAILED else "")
                if isinstance(fate, Disposition)
                else CallReport(Disposition.ANSWERED_HUMAN, fate)
            )
            with self.ledger.session() as session:
                attempt = found.attempt_id
                record_outcome(
                    session,
                    found.lease,
                    attempt,
                    report,
                    recording="",
                    aftercare=self.aftercare,
                    now=self._now,
                )
            with self.ledger.reading() as session:
                self._is_within_hours(session.get_one(Visit, found.lease.visit_id))

    # What time does

    @rule(minutes=st.sampled_from([5, 30, 95, 180]))
    def minutes_pass(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)
        self._look_after()

    @rule(days=st.sampled_from([1, 1, 2, 5]), hour=st.sampled_from([0, 8, 10, 15, 23]))
    def days_pass(self, days: int, hour: int) -> None:
        later = self._now + timedelta(days=days)
        self.clock.moment = later.replace(hour=hour, minute=0, second=0)
        self._look_after()

    @precondition(lambda self: hasattr(self, "ledger"))
    @rule()
    def the_next_call_comes(self) -> None:
        """Nothing happens until somebody is due."""
        with self.ledger.reading() as session:
            due = select(Visit.next_attempt_at).where(Visit.status == "planned", Visit.mode == "telephone")
            coming = [at for at in session.scalars(due) if at is not None and at > self._now]
        if coming:
            self.clock.moment = min(coming)
            self._look_after()

    # What must hold

    @invariant()
    def the_book_is_kept(self) -> None:
        if not hasattr(self, "ledger"):
            return
        with self.ledger.reading() as session:
            visits = session.scalars(
                select(Visit).options(selectinload(Visit.attempts), selectinload(Visit.campaign))
            ).all()
            assert not planned_twice(visits), "nobody is planned twice"
            for visit in visits:
                dialled = [each for each in visit.attempts if each.dialled_at is not None]
                assert visit.attempts_made == len(dialled), "what was never dialled is no attempt"
                over = end_of_period(visit)
                assert all(each.dialled_at < over for each in dialled), "nobody is rung past the period"
                if visit.status == "planned" and visit.mode == "telephone":
                    assert visit.campaign.status in ("running", "paused"), "stopped is stopped"
                    assert visit.next_attempt_at is not None
                    assert visit.next_attempt_at <= over, "no retry is put past the period"
                if visit.status == "ended" and visit.outcome != "cancelled":
                    assert f"ended:{visit.outcome}" in self.aftercare.noted(session, visit.id), (
                        "and looked after"
                    )
            self._nobody_is_forgotten(session, visits)

    def _nobody_is_forgotten(self, session: Session, visits: Any) -> None:
        """Whoever is at home and due this week has a visit that is open, or had one that is over."""
        first, last = week_of(self.today)
        round_ = session.scalar(
            select(Campaign).join(Round).where(Round.key.startswith("policy:"), Campaign.starts_on == first)
        )
        if round_ is not None and round_.status != "running":
            return  # somebody holds it back, has stopped it, or it has ended
        begins = datetime.combine(first, time(), ZoneInfo("Asia/Shanghai"))
        of: dict[int, list[Visit]] = {}
        for visit in visits:
            of.setdefault(visit.elder_id, []).append(visit)
        for elder in session.scalars(select(Elder).where(Elder.status == "active")):
            theirs = of.get(elder.id, [])
            due = due_by(elder, theirs, self.policies, self._now)
            if due > last:
                continue
            assert any(
                visit.status != "ended"
                if visit.outcome is None
                else visit.ended_at >= begins
                and visit.outcome != "cancelled"
                and (visit.outcome in VISITED or visit.campaign.ends_on >= first)
                for visit in theirs
            ), f"elder {elder.id} is due by {due} and has no visit this week"

    def _may_be_rung(self, visit: Visit) -> None:
        assert visit.elder.status == "active"
        assert visit.campaign.status in ("running", "paused")
        assert self._hours_allow(visit.elder.area, self._now), (
            f"rung at {self._now} in {visit.elder.area.name}"
        )
        assert self._now + LEAST <= end_of_period(visit)

    def _is_within_hours(self, visit: Visit) -> None:
        """What was decided just now, by the hours of now."""
        if visit.status == "planned" and visit.mode == "telephone":
            assert visit.next_attempt_at is not None
            assert self._hours_allow(visit.elder.area, visit.next_attempt_at), visit.next_attempt_at

    def _hours_allow(self, area: Area, at: datetime) -> bool:
        own, leaves_out = self.hours[area.id], area.id == self.by_calendar
        return hours_allow(at.astimezone(ZoneInfo(area.timezone)), own, workdays_only=leaves_out)

    # How it is done

    @property
    def _now(self) -> datetime:
        return self.clock.moment

    @property
    def today(self) -> date:
        return self._now.astimezone(ZoneInfo("Asia/Shanghai")).date()

    def _elder(self, session: Session, pick: int) -> Elder:
        elders = session.scalars(select(Elder).order_by(Elder.id)).all()
        return elders[pick % len(elders)]

    def _agree(self, session: Session, days: dict[str, int], from_: date) -> None:
        data = load_policy().model_dump(mode="json")
        data |= {"version": f"v{len(self.policies)}", "rounds": {"start": "by_itself", "every": "week"}}
        data["cadence_days"] = {"tiers": days, "groups": {}}
        policy = Policy.model_validate(data)
        save_policy(session, None, policy, from_, today=self.today, now=self._now, actor="chen")
        self.policies.append((from_, days))
        self.policies.sort(key=lambda each: each[0])

    def _look_after(self) -> None:
        """What keepers do every half minute, and every ten minutes."""
        now = self._now
        with self.ledger.session() as session:
            if versions_due(session, now):
                put_in_force(session, now=now, actor="keeper")
            for elder in returning(session, now):
                bring_back(session, elder, now)
            tidy_up(session, now)
            for visit in lapsed_visits(session, now):
                recover(session, visit, self.aftercare, now)
            for visit in expired_visits(session, now):
                expire(session, visit, self.aftercare, now)
        self.keeper.make_round()


def test_the_book_of_visits_is_kept_whatever_happens(
    sqlite_ledgers: Ledgers, keyring: Keyring, tmp_path: Path
) -> None:
    surroundings = {"ledgers": sqlite_ledgers, "keyring": keyring, "folder": tmp_path, "numbers": count()}
    run(
        type("BookHere", (BookOfVisits,), surroundings),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
