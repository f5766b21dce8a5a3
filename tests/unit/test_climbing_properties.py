"""Whatever happens to an order in whatever sequence: nobody waits for ever, and nothing is asked twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.climbing import ASKED, NOBODY, OVERDUE, PASSED, TOLD, Happening, NextStep, next_step
from escalation.ladders import OrderLadder, load_ladders

BOOK = load_ladders()
START = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
DEADLINE = START + timedelta(minutes=30)
URGENCIES = st.sampled_from(["emergency", "urgent", "need", "none"])
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "wait",
                "accepted",
                "declined",
                "taken_away",
                "asked_anew",
                "raised",
                "on_the_way",
                "on_site",
                "closed",
                "reopened",
            ]
        ),
        st.integers(0, 90),
        st.sampled_from([ASKED, TOLD, NOBODY, PASSED]),
    ),
    max_size=25,
)
WHEN = {
    "accepted": {"offered"},
    "declined": {"offered", "held"},
    "taken_away": {"held"},
    "asked_anew": {"held"},
    "raised": {"offered", "held"},
    "on_the_way": {"held"},
    "on_site": {"held"},
    "closed": {"held", "there"},
    "reopened": {"closed"},
}
LEADS_TO = {
    "accepted": "held",
    "declined": "offered",
    "taken_away": "offered",
    "asked_anew": "offered",
    "on_site": "there",
    "closed": "closed",
    "reopened": "offered",
}


def ladder(urgency: str) -> OrderLadder:
    return BOOK.for_order(urgency, areas=(), timezone="Asia/Shanghai", roles=("grid_worker",))  # type: ignore[arg-type]


class Story:
    """An order's life: what people do, and a product that takes each step when it is due."""

    def __init__(self, urgency: str) -> None:
        self.ladder = ladder(urgency)
        self.now = START
        self.state = "offered"
        self.events = [Happening("opened", START)]
        self.found = ASKED
        self.climb()

    def following(self) -> NextStep | None:
        return next_step(self.ladder, self.events, deadline=DEADLINE, now=self.now)

    def climb(self) -> int:
        steps = 0
        while (following := self.following()) is not None and following.at <= self.now:
            kind = OVERDUE if following.late else self.found
            self.events.append(Happening(kind, self.now, note=f"worker-{steps}", step=following.number))
            steps += 1
            assert steps <= len(self.ladder.all_steps) + 1, "it climbs and climbs"
        return steps

    def does(self, deed: str, minutes: int, found: str) -> None:
        self.found = found
        self.now += timedelta(minutes=minutes)
        self.climb()
        if deed != "wait" and self.state in WHEN[deed]:
            self.events.append(Happening(deed, self.now, actor="li"))
            self.state = LEADS_TO.get(deed, self.state)
            self.climb()

    def steps(self) -> list[int]:
        return [each.step for each in self.events if each.step is not None]


def told(urgency: str, deeds: list[tuple[str, int, str]]) -> Story:
    story = Story(urgency)
    for deed in deeds:
        story.does(*deed)
    return story


@given(URGENCIES, DEEDS)
def test_steps_are_counted_without_gap_or_double(urgency: str, deeds: list[tuple[str, int, str]]) -> None:
    steps = told(urgency, deeds).steps()
    assert steps == list(range(1, len(steps) + 1))


@given(URGENCIES, DEEDS)
def test_an_order_that_nobody_has_always_has_a_next_step(
    urgency: str, deeds: list[tuple[str, int, str]]
) -> None:
    story = told(urgency, deeds)
    following = story.following()
    if story.state == "offered":
        assert following is not None
        assert not following.late
        longest = max(step.wait for step in story.ladder.all_steps)
        held = timedelta(days=4) if story.ladder.hold_at_night else timedelta(0)
        assert following.at <= story.now + timedelta(minutes=longest) + held
    elif story.state == "held":
        assert following is not None
        assert following.late
        assert following.at >= DEADLINE
    else:
        assert following is None


@given(URGENCIES, DEEDS)
def test_looking_again_at_the_same_moment_takes_no_further_step(
    urgency: str, deeds: list[tuple[str, int, str]]
) -> None:
    story = told(urgency, deeds)
    assert story.climb() == 0


@given(URGENCIES, DEEDS)
def test_a_deadline_that_passes_with_nobody_there_is_a_step_by_itself(
    urgency: str, deeds: list[tuple[str, int, str]]
) -> None:
    story = told(urgency, deeds)
    following = story.following()
    last = max((each.at for each in story.events if each.step is not None), default=START)
    if following is not None and story.state == "offered" and last < DEADLINE:
        assert following.at <= DEADLINE, "the deadline lies in working hours"


@given(DEEDS)
def test_an_emergency_is_asked_about_every_five_minutes_by_day_and_night(
    deeds: list[tuple[str, int, str]],
) -> None:
    story = told("emergency", deeds)
    if story.state == "offered":
        before = len(story.steps())
        story.now += timedelta(minutes=5)
        story.climb()
        assert len(story.steps()) > before


@given(URGENCIES, DEEDS)
def test_who_has_handed_it_back_is_known_until_it_is_opened_again(
    urgency: str, deeds: list[tuple[str, int, str]]
) -> None:
    story = told(urgency, deeds)
    following = story.following()
    since = max(i for i, each in enumerate(story.events) if each.kind in ("opened", "reopened"))
    declined = any(each.kind == "declined" for each in story.events[since:])
    if following is not None and not following.late:
        assert ("li" in following.declined) == declined


@given(st.integers(0, 525_600), st.sampled_from(["Asia/Shanghai", "Asia/Urumqi"]))
def test_the_next_opening_lies_within_working_hours_and_is_the_first(minutes: int, zone: str) -> None:
    hours, at = BOOK.working_hours, START + timedelta(minutes=minutes)
    opening = hours.next_opening(at, zone)
    assert hours.contain(opening, zone)
    assert opening >= at
    if opening > at:
        assert not hours.contain(opening - timedelta(minutes=1), zone)
        assert opening - at < timedelta(days=4)


@settings(max_examples=20)
@given(URGENCIES)
def test_a_ladder_survives_its_copy_on_the_order(urgency: str) -> None:
    mine = ladder(urgency)
    assert OrderLadder.model_validate(mine.model_dump(mode="json")) == mine


def test_an_unreadable_time_zone_holds_nothing_back() -> None:
    lost = ladder("need").model_copy(update={"timezone": "Mars/Olympus"})
    in_a_week = START + timedelta(days=7)
    happenings = [Happening("opened", START), Happening(ASKED, START, note="li", step=1)]
    following = next_step(lost, happenings, deadline=in_a_week, now=START)
    assert following is not None
    assert following.at == START + timedelta(minutes=2880)
    nights = replace(happenings[0], at=START + timedelta(hours=12))
    assert next_step(lost, [nights], deadline=in_a_week, now=START) is not None
