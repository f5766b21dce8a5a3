"""An emergency stands: say that help is being called and what to do, stay with the elder, end warmly.

The flag has been raised by then. Ordinary questions are over; nobody is asked to press keys first.
"""

from __future__ import annotations

from collections.abc import Sequence

from ivr.dialogue import answers, asking, endings, flags, transfer
from ivr.dialogue.conversation import Conversation, Reply
from ivr.dialogue.state import Stage
from ivr.report import CallOutcome, Confirmed
from ivr.script_model import Concern
from speech.types import Urgency

MOST_REPEATS = 2
NAMELESS = "help"
"""The code of a cry for help that does not say what is wrong."""


def begin(talk: Conversation, codes: Sequence[str]) -> None:
    """Help is on its way: say so, say what to do until then, and ask the first thing helpers must know.

    ``codes`` are what has been raised, the most urgent first.
    """
    talk.state.suspended = ()
    concern = _leading(talk, codes)
    transfer.begin(talk, concern)
    talk.say(concern.reassure or talk.script.emergency.reassure, keep_floor=True)
    if set(codes) == {NAMELESS}:
        asking.enter(talk, Stage.WHAT_HAPPENED)
    else:
        _help_with(talk, concern)


def reply(talk: Conversation, reply: Reply) -> None:
    """Something was said while help is on its way: keep it, and go on to the end."""
    fresh = _raise_what_is_new(talk, reply)
    if talk.state.stage is Stage.WITH_PERSON:
        transfer.join(talk)
        return
    understanding = reply.understanding
    if fresh:
        concern = _leading(talk, fresh)
        if talk.state.stage is Stage.WHAT_HAPPENED or (
            concern.ask_no_more and talk.state.stage is not Stage.ADVISED
        ):
            answers.record(talk, reply)
            _help_with(talk, concern)
            return
        _advise(talk, concern)
    match understanding.answer:
        case "refuse" if reply.certain:
            talk.state.do_not_call |= "opt_out" in understanding.codes
            _close(talk, CallOutcome.REFUSED)
        case "repeat" | "hold" | "human" if talk.state.repeats < MOST_REPEATS:
            _stay(talk, advise=understanding.answer == "repeat")
        case _ if _cries_again(talk, reply) and talk.state.repeats < MOST_REPEATS:
            answers.record(talk, reply)
            _stay(talk, advise=not fresh)
        case _:
            answers.record(talk, reply)
            _next(talk, understanding.answer)


def silence(talk: Conversation) -> None:
    """Nothing is heard any more: say once that somebody is still there, then leave it to the helpers."""
    if talk.state.stage is Stage.KEPT:
        transfer.reassure(talk)
        return
    if talk.state.stage is Stage.WITH_PERSON:
        transfer.join(talk)
        return
    talk.state.tries += 1
    if talk.state.stage is Stage.WHAT_HAPPENED and talk.state.tries > 1:
        _help_with(talk, talk.script.concerns[NAMELESS])
        return
    if talk.state.stage is Stage.ADVISED or talk.state.tries > 1:
        _close(talk, endings.broken_off(talk))
        return
    talk.say(talk.script.emergency.still_there)
    asking.ask(talk)


def _next(talk: Conversation, answer: str) -> None:
    """From what happened to who is there, to what the helpers should know, to the end."""
    texts = talk.script.emergency
    if talk.state.stage is Stage.WHAT_HAPPENED:
        _help_with(talk, talk.script.concerns[NAMELESS])
        return
    if talk.state.stage is Stage.SOMEONE_THERE:
        if answer in ("yes", "ok"):
            talk.say(texts.with_someone)
        elif answer in ("no", "problem", "concern"):
            talk.say(texts.alone)
        asking.enter(talk, Stage.LAST_WORDS)
        return
    if talk.state.stage is Stage.KEPT:
        transfer.answer(talk)
        return
    _close(talk, endings.broken_off(talk))


def _cries_again(talk: Conversation, reply: Reply) -> bool:
    """Whether somebody who was asked who is with them goes on crying for help instead."""
    return talk.state.stage is Stage.SOMEONE_THERE and reply.understanding.urgency >= Urgency.URGENT


def _stay(talk: Conversation, *, advise: bool) -> None:
    """The elder wants it again, wants to wait, wants a person or cries on: stay on the line."""
    talk.state.repeats += 1
    if advise:
        known = [flag.code for flag in flags.standing(talk) if flag.urgency is Urgency.EMERGENCY]
        _advise(talk, _leading(talk, known))
    else:
        talk.say(talk.script.emergency.already)
    asking.ask(talk)


def _close(talk: Conversation, outcome: CallOutcome) -> None:
    """End the call, unless the elder is to wait for a person and has not refused everything."""
    if outcome is not CallOutcome.REFUSED and transfer.keeps(talk):
        return
    endings.part(talk, outcome, talk.script.emergency.close)


def _raise_what_is_new(talk: Conversation, reply: Reply) -> list[str]:
    """Raise everything urgent that was heard; returns the emergencies among it that were not known before.

    "The door is not locked" is for the helpers, not a request for a locksmith: mere needs stay in the answer.
    """
    known = {flag.code for flag in flags.standing(talk)}
    confirmed = Confirmed.UNCLEAR if reply.understanding.confirm else Confirmed.NOT_ASKED
    heard = [pending for pending in flags.pending_from(talk, reply) if pending.urgency >= Urgency.URGENT]
    for pending in heard:
        flags.raise_flag(talk, pending, confirmed)
    return [
        pending.code
        for pending in heard
        if pending.urgency is Urgency.EMERGENCY and pending.code not in known
    ]


def _leading(talk: Conversation, codes: Sequence[str]) -> Concern:
    """What advice to give: to get out comes before everything else."""
    concerns = [talk.script.concerns[code] for code in codes if code in talk.script.concerns]
    urgent = [concern for concern in concerns if concern.reply is not None]
    first = [concern for concern in urgent if concern.ask_no_more]
    return next(iter([*first, *urgent]), talk.script.concerns[NAMELESS])


def _help_with(talk: Conversation, concern: Concern) -> None:
    """Say what to do, and ask what helpers must know unless the elder should get out or keep quiet."""
    _advise(talk, concern)
    if concern.ask_no_more:
        talk.call_off()
    asking.enter(talk, Stage.ADVISED if concern.ask_no_more else Stage.SOMEONE_THERE)


def _advise(talk: Conversation, concern: Concern) -> None:
    if concern.reply is not None:
        talk.say(concern.reply, keep_floor=True)
