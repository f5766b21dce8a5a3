"""The dialogue machine: a state and an event make a new state and what is to be done. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ivr.brief import Brief
from ivr.dialogue import (
    answers,
    asking,
    confirming,
    emergency,
    endings,
    flags,
    identity,
    keys,
    questions,
    requests,
    transfer,
)
from ivr.dialogue.actions import Action
from ivr.dialogue.confirming import Taken
from ivr.dialogue.conversation import Conversation, Reply
from ivr.dialogue.events import (
    Answered,
    Event,
    HungUp,
    KeyPressed,
    MachineDetected,
    NothingHeard,
    PromptFinished,
    TransferEvent,
    UtteranceHeard,
)
from ivr.dialogue.state import ASIDE, IN_EMERGENCY, WHO_IS_THERE, DialogueState, Stage
from ivr.report import Confirmed, FlagRaised
from ivr.script import ScriptError
from ivr.script_model import Script
from speech.types import Urgency

VOICE_S = 0.5
"""Seconds of voice without words that count as an attempt to speak."""


def begin(script: Script, brief: Brief, resume: Mapping[str, Any] | None = None) -> DialogueState:
    """The state of a call that is about to be made.

    Args:
        script: what to ask.
        brief: whom.
        resume: the state, as JSON, in which an earlier call of the same visit broke off. The new call checks
            again who is there and goes on after the last question that was answered. A state of another
            script or version only hands down its flags and turns.

    Raises:
        ScriptError: the brief wants a module that the script does not have.
        pydantic.ValidationError: ``resume`` is not a dialogue state.
    """
    if brief.module and script.module(brief.module) is None:
        known = ", ".join(module.id for module in script.modules)
        raise ScriptError(
            f"version {script.version} of the script {script.id} has no module "
            f'"{brief.module}"; there are: {known}'
        )
    agenda = tuple(question.id for question in script.agenda(brief.module))
    fresh = DialogueState(
        script_id=script.id,
        script_version=script.version,
        brief=brief,
        agenda=agenda,
        speed=brief.speed,
        gain_db=brief.gain_db,
    )
    return _continued(fresh, DialogueState.model_validate(resume)) if resume else fresh


def step(state: DialogueState, event: Event, script: Script) -> tuple[DialogueState, tuple[Action, ...]]:
    """What comes of an event. The state given is not changed; the actions are to be done in their order.

    A call that is over does nothing more, except that what is urgent still raises its flag; and a cry for
    help into the robot's goodbye, while the line stands, takes the call up again.

    Raises ScriptError when the state belongs to another script or version.
    """
    if (state.script_id, state.script_version) != (script.id, script.version):
        raise ScriptError(
            f"the dialogue was begun with version {state.script_version} of the script {state.script_id}, "
            f"not with version {script.version} of {script.id}; load the version it was begun with"
        )
    talk = Conversation(state, script)
    if state.over:
        _after_the_end(talk, event)
    elif isinstance(event, TransferEvent):
        transfer.note(talk, event)
    else:
        _during(talk, event)
    return talk.state, talk.actions


def flags_left_open(state: DialogueState) -> tuple[FlagRaised, ...]:
    """What a call that stopped without an end (a crash, a power cut) left unconfirmed: it counts as said.

    The next call raises these by itself when it is answered; this is for the case that there is none.
    """
    return tuple(pending.raised(Confirmed.UNCLEAR) for pending in state.pending)


def _continued(fresh: DialogueState, earlier: DialogueState) -> DialogueState:
    """A new call of a visit: what was learnt stays, who is there must be asked again."""
    handed_down = {flag.code: flag for flag in (*earlier.earlier_flags, *earlier.flags)}
    fresh.earlier_flags = tuple(handed_down.values())
    fresh.pending = earlier.pending
    fresh.turns = earlier.turns
    fresh.human_requested = earlier.human_requested
    fresh.speed = min(fresh.speed, earlier.speed)
    fresh.gain_db = max(fresh.gain_db, earlier.gain_db)
    same = (earlier.script_id, earlier.script_version) == (fresh.script_id, fresh.script_version)
    if same and earlier.agenda == fresh.agenda:
        fresh.answers = earlier.answers
        given = {answer.question for answer in earlier.answers}
        fresh.position = max((at for at, name in enumerate(fresh.agenda, 1) if name in given), default=0)
        fresh.resumed = fresh.position > 0
    return fresh


def _during(talk: Conversation, event: Event) -> None:
    match event:
        case Answered():
            if talk.state.stage is Stage.RINGING:
                identity.answered(talk)
        case UtteranceHeard(understanding=understanding) if understanding.answer == "silence":
            _wordless(talk, event)
        case UtteranceHeard():
            talk.state.somebody_spoke = True
            _heard(talk, _reply_of(event))
        case KeyPressed(digit=digit):
            _pressed(talk, digit)
        case NothingHeard():
            _silence(talk)
        case MachineDetected():
            identity.machine(talk)
        case HungUp():
            endings.hung_up(talk)
        case PromptFinished():
            pass


def _pressed(talk: Conversation, digit: str) -> None:
    talk.state.somebody_spoke = True
    if talk.state.stage is Stage.QUESTION and questions.ambiguous_key(talk, digit):
        questions.explain_keys(talk)
        return
    _heard(talk, Reply(keys.understood(talk, digit), key=digit))


def _heard(talk: Conversation, reply: Reply) -> None:
    """Something was said or pressed: first what is urgent, then what is asked of the robot, then answers."""
    state = talk.state
    state.doubted = False
    if state.stage is Stage.RINGING:
        _spoke_first(talk, reply)
        return
    if state.stage in IN_EMERGENCY:
        emergency.reply(talk, reply)
        return
    if state.stage is Stage.CONFIRM:
        confirming.reply(talk, reply)
        return
    if state.stage is Stage.QUESTION:
        understanding = questions.in_context(talk, reply.understanding)
        reply = Reply(understanding, reply.key, reply.response_delay_s, reply.speech_s)
    taken = confirming.take(talk, reply)
    if taken is Taken.SETTLED or requests.handle(talk, reply):
        return
    if state.stage in WHO_IS_THERE:
        identity.reply(talk, reply)
    elif state.stage in ASIDE:
        requests.reply(talk, reply)
    else:
        questions.reply(talk, reply, noted=taken is Taken.NOTED)


def _reply_of(event: UtteranceHeard) -> Reply:
    return Reply(event.understanding, "", event.response_delay_s, event.speech_s)


def _wordless(talk: Conversation, event: UtteranceHeard) -> None:
    """No words: a noise is silence, but a voice that goes on for a while has tried to say something.

    It is asked again as not understood. It does not count as somebody having spoken: whoever can only groan
    needs help sooner than whoever was misunderstood.
    """
    if event.speech_s < VOICE_S:
        _silence(talk)
        return
    _heard(talk, _reply_of(replace(event, understanding=replace(event.understanding, answer="unclear"))))


def _spoke_first(talk: Conversation, reply: Reply) -> None:
    """Words before the greeting: a clear cry for help is answered at once, anything else after it."""
    asking.arrive(talk, Stage.IDENTITY)
    talk.state.asking = Stage.IDENTITY.value
    understanding = reply.understanding
    cry = understanding.urgency is Urgency.EMERGENCY and not understanding.confirm
    if not cry:
        talk.say(talk.script.opening.greeting, keep_floor=True)
    if confirming.take(talk, reply) is not Taken.SETTLED:
        asking.enter(talk, Stage.IDENTITY)


def _silence(talk: Conversation) -> None:
    stage = talk.state.stage
    if stage is Stage.RINGING:
        identity.answered(talk)
    elif stage in IN_EMERGENCY:
        emergency.silence(talk)
    elif stage is Stage.CONFIRM:
        confirming.silence(talk)
    elif stage in WHO_IS_THERE:
        identity.silence(talk)
    elif stage in ASIDE:
        requests.silence(talk)
    else:
        questions.silence(talk)


def _after_the_end(talk: Conversation, event: Event) -> None:
    """What is urgent still counts: said into the goodbye, or recognised only after the hang-up."""
    if isinstance(event, HungUp):
        talk.state.line_gone = True
    if not isinstance(event, UtteranceHeard):
        return
    reply = _reply_of(event)
    if event.understanding.urgency is Urgency.EMERGENCY and not talk.state.line_gone:
        confirming.take(talk, reply)
        return
    confirmed = Confirmed.UNCLEAR if event.understanding.confirm else Confirmed.NOT_ASKED
    late = flags.pending_from(talk, reply)
    if late:
        answers.record(talk, reply)
    for pending in late:
        flags.raise_flag(talk, pending, confirmed)
        answers.mark(talk, pending.question, pending.code, confirmed)
