"""Holding one telephone conversation: the dialogue on one side, the line on the other, audio in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import structlog

from ivr.bridge import Bridge, Operator, Seat, Side
from ivr.clock import Clock
from ivr.dialogue import step
from ivr.dialogue.actions import Action, RaiseFlag, Say
from ivr.dialogue.events import Answered, Event
from ivr.dialogue.state import DialogueState, Transfer
from ivr.gaps import summary
from ivr.lines import Call, Disposition
from ivr.media import Media
from ivr.minutes import Minutes, Partner
from ivr.pace import Pace
from ivr.parting import Parting
from ivr.recording import Recording
from ivr.report import CallObserver, CallOutcome, CallReport
from ivr.script import spoken_values
from ivr.script_model import Script
from ivr.senses import CallSenses, Senses
from ivr.talk import Talk
from ivr.turns import TurnKeeper
from ivr.wording import fill
from speech.types import Language

__all__ = ["ScriptedPartner", "Senses", "converse", "hold_conversation"]

log = structlog.get_logger(__name__)

MAX_SECONDS = 600.0
_RECORDED_AFTER_THE_LIMIT_S = 90.0
"""An answer under way and a closing word at the limit are still recorded."""


async def hold_conversation(  # noqa: PLR0913 - what a call needs, each by name
    call: Call,
    *,
    state: DialogueState,
    script: Script,
    senses: Senses,
    clock: Clock,
    observer: CallObserver,
    max_seconds: float = MAX_SECONDS,
    before: Sequence[Event] = (),
    operator: Operator | None = None,
) -> CallReport:
    """Hold the conversation of a connected call to its end, hang up, and report.

    A line that goes and engines that fail are reported, not raised: ``cause`` says why, and what awaited
    confirmation was raised as a flag. What ``observer`` raises ends the call and is raised on. After
    ``max_seconds`` the call is ended politely. ``before`` is what was said in this call already, such as who
    it is: the dialogue goes on after it instead of beginning with a greeting. In an emergency ``operator``
    rings somebody on duty, to whom the elder is put through; that may make the call longer by
    ``LONGEST_TRANSFER_S``.
    """
    bridge = None if operator is None else Bridge(clock)
    if bridge is not None:
        state = state.model_copy(update={"transfer": Transfer.POSSIBLE})
    partner = ScriptedPartner(state, script, before)
    report = await converse(
        call,
        partner=partner,
        language=state.brief.language,
        senses=senses,
        clock=clock,
        observer=observer,
        max_seconds=max_seconds,
        pause_s=state.brief.pause_s,
        seat=Seat(Side.ELDER, bridge, operator),
    )
    return replace(partner.completed(report), put_through=None if bridge is None else bridge.talked)


async def converse(  # noqa: PLR0913 - what a call needs, each by name
    call: Call,
    *,
    partner: Partner,
    language: Language,
    senses: Senses,
    clock: Clock,
    observer: CallObserver,
    max_seconds: float = MAX_SECONDS,
    pause_s: float | None = None,
    seat: Seat | None = None,
) -> CallReport:
    """As ``hold_conversation``, with any dialogue that keeps to the ``Partner`` protocol.

    ``pause_s`` is how long the elder is known to fall silent within an answer, see ``Brief``; ``seat`` where
    the call may be put through to another.
    """
    answered_at = clock.now()
    seat = seat or Seat(Side.ELDER)
    recording = Recording(max_seconds + seat.most_extra_s + _RECORDED_AFTER_THE_LIMIT_S)
    call_senses = CallSenses(senses, language)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(call.hang_up)
        media = await stack.enter_async_context(Media(call, await call_senses.detector(), recording))
        keeper = TurnKeeper(recording, media.ear, media.gaps, clock)
        minutes = Minutes(partner, keeper, observer)
        parting = Parting(partner, call_senses)
        pace = Pace(language, pause_s)
        talk = Talk(media, call_senses, minutes, keeper, parting, pace, seat, max_seconds=max_seconds)
        await talk.hold()
    log.info("call.answer_gaps", **summary(media.gaps.all))
    outcome = _outcome(partner.outcome or talk.outcome, ended_early=talk.ended_early)
    machine = outcome is CallOutcome.MACHINE
    report = CallReport(
        disposition=Disposition.ANSWERED_MACHINE if machine else Disposition.ANSWERED_HUMAN,
        outcome=outcome,
        state=partner.as_json(),
        turns=tuple(minutes.turns),
        flags=tuple(minutes.flags.values()),
        answered_at=answered_at,
        ended_at=clock.now(),
        duration_s=recording.seconds,
        cause=talk.cause,
        ended_early=talk.ended_early,
        gaps=tuple(media.gaps.all),
        recording=recording.stereo(),
    )
    recording.forget()
    return report


def _outcome(reached: CallOutcome | None, *, ended_early: bool) -> CallOutcome:
    """A call that the robot had to end is not the elder's refusal or silence, whatever it looked like."""
    if reached is None or (ended_early and reached is not CallOutcome.COMPLETED):
        return CallOutcome.PARTIAL
    return reached


class ScriptedPartner:
    """The dialogue machine with its script and state; implements ``Partner``."""

    def __init__(self, state: DialogueState, script: Script, before: Sequence[Event] = ()) -> None:
        """``before``: what happened in this call until now."""
        self.state = state
        self._script = script
        self._before = tuple(before)

    @property
    def outcome(self) -> CallOutcome | None:
        """What the call came to, as far as the dialogue knows."""
        return self.state.outcome

    def tell(self, event: Event) -> tuple[Action, ...]:
        """Take one step; with the first one, those that were taken before."""
        events: tuple[Event, ...] = (event,)
        if self._before:
            begun = isinstance(event, Answered)
            events, self._before = (self._before if begun else (*self._before, event)), ()
        flags: list[Action] = []
        for each in events:
            self.state, actions = step(self.state, each, self._script)
            flags += [action for action in actions if isinstance(action, RaiseFlag)]
        return (*flags, *(action for action in actions if not isinstance(action, RaiseFlag)))

    def as_json(self) -> Mapping[str, Any]:
        """The state as it is stored."""
        return self.state.model_dump(mode="json")

    def parting_words(self, *, help_is_coming: bool) -> Say:
        """That a person will call; in an emergency, that help is on its way."""
        brief = self.state.brief
        script = self._script
        text = script.emergency.close if help_is_coming else script.identity.not_established
        values = spoken_values(script, brief)
        sentences = tuple(fill(sentence, values) for sentence in text.of(brief.language))
        return Say(sentences, interruptible=False, speed=brief.speed, gain_db=brief.gain_db)

    def completed(self, report: CallReport) -> CallReport:
        """The report with what the elder wished for further calls."""
        return replace(
            report, call_later_minutes=self.state.call_later_minutes, do_not_call=self.state.do_not_call
        )
