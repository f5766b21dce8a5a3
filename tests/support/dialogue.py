"""Holds a dialogue in a test: says and presses things, passes the state through JSON after every step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ivr.brief import Brief
from ivr.dialogue import (
    Action,
    Answered,
    DialogueState,
    Event,
    HangUp,
    HungUp,
    KeyPressed,
    Listen,
    MachineDetected,
    NothingHeard,
    PromptFinished,
    RaiseFlag,
    Say,
    UtteranceHeard,
    begin,
    step,
)
from ivr.report import CallOutcome, FlagRaised
from ivr.script import load_script, spoken_values
from ivr.script_model import Script
from speech.types import Evidence, Language, Understanding, Urgency

STANDARD = load_script("standard")
GRANNY = Brief(
    name="张桂兰",
    address_as="张奶奶",
    organisation="社区养老服务中心",
    callback_number="0533-12345",
    language="zh-CN",
    module="winter_heating",
)


def understood(
    answer: str,
    *codes: str,
    urgency: Urgency = Urgency.NONE,
    weakly: bool = False,
    words: str = "……",
) -> Understanding:
    """Somebody said something, and it was taken for this."""
    return Understanding(
        question="any",
        transcript=words,
        alternatives=(),
        answer=answer,
        urgency=urgency,
        codes=codes,
        confirm=weakly,
        evidence=tuple(Evidence(code, f"zh-CN/{code}/0", words, words, "text", 0.9) for code in codes),
        confidence=0.35 if weakly else 0.9,
        engine="test",
    )


FINE = understood("ok", words="好着呢")
YES = understood("yes", "yes", words="是的")
NO = understood("no", "no", words="没有")
UNCLEAR = understood("unclear", words="啊吧啊吧")
IT_IS_ME = understood("yes", "yes", words="是我")
NOT_ME = understood("no", words="不是")
CHEST_PAIN = understood("problem", "chest_pain", urgency=Urgency.EMERGENCY, words="胸口疼")
MAYBE_CHEST_PAIN = replace(CHEST_PAIN, confirm=True)
FELL_LATELY = understood("problem", "fall_recent", urgency=Urgency.URGENT, words="上礼拜摔了一跤")
MAYBE_FELL_LATELY = replace(FELL_LATELY, confirm=True)
WANTS_MEALS = understood("concern", "need_meals", urgency=Urgency.NEED, words="想有人送饭")
MAYBE_WANTS_MEALS = replace(WANTS_MEALS, confirm=True)
WHAT = understood("repeat", "repeat", words="你说啥")
LOUDER = understood("repeat", "louder", words="大点声")
SLOWER = understood("repeat", "slower", words="慢点说")
WAIT = understood("hold", "hold", words="等会儿啊")
LATER = understood("callback", "callback", words="现在不方便")
A_PERSON = understood("human", "human", words="我不跟机器人说话")
NEVER_AGAIN = understood("refuse", "opt_out", words="别再打来了")
WHO_ARE_YOU = understood("repeat", "who_are_you", words="你哪位")
SWINDLER = understood("refuse", "who_are_you", words="骗人的吧")


class TelephoneCall:
    """One call, as a story tells it."""

    def __init__(
        self,
        script: Script = STANDARD,
        brief: Brief = GRANNY,
        *,
        resume: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        self.script = script
        self.brief = replace(brief, **changes)
        self.state = begin(script, self.brief, resume)
        self.actions: tuple[Action, ...] = ()
        self.history: list[tuple[Event, tuple[Action, ...]]] = []

    def happens(self, event: Event) -> TelephoneCall:
        """Take one step; the state survives JSON and the one given stays as it was."""
        before = self.state.model_dump_json()
        after, self.actions = step(self.state, event, self.script)
        assert self.state.model_dump_json() == before, "a step changed the state it was given"
        stored = json.dumps(after.model_dump(mode="json"), ensure_ascii=False)
        self.state = DialogueState.model_validate(json.loads(stored))
        assert self.state == after, "the state did not survive JSON"
        self.history.append((event, self.actions))
        return self

    def is_answered(self) -> TelephoneCall:
        return self.happens(Answered())

    def says(self, *utterances: Understanding) -> TelephoneCall:
        for utterance in utterances:
            self.happens(PromptFinished(interrupted=False))
            self.happens(UtteranceHeard(utterance, 0.8, 1.1))
        return self

    def presses(self, digits: str) -> TelephoneCall:
        for digit in digits:
            self.happens(KeyPressed(digit))
        return self

    def stays_silent(self, times: int = 1) -> TelephoneCall:
        for _ in range(times):
            self.happens(NothingHeard())
        return self

    def hangs_up(self) -> TelephoneCall:
        return self.happens(HungUp())

    def is_a_machine(self) -> TelephoneCall:
        return self.happens(MachineDetected())

    def reaches_the_elder(self) -> TelephoneCall:
        """Answered, and the elder says that it is them."""
        return self.is_answered().says(IT_IS_ME)

    def reaches(self, question: str) -> TelephoneCall:
        """Everything is fine until this question is asked."""
        self.reaches_the_elder()
        while self.state.asking != question:
            assert not self.state.over, f"the call ended before {question} was asked"
            self.says(FINE)
        return self

    @property
    def says_now(self) -> list[Say]:
        """What the last step wants said."""
        return [action for action in self.actions if isinstance(action, Say)]

    @property
    def said(self) -> str:
        """The words of the last step."""
        return "".join(sentence for say in self.says_now for sentence in say.sentences)

    @property
    def listen(self) -> Listen | None:
        """The turn that the last step began."""
        return next((action for action in self.actions if isinstance(action, Listen)), None)

    @property
    def asking(self) -> str:
        """What is being asked."""
        return self.state.asking

    @property
    def outcome(self) -> CallOutcome | None:
        """What the robot hung up with; None while the call goes on."""
        ended = [action for _, actions in self.history for action in actions if isinstance(action, HangUp)]
        return ended[-1].outcome if ended else None

    @property
    def raised(self) -> list[FlagRaised]:
        """Every flag that was raised, in order."""
        return flags_in([action for _, actions in self.history for action in actions])

    @property
    def raised_codes(self) -> list[str]:
        return [flag.code for flag in self.raised]

    @property
    def everything_said(self) -> list[str]:
        """Every sentence of the call so far."""
        return [
            sentence
            for _, actions in self.history
            for action in actions
            if isinstance(action, Say)
            for sentence in action.sentences
        ]

    def words(self, path: str, language: Language | None = None, **values: str) -> str:
        """A text of the script by its path (``opening.greeting``), as it is said in this call."""
        return words_of(self.script, self.brief, path, language, **values)


def words_of(script: Script, brief: Brief, path: str, language: Language | None = None, **values: str) -> str:
    """A text of the script as a call with this brief says it."""
    part: Any = script
    for name in path.split("."):
        part = (
            part[int(name)]
            if name.isdigit()
            else part[name]
            if isinstance(part, dict)
            else getattr(part, name)
        )
    said = {**spoken_values(script, brief), **values}
    return "".join(part.of(language or brief.language)).format_map(said)


def flags_in(actions: Sequence[Action]) -> list[FlagRaised]:
    return [action.flag for action in actions if isinstance(action, RaiseFlag)]
