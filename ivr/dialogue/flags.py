"""Flags: which ones an utterance carries, and raising each once."""

from __future__ import annotations

from ivr.dialogue.actions import RaiseFlag
from ivr.dialogue.conversation import Conversation, Reply
from ivr.dialogue.state import PendingFlag
from ivr.report import Confirmed, FlagRaised
from ivr.script_model import Script
from speech.types import Understanding, Urgency

STAND_IN = {Urgency.EMERGENCY: "help"}
"""The code for something urgent that came without one; for anything less, a person is asked to look."""


def urgencies(understanding: Understanding, script: Script) -> dict[str, Urgency]:
    """The codes of an utterance that are worth a flag, most urgent first.

    A code counts as much as the script says, but no more than the utterance as a whole: "last year I fell" is
    no emergency. The utterance's own urgency is never lost: if none of the codes reaches it, one is lifted.
    """
    whole = understanding.urgency
    if whole is Urgency.NONE:
        return {}
    found = {
        code: min(script.concerns[code].level, whole)
        for code in understanding.codes
        if code in script.concerns
    }
    if max(found.values(), default=Urgency.NONE) < whole:
        unlisted = [code for code in understanding.codes if code not in script.concerns]
        lifted = next(iter([*unlisted, *found]), STAND_IN.get(whole, "human"))
        found[lifted] = whole
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def pending_from(talk: Conversation, reply: Reply) -> tuple[PendingFlag, ...]:
    """The flags an utterance would raise, most urgent first."""
    understanding = reply.understanding
    words = understanding.transcript or (f"[{reply.key}]" if reply.key else "")
    return tuple(
        PendingFlag(code=code, urgency=urgency, question=talk.state.asking, turn=talk.turn, words=words)
        for code, urgency in urgencies(understanding, talk.script).items()
    )


def raise_flag(talk: Conversation, pending: PendingFlag, confirmed: Confirmed) -> None:
    """Raise a flag, unless the same code already stands at least as firmly and urgently."""
    flag = pending.raised(confirmed)
    flags = {old.code: old for old in talk.state.flags}
    old = flags.get(flag.code)
    if old is not None and _weight(old) >= _weight(flag):
        return
    flags[flag.code] = flag
    talk.state.flags = tuple(flags.values())
    talk.flag(RaiseFlag(flag))


def ask_for_person(talk: Conversation, words: str, confirmed: Confirmed) -> None:
    """A person is wanted: note that one must call."""
    talk.state.human_requested = True
    wish = PendingFlag(
        code="human", urgency=Urgency.NEED, question=talk.state.asking, turn=talk.turn, words=words
    )
    raise_flag(talk, wish, confirmed)


def standing(talk: Conversation) -> tuple[FlagRaised, ...]:
    """The flags of this call that were not denied."""
    return tuple(flag for flag in talk.state.flags if flag.confirmed is not Confirmed.NO)


def _weight(flag: FlagRaised) -> tuple[bool, Urgency]:
    return flag.confirmed is not Confirmed.NO, flag.urgency
