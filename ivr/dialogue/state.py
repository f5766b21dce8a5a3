"""Everything a dialogue knows, as plain data that survives a trip through JSON after every step."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from ivr.brief import Brief
from ivr.report import CallOutcome, Confirmed, FlagRaised
from speech.types import Evidence, Urgency
from speech.weights import Column, Dimension

UrgencyByName = Annotated[
    Urgency,
    BeforeValidator(lambda value: Urgency.parse(value) if isinstance(value, str) else value),
    PlainSerializer(lambda value: value.label, return_type=str),
]
"""Written as none, need, urgent or emergency."""


class Stage(StrEnum):
    """What the dialogue is in the middle of."""

    RINGING = "ringing"  # not yet answered
    IDENTITY = "identity"  # asked whether it is the elder
    FETCH = "fetch"  # asked somebody else to fetch the elder
    WAITING = "waiting"  # the elder is being fetched
    QUESTION = "question"  # a question of the script
    CONFIRM = "confirm"  # did I hear that rightly?
    HOLD = "hold"  # the elder asked to wait a moment
    WHEN = "when"  # the elder asked to be called later: when?
    GO_ON = "go_on"  # a person will call; go on meanwhile?
    OFFER_PERSON = "offer_person"  # not understood repeatedly; shall a person call?
    OPT_OUT = "opt_out"  # is it true that no more calls are wanted?
    WHAT_HAPPENED = "what_happened"  # emergency: a cry for help that says no more
    SOMEONE_THERE = "someone_there"  # emergency: is anybody with you?
    LAST_WORDS = "last_words"  # emergency: what should those who come know?
    ADVISED = "advised"  # emergency: told to get out or to keep quiet, listening still
    KEPT = "kept"  # emergency: waits while somebody on duty is rung
    WITH_PERSON = "with_person"  # emergency: put through to somebody on duty
    ENDED = "ended"


IN_EMERGENCY = frozenset(
    {
        Stage.WHAT_HAPPENED,
        Stage.SOMEONE_THERE,
        Stage.LAST_WORDS,
        Stage.ADVISED,
        Stage.KEPT,
        Stage.WITH_PERSON,
    }
)
WHO_IS_THERE = frozenset({Stage.IDENTITY, Stage.FETCH, Stage.WAITING})
ASIDE = frozenset({Stage.HOLD, Stage.WHEN, Stage.GO_ON, Stage.OFFER_PERSON, Stage.OPT_OUT})
"""Asides: what they interrupted is suspended, and one aside replaces another."""


class Transfer(StrEnum):
    """Whether this call can be put through to a person in an emergency, and how far that is."""

    NONE = "none"  # nobody can be rung
    POSSIBLE = "possible"  # there has been no need yet
    SOUGHT = "sought"  # somebody is being looked for; the elder has been told nothing
    RUNG = "rung"  # and is being rung
    TALKING = "talking"
    OVER = "over"


UNDER_WAY = frozenset({Transfer.SOUGHT, Transfer.RUNG})


class AnswerGiven(BaseModel):
    """What was answered to one question, with all that scoring and a later reader need."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    """The script's id, or one of the dialogue's own turns when something urgent was said there."""
    hears: str
    """The lexicon's question it was understood under."""
    dimension: Dimension
    column: Column
    turn: int
    answer: str
    """As ``speech.types.Understanding.answer``."""
    urgency: UrgencyByName = Urgency.NONE
    """Of what stands: without the codes in ``withdrawn``."""
    codes: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    """Codes among ``codes`` that the elder clearly denied when asked back."""
    confirmed: dict[str, Confirmed] = {}
    """For every code that was worth a flag."""
    transcript: str = ""
    alternatives: tuple[str, ...] = ()
    key: str = ""
    confidence: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    engine: str = ""
    by_proxy: bool = False
    """Said before the elder was known to be on the line: perhaps by somebody else."""
    response_delay_s: float | None = None
    speech_s: float = 0.0
    sure: bool = True
    """False when the answer was accepted although it was weakly heard."""


class PendingFlag(BaseModel):
    """Something heard, but not surely enough to act on it before asking back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    urgency: UrgencyByName
    question: str
    turn: int
    words: str

    def raised(self, confirmed: Confirmed) -> FlagRaised:
        """The flag it becomes."""
        return FlagRaised(self.code, self.urgency, self.question, self.turn, confirmed, self.words)


class Suspended(BaseModel):
    """Something asked that waits until something else is settled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage: Stage
    tries: int = 0
    repeats: int = 0
    words_heard: bool = False
    keys_explained: bool = False


class DialogueState(BaseModel):
    """The whole state. ``model_dump(mode="json")`` and ``model_validate`` are exact inverses.

    It holds the elder's name and words: store it sealed.
    """

    model_config = ConfigDict(extra="forbid")

    script_id: str
    script_version: int
    brief: Brief
    stage: Stage = Stage.RINGING
    suspended: tuple[Suspended, ...] = ()
    """What was interrupted to ask something else, the innermost last."""

    agenda: tuple[str, ...]
    """Ids of the script's questions for this call, in order."""
    position: int = 0
    """The next or present question in the agenda."""
    in_follow_up: bool = False
    resumed: bool = False
    """Whether an earlier call broke off and this one goes on where it did."""

    asking: str = ""
    """Id of what was asked last: a script's question or one of the dialogue's own turns."""
    listening_for: str = ""
    """The lexicon's question under which the next utterance is understood."""
    turns: int = 0
    """Turns begun so far, over all calls of the visit."""

    tries: int = 0
    """Failed tries at what is being asked."""
    repeats: int = 0
    """How often the elder wanted it said again."""
    words_heard: bool = False
    """Whether any of the failed tries had words in it."""
    keys_explained: bool = False
    """Whether the keys have been explained for what is being asked."""

    elder_known: bool = False
    """The elder has said that it is them. Nothing personal is said before."""
    somebody_spoke: bool = False
    fetch_asked: bool = False
    explained: int = 0
    doubted: bool = False
    """The last words were a refusal that was answered with an explanation."""
    holds: int = 0
    human_requested: bool = False
    """In this call or an earlier one of the visit."""
    person_offered: bool = False
    transfer: Transfer = Transfer.NONE
    """Of this call; a resumed one begins anew."""
    kept: int = 0
    """How often the elder was spoken to while they waited for a person."""
    unclear_questions: int = 0

    speed: float
    gain_db: float

    answers: tuple[AnswerGiven, ...] = ()
    flags: tuple[FlagRaised, ...] = ()
    """Raised in this call, one per code; those with ``confirmed`` no were denied."""
    earlier_flags: tuple[FlagRaised, ...] = ()
    """Raised in the calls before this one."""
    pending: tuple[PendingFlag, ...] = ()
    """To be confirmed, the one being asked about first."""

    outcome: CallOutcome | None = None
    line_gone: bool = False
    """The other side hung up. Until then a cry for help takes up even an ended call."""
    do_not_call: bool = False
    call_later_minutes: int | None = None

    @property
    def over(self) -> bool:
        """Whether the call has been ended."""
        return self.stage is Stage.ENDED

    def answer_to(self, question: str) -> AnswerGiven | None:
        """What stands for a question, or None."""
        return next((answer for answer in self.answers if answer.question == question), None)
