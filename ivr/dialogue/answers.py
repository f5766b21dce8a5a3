"""Keeping answers: one per question, with everything that was heard, confirmed or taken back."""

from __future__ import annotations

from ivr.dialogue.conversation import Conversation, Reply
from ivr.dialogue.state import IN_EMERGENCY, AnswerGiven
from ivr.report import Confirmed
from speech.types import Urgency
from speech.weights import Column, Dimension


def record(talk: Conversation, reply: Reply, *, answer: str | None = None) -> None:
    """Keep what was answered to what is being asked.

    A later answer to the same question replaces the earlier one, unless that is the more urgent; what was
    withdrawn before stays on record. ``answer`` replaces the understood one (an unanswered question).
    """
    understanding = reply.understanding
    dimension, column = _place(talk)
    given = AnswerGiven(
        question=talk.state.asking,
        hears=talk.state.listening_for,
        dimension=dimension,
        column=column,
        turn=talk.turn,
        answer=answer or understanding.answer,
        urgency=understanding.urgency,
        codes=tuple(dict.fromkeys(understanding.codes)),
        transcript=understanding.transcript,
        alternatives=understanding.alternatives,
        key=reply.key,
        confidence=understanding.confidence,
        evidence=understanding.evidence,
        engine=understanding.engine,
        by_proxy=not talk.state.elder_known,
        response_delay_s=reply.response_delay_s,
        speech_s=reply.speech_s,
        sure=not reply.weak,
    )
    _keep(talk, given)


def record_nothing(talk: Conversation, answer: str) -> None:
    """Keep that a question was put and came to nothing: ``unclear`` or ``silence``."""
    dimension, column = _place(talk)
    given = AnswerGiven(
        question=talk.state.asking,
        hears=talk.state.listening_for,
        dimension=dimension,
        column=column,
        turn=talk.turn,
        answer=answer,
        sure=False,
    )
    _keep(talk, given)


def mark(talk: Conversation, question: str, code: str, confirmed: Confirmed) -> None:
    """Note in the answer to a question who stands behind one of its codes."""
    old = talk.state.answer_to(question)
    if old is None:
        return
    withdrawn = set(old.withdrawn) - {code}
    if confirmed is Confirmed.NO:
        withdrawn |= {code}
    new = old.model_copy(
        update={
            "confirmed": {**old.confirmed, code: confirmed},
            "withdrawn": tuple(name for name in old.codes if name in withdrawn),
            "urgency": _what_stands(talk, question) if confirmed is Confirmed.NO else old.urgency,
        }
    )
    _replace(talk, new)


def mark_unclear(talk: Conversation, question: str) -> None:
    """All that was heard for an answer was taken back: the question is open again."""
    old = talk.state.answer_to(question)
    if old is not None:
        _replace(talk, old.model_copy(update={"answer": "unclear", "sure": False}))


def _keep(talk: Conversation, given: AnswerGiven) -> None:
    old = talk.state.answer_to(given.question)
    if old is not None:
        if old.urgency > given.urgency:
            return
        given = given.model_copy(
            update={
                "codes": tuple(dict.fromkeys((*given.codes, *old.withdrawn))),
                "withdrawn": tuple(code for code in old.withdrawn if code not in given.codes),
                "confirmed": {**old.confirmed, **given.confirmed},
            }
        )
    _replace(talk, given)


def _replace(talk: Conversation, given: AnswerGiven) -> None:
    others = tuple(answer for answer in talk.state.answers if answer.question != given.question)
    talk.state.answers = (*others, given)


def _what_stands(talk: Conversation, question: str) -> Urgency:
    """The highest urgency still open or raised for a question."""
    raised = [
        flag.urgency
        for flag in talk.state.flags
        if flag.question == question and flag.confirmed is not Confirmed.NO
    ]
    still_open = [pending.urgency for pending in talk.state.pending if pending.question == question]
    return max((*raised, *still_open), default=Urgency.NONE)


def _place(talk: Conversation) -> tuple[Dimension, Column]:
    """Where an answer belongs: where the question says, or for the dialogue's own turns, by the occasion."""
    for question in talk.script.questions():
        if question.id == talk.state.asking:
            return question.dimension, question.column
    return "other", "应急救援" if talk.state.stage in IN_EMERGENCY else "其他"
