"""The dialer with the real dialogue, media loop, simulated line and aftercare; only the ears are made up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from support.calls import Hears, senses
from support.campaigning import CALLER, MONDAY, Community
from support.recorded import read_recording
from support.telephone import Behaviour, Person, hang_up, hum, press, quiet, say, until_robot_is_silent

from campaigns.desk import DialerOptions
from campaigns.dialer import Dialer, new_owner
from escalation.aftercare import VisitAftercare
from escalation.rules import Channel, Rules
from ivr.call import hold_conversation
from ivr.clock import LoopClock
from ivr.lines.simulated import SimulatedLine
from ivr.virtual_time import run_virtual
from records.sessions import Ledger

MORE_THAN_IS_ASKED = 20


def presses_one(*, hangs_up_at: int = MORE_THAN_IS_ASKED) -> Behaviour:
    """An elder who says hello, presses 1 whenever the robot is silent, and may put the receiver down."""
    yield from say(hum(0.6))
    for _ in range(hangs_up_at):
        yield from until_robot_is_silent(for_s=1.2)
        yield from press("1")
    yield from until_robot_is_silent(for_s=1.2)
    yield from hang_up()
    yield from quiet(60)


def test_an_elder_who_hangs_up_is_called_back_and_the_visit_is_completed(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    community = Community(sqlite_ledger, tmp_path)
    community.settle(1)
    at_home = iter([Person(lambda: presses_one(hangs_up_at=3)), Person(presses_one)])

    async def main(clock: LoopClock) -> None:
        with ThreadPoolExecutor(1) as engines:
            ears = senses(Hears("喂", "喂"), executor=engines, energy=True)
            dialer = Dialer(
                sqlite_ledger,
                SimulatedLine(lambda _number: next(at_home), clock),
                partial(hold_conversation, senses=ears, clock=clock),
                clock,
                VisitAftercare(Rules.load([Channel("file", "code")], language="zh-CN")),
                owner=new_owner(),
                recordings_dir=community.recordings,
                options=DialerOptions(caller=CALLER),
            )
            await dialer.run(until_idle=True)

    run_virtual(main, MONDAY)
    visit = community.visit()
    first, second = visit.attempts
    assert (first.call_outcome, second.call_outcome, visit.outcome) == ("partial", "completed", "completed")
    turns_of_first = {turn.id for turn in first.turns}
    answered = {answer.question for answer in visit.answers if answer.turn_id in turns_of_first}
    assert answered
    assert answered.isdisjoint(turn.question for turn in second.turns), "nothing answered is asked again"
    assert "identity" in {turn.question for turn in second.turns}, "but who is there always is"
    assert {answer.answer for answer in visit.answers} == {"ok"}
    for attempt in visit.attempts:
        heard = read_recording(community.recordings / attempt.recording)
        assert abs(len(heard) / 8000 - attempt.duration_s) < 1
    with sqlite_ledger.reading() as session:
        assessment = session.get_one(type(visit), visit.id).assessment
        assert assessment is not None
        assert assessment.overall == "green"
