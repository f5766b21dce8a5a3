"""Ending a call: nothing that was heard may get lost on the way out, and silence is never "well"."""

from __future__ import annotations

from ivr.dialogue import answers, flags
from ivr.dialogue.conversation import Conversation
from ivr.dialogue.state import Stage
from ivr.report import CallOutcome, Confirmed
from ivr.script_texts import Text


def part(talk: Conversation, outcome: CallOutcome, *texts: Text) -> None:
    """Say the last words and hang up. What still waited to be confirmed is raised as it is."""
    raise_unconfirmed(talk)
    for text in texts:
        talk.say(text)
    talk.hang_up(outcome)


def raise_unconfirmed(talk: Conversation) -> None:
    """Whatever could not be confirmed counts as said: only a clear "no" withdraws a flag."""
    waiting, talk.state.pending = talk.state.pending, ()
    for pending in waiting:
        flags.raise_flag(talk, pending, Confirmed.UNCLEAR)
        answers.mark(talk, pending.question, pending.code, Confirmed.UNCLEAR)


def part_in_silence(talk: Conversation) -> None:
    """Nobody has answered for all the tries."""
    part(talk, broken_off(talk), talk.script.reprompt.no_input[-1])


def broken_off(talk: Conversation) -> CallOutcome:
    """What a call comes to that ends now, before it was closed."""
    state = talk.state
    if state.elder_known and all(
        question.optional or state.answer_to(question.id) is not None
        for question in talk.script.agenda(state.brief.module)
    ):
        return CallOutcome.COMPLETED
    return CallOutcome.PARTIAL if state.somebody_spoke else CallOutcome.SILENT


def hung_up(talk: Conversation) -> None:
    """The other side is gone.

    Who hangs up while being asked when to call again wants to be called again; who hangs up on the
    explanation that this is no swindle has refused. Anything else is a call that broke off.
    """
    state = talk.state
    state.line_gone = True
    if state.stage is Stage.WHEN:
        outcome = CallOutcome.CALL_LATER
    elif state.doubted or state.stage is Stage.OPT_OUT:
        outcome = CallOutcome.REFUSED
    else:
        outcome = broken_off(talk)
    part(talk, outcome)
