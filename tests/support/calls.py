"""One call from dialling to the report, on virtual time, with people and dialogues that a story makes up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np

from ivr.call import Senses, converse
from ivr.clock import Clock, LoopClock
from ivr.dialogue import Action, Event, HangUp, HungUp, Listen, PromptFinished, Say
from ivr.engine_queue import EngineQueue
from ivr.lines.simulated import SimulatedLine
from ivr.report import CallOutcome, CallReport, FlagRaised, TurnTaken
from ivr.virtual_time import run_virtual
from speech.lexicon import load_lexicon
from speech.prompts import Prompt
from speech.types import FRAME_SECONDS, Heard, Hypothesis, Language, Pcm
from speech.vad import EnergyActivity, VoiceActivity
from support.telephone import Person, tone

MORNING = datetime(2024, 3, 5, 1, 0, tzinfo=UTC)
NUMBER = "+865331234567"


def ask(sentence: str, *, interruptible: bool = True, **listening: Any) -> tuple[Action, ...]:
    """Say something and listen."""
    question = listening.pop("question", "any")
    return (
        Say((sentence,), interruptible=interruptible),
        Listen(question, listening.pop("script_question", question), **listening),
    )


def bye(sentence: str = "再见", outcome: CallOutcome = CallOutcome.COMPLETED) -> tuple[Action, ...]:
    return (Say((sentence,)), HangUp(outcome))


class Interview:
    """A dialogue that goes from one exchange to the next whatever it is told, and remembers what that was."""

    def __init__(self, *exchanges: tuple[Action, ...], when: Mapping[type, tuple[Action, ...]] | None = None):
        """``when`` gives what is wanted after certain events, instead of the next exchange."""
        self._exchanges = list(exchanges)
        self._when = dict(when or {})
        self.told: list[Event] = []
        self.outcome: CallOutcome | None = None

    def tell(self, event: Event) -> tuple[Action, ...]:
        self.told.append(event)
        if type(event) in self._when:
            actions = self._when.pop(type(event))
        elif isinstance(event, (PromptFinished, HungUp)):
            actions = ()
        else:
            actions = self._exchanges.pop(0) if self._exchanges else ()
        for action in actions:
            if isinstance(action, HangUp):
                self.outcome = action.outcome
        return actions

    def as_json(self) -> Mapping[str, Any]:
        return {"told": [type(event).__name__ for event in self.told]}

    def parting_words(self, *, help_is_coming: bool) -> Say:
        return Say(("马上有人来",) if help_is_coming else ("对不起",), interruptible=False)

    def heard(self, kind: type) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]


class Tones:
    """A prompt store whose voice is a tone: a quarter of a second for every character."""

    def __init__(self, *, fails_on: Sequence[str] = (), slow: Callable[[], None] = lambda: None) -> None:
        self._fails_on = fails_on
        self._slow = slow
        self.rendered: list[str] = []

    def get(self, sentence: str, *, language: Language, speed: float = 1.0, voice: str = "") -> Prompt:
        del voice
        self._slow()
        self.rendered.append(sentence)
        if sentence in self._fails_on:
            raise RuntimeError(f"cannot say {sentence}")
        return Prompt(sentence, language, tone(0.25 * len(sentence) / speed, 300), "tones")


class AtHand(Tones):
    """The same with every sentence at hand: no engine is needed for it."""

    def ready(self, sentence: str, *, language: Language, speed: float = 1.0) -> Prompt | None:
        return self.get(sentence, language=language, speed=speed)


class Hears:
    """A recogniser that hears what the story says, one utterance after the other; and how long they were."""

    name = "story"
    languages = ("zh-CN",)

    def __init__(self, *texts: str | Exception, then: Callable[[int], None] = lambda _count: None) -> None:
        self._texts = list(texts)
        self._then = then
        self.audio: list[Pcm] = []
        self.candidates: list[tuple[str, ...]] = []
        self.asked: list[str] = []

    def recognize(
        self, pcm: Pcm, *, language: Language, candidates: tuple[str, ...] = (), asked: str = ""
    ) -> Heard:
        self.audio.append(pcm)
        self.candidates.append(candidates)
        self.asked.append(asked)
        self._then(len(self.audio))
        text = self._texts.pop(0) if self._texts else ""
        if isinstance(text, Exception):
            raise text
        duration = len(pcm) / 8000
        hypotheses = (Hypothesis(text, -0.2),) if text else ()
        return Heard(hypotheses, language, self.name, duration, duration)

    def stream(self, *, language: Language, candidates: tuple[str, ...] = ()) -> None:
        del language, candidates


@dataclass
class Notes:
    """An observer that writes down what it is told, and how far the call was."""

    turns: list[TurnTaken] = field(default_factory=list)
    states: list[Mapping[str, Any]] = field(default_factory=list)
    flags: list[FlagRaised] = field(default_factory=list)

    def turn_taken(self, turn: TurnTaken, state: Mapping[str, Any]) -> None:
        self.turns.append(turn)
        self.states.append(state)

    def flag_raised(self, flag: FlagRaised) -> None:
        self.flags.append(flag)


@dataclass
class Story:
    """What came of a call."""

    report: CallReport
    person: Person
    dialogue: Interview
    recognizer: Hears
    notes: Notes

    @property
    def robot_s(self) -> list[tuple[float, float]]:
        """When the robot was heard speaking by the person."""
        return self.person.spoken_to_s()

    @property
    def duration_s(self) -> float:
        return len(self.person.heard) * FRAME_SECONDS


@cache
def _loaded() -> VoiceActivity:
    return VoiceActivity()


def _silero() -> VoiceActivity:
    """The real detector, loaded once: the calls of these tests come one after the other."""
    detector = _loaded()
    detector.reset()
    return detector


def senses(
    recognizer: Any, prompts: Any = None, *, energy: bool = False, executor: ThreadPoolExecutor | None = None
) -> Senses:
    return Senses(
        recognizer=recognizer,
        lexicon=load_lexicon,
        prompts=prompts or Tones(),
        executor=executor or ThreadPoolExecutor(2),
        detector=EnergyActivity if energy else _silero,
    )


async def call_on(
    clock: Clock,
    person: Person,
    dialogue: Interview,
    recognizer: Hears | None = None,
    *,
    prompts: Any = None,
    notes: Notes | None = None,
    energy: bool = False,
    engines: EngineQueue | None = None,
    **settings: Any,
) -> Story:
    """Dial, talk, hang up; ``settings`` are those of ``converse``, ``engines`` do the work."""
    line = SimulatedLine({NUMBER: person}.__getitem__, clock, **person.line)
    notes, recognizer = notes or Notes(), recognizer or Hears()
    call = await line.dial(NUMBER, reference="visit-1/1")
    with ThreadPoolExecutor(2) as executor:
        shared = senses(recognizer, prompts, executor=executor, energy=energy)
        if engines is not None:
            vars(shared)["queue"] = engines
        report = await converse(
            call,
            partner=dialogue,
            language="zh-CN",
            senses=shared,
            clock=clock,
            observer=notes,
            **settings,
        )
    assert line.journal[0].ended_at is not None, "the call must be hung up"
    return Story(report, person, dialogue, recognizer, notes)


def phone(person: Person, dialogue: Interview, recognizer: Hears | None = None, **settings: Any) -> Story:
    """The same on virtual time."""

    async def main(clock: LoopClock) -> Story:
        return await call_on(clock, person, dialogue, recognizer, **settings)

    return run_virtual(main, MORNING)


def loudest(pcm: Pcm) -> int:
    return int(np.abs(pcm.astype(np.int32)).max()) if len(pcm) else 0


LONG = "您今天身体怎么样啊，吃得好不好睡"
"""Four seconds in the voice of these tests."""
LONG_S = 4.0


def told(story: Story) -> list[type]:
    """What the dialogue was told, in order."""
    return [type(event) for event in story.dialogue.told]
