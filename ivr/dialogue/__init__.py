"""The dialogue machine: pure, serialisable, the same on the telephone, in a terminal and in tests.

``begin`` makes a state, ``step`` turns a state and an event into a new state and actions. Whoever drives it
does the actions in their order and comes back with what happened.
"""

from ivr.brief import Brief
from ivr.dialogue.actions import Action, HangUp, Listen, RaiseFlag, Say
from ivr.dialogue.events import (
    Answered,
    Event,
    HungUp,
    KeyPressed,
    MachineDetected,
    NothingHeard,
    PromptFinished,
    UtteranceHeard,
)
from ivr.dialogue.machine import begin, flags_left_open, step
from ivr.dialogue.state import AnswerGiven, DialogueState, Stage

__all__ = [
    "Action",
    "AnswerGiven",
    "Answered",
    "Brief",
    "DialogueState",
    "Event",
    "HangUp",
    "HungUp",
    "KeyPressed",
    "Listen",
    "MachineDetected",
    "NothingHeard",
    "PromptFinished",
    "RaiseFlag",
    "Say",
    "Stage",
    "UtteranceHeard",
    "begin",
    "flags_left_open",
    "step",
]
