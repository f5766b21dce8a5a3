"""What scoring reads: the answer that stands for one question, with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from speech.types import Evidence, Urgency
from speech.weights import Column, Dimension

CLEAR_ANSWERS = frozenset({"ok", "yes", "no", "often", "sometimes", "never", "concern", "problem"})
"""Answers that say something definite; all others leave the question open."""


@dataclass(frozen=True, slots=True)
class QuestionPut:
    """A question as the script has it: its id, what it hears and where the script says it belongs."""

    id: str
    topic: str = ""
    """The lexicon's id that the question hears."""
    dimension: Dimension | None = None
    """None: as the weights say for the id or the topic."""
    column: Column | None = None
    optional: bool = False
    """Silence here says nothing: the question only offers a chance to say more."""


@dataclass(frozen=True, slots=True)
class AnswerScored:
    """The answer that stands for one question (or words outside any question), with its evidence."""

    question: QuestionPut
    answer: str
    """As ``speech.types.Understanding.answer``."""
    urgency: Urgency = Urgency.NONE
    """Of what stands: without the codes in ``withdrawn``."""
    codes: tuple[str, ...] = ()
    withdrawn: frozenset[str] = frozenset()
    """Codes among ``codes`` that the elder clearly took back."""
    confirmed: Mapping[str, str] = field(default_factory=dict)
    """Per code yes, no, unclear or not_asked, as ``ivr.report.Confirmed``."""
    confirmed_by: str = ""
    """Empty, elder, or the worker who listened."""
    by_proxy: bool = False
    """Somebody else spoke for the elder."""
    transcript: str = ""
    alternatives: tuple[str, ...] = ()
    key: str = ""
    turn_id: int | None = None
    span_s: tuple[float, float] | None = None
    """Where it lies in the recording, seconds."""
    matched: tuple[Evidence, ...] = ()
    confidence: float = 0.0
