"""The questions of the script: taking answers, going on to the next, coming to the end."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from ivr.dialogue import answers, asking, endings, flags
from ivr.dialogue.conversation import Conversation, Reply
from ivr.dialogue.state import Stage
from ivr.report import CallOutcome
from ivr.script_questions import Answer, CoreQuestion, KeyMeaning
from speech.types import Understanding, Urgency

ANSWERING = frozenset(get_args(Answer)) - {"yes", "no"}
"""Answers that answer any question; a bare yes or no only does where the script says what it means."""
UNCLEAR_BEFORE_OFFER = 2
"""Questions that were not understood before a person is offered."""


def in_context(talk: Conversation, understanding: Understanding) -> Understanding:
    """Give a bare "yes" or "no" the meaning it has under the question being asked."""
    question = talk.question
    digit = {"yes": question.if_yes, "no": question.if_no}.get(understanding.answer)
    if digit is None or understanding.urgency is not Urgency.NONE:
        return understanding
    meaning = question.keys[digit]
    grave = Urgency.parse(meaning.urgency) >= Urgency.URGENT and not meaning.certain
    return replace(
        understanding,
        answer=meaning.answer,
        urgency=Urgency.parse(meaning.urgency),
        codes=meaning.codes,
        confirm=understanding.confirm or grave,
    )


def ambiguous_key(talk: Conversation, digit: str) -> bool:
    """Whether a key may have been meant either way.

    Where "yes" is bad news, 1 can mean "yes" or "good": unless the keys have just been explained, ask.
    """
    return digit in "13" and talk.question.yes_is_bad and not talk.state.keys_explained


def explain_keys(talk: Conversation) -> None:
    """Ask again, saying which key means what."""
    talk.say(talk.script.reprompt.check_key)
    asking.ask(talk, explain_keys=True)


def key_meaning(talk: Conversation, digit: str) -> KeyMeaning | None:
    """What a key says in answer to the question being asked."""
    return next((meaning for key, meaning in talk.question.keys.items() if key == digit), None)


def reply(talk: Conversation, reply: Reply, *, noted: bool) -> None:
    """Take an answer. ``noted``: its flags have been raised and acknowledged already."""
    if noted:
        advance(talk)
        return
    understanding = reply.understanding
    doubtful = reply.weak and talk.state.tries == 0 and talk.question.tries > 1
    if understanding.answer not in ANSWERING or doubtful:
        not_understood(talk)
        return
    answers.record(talk, reply)
    _acknowledge(talk, understanding.answer)
    advance(talk)


def not_understood(talk: Conversation) -> None:
    """Ask again; after the last try leave the question open and go on."""
    if not asking.try_again(talk, words=True):
        leave_open(talk)


def silence(talk: Conversation) -> None:
    """Ask again; after the last try an optional question is left, else the call ends."""
    if asking.try_again(talk, words=False):
        return
    if talk.state.words_heard:
        leave_open(talk)
    elif talk.question.optional:
        answers.record_nothing(talk, "silence")
        advance(talk)
    else:
        endings.part_in_silence(talk)


def leave_open(talk: Conversation) -> None:
    """Record that the answer was not understood, and go on."""
    answers.record_nothing(talk, "unclear")
    talk.state.unclear_questions += 1
    talk.say(talk.script.reprompt.no_match[-1])
    talk.state.tries = 0
    advance(talk)


def advance(talk: Conversation) -> None:
    """Go on after an answer: to the follow-up if it calls for one, else to the next question."""
    state = talk.state
    question = talk.question
    state.tries = 0
    if not state.in_follow_up and isinstance(question, CoreQuestion) and _calls_for_more(talk, question):
        state.in_follow_up = True
        asking.enter(talk, Stage.QUESTION)
        return
    state.in_follow_up = False
    state.position += 1
    proceed(talk)


def proceed(talk: Conversation) -> None:
    """Ask the question whose turn it is, or come to the end; if little was understood, offer a person."""
    state = talk.state
    state.suspended = ()
    offer = state.unclear_questions >= UNCLEAR_BEFORE_OFFER and not state.person_offered
    if offer and not state.human_requested:
        state.person_offered = True
        asking.arrive(talk, Stage.QUESTION)
        asking.suspend(talk)
        asking.enter(talk, Stage.OFFER_PERSON)
    elif talk.all_put:
        finish(talk)
    else:
        _introduce_module(talk)
        asking.enter(talk, Stage.QUESTION)


def carry_on(talk: Conversation) -> None:
    """Come back from an aside and ask again what it interrupted."""
    asking.come_back(talk)
    put(talk)


def put(talk: Conversation) -> None:
    """Put the question of the moment, or close if there is none left."""
    if talk.state.stage is Stage.QUESTION and talk.all_put:
        finish(talk)
    else:
        asking.ask(talk)


def finish(talk: Conversation) -> None:
    """Every question has been put: close warmly."""
    closing = talk.script.closing
    endings.part(talk, CallOutcome.COMPLETED, closing.with_flags if flags.standing(talk) else closing.usual)


def _acknowledge(talk: Conversation, answer: str) -> None:
    state = talk.state
    if state.position == len(state.agenda) - 1:
        return  # the closing words follow
    words = talk.script.acknowledge
    fitting = words.concern if answer in ("concern", "problem") else words.good
    talk.say(fitting[state.position % len(fitting)])


def _calls_for_more(talk: Conversation, question: CoreQuestion) -> bool:
    """Whether the answer calls for the follow-up: not when something graver has come of it already."""
    given = talk.state.answer_to(question.id)
    if given is None or question.follow_up is None or given.answer not in question.follow_up.when:
        return False
    return given.urgency < Urgency.URGENT


def _introduce_module(talk: Conversation) -> None:
    module = talk.script.module(talk.state.brief.module)
    if module is not None and module.tip is not None and talk.question == module.questions[0]:
        talk.say(module.tip)
