"""Putting a question: the first time in full, then shorter and slower, with the keys explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.dialogue.conversation import Conversation
from ivr.dialogue.state import ASIDE, Stage, Suspended
from ivr.script_questions import TRIES
from ivr.script_texts import Ask

SHORT_SILENCE_S = 1.2
"""Ends a "yes" or "no"."""
LONG_SILENCE_S = 2.0
"""Ends a sentence: elders pause within one."""
NO_INPUT_S = 8.0
EMERGENCY_NO_INPUT_S = 10.0
KEPT_NO_INPUT_S = 8.0
"""Nobody who waits for a person in an emergency is left in silence for longer."""
WAIT_S = 30.0
"""How long to wait before asking "are you still there?"; twice that is the longest wait."""
HOLD_S = 60.0
"""How long the robot keeps quiet for somebody who went to turn off the stove, before it asks once."""
ALWAYS_KEYS = "0*"


@dataclass(frozen=True, slots=True)
class _Turn:
    """How to listen in a stage that every dialogue has."""

    hears: str
    end_silence_s: float = SHORT_SILENCE_S
    no_input_s: float = NO_INPUT_S
    keys: str = "123"
    tries: int = 2


_TURNS: Mapping[Stage, _Turn] = {
    Stage.IDENTITY: _Turn("identity", keys="13", tries=TRIES),
    Stage.FETCH: _Turn("identity", keys="13"),
    Stage.WAITING: _Turn("identity", no_input_s=WAIT_S),
    Stage.CONFIRM: _Turn("yesno"),
    Stage.HOLD: _Turn("any", no_input_s=WAIT_S),
    Stage.WHEN: _Turn("any"),
    Stage.GO_ON: _Turn("yesno", keys="13"),
    Stage.OFFER_PERSON: _Turn("yesno", keys="13"),
    Stage.OPT_OUT: _Turn("yesno", keys="13"),
    Stage.WHAT_HAPPENED: _Turn("any", LONG_SILENCE_S, EMERGENCY_NO_INPUT_S),
    Stage.SOMEONE_THERE: _Turn("yesno", no_input_s=EMERGENCY_NO_INPUT_S, keys="13"),
    Stage.LAST_WORDS: _Turn("any", LONG_SILENCE_S, EMERGENCY_NO_INPUT_S),
    Stage.ADVISED: _Turn("any", LONG_SILENCE_S, EMERGENCY_NO_INPUT_S, tries=1),
    Stage.KEPT: _Turn("any", LONG_SILENCE_S, KEPT_NO_INPUT_S),
}


def enter(talk: Conversation, stage: Stage) -> None:
    """Go over to a stage and ask what it asks, as if for the first time."""
    arrive(talk, stage)
    ask(talk)


def arrive(talk: Conversation, stage: Stage) -> None:
    """Go over to a stage without asking anything yet."""
    state = talk.state
    state.stage = stage
    state.tries = state.repeats = 0
    state.words_heard = state.keys_explained = False


def suspend(talk: Conversation) -> None:
    """Put the present stage aside, to come back to it. An aside is dropped, not put aside."""
    state = talk.state
    if state.stage in ASIDE:
        return
    present = Suspended(
        stage=state.stage,
        tries=state.tries,
        repeats=state.repeats,
        words_heard=state.words_heard,
        keys_explained=state.keys_explained,
    )
    state.suspended = (*state.suspended, present)


def come_back(talk: Conversation) -> Stage:
    """Return to what was put aside last, with its count of tries, without asking it yet."""
    state = talk.state
    *rest, last = state.suspended
    state.suspended = tuple(rest)
    state.stage = last.stage
    state.tries, state.repeats = last.tries, last.repeats
    state.words_heard, state.keys_explained = last.words_heard, last.keys_explained
    return last.stage


def ask(talk: Conversation, *, explain_keys: bool = False) -> None:
    """Ask what the present stage asks and begin a turn."""
    asked = _asked(talk)
    if asked is not None:
        _speak(talk, asked, explain_keys=explain_keys)
    listen(talk)


def listen(talk: Conversation) -> None:
    """Begin a turn in the present stage."""
    if talk.state.stage is Stage.QUESTION:
        question = talk.question
        silence = SHORT_SILENCE_S if question.expects == "yes_no" else LONG_SILENCE_S
        keys = "".join(sorted(question.keys)) + ALWAYS_KEYS
        talk.listen(question.id, question.hears, end_silence_s=silence, no_input_s=NO_INPUT_S, keys=keys)
        return
    stage = talk.state.stage
    turn = _TURNS[stage]
    first_hold = stage is Stage.HOLD and talk.state.tries == 0
    talk.listen(
        stage.value,
        turn.hears,
        end_silence_s=turn.end_silence_s,
        no_input_s=HOLD_S if first_hold else turn.no_input_s,
        keys=turn.keys + ALWAYS_KEYS,
    )


def try_again(talk: Conversation, *, words: bool) -> bool:
    """Count a failed try and ask again; False, with nothing said, when there have been enough.

    Args:
        talk: the step in the making.
        words: something was heard that does not answer the question; otherwise nothing was heard at all.
    """
    state = talk.state
    state.tries += 1
    state.words_heard |= words
    if state.tries >= _tries_allowed(talk):
        return False
    reprompts = talk.script.reprompt.no_match if words else talk.script.reprompt.no_input
    talk.say(reprompts[min(state.tries, len(reprompts) - 1) - 1])
    ask(talk)
    return True


def _tries_allowed(talk: Conversation) -> int:
    if talk.state.stage is Stage.QUESTION:
        return talk.question.tries
    return _TURNS[talk.state.stage].tries


def _speak(talk: Conversation, asked: Ask, *, explain_keys: bool) -> None:
    state = talk.state
    if state.tries == 0 and not explain_keys:
        talk.say(asked.text, what=_what(talk))
        return
    talk.say(asked.short, what=_what(talk))
    if asked.keys_hint is not None:
        talk.say(asked.keys_hint)
        state.keys_explained = True


def _what(talk: Conversation) -> str:
    pending = talk.state.pending
    return pending[0].code if talk.state.stage is Stage.CONFIRM and pending else ""


def _asked(talk: Conversation) -> Ask | None:
    """What the present stage asks; None where it only listens."""
    script, stage = talk.script, talk.state.stage
    if stage is Stage.QUESTION:
        return talk.question
    if stage is Stage.CONFIRM:
        return _confirmation(talk)
    asks: Mapping[Stage, Ask] = {
        Stage.IDENTITY: script.identity.ask,
        Stage.FETCH: script.identity.fetch,
        Stage.WHEN: script.requests.when,
        Stage.GO_ON: script.requests.go_on,
        Stage.OFFER_PERSON: script.requests.offer_person,
        Stage.OPT_OUT: script.requests.opt_out_ask,
        Stage.WHAT_HAPPENED: script.emergency.what_happened,
        Stage.SOMEONE_THERE: script.emergency.someone_there,
        Stage.LAST_WORDS: script.emergency.last_words,
    }
    return asks.get(stage)


def _confirmation(talk: Conversation) -> Ask:
    concern = talk.script.concerns.get(_what(talk))
    if concern is not None and concern.confirm is not None:
        return Ask(text=concern.confirm, short=concern.confirm)
    return talk.script.confirm.ask
