"""An elder finds a number on their telephone and calls it; so does a stranger; so does somebody in need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from support.callers import Town, presses, speaks
from support.campaigning import CALLER, Community, Talk, elder_name, number, rings
from support.powercuts import DyingLedger
from support.telephone import Behaviour, hang_up, quiet, say, tone
from support.who_picks_up import says_nothing

from campaigns.calling_back import CallOf, Nothing, take_up
from campaigns.claims import claim_due
from campaigns.dialer import Dialer
from ivr.clock import Clock
from ivr.lines import Disposition
from ivr.report import CallOutcome
from records.people import NOT_ON_ROSTER, Elder
from records.sessions import Ledger

STRANGER = "+8613853399999"
WELL = presses(then="1")
"""Answers everything by the good key."""


@pytest.fixture
def town(sqlite_ledger: Ledger, tmp_path: Path) -> Town:
    return Town(sqlite_ledger, tmp_path / "recordings")


def hangs_up_at_once() -> Behaviour:
    yield from quiet(0.4)
    yield from hang_up()


def for_a_while(minutes: float) -> Callable[[Dialer, Clock], object]:
    async def meanwhile(dialer: Dialer, clock: Clock) -> None:
        await clock.sleep(60 * minutes)
        await dialer.stop()

    return meanwhile


def never_reached(town: Town) -> None:
    """Three calls in vain: somebody is asked to go there."""
    town.community.plans[number(1)] = rings(Disposition.NO_ANSWER)
    town.settle()
    town.community.run()
    assert town.community.visit().outcome == "unreachable"


class TestWhoHasAVisitWaiting:
    def test_goes_on_with_it_whatever_the_hour(self, town: Town) -> None:
        town.community.plans[number(1)] = rings(Disposition.NO_ANSWER)
        town.settle()
        town.community.run(meanwhile=for_a_while(10), until_idle=False)
        town.community.wait(hours=13)  # it is twenty to eleven at night

        town.is_called((number(1), WELL))

        visit = town.community.visit()
        assert (visit.outcome, visit.attempts_made) == ("completed", 1), "they rang us: that costs no attempt"
        assert [attempt.direction for attempt in visit.attempts] == ["out", "in"]
        assert (visit.attempts[1].disposition, visit.attempts[1].call_outcome) == (
            "answered_human",
            "completed",
        )
        assert len(visit.answers) > 6
        assert (town.recordings / visit.attempts[1].recording).exists()
        assert "您好，谢谢您打过来！" in town.said

    def test_and_was_half_way_through_goes_on_where_they_were(self, town: Town) -> None:
        town.community.plans[number(1)] = rings(Talk(CallOutcome.PARTIAL, questions=3))
        town.settle()
        town.community.run(meanwhile=for_a_while(10), until_idle=False)
        before = {answer.question for answer in town.community.visit().answers}
        assert len(before) == 3

        town.is_called((number(1), WELL))

        visit = town.community.visit()
        assert visit.outcome == "completed"
        asked = {turn.question for turn in visit.attempts[1].turns}
        assert not asked & before

    def test_and_was_given_up_closes_the_order_and_whoever_is_on_the_way_is_told(self, town: Town) -> None:
        never_reached(town)
        (order,) = town.orders
        assert (order.kind, order.reason, order.status) == ("in_person_visit", "unreachable", "open")
        assert order.assignee is not None
        told = len(town.messages)

        town.is_called((number(1), WELL))

        visit = town.community.visit()
        assert (visit.outcome, visit.attempts_made) == ("completed", 3)
        (order,) = town.orders
        assert (order.status, order.result) == ("closed", "老人本人接了电话，平安。")
        assert any("不用再去了" in message for message in town.messages[told:])

    def test_and_was_given_up_but_breaks_off_was_heard_all_the_same(self, town: Town) -> None:
        never_reached(town)

        def two_answers() -> Behaviour:
            yield from presses("1", "1", "1")()
            yield from quiet(1.0)
            yield from hang_up()

        town.is_called((number(1), two_answers))

        assert town.community.visit().outcome == "partial"
        by_kind = {order.kind: order for order in town.orders}
        assert by_kind["in_person_visit"].status == "closed", "nobody needs to go because of silence"
        assert (by_kind["phone_follow_up"].reason, by_kind["phone_follow_up"].status) == ("partial", "open")

    def test_and_puts_the_receiver_down_at_once_is_where_they_were(self, town: Town) -> None:
        never_reached(town)
        (before,) = town.orders

        town.is_called((number(1), hangs_up_at_once))

        visit = town.community.visit()
        assert (visit.status, visit.outcome, visit.attempts_made) == ("ended", "unreachable", 3)
        (order,) = town.orders
        assert (order.status, order.evidence, order.deadline) == ("open", before.evidence, before.deadline)

        town.is_called((number(1), WELL))

        assert town.community.visit().outcome == "completed"
        assert town.orders[0].status == "closed", "and may call once more"

    def test_and_hangs_up_on_a_due_visit_is_rung_as_was_planned(self, town: Town) -> None:
        town.community.plans[number(1)] = rings(Disposition.NO_ANSWER, Talk())
        town.settle()
        town.community.run(meanwhile=for_a_while(10), until_idle=False)
        due = town.community.visit().next_attempt_at

        town.is_called((number(1), hangs_up_at_once))

        visit = town.community.visit()
        assert (visit.status, visit.next_attempt_at, visit.attempts_made) == ("planned", due, 1)
        town.community.run()
        assert town.community.visit().outcome == "completed"

    def test_and_cries_for_help_before_the_robot_has_said_a_word(self, town: Town) -> None:
        town.settle()

        town.is_called((number(1), speaks(at_once=True)), heard=["救命啊"])

        (order,) = [each for each in town.orders if each.kind == "in_person_visit"]
        assert (order.urgency, order.elder_id) == ("emergency", town.community.visit().elder_id)
        assert order.assignee is not None
        assert order.assignee.login == "li"
        assert town.community.visit().outcome == "escalated"

    def test_and_was_given_up_and_now_needs_help_keeps_whoever_is_coming(self, town: Town) -> None:
        never_reached(town)

        town.is_called((number(1), speaks(at_once=True)), heard=["救命啊"])

        (order,) = town.orders
        assert (order.status, order.urgency) == ("open", "emergency")
        assert "raised" in town.events(order)

    def test_and_shares_the_telephone_is_asked_which_of_them_it_is(self, town: Town) -> None:
        town.settle(2, phones=[number(1)])

        town.is_called((number(1), presses("3", then="1")))

        assert [visit.outcome for visit in town.community.visits()] == [None, "completed"]
        asked = [sentence for sentence in town.said if sentence.startswith("请问您是")]
        assert asked == [f"请问您是{elder_name(1)}吗？", f"请问您是{elder_name(2)}吗？"], "and not once more"
        assert [each.outcome for each in town.call_ins] == ["visit"]

    def test_and_who_is_none_of_those_who_share_the_telephone_is_a_stranger(self, town: Town) -> None:
        town.settle(2, phones=[number(1)])
        town.is_called((number(1), presses("3", "3")))
        assert [visit.attempts_made for visit in town.community.visits()] == [0, 0]
        assert any("您那里有这个号码" in sentence for sentence in town.said)
        assert [(each.elder_id, each.outcome) for each in town.call_ins] == [(None, "silent")]

    def test_and_shares_the_telephone_and_cries_for_help_is_not_asked_who_they_are(self, town: Town) -> None:
        town.settle(2, phones=[number(1)])

        town.is_called((number(1), speaks()), heard=["救命啊救命"])

        assert [order.urgency for order in town.orders if order.kind == "in_person_visit"] == ["emergency"]
        assert f"请问您是{elder_name(2)}吗？" not in town.said


class TestNeverTwoTalksForOneVisit:
    def test_a_visit_that_the_dialer_has_taken_a_moment_ago_is_left_to_it(self, town: Town) -> None:
        town.settle()
        with town.ledger.session() as session:
            campaign = town.community.visit().campaign_id
            (lease,) = claim_due(session, campaign, owner="dialer", now=town.community.now, limit=1)

        town.is_called((number(1), presses("1", "3", then="1")))

        visit = town.community.visit()
        assert (visit.lease_owner, visit.fence, visit.attempts) == ("dialer", lease.fence, [])
        assert any("也正给您打电话" in sentence for sentence in town.said)
        assert [order.reason for order in town.orders] == ["asked_for_person"], (
            "and they are heard all the same"
        )

    def test_a_visit_that_is_being_talked_about_is_not_dialled(self, town: Town) -> None:
        town.settle()
        visit, now = town.community.visit(), town.community.now
        call = CallOf("simulated", "call-1", number(1))
        with town.ledger.session() as session:
            taking = partial(take_up, session, visit.elder_id, call, caller=CALLER, now=now)
            assert not isinstance(taking(owner="one"), Nothing)
            assert taking(owner="other") is Nothing.FREE
            assert claim_due(session, visit.campaign_id, owner="dialer", now=now, limit=1) == []


class TestWhoHasNothingWaiting:
    @pytest.fixture
    def visited(self, town: Town) -> Town:
        town.community.plans[number(1)] = rings(Talk())
        town.settle()
        town.community.run()
        assert town.community.visit().outcome == "completed"
        assert town.orders == []
        return town

    def test_and_wants_nothing_is_wished_well(self, visited: Town) -> None:
        visited.is_called((number(1), presses(then="1")))
        assert visited.orders == []
        assert [each.outcome for each in visited.call_ins] == ["completed"]

    def test_and_wants_a_person_is_called_back_by_one(self, visited: Town) -> None:
        visited.is_called((number(1), presses("1", "3", then="1")))
        (order,) = visited.orders
        assert (order.kind, order.reason) == ("phone_follow_up", "asked_for_person")
        assert order.summary.startswith("老人打电话来了。")

    def test_and_cries_for_help_is_an_emergency_while_still_on_the_line(self, visited: Town) -> None:
        def cries_and_is_cut_off() -> Behaviour:
            yield from speaks()()
            yield from quiet(1.0)
            yield from hang_up()

        visited.is_called((number(1), cries_and_is_cut_off), heard=["我摔倒了起不来，快来救我"])
        order = visited.orders[0]
        assert (order.kind, order.urgency) == ("in_person_visit", "emergency")
        assert "摔倒" in order.summary

    def test_and_says_nothing_at_all_is_somebody_to_look_after(self, visited: Town) -> None:
        visited.is_called((number(1), says_nothing))
        (order,) = visited.orders
        assert (order.kind, order.reason, order.urgency) == ("in_person_visit", "silent", "urgent")

    def test_and_calls_back_when_the_period_is_over_is_heard_all_the_same(self, town: Town) -> None:
        never_reached(town)
        town.community.wait(days=10)
        town.is_called((number(1), presses(then="1")))
        assert town.community.visit().outcome == "unreachable", "the visit was last month's"
        assert [order.status for order in town.orders] == ["closed"]

    def test_and_hangs_up_at_once_causes_no_stir(self, visited: Town) -> None:
        visited.is_called((number(1), hangs_up_at_once))
        assert visited.orders == []

    def test_and_is_lost_with_the_process_is_called_back_by_a_person(self, visited: Town) -> None:
        dying = DyingLedger(visited.ledger, at=3, committed=True)
        visited.is_called((number(1), presses("1", "3", then="1")), ledger=dying)
        visited.community.wait(minutes=45)
        visited.is_called()
        (order,) = visited.orders
        assert (order.kind, order.reason) == ("phone_follow_up", "asked_for_person")
        assert [each.outcome for each in visited.call_ins] == ["lost"]


class TestStrangers:
    @pytest.mark.parametrize("shown", [STRANGER, ""])
    def test_hear_who_this_is_and_nothing_about_anybody(self, town: Town, shown: str) -> None:
        town.settle()

        town.is_called((shown, says_nothing))

        assert any("问安热线" in sentence for sentence in town.said)
        assert not any(elder_name(1) in sentence or "王" in sentence for sentence in town.said)
        assert (town.orders, town.community.visit().attempts) == ([], [])
        assert [(each.number, each.elder_id) for each in town.call_ins] == [(shown, None)]

    def test_of_a_number_that_was_once_an_elder_s_are_strangers(self, town: Town) -> None:
        town.settle()
        with town.ledger.session() as session:
            session.get_one(Elder, town.community.visit().elder_id).phones[0].status = "wrong_number"
        town.is_called((number(1), says_nothing))
        assert not any("王" in sentence for sentence in town.said)

    @pytest.mark.parametrize("shown", [STRANGER, ""])
    def test_who_cry_for_help_are_helped(self, town: Town, shown: str) -> None:
        town.settle()

        town.is_called((shown, speaks(2)), heard=["救命啊", "我是李桂芳，住三号楼二零一"])

        (order,) = town.orders
        assert (order.kind, order.urgency) == ("in_person_visit", "emergency")
        assert "李桂芳" in order.summary
        assert order.elder.status == NOT_ON_ROSTER
        assert [phone.number for phone in order.elder.phones] == ([shown] if shown else [])
        assert (shown in order.summary) if shown else ("没有显示号码" in order.summary)

    def test_who_press_the_key_for_help_are_helped(self, town: Town) -> None:
        town.settle()
        town.is_called((STRANGER, presses("1")))
        assert [order.urgency for order in town.orders] == ["emergency"]

    def test_who_cry_into_the_goodbye_are_heard(self, town: Town) -> None:
        town.settle()

        def late() -> Behaviour:
            yield from presses("3")()
            yield from speaks(at_once=True)()

        town.is_called((STRANGER, late), heard=["救命啊"])
        assert [order.urgency for order in town.orders] == ["emergency"]

    def test_who_were_helped_are_on_no_roster_and_known_to_no_call(self, town: Town) -> None:
        town.settle()
        town.is_called((STRANGER, presses("1")))
        town.said.clear()
        town.is_called((STRANGER, presses("1")))
        assert any("问安热线" in sentence for sentence in town.said)
        assert len({order.elder_id for order in town.orders}) == 1, "one number, one row"
        assert len(town.orders) == 2, "two cries, two orders"
        assert len(town.community.visits()) == 1

    def test_robots_that_call_us_are_told_nothing(self, town: Town) -> None:
        town.settle()

        def tape() -> Behaviour:
            yield from say(tone(6.0, 220))
            yield from quiet(20.0)

        town.is_called(("", tape), heard=["您好您呼叫的用户暂时无法接听请在提示音后留言"])
        assert town.orders == []


class TestAtOnce:
    def test_whoever_calls_when_all_are_talked_with_hears_that_we_are_busy(self, town: Town) -> None:
        town.settle(2)
        line = town.is_called((number(1), WELL), (number(2), WELL), most=1)
        assert [entry.cause for entry in line.journal] == ["hung up here", "busy"]
        assert [visit.outcome for visit in town.community.visits()] == ["completed", None]

    def test_two_at_a_time_are_each_talked_with(self, town: Town) -> None:
        town.settle(2)
        town.is_called((number(1), WELL), (number(2), WELL))
        assert [visit.outcome for visit in town.community.visits()] == ["completed"] * 2


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3, 4, 6, 9, 12])
def test_a_crash_in_the_middle_loses_nobody(town: Town, at: int, *, committed: bool) -> None:
    never_reached(town)
    dying = DyingLedger(town.ledger, at=at, committed=committed)
    town.is_called((number(1), WELL), ledger=dying)
    assert dying.dead

    community: Community = town.community
    community.wait(minutes=10)
    community.plans[number(1)] = rings(Talk())
    community.run(take_over=True)

    visit = community.visit()
    assert visit.status == "ended"
    if visit.outcome == "unreachable":
        assert [order.status for order in town.orders] == ["open"], "somebody still goes there"
    else:
        assert visit.outcome == "completed", "what they had begun was gone on with"
        assert [order.status for order in town.orders] == ["closed"]
    assert visit.ended_at is not None
    assert community.now - visit.ended_at < timedelta(days=2)
