"""The questions of a script: what they ask, which answers they await, what the keys mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from ivr.script_texts import Ask, Part, may_mention
from speech.weights import Column, Dimension

LexiconQuestion = Literal[
    "wellbeing", "anything_else", "pain", "falls", "eating", "medicine", "sleep", "mood", "company", "safety",
    "money", "help_needed", "identity", "any", "yesno", "scale",
]  # fmt: skip
"""The questions in whose light ``speech.understanding`` can understand an answer."""

Answer = Literal["ok", "concern", "problem", "yes", "no", "unknown", "often", "sometimes", "never"]
"""Answers that answer a question; everything else is steering, silence or not understood."""

Key = Annotated[Literal["1", "2", "3"], BeforeValidator(str)]
"""1 good or yes, 2 so-so, 3 bad or no: the same in every question."""

UrgencyLabel = Literal["none", "need", "urgent", "emergency"]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]

TRIES = 3
"""How often a question is put before the dialogue goes on or a person takes over."""

OWN_TURNS = frozenset(
    {"identity", "fetch", "waiting", "confirm", "hold", "when", "go_on", "offer_person", "opt_out",
     "what_happened", "someone_there", "last_words", "advised"}
)  # fmt: skip
"""Ids of the turns that every dialogue has; questions must have other ones."""


class KeyMeaning(Part):
    """What a key says in answer to one question, in the lexicon's words."""

    answer: Answer
    codes: tuple[Identifier, ...] = ()
    urgency: UrgencyLabel = "none"
    certain: bool = False
    """The question itself leaves no doubt: an urgent meaning is not asked back."""

    @model_validator(mode="after")
    def _urgency_has_a_code(self) -> Self:
        if self.urgency != "none" and not self.codes:
            raise ValueError(f"urgency {self.urgency} needs a code that says what is wrong; add one to codes")
        return self


class Question(Ask):
    """One question to the elder and where its answer belongs."""

    id: Identifier
    hears: LexiconQuestion
    expects: Literal["yes_no", "open"] = "open"
    """Whether a short word or a sentence is awaited: how long a silence ends the answer."""
    dimension: Dimension
    column: Column
    """Column of the visit record (记录表)."""
    keys: Annotated[Mapping[Key, KeyMeaning], Field(min_length=3)]
    if_yes: Key | None = None
    """The key that a bare "yes" amounts to; None when a bare "yes" does not answer the question."""
    if_no: Key | None = None
    tries: Annotated[int, Field(ge=1, le=TRIES)] = TRIES
    optional: bool = False
    """Whether silence, after all tries, leads on to the next thing instead of ending the call."""

    @model_validator(mode="after")
    def _asks_properly(self) -> Self:
        may_mention("name", "address_as")(self)
        if self.keys_hint is None:
            raise ValueError("has no keys_hint; say what 1, 2 and 3 mean here")
        if self.id in OWN_TURNS:
            raise ValueError(f"the id {self.id} is taken by the dialogue itself; choose another")
        turned_round = self.keys["1"].answer in ("problem", "concern") and self.keys["3"].answer == "ok"
        if turned_round and self.if_yes != "1":
            raise ValueError("key 1 is always the good answer and key 3 the bad one; turn the keys round")
        return self

    @property
    def yes_is_bad(self) -> bool:
        """Whether a bare "yes" is bad news: then 1 for "yes" and 1 for "good" are easily mixed up."""
        return self.if_yes == "3"


class FollowUp(Question):
    """A second question, put only after certain answers to the first."""

    when: Annotated[tuple[Answer, ...], Field(min_length=1)]


class CoreQuestion(Question):
    """A question that may have a second one behind it."""

    follow_up: FollowUp | None = None
