"""The form of a lexicon file, and where in the file each part stands.

A file is YAML. It is checked in two steps: its form here (pydantic), what it says in speech.lexicon. Every
fault is reported with the file, the line and the name of the rule it concerns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from speech.types import Language

AnswerCode = Literal[
    "ok", "concern", "problem", "yes", "no", "unknown", "repeat", "hold", "callback", "refuse", "human",
    "often", "sometimes", "never",
]  # fmt: skip
UrgencyLabel = Literal["none", "need", "urgent", "emergency"]
NO_CODE = "none"
"""Written where a concept means only its answer."""


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one written in C where the library has it: ten times as fast, the same result."""


class LexiconError(ValueError):
    """A lexicon that cannot be used; the message names the file, the line, the rule and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CodeEntry(_Strict):
    """What a code stands for."""

    urgency: UrgencyLabel
    answer: AnswerCode
    label: str = Field(min_length=1)
    """For screens."""
    say: str = Field(min_length=1)
    """Plain words to put into "I think I heard you say ..."."""
    includes: tuple[str, ...] = ()
    """Codes that need not be named when this one stands."""


class ByTime(_Strict):
    """The code a concept has, by when it happened."""

    now: str
    recent: str
    past: str = NO_CODE
    unstated: str
    unstated_under: Mapping[str, str] = Field(default_factory=dict)
    """Question id -> code, where a question asks about a time itself."""


class ConceptEntry(_Strict):
    """One thing an elder may say, in all its wordings."""

    code: str | ByTime | None = None
    """The code it means; by default the concept's own name."""
    answer: AnswerCode | None = None
    """The answer it gives; by default that of its code."""
    about: Literal["body", "home", "any", "place", "cry"] = "body"
    """Whose trouble it can be. body: the speaker's or the spouse's; home: also that of relatives who are
    there; any: whoever is named, except on television and next door; place: a danger next door counts
    too; cry: a call for help."""
    questions: tuple[str, ...] = ()
    """Believed only under these questions; everywhere if empty."""
    negated: str = "ok"
    """What the opposite means: an answer code, the name of a concept, or ``nothing``."""
    cured_by: tuple[str, ...] = ()
    """Groups of ``scope.cured`` that end it."""
    if_hypothetical: Literal["drop", "keep"] = "drop"
    if_past: Literal["drop", "keep"] = "drop"
    sound: bool = True
    """Whether it may be recognised by sound."""
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    """If one of these stands in the same clause, the concept is not meant."""


class Scope(_Strict):
    """Words that change what the words around them mean."""

    breaks: tuple[str, ...] = ()
    negators: tuple[str, ...]
    negation_fillers: tuple[str, ...]
    not_negators: tuple[str, ...] = ()
    denied_after: tuple[str, ...] = ()
    hypothetical: tuple[str, ...]
    affirming: tuple[str, ...] = ()
    """Words that say yes and, without their accent, open a supposition: sí, written si."""
    feared: tuple[str, ...] = ()
    story: tuple[str, ...]
    others: tuple[str, ...]
    kin: tuple[str, ...]
    household: tuple[str, ...]
    self: tuple[str, ...]
    reflexive: tuple[str, ...] = ()
    """Words of ``self`` that mean somebody else right after that one is named (老张头自己)."""
    now: tuple[str, ...]
    recent: tuple[str, ...]
    past: tuple[str, ...]
    addressing: tuple[str, ...] = ()
    """Before a person who is spoken to, called or gone with, not the one in trouble."""
    absent: tuple[str, ...] = ()
    """Says that a relative is elsewhere: what happens to them there is not the elder's trouble, and what
    follows is told of the elder again."""
    cured: Mapping[str, tuple[str, ...]]
    not_cured: tuple[str, ...] = ()
    hurry: tuple[str, ...] = ()
    fillers: tuple[str, ...] = ()
    after_no: tuple[str, ...] = ()
    """What begins something new right after a short "no": recognisers drop the pause between them."""


class QuestionEntry(_Strict):
    """What short answers mean under a question, and what to listen for."""

    bare: Mapping[str, str]
    """Group of ``bare`` -> answer code or concept."""
    denied: AnswerCode = "ok"
    """The answer when what was said is only that something is not so, or not here, or long past."""
    fine: AnswerCode | None = None
    """What a general "ok" becomes under this question; None leaves it."""
    favours: tuple[str, ...] = ()
    """Concepts believed on weaker evidence here."""
    expected: tuple[str, ...] = ()
    """Short answers to rank against the audio."""
    safety: bool = True
    """Whether the safety phrases are ranked as well."""


class LexiconFile(_Strict):
    """A whole lexicon file."""

    language: Language
    version: int = Field(ge=1)
    words: Mapping[str, tuple[str, ...]]
    scope: Scope
    codes: Mapping[str, CodeEntry]
    bare: Mapping[str, tuple[str, ...]]
    questions: Mapping[str, QuestionEntry]
    asked: Mapping[str, str] = Field(default_factory=dict)
    """Question id -> how it is usually put, in words: what a recogniser may expect an answer to."""
    concepts: Mapping[str, ConceptEntry]
    safety_phrases: tuple[str, ...]


class Lines:
    """Line numbers of the parts of a YAML document, by their path of keys and indexes."""

    def __init__(self, node: yaml.Node | None) -> None:
        self._lines: dict[tuple[str | int, ...], int] = {}
        if node is not None:
            self._walk(node, ())

    def _walk(self, node: yaml.Node, path: tuple[str | int, ...]) -> None:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                place = (*path, str(key.value))
                self._lines[place] = key.start_mark.line + 1
                self._walk(value, place)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._walk(value, (*path, index))

    def of(self, path: Sequence[str | int]) -> int:
        """The line of a part, or of the nearest part around it."""
        place = tuple(path)
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)


def read_lexicon_file(text: str, name: str) -> tuple[LexiconFile, Lines]:
    """Parse and check the form of a lexicon. ``name`` is the file's, for messages. Raises LexiconError."""
    try:
        node = yaml.compose(text, _Loader)
        loader = _Loader("")
        raw: Any = loader.construct_document(node) if node is not None else None
        lines = Lines(node)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        fault = getattr(error, "problem", None) or "not YAML"
        raise LexiconError(f"{name}, line {line}: {fault}: check indentation, colons and quotes") from error
    try:
        return LexiconFile.model_validate(raw), lines
    except ValidationError as error:
        first = error.errors()[0]
        path = [part for part in first["loc"] if isinstance(part, int) or part.isidentifier() or "-" in part]
        place = " > ".join(str(part) for part in first["loc"])
        raise LexiconError(f"{name}, line {lines.of(path)}: {place}: {first['msg']}") from error


def read_text(path: Path) -> str:
    """The file's text. Raises LexiconError when it is missing or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        fault = f"{path}: cannot be read ({error.strerror}): give the path of a lexicon file"
        raise LexiconError(fault) from error
    except UnicodeDecodeError as error:
        raise LexiconError(f"{path}: is not UTF-8 text: save it as UTF-8") from error
