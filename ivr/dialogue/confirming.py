"""Acting on what is urgent: at once when it was heard surely, else after asking back once.

Only a clear "no" to that question takes anything back. Silence, an unclear reply, a request, a hang-up: all
count as "yes", for a missed cry for help is the worst that can happen.
"""

from __future__ import annotations

from enum import Enum, auto

from ivr.dialogue import answers, asking, emergency, endings, flags, identity, questions, requests
from ivr.dialogue.conversation import CLEAR, Conversation, Reply
from ivr.dialogue.state import WHO_IS_THERE, PendingFlag, Stage
from ivr.report import Confirmed
from speech.types import Understanding, Urgency

MOST_REPEATS = 2


class Taken(Enum):
    """What became of an utterance when it was searched for flags."""

    NOTHING = auto()  # no flag in it
    NOTED = auto()  # flags raised and acknowledged; the utterance may hold more
    SETTLED = auto()  # the step is complete: asked back, or an emergency


def take(talk: Conversation, reply: Reply) -> Taken:
    """Raise what was heard surely, ask back about what was heard weakly."""
    heard = flags.pending_from(talk, reply)
    if not heard or (_denied_at_the_door(talk, heard) and reply.understanding.confirm):
        return Taken.NOTHING
    if _denied_just_now(talk, heard) and reply.understanding.confirm:
        questions.not_understood(talk)
        return Taken.SETTLED
    answers.record(talk, reply)
    if _known_already(talk, heard):
        talk.say(talk.script.noted.more)
        return Taken.NOTED
    if reply.understanding.confirm:
        _set_apart(talk, heard)
        asking.suspend(talk)
        asking.enter(talk, Stage.CONFIRM)
        return Taken.SETTLED
    first_time = not flags.standing(talk)
    lead = _how_sure(talk, reply)
    for pending in heard:
        _raise(talk, pending, lead)
    if _emergency(talk, heard):
        return Taken.SETTLED
    _acknowledge(talk, heard[0], confirmed=lead is Confirmed.YES, first_time=first_time)
    return Taken.NOTED


def reply(talk: Conversation, reply: Reply) -> None:
    """Take the answer to "did I hear that rightly?"."""
    understanding = reply.understanding
    lead, *others = talk.state.pending
    more = flags.pending_from(talk, reply)
    if understanding.answer == "repeat" and not more and talk.state.repeats < MOST_REPEATS:
        talk.state.repeats += 1
        asking.ask(talk)
    elif is_clear_no(understanding):
        _take_back(talk, lead, tuple(others))
    else:
        said_again = lead.code in {pending.code for pending in more}
        yes = understanding.answer == "yes" or said_again
        # Help comes first, but a wish not to be called again is kept whatever happens.
        talk.state.do_not_call |= "opt_out" in understanding.codes and reply.certain
        _stands(talk, Confirmed.YES if yes else Confirmed.UNCLEAR, more, reply)


def silence(talk: Conversation) -> None:
    """No answer: it counts as said."""
    _stands(talk, Confirmed.UNCLEAR, (), None)


def is_clear_no(understanding: Understanding) -> bool:
    """Whether this takes a flag back: "no", surely heard, and nothing worrying with it."""
    return (
        understanding.answer == "no"
        and understanding.urgency is Urgency.NONE
        and not understanding.confirm
        and understanding.confidence >= CLEAR
    )


def _set_apart(talk: Conversation, heard: tuple[PendingFlag, ...]) -> None:
    """What is urgent waits to be confirmed; mere needs beside it are not worth a question."""
    urgent = tuple(pending for pending in heard if pending.urgency >= Urgency.URGENT)
    talk.state.pending = urgent or heard
    for pending in heard:
        if pending not in talk.state.pending:
            _raise(talk, pending, Confirmed.NOT_ASKED)


def _stands(
    talk: Conversation, confirmed: Confirmed, more: tuple[PendingFlag, ...], reply: Reply | None
) -> None:
    """What was asked about stands, and with it everything else that was heard, here and in the reply."""
    first_time = not flags.standing(talk)
    lead, *others = talk.state.pending
    talk.state.pending = ()
    _raise(talk, lead, confirmed)
    rest = Confirmed.NOT_ASKED if confirmed is Confirmed.YES else Confirmed.UNCLEAR
    for pending in (*others, *more):
        _raise(talk, pending, rest)
    heard = (lead, *others, *more)
    if _emergency(talk, heard):
        return
    _acknowledge(talk, lead, confirmed=True, first_time=first_time)
    asking.come_back(talk)
    if reply is not None and requests.handle(talk, reply):
        return
    if _is_asked(talk, lead):
        questions.advance(talk)
    else:
        _carry_on(talk)


def _take_back(talk: Conversation, lead: PendingFlag, others: tuple[PendingFlag, ...]) -> None:
    """A clear "no": ask about what else was heard, if anything, then put the question again."""
    talk.state.pending = others
    if lead.urgency >= Urgency.URGENT:
        flags.raise_flag(talk, lead, Confirmed.NO)
    answers.mark(talk, lead.question, lead.code, Confirmed.NO)
    talk.say(talk.script.confirm.withdrawn)
    if others:
        asking.enter(talk, Stage.CONFIRM)
        return
    answers.mark_unclear(talk, lead.question)
    asking.come_back(talk)
    if _is_asked(talk, lead):
        _put_again(talk)
    else:
        _carry_on(talk)


def _put_again(talk: Conversation) -> None:
    """What was misheard was no answer; ask again, but not for ever."""
    talk.state.tries += 1
    talk.state.words_heard = True
    if talk.state.tries < talk.question.tries:
        asking.ask(talk)
    else:
        questions.leave_open(talk)


def _is_asked(talk: Conversation, pending: PendingFlag) -> bool:
    """Whether it was said in answer to the question that is now to be gone on with, not in an aside."""
    return talk.state.stage is Stage.QUESTION and not talk.all_put and pending.question == talk.question.id


def _carry_on(talk: Conversation) -> None:
    if talk.state.outcome is not None:
        endings.part(talk, talk.state.outcome)
    elif talk.state.stage in WHO_IS_THERE:
        identity.carry_on(talk)
    else:
        questions.put(talk)


def _denied(talk: Conversation) -> dict[str, Urgency]:
    """What was asked about in this call and clearly denied."""
    return {flag.code: flag.urgency for flag in talk.state.flags if flag.confirmed is Confirmed.NO}


def _denied_just_now(talk: Conversation, heard: tuple[PendingFlag, ...]) -> bool:
    """Whether the elder denied all of it a moment ago: the same words are misheard in the same way again."""
    if talk.state.stage is not Stage.QUESTION:
        return False
    given = talk.state.answer_to(talk.question.id)
    return given is not None and all(
        pending.code in given.withdrawn and pending.urgency <= _denied(talk).get(pending.code, Urgency.NEED)
        for pending in heard
    )


def _denied_at_the_door(talk: Conversation, heard: tuple[PendingFlag, ...]) -> bool:
    """Whether somebody denied all of it before it was clear who is there: they are not asked for ever."""
    return talk.state.stage in WHO_IS_THERE and all(
        pending.urgency <= _denied(talk).get(pending.code, Urgency.NONE) for pending in heard
    )


def _known_already(talk: Conversation, heard: tuple[PendingFlag, ...]) -> bool:
    """Whether all of it, none of it an emergency, has been raised before in this call."""
    raised = {flag.code: flag.urgency for flag in flags.standing(talk)}
    return heard[0].urgency < Urgency.EMERGENCY and all(
        pending.urgency <= raised.get(pending.code, Urgency.NONE) for pending in heard
    )


def _emergency(talk: Conversation, heard: tuple[PendingFlag, ...]) -> bool:
    grave = [pending.code for pending in heard if pending.urgency is Urgency.EMERGENCY]
    if grave:
        emergency.begin(talk, grave)
    return bool(grave)


def _how_sure(talk: Conversation, reply: Reply) -> Confirmed:
    """Yes, when the question itself asked for exactly this; else nobody needed to ask."""
    if talk.state.stage is Stage.QUESTION:
        for meaning in talk.question.keys.values():
            if meaning.certain and meaning.codes == reply.understanding.codes:
                return Confirmed.YES
    return Confirmed.NOT_ASKED


def _raise(talk: Conversation, pending: PendingFlag, confirmed: Confirmed) -> None:
    flags.raise_flag(talk, pending, confirmed)
    answers.mark(talk, pending.question, pending.code, confirmed)


def _acknowledge(talk: Conversation, lead: PendingFlag, *, confirmed: bool, first_time: bool) -> None:
    """Say that it was noted: what to do meanwhile, if there is advice, or who will be in touch."""
    if lead.code in identity.ABSENT:
        return  # the parting words say what there is to say
    noted = talk.script.noted
    concern = talk.script.concerns.get(lead.code)
    if concern is not None and concern.reply is not None:
        talk.say(concern.reply)
    elif not first_time:
        talk.say(noted.more)
    elif lead.urgency is Urgency.NEED:
        talk.say(noted.need)
    elif confirmed:
        talk.say(noted.urgent_confirmed)
    else:
        talk.say(noted.urgent, what=lead.code)
