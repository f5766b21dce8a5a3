"""What elders say and what it means: the lexicon of one language, as the rest of the program uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import get_args

from speech.lexicon_file import (
    NO_CODE,
    AnswerCode,
    ByTime,
    CodeEntry,
    ConceptEntry,
    LexiconError,
    LexiconFile,
    Lines,
    QuestionEntry,
    read_lexicon_file,
    read_text,
)
from speech.patterns import Pattern, PatternError, compile_pattern, expression
from speech.types import Language, Urgency
from speech.wording import fold

__all__ = ["NO_CODE", "QUESTIONS", "Concept", "Lexicon", "LexiconError", "Rule", "Scope", "load_lexicon"]

QUESTIONS = (
    "wellbeing", "anything_else", "pain", "falls", "eating", "medicine", "sleep", "mood", "company", "safety",
    "money", "help_needed", "identity", "any", "yesno", "scale",
)  # fmt: skip
"""Every lexicon must say what short answers mean under each of these."""
ANSWERS: frozenset[str] = frozenset(get_args(AnswerCode))
SHORT_NO = ("none", "dont", "fine")
"""Groups of short answers that are parted from what follows them without a pause."""
MOST_CANDIDATES = 60
"""Phrases ranked against one utterance's audio at most."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern of a concept, with the identifier that evidence cites."""

    id: str
    pattern: Pattern


@dataclass(frozen=True, slots=True, eq=False)
class Concept:
    """A concept with its patterns compiled."""

    name: str
    entry: ConceptEntry
    rules: tuple[Rule, ...]
    unless: re.Pattern[str] | None

    @property
    def answer(self) -> str | None:
        """The answer the concept gives whatever its code, if the lexicon says so."""
        return self.entry.answer


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The scope words, each group as one regular expression; None for an empty group."""

    groups: Mapping[str, re.Pattern[str] | None]
    cured: Mapping[str, re.Pattern[str] | None]

    def __getitem__(self, group: str) -> re.Pattern[str] | None:
        return self.groups[group]


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """The lexicon of one language. Immutable; shared by all calls and threads."""

    language: Language
    version: int
    codes: Mapping[str, CodeEntry]
    concepts: Mapping[str, Concept]
    bare: Mapping[str, re.Pattern[str]]
    """Group of short answers -> expression that a whole clause must match, fillers around it allowed."""
    questions: Mapping[str, QuestionEntry]
    wording: Mapping[str, str]
    """Question id -> how it is usually put."""
    scope: Scope
    safety_phrases: tuple[str, ...]
    short_no: re.Pattern[str] | None = None
    """Matches a short "no" at the beginning of a clause that goes on with something new."""

    def candidates(self, question: str) -> tuple[str, ...]:
        """Phrases to rank against the audio under a question: its expected answers, then safety phrases.

        At most 60. An unknown question is treated as ``any``.
        """
        entry = self.questions.get(question, self.questions["any"])
        phrases = (*entry.expected, *(self.safety_phrases if entry.safety else ()))
        return tuple(dict.fromkeys(phrases))[:MOST_CANDIDATES]

    def asked(self, question: str) -> str:
        """How a question is usually put, so that a recogniser expects an answer to it; perhaps empty."""
        return self.wording.get(question, self.wording.get("any", ""))

    def describe(self, code: str, language: Language | None = None) -> str:
        """Plain words for a code, to fit "I think I heard you say ..."; the code itself if unknown."""
        if language is not None and language != self.language:
            return load_lexicon(language).describe(code)
        entry = self.codes.get(code)
        return entry.say if entry else code

    def label(self, code: str, language: Language | None = None) -> str:
        """The name of a code for screens; the code itself if unknown."""
        if language is not None and language != self.language:
            return load_lexicon(language).label(code)
        entry = self.codes.get(code)
        return entry.label if entry else code

    def urgency(self, code: str) -> Urgency:
        """How urgent a code is; none for an unknown one."""
        entry = self.codes.get(code)
        return Urgency.parse(entry.urgency) if entry else Urgency.NONE


def load_lexicon(language: Language, path: Path | None = None) -> Lexicon:
    """The lexicon of a language: the shipped one (loaded once), or one's own file at ``path``.

    Raises LexiconError with the file, the line, the rule and what is wrong.
    """
    if path is None:
        return _shipped(language)
    return _build(read_text(path), str(path), language)


@cache
def _shipped(language: Language) -> Lexicon:
    name = f"{language}.yaml"
    with resources.as_file(resources.files("speech").joinpath("lexicons", name)) as path:
        return _build(read_text(path), name, language)


def _build(text: str, name: str, language: Language) -> Lexicon:
    file, lines = read_lexicon_file(text, name)
    if file.language != language:
        raise LexiconError(
            f"{name}, line {lines.of(['language'])}: is for {file.language}, not for {language}"
        )
    return _Builder(file, lines, name).build()


@dataclass(frozen=True, slots=True)
class _Builder:
    file: LexiconFile
    lines: Lines
    name: str

    def build(self) -> Lexicon:
        self._check_references()
        file = self.file
        scope = file.scope.model_dump(exclude={"cured"})
        fillers = self._one_of(file.scope.fillers, ["scope", "fillers"])
        return Lexicon(
            language=file.language,
            version=file.version,
            codes=file.codes,
            concepts={key: self._concept(key, entry) for key, entry in file.concepts.items()},
            bare={
                key: self._whole(self._one_of(words, ["bare", key]), fillers)
                for key, words in file.bare.items()
            },
            questions=file.questions,
            wording=file.asked,
            scope=Scope(
                {key: self._regex(words, ["scope", key]) for key, words in scope.items()},
                {key: self._regex(words, ["scope", "cured", key]) for key, words in file.scope.cured.items()},
            ),
            safety_phrases=file.safety_phrases,
            short_no=self._short_no(fillers),
        )

    def _concept(self, key: str, entry: ConceptEntry) -> Concept:
        place = ["concepts", key, "patterns"]
        rules = tuple(
            Rule(
                f"{self.file.language}/{key}/{number}",
                self._compile(source, [*place, number], sound=entry.sound),
            )
            for number, source in enumerate(entry.patterns)
        )
        if not rules:
            raise self._fault(place, "has no patterns: write at least one")
        return Concept(key, entry, rules, self._regex(entry.unless, ["concepts", key, "unless"]))

    def _compile(self, source: str, path: Sequence[str | int], *, sound: bool) -> Pattern:
        try:
            return compile_pattern(source, self.file.words, self.file.language, sound=sound)
        except PatternError as error:
            raise self._fault(path, str(error)) from error

    def _expression(self, source: str, path: Sequence[str | int]) -> str:
        try:
            return expression(source, self.file.words, self.file.language)
        except PatternError as error:
            raise self._fault(path, str(error)) from error

    def _one_of(self, words: Sequence[str], path: Sequence[str | int]) -> str:
        patterns = [self._expression(source, [*path, at]) for at, source in enumerate(words)]
        return "|".join(f"(?:{pattern})" for pattern in sorted(patterns, key=len, reverse=True))

    def _regex(self, words: Sequence[str], path: Sequence[str | int]) -> re.Pattern[str] | None:
        return re.compile(self._one_of(words, path)) if words else None

    def _short_no(self, fillers: str) -> re.Pattern[str] | None:
        after = self.file.scope.after_no
        if not after:
            return None
        words = [word for group in SHORT_NO for word in self.file.bare.get(group, ())]
        around = f"(?:{fillers})*" if fillers else ""
        answers = self._one_of(words, ["bare"])
        return re.compile(rf"{around}(?:{answers})(?={self._one_of(after, ['scope', 'after_no'])})")

    def _whole(self, words: str, fillers: str) -> re.Pattern[str]:
        around = f"(?:{fillers})*" if fillers else ""
        return re.compile(rf"{around}(?:{words})+{around}")

    def _check_references(self) -> None:
        known = ANSWERS | {NO_CODE, "nothing", *self.file.codes, *self.file.concepts}
        for path, name in self._references():
            if name not in known:
                raise self._fault(path, f"{name!r} is neither a code, nor a concept, nor an answer")
        for question in QUESTIONS:
            if question not in self.file.questions:
                raise self._fault(["questions"], f"the question {question!r} is missing")
        for question, entry in self.file.questions.items():
            self._check_question(question, entry)
        for question in self.file.asked:
            if question not in self.file.questions:
                raise self._fault(["asked", question], f"there is no question {question!r}")
        for key, concept in self.file.concepts.items():
            self._check_concept(key, concept)

    def _check_question(self, question: str, entry: QuestionEntry) -> None:
        for group in entry.bare:
            if group not in self.file.bare:
                raise self._fault(
                    ["questions", question, "bare", group], f"there is no group {group!r} in bare"
                )
        for phrase in entry.expected:
            if not fold(phrase, self.file.language):
                raise self._fault(["questions", question, "expected"], f"{phrase!r} has no words")

    def _check_concept(self, key: str, concept: ConceptEntry) -> None:
        place = ["concepts", key]
        for group in concept.cured_by:
            if group not in self.file.scope.cured:
                raise self._fault([*place, "cured_by"], f"there is no group {group!r} in scope > cured")
        if concept.code is None and key not in self.file.codes:
            raise self._fault(place, f"there is no code {key!r}: name its code, or write 'code: {NO_CODE}'")
        if concept.code == NO_CODE and concept.answer is None:
            raise self._fault(place, "has no code, so it must say which answer it is")

    def _references(self) -> Iterator[tuple[list[str | int], str]]:
        for key, concept in self.file.concepts.items():
            yield ["concepts", key, "negated"], concept.negated
            if isinstance(concept.code, ByTime):
                times = concept.code
                for name in (
                    times.now,
                    times.recent,
                    times.past,
                    times.unstated,
                    *times.unstated_under.values(),
                ):
                    yield ["concepts", key, "code"], name
            elif concept.code is not None:
                yield ["concepts", key, "code"], concept.code
        for question, entry in self.file.questions.items():
            for group, name in entry.bare.items():
                yield ["questions", question, "bare", group], name
            for name in entry.favours:
                yield ["questions", question, "favours"], name
        for code, entry_of_code in self.file.codes.items():
            for name in entry_of_code.includes:
                yield ["codes", code, "includes"], name

    def _fault(self, path: Sequence[str | int], fault: str) -> LexiconError:
        place = " > ".join(str(part) for part in path)
        return LexiconError(f"{self.name}, line {self.lines.of(path)}: {place}: {fault}")
