"""What an elder may ask of the robot at any moment: again, slower, louder, wait, later, a person, no more."""

from __future__ import annotations

from enum import Enum, auto

from ivr.dialogue import asking, endings, flags, later, questions
from ivr.dialogue.conversation import Conversation, Reply
from ivr.dialogue.state import Stage
from ivr.report import CallOutcome, Confirmed
from speech.types import Understanding

STEERING = frozenset(
    {"opt_out", "who_are_you", "human", "callback", "hold", "repeat", "slower", "louder", "yes", "no",
     "proxy", "wrong_person", "not_home"}
)  # fmt: skip
"""Codes that say nothing about how the elder is."""
MOST_REPEATS = 4
"""Requests to say the same thing again before it is treated as not understood."""
MOST_EXPLANATIONS = 2
MOST_HOLDS = 3
LOUDER_DB = 6.0
LOUDEST_DB = 12.0
SLOWER = 0.1
SLOWEST = 0.7


class Request(Enum):
    """What is asked of the robot."""

    WHO = auto()
    OPT_OUT = auto()
    REFUSE = auto()
    HUMAN = auto()
    CALLBACK = auto()
    HOLD = auto()
    REPEAT = auto()


_BY_ANSWER = {
    "human": Request.HUMAN,
    "callback": Request.CALLBACK,
    "hold": Request.HOLD,
    "repeat": Request.REPEAT,
    "refuse": Request.REFUSE,
}
_OWN_MATTER: dict[Stage, frozenset[Request]] = {
    Stage.IDENTITY: frozenset({Request.HOLD}),
    Stage.FETCH: frozenset({Request.HOLD, Request.CALLBACK}),
    Stage.WAITING: frozenset({Request.HOLD, Request.REPEAT, Request.WHO}),
    Stage.HOLD: frozenset({Request.REPEAT, Request.WHO}),
    Stage.WHEN: frozenset({Request.CALLBACK, Request.HOLD}),
    Stage.GO_ON: frozenset({Request.HUMAN, Request.CALLBACK}),
    Stage.OFFER_PERSON: frozenset({Request.HUMAN}),
    Stage.OPT_OUT: frozenset({Request.OPT_OUT, Request.REFUSE}),
}
"""Requests that are an answer to what a stage asks."""


def request_in(understanding: Understanding) -> Request | None:
    """The request that an utterance makes, or None."""
    if "opt_out" in understanding.codes:
        return Request.OPT_OUT
    if "who_are_you" in understanding.codes:
        return Request.WHO
    return _BY_ANSWER.get(understanding.answer)


def handle(talk: Conversation, reply: Reply) -> bool:
    """Do what was asked for; False when nothing was, or when it answers the question of the moment."""
    request = request_in(reply.understanding)
    if request is None or request in _OWN_MATTER.get(talk.state.stage, ()):
        return False
    match request:
        case Request.WHO:
            return _explain(talk, reply)
        case Request.REPEAT:
            return _repeat(talk, reply)
        case Request.OPT_OUT | Request.REFUSE:
            _refuse(talk, reply, every_call=request is Request.OPT_OUT)
        case Request.HUMAN:
            _human(talk, reply)
        case Request.CALLBACK:
            _call_later(talk, reply)
        case Request.HOLD:
            _hold(talk)
    return True


def _explain(talk: Conversation, reply: Reply) -> bool:
    """Say who is calling; a second refusal is respected."""
    state = talk.state
    state.explained += 1
    refused = reply.understanding.answer == "refuse"
    if state.explained > MOST_EXPLANATIONS and not refused:
        return False
    if state.explained > 1 and refused:
        endings.part(talk, CallOutcome.REFUSED, talk.script.requests.refused)
        return True
    state.doubted = refused
    talk.say(talk.script.opening.who_are_you)
    asking.ask(talk)
    return True


def _repeat(talk: Conversation, reply: Reply) -> bool:
    """Say it again; slower or louder when that is wished, and both when once was not enough."""
    state = talk.state
    state.repeats += 1
    if state.repeats > MOST_REPEATS:
        return False
    codes = set(reply.understanding.codes)
    texts = talk.script.requests
    if "slower" in codes:
        talk.say(texts.slower)
    elif "louder" in codes:
        talk.say(texts.louder)
    if codes & {"slower", "louder"} or state.repeats > 1:
        state.speed = max(min(state.speed, SLOWEST), round(state.speed - SLOWER, 3))
    if "louder" in codes or (state.repeats > 1 and "slower" not in codes):
        state.gain_db = max(state.gain_db, min(LOUDEST_DB, state.gain_db + LOUDER_DB))
    asking.ask(talk)
    return True


def _refuse(talk: Conversation, reply: Reply, *, every_call: bool) -> None:
    """Respected at once; one that was heard weakly, or in between other news, is asked back.

    Nobody should be forgotten because "不稳" sounded like "不问".
    """
    news = set(reply.understanding.codes) - STEERING
    if not reply.certain or news:
        asking.suspend(talk)
        asking.enter(talk, Stage.OPT_OUT)
    elif every_call:
        _opt_out(talk)
    else:
        endings.part(talk, CallOutcome.REFUSED, talk.script.requests.refused)


def _opt_out(talk: Conversation) -> None:
    talk.state.do_not_call = True
    endings.part(talk, CallOutcome.REFUSED, talk.script.requests.opt_out)


def _human(talk: Conversation, reply: Reply) -> None:
    """A person will call; meanwhile the elder may go on with the robot or end here."""
    asked_before = any(flag.code == "human" for flag in talk.state.flags)
    flags.ask_for_person(talk, reply.understanding.transcript or f"[{reply.key}]", Confirmed.NOT_ASKED)
    if asked_before:
        _goodbye_for_person(talk)
        return
    talk.say(talk.script.requests.human)
    asking.suspend(talk)
    asking.enter(talk, Stage.GO_ON)


def _goodbye_for_person(talk: Conversation) -> None:
    endings.part(talk, endings.broken_off(talk), talk.script.requests.human_goodbye)


def _call_later(talk: Conversation, reply: Reply) -> None:
    brief = talk.state.brief
    minutes = later.minutes_until(reply.understanding.transcript, brief.language, brief.local_hour)
    if minutes is not None:
        _agree_to_call(talk, minutes)
        return
    asking.suspend(talk)
    asking.enter(talk, Stage.WHEN)


def _agree_to_call(talk: Conversation, minutes: int | None) -> None:
    talk.state.call_later_minutes = minutes
    endings.part(talk, CallOutcome.CALL_LATER, talk.script.requests.call_again)


def _hold(talk: Conversation) -> None:
    talk.state.holds += 1
    if talk.state.holds > MOST_HOLDS:
        endings.part(talk, CallOutcome.CALL_LATER, talk.script.requests.hold_over)
        return
    talk.say(talk.script.requests.hold)
    asking.suspend(talk)
    asking.enter(talk, Stage.HOLD)


# Replies to what was asked in an aside.


def reply(talk: Conversation, reply: Reply) -> None:
    """Take the answer to what an aside asks."""
    match talk.state.stage:
        case Stage.HOLD:
            questions.carry_on(talk)
        case Stage.WHEN:
            _said_when(talk, reply)
        case Stage.GO_ON:
            _said_whether_to_go_on(talk, reply)
        case Stage.OFFER_PERSON:
            _said_whether_a_person(talk, reply)
        case _:
            _said_whether_to_stop(talk, reply)


def silence(talk: Conversation) -> None:
    """Nothing was heard in an aside."""
    state, requests = talk.state, talk.script.requests
    if state.stage is Stage.HOLD:
        state.tries += 1
        if state.tries > 1:
            endings.part(talk, CallOutcome.CALL_LATER, requests.hold_over)
            return
        talk.say(requests.still_there)
        asking.listen(talk)
    elif not asking.try_again(talk, words=False):
        _settle(talk, heard_words=state.words_heard)


def _settle(talk: Conversation, *, heard_words: bool) -> None:
    """No clear answer in an aside: what is then best for the elder."""
    match talk.state.stage:
        case Stage.WHEN:
            _agree_to_call(talk, None)
        case Stage.GO_ON:
            _goodbye_for_person(talk)
        case Stage.OFFER_PERSON:
            flags.ask_for_person(talk, "", Confirmed.UNCLEAR)
            if heard_words:
                talk.say(talk.script.requests.human)
                talk.state.tries = 0
                questions.proceed(talk)
            elif talk.all_put:
                questions.finish(talk)
            else:
                endings.part_in_silence(talk)
        case _:
            endings.part(talk, CallOutcome.REFUSED, talk.script.requests.refused)


def _said_when(talk: Conversation, reply: Reply) -> None:
    brief = talk.state.brief
    if reply.key in later.KEYS:
        _agree_to_call(talk, later.minutes_for(later.KEYS[reply.key], brief.local_hour))
        return
    minutes = later.minutes_until(reply.understanding.transcript, brief.language, brief.local_hour)
    if minutes is not None or reply.understanding.answer in ("yes", "ok", "unknown"):
        _agree_to_call(talk, minutes)
    else:
        _again_or_settle(talk)


def _said_whether_to_go_on(talk: Conversation, reply: Reply) -> None:
    match reply.understanding.answer:
        case "yes" | "ok":
            questions.carry_on(talk)
        case "no" | "human" | "callback":
            _goodbye_for_person(talk)
        case _:
            _again_or_settle(talk)


def _said_whether_a_person(talk: Conversation, reply: Reply) -> None:
    match reply.understanding.answer:
        case "yes" | "ok" | "human":
            flags.ask_for_person(talk, reply.understanding.transcript or f"[{reply.key}]", Confirmed.YES)
            talk.say(talk.script.requests.human)
            _goodbye_for_person(talk)
        case "no":
            talk.state.tries = 0
            questions.proceed(talk)
        case _:
            _again_or_settle(talk)


def _said_whether_to_stop(talk: Conversation, reply: Reply) -> None:
    match reply.understanding.answer:
        case "yes" | "ok" | "refuse":
            _opt_out(talk)
        case "no":
            questions.carry_on(talk)
        case _:
            _again_or_settle(talk)


def _again_or_settle(talk: Conversation) -> None:
    if not asking.try_again(talk, words=True):
        _settle(talk, heard_words=True)
