"""Who is on the line? Until the elder has said that it is them, nothing personal is said to anybody."""

from __future__ import annotations

from ivr.dialogue import asking, endings, flags, questions
from ivr.dialogue.conversation import Conversation, Reply
from ivr.dialogue.state import PendingFlag, Stage
from ivr.report import CallOutcome, Confirmed
from ivr.wording import split_sentences

ABSENT = ("deceased", "in_hospital")
"""Codes by which others say why the elder cannot come, the graver first."""
AWAY = frozenset({"not_home", "proxy"})


def answered(talk: Conversation) -> None:
    """Somebody picked up: say who calls, and ask for the elder. The opening cannot be interrupted."""
    endings.raise_unconfirmed(talk)
    opening = talk.script.opening
    talk.say(opening.greeting_again if talk.state.resumed else opening.greeting, keep_floor=True)
    asking.enter(talk, Stage.IDENTITY)


def machine(talk: Conversation) -> None:
    """A recording answered: leave word who called, and nothing else.

    Disregarded once a person has been recognised: the elder said who they are, or something was heard that
    a person must look at.
    """
    state = talk.state
    if not state.elder_known and not state.flags and not state.pending:
        talk.say(talk.script.opening.machine_message, keep_floor=True)
        endings.part(talk, CallOutcome.MACHINE)


def reply(talk: Conversation, reply: Reply) -> None:
    """Take an answer to "is it you?", "can they come?" or the first words of whoever was fetched."""
    if _says_elder_is_gone(talk, reply):
        return
    match talk.state.stage:
        case Stage.IDENTITY:
            _asked_who(talk, reply)
        case Stage.FETCH:
            _asked_to_fetch(talk, reply)
        case _:
            _somebody_came(talk, reply)


def silence(talk: Conversation) -> None:
    """Nobody says anything, or nobody comes."""
    state = talk.state
    if state.stage is Stage.WAITING:
        state.tries += 1
        if state.tries > 1:
            outcome = CallOutcome.PROXY if state.fetch_asked else CallOutcome.CALL_LATER
            endings.part(talk, outcome, talk.script.requests.hold_over)
            return
        talk.say(talk.script.identity.still_waiting)
        asking.listen(talk)
    elif asking.try_again(talk, words=False):
        return
    elif state.stage is Stage.FETCH:
        _leave_word(talk)
    elif state.words_heard:
        _not_established(talk)
    else:
        endings.part_in_silence(talk)


def carry_on(talk: Conversation) -> None:
    """Go on after something had to be confirmed: part if the elder is gone, else ask again who is there."""
    if not _part_if_gone(talk):
        asking.ask(talk)


def _asked_who(talk: Conversation, reply: Reply) -> None:
    understanding = reply.understanding
    codes = set(understanding.codes)
    if reply.weak and talk.state.tries == 0 and understanding.answer in ("yes", "no"):
        asking.try_again(talk, words=True)
    elif "wrong_person" in codes and reply.certain:
        endings.part(talk, CallOutcome.WRONG_PERSON, talk.script.identity.wrong_person)
    elif "not_home" in codes:
        _leave_word(talk)
    elif understanding.answer == "no" or codes & {"proxy", "wrong_person"}:
        _ask_to_fetch(talk)
    elif understanding.answer == "yes":
        _known(talk)
    elif understanding.answer == "hold":
        _wait(talk)
    elif not asking.try_again(talk, words=True):
        _not_established(talk)


def _asked_to_fetch(talk: Conversation, reply: Reply) -> None:
    understanding = reply.understanding
    codes = set(understanding.codes)
    if "wrong_person" in codes:
        endings.part(talk, CallOutcome.WRONG_PERSON, talk.script.identity.wrong_person)
    elif understanding.answer in ("no", "callback") or codes & AWAY:
        _leave_word(talk)
    elif understanding.answer in ("yes", "ok", "hold"):
        _wait(talk)
    elif not asking.try_again(talk, words=True):
        _leave_word(talk)


def _somebody_came(talk: Conversation, reply: Reply) -> None:
    """Whoever speaks now has not heard who is calling."""
    if reply.understanding.answer == "hold":
        talk.say(talk.script.identity.waiting)
        asking.listen(talk)
    elif set(reply.understanding.codes) & AWAY:
        _leave_word(talk)
    else:
        talk.say(talk.script.opening.greeting)
        asking.enter(talk, Stage.IDENTITY)


def _ask_to_fetch(talk: Conversation) -> None:
    if talk.state.fetch_asked:
        _leave_word(talk)
        return
    talk.state.fetch_asked = True
    asking.enter(talk, Stage.FETCH)


def _wait(talk: Conversation) -> None:
    talk.say(talk.script.identity.waiting)
    asking.enter(talk, Stage.WAITING)


def _known(talk: Conversation) -> None:
    state = talk.state
    state.elder_known = True
    introduction = talk.script.introduction
    talk.say(introduction.again if state.resumed else introduction.first)
    talk.say_plainly(*split_sentences(state.brief.recap))
    questions.proceed(talk)


def _leave_word(talk: Conversation) -> None:
    endings.part(talk, CallOutcome.PROXY, talk.script.identity.leave_word)


def _not_established(talk: Conversation) -> None:
    endings.part(talk, endings.broken_off(talk), talk.script.identity.not_established)


def _says_elder_is_gone(talk: Conversation, reply: Reply) -> bool:
    """Somebody says that the elder is in hospital or has died: see that it is flagged, and part."""
    said = set(reply.understanding.codes) & set(ABSENT)
    raised = {flag.code for flag in talk.state.flags}
    for code in said - raised:
        concern = talk.script.concerns.get(code)
        if concern is not None:
            words = reply.understanding.transcript
            pending = PendingFlag(
                code=code, urgency=concern.level, question=talk.state.asking, turn=talk.turn, words=words
            )
            flags.raise_flag(talk, pending, Confirmed.NOT_ASKED)
    return bool(said) and _part_if_gone(talk)


def _part_if_gone(talk: Conversation) -> bool:
    texts = {"deceased": talk.script.identity.deceased, "in_hospital": talk.script.identity.in_hospital}
    raised = {flag.code for flag in flags.standing(talk)}
    for code in ABSENT:
        if code in raised:
            endings.part(talk, CallOutcome.PROXY, texts[code])
            return True
    return False
