"""What a dialogue wants done, in this order: flags, what to set going, speech, then what to wait for."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.report import CallOutcome, FlagRaised


@dataclass(frozen=True, slots=True)
class Say:
    """Speak these sentences one after the other; each is a whole that can be cached."""

    sentences: tuple[str, ...]
    interruptible: bool = True
    """Whether the elder may speak or press a key into it. The opening and what to do in an emergency may not
    be cut short by a noise."""
    speed: float = 1.0
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for an answer: one turn. Ends with UtteranceHeard, KeyPressed, NothingHeard or HungUp."""

    question: str
    """The lexicon's question in whose light the answer is to be understood."""
    script_question: str
    """The script's id of what was asked, or one of the dialogue's own (``identity``, ``confirm``, ...)."""
    no_input_s: float = 8.0
    """Seconds without speech after which NothingHeard is due."""
    end_silence_s: float = 2.0
    """Seconds of silence that end an utterance."""
    keys: str = "1230*"
    """Keys that mean something here. Any other may be passed on as well and counts as not understood."""
    turn: int = 0
    """Index of this turn, from 0, going on over a resumed call: answers and flags name it."""


@dataclass(frozen=True, slots=True)
class RaiseFlag:
    """A person must look at this. To be stored before anything else is done.

    Comes once per code, and a second time only if the same code turns out to be more urgent.
    """

    flag: FlagRaised


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call once everything is said."""

    outcome: CallOutcome


@dataclass(frozen=True, slots=True)
class PutThrough:
    """Begin to ring somebody on duty while the talk goes on. Followed by PersonRung and the like."""


@dataclass(frozen=True, slots=True)
class CallOff:
    """Nobody needs to be put through any more; no further events come of it."""


@dataclass(frozen=True, slots=True)
class Join:
    """Let this call and the other one hear each other until they part. Ends with Parted."""


Action = Say | Listen | RaiseFlag | HangUp | PutThrough | CallOff | Join
