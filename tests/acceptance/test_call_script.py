"""The standard script over a simulated line with the real dialogue: only ears and voice are fakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from support.calls import MORNING, NUMBER, Hears, Notes, Tones, senses
from support.telephone import Person, hang_up, press, quiet, say, until_robot_is_silent, voice

from ivr.call import hold_conversation
from ivr.clock import LoopClock
from ivr.dialogue import Brief, DialogueState, begin
from ivr.lines import Disposition
from ivr.lines.simulated import SimulatedLine
from ivr.report import CallOutcome, CallReport, Confirmed
from ivr.script import load_script
from ivr.virtual_time import run_virtual

ELDER = Brief(
    name="张桂兰",
    address_as="张奶奶",
    organisation="岭子社区",
    callback_number="0533-5181234",
    language="zh-CN",
    module="",
    speed=1.0,
    gain_db=0.0,
)
WELL = {
    "identity": "对，我就是",
    "wellbeing": "好着呢",
    "eating": "吃得香",
    "mood": "乐呵呵的",
    "help_needed": "不用，啥都不缺",
}
FINE = voice("hao_zhe_ne")


class Answers(Hears):
    """A recogniser that hears what this elder answers to the question the dialogue has just asked."""

    def __init__(
        self, notes: Notes, by_question: Mapping[str, str], *, otherwise: str = "没有，都挺好的"
    ) -> None:
        super().__init__()
        self._notes = notes
        self._by_question = by_question
        self._otherwise = otherwise

    def recognize(self, pcm, *, language, candidates=(), asked=""):
        asking = self._notes.states[-1]["asking"] if self._notes.states else "identity"
        self._texts = [self._by_question.get(asking, self._otherwise)]
        return super().recognize(pcm, language=language, candidates=candidates, asked=asked)


def ring(behaviour: Callable, answers: Mapping[str, str], **settings) -> tuple[CallReport, Notes, Person]:
    person, notes, script = Person(behaviour), Notes(), load_script("standard")

    async def main(clock: LoopClock) -> CallReport:
        line = SimulatedLine({NUMBER: person}.__getitem__, clock)
        call = await line.dial(NUMBER, reference="visit-1/1")
        with ThreadPoolExecutor(2) as executor:
            return await hold_conversation(
                call,
                state=begin(script, ELDER),
                script=script,
                senses=senses(
                    Answers(notes, answers), settings.get("prompts"), executor=executor, energy=True
                ),
                clock=clock,
                observer=notes,
            )

    return run_virtual(main, MORNING), notes, person


def answers_every_question():
    for _ in range(20):
        yield from until_robot_is_silent(for_s=0.9)
        yield from say(FINE)


def test_an_elder_who_is_well_is_asked_everything_within_a_few_minutes():
    report, notes, _ = ring(answers_every_question, WELL)
    assert report.outcome is CallOutcome.COMPLETED
    assert report.disposition is Disposition.ANSWERED_HUMAN
    assert report.flags == ()
    asked = [turn.question for turn in report.turns]
    assert asked[0] == "identity"
    assert asked[-1] == "anything_else"
    assert [turn.index for turn in report.turns] == list(range(len(asked)))
    assert notes.turns == list(report.turns)
    assert DialogueState.model_validate(report.state).outcome is CallOutcome.COMPLETED
    assert report.state == notes.states[-1]


def test_turns_lie_one_after_the_other_within_the_recording():
    report, _, _ = ring(answers_every_question, WELL)
    ends = [turn.ended_s for turn in report.turns]
    starts = [turn.started_s for turn in report.turns]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    assert ends[-1] <= len(report.recording) / 8000


def test_what_an_emergency_is_called_in_the_flag_is_the_turn_it_was_said_in():
    report, notes, _ = ring(answers_every_question, WELL | {"falls": "我躺在地上起不来了，快救命"})
    (flag, *_) = report.flags
    assert flag.urgency.label == "emergency"
    assert report.turns[flag.turn].understanding.transcript == flag.words
    assert notes.flags[0] == flag


def test_an_elder_who_hangs_up_when_asked_whether_it_is_true_is_not_forgotten():
    def elder():
        for _ in range(3):
            yield from until_robot_is_silent(for_s=0.9)
            yield from say(FINE)
        yield from until_robot_is_silent(for_s=0.9)
        yield from hang_up()

    report, notes, _ = ring(elder, WELL | {"falls": "有"})
    assert [(flag.code, flag.confirmed) for flag in report.flags] == [("fall_recent", Confirmed.UNCLEAR)]
    assert report.outcome is CallOutcome.PARTIAL
    assert notes.flags == list(report.flags)


def test_nobody_says_anything():
    report, _, person = ring(lambda: quiet(300), {})
    assert report.outcome is CallOutcome.SILENT
    assert all(turn.understanding is None and not turn.key for turn in report.turns)
    assert len(person.heard) * 0.02 < 120


def test_everything_can_be_answered_with_keys():
    def elder():
        for _ in range(20):
            yield from until_robot_is_silent(for_s=0.5)
            yield from press("1")

    report, _, _ = ring(elder, {})
    assert report.outcome is CallOutcome.COMPLETED
    assert {turn.key for turn in report.turns} == {"1"}


def test_when_the_voice_fails_in_the_middle_the_state_can_be_resumed():
    class Breaks(Tones):
        def get(self, sentence, **how):
            if len(self.rendered) > 14:
                raise RuntimeError("out of memory")
            return super().get(sentence, **how)

    report, _, _ = ring(answers_every_question, WELL, prompts=Breaks())
    assert report.outcome is CallOutcome.PARTIAL
    assert report.cause == "the synthesizer failed: RuntimeError"
    resumed = begin(load_script("standard"), ELDER, resume=report.state)
    assert resumed.turns == len(report.turns) + 1
