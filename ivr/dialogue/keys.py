"""What a key says: 1 good or yes, 2 so-so, 3 bad or no, 0 a person, * again."""

from __future__ import annotations

from ivr.dialogue import questions
from ivr.dialogue.conversation import Conversation
from ivr.dialogue.state import Stage
from speech.types import Evidence, Understanding, Urgency

_ALWAYS = {"0": ("human", "human"), "*": ("repeat", "repeat")}
_YES_NO = {"1": "yes", "2": "no", "3": "no"}
_NOT_YES_NO = frozenset(
    {Stage.HOLD, Stage.WHEN, Stage.WAITING, Stage.WHAT_HAPPENED, Stage.LAST_WORDS, Stage.ADVISED}
)


def understood(talk: Conversation, digit: str) -> Understanding:
    """A key as an understanding, in the light of what is being asked; unclear where it means nothing.

    A key that stands for something urgent is to be asked back, unless the keys were explained just before or
    the question leaves no doubt.
    """
    answer, urgency, confirm = "unclear", Urgency.NONE, False
    codes: tuple[str, ...] = ()
    if digit in _ALWAYS:
        answer, code = _ALWAYS[digit]
        codes = (code,)
    elif talk.state.stage is Stage.QUESTION:
        meaning = questions.key_meaning(talk, digit)
        if meaning is not None:
            answer, codes = meaning.answer, meaning.codes
            urgency = Urgency.parse(meaning.urgency)
            explained = talk.state.keys_explained or meaning.certain
            confirm = urgency >= Urgency.URGENT and not explained
    elif talk.state.stage not in _NOT_YES_NO:
        answer = _YES_NO.get(digit, "unclear")
    return Understanding(
        question=talk.state.listening_for,
        transcript="",
        alternatives=(),
        answer=answer,
        urgency=urgency,
        codes=codes,
        confirm=confirm,
        evidence=_evidence(talk, digit, codes),
        confidence=0.0 if answer == "unclear" else 1.0,
        engine="keys",
    )


def _evidence(talk: Conversation, digit: str, codes: tuple[str, ...]) -> tuple[Evidence, ...]:
    rule = f"{talk.script.id}.v{talk.script.version}/{talk.state.asking}/key {digit}"
    return tuple(Evidence(code, rule, phrase="", found=digit, via="key", score=1.0) for code in codes)
