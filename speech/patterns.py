"""The small language in which a lexicon's phrases are written.

==================  =========================================================================
``{chest}``         any word of the group ``chest``
``(疼|难受)``        one of these
``[有点]``           may be there or not
``..``              a few words in between (4 characters of Chinese, 3 words elsewhere)
``...``             more words in between (9 characters, 6 words), still within the clause
``^`` ``$``         the clause begins or ends here
``~`` in front      compare by spelling only, never by sound
``?`` in front      worth a confirming question, not enough to act on
==================  =========================================================================

A pattern is compiled twice: to a regular expression for transcripts that are spelt right, and to the
list of spoken phrases that it stands for, to be compared by sound.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from speech.types import Language
from speech.wording import fold, spaced

NEAR, FAR = "..", "..."
_REACH: Mapping[bool, Mapping[str, int]] = {False: {NEAR: 4, FAR: 9}, True: {NEAR: 3, FAR: 6}}
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
SPOKEN_LIMIT = 700
"""Most spoken forms one pattern is unfolded to; the loader refuses a pattern that has more."""


class PatternError(ValueError):
    """A pattern that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences; an empty one makes it optional."""

    options: tuple[Sequence[Choice | str], ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One compiled pattern."""

    source: str
    regex: re.Pattern[str]
    """Its groups are the gaps, so that what stands in them can be examined."""
    spoken: tuple[tuple[str, ...], ...] = field(repr=False)
    """The phrases it stands for, as pieces; ``..`` or ``...`` between two pieces is a gap. Empty if it
    may be compared by spelling only."""
    weak: bool = False
    """Whether a match is worth a confirming question only."""


def compile_pattern(
    source: str, words: Mapping[str, Sequence[str]], language: Language, *, sound: bool = True
) -> Pattern:
    """Read one pattern. Raises PatternError for an unknown group, an unclosed bracket or an empty pattern.

    Without ``sound`` it is compared by spelling only, as if marked with ``~``.
    """
    marks, sequence, expression = _read(source, words, language)
    by_sound = sound and "~" not in marks
    spoken = tuple(dict.fromkeys(_spoken(sequence))) if by_sound else ()
    return Pattern(source, re.compile(expression), spoken, "?" in marks)


def expression(source: str, words: Mapping[str, Sequence[str]], language: Language) -> str:
    """The regular expression of one pattern, not compiled, to be joined with others. Raises PatternError."""
    return _read(source, words, language)[2]


def _read(
    source: str, words: Mapping[str, Sequence[str]], language: Language
) -> tuple[str, Sequence[Choice | str], str]:
    """The marks in front of a pattern, its parts, and its regular expression."""
    text = source.strip()
    marks = text[: len(text) - len(text.lstrip("~? "))]
    text = text[len(marks) :]
    opens, closes = text.startswith("^"), text.endswith("$")
    text = text.removeprefix("^").removesuffix("$").strip()
    sequence = _Reader(words, language).sequence(text)
    if _may_be_empty(sequence):
        raise PatternError(f"{source!r} would match nothing at all: some word must always be there")
    return marks, sequence, ("^" if opens else "") + _regex(sequence, language) + ("$" if closes else "")


def _may_be_empty(sequence: Sequence[Choice | str]) -> bool:
    return all(
        any(_may_be_empty(option) for option in part.options)
        if isinstance(part, Choice)
        else part in {NEAR, FAR, ""}
        for part in sequence
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    words: Mapping[str, Sequence[str]]
    language: Language
    inside: tuple[str, ...] = ()
    """Groups being unfolded, to notice one that contains itself."""

    def sequence(self, text: str) -> list[Choice | str]:
        """Parse ``text`` into literals, gaps and choices."""
        parts: list[Choice | str] = []
        for token in self._tokens(text):
            if token in {NEAR, FAR}:
                parts.append(token)
            elif token[0] in _BRACKETS and _closing(token, 0) == len(token) - 1:
                parts.append(self._choice(token))
            elif any(letter in token for letter in _BRACKETS):
                parts.append(self._pieced(token))
            elif literal := fold(token, self.language):
                parts.append(literal)
        return parts

    def _tokens(self, text: str) -> Iterator[str]:
        """Cut at brackets and gaps; in languages with spaces, at spaces outside brackets only."""
        token, index = "", 0
        while index < len(text):
            letter = text[index]
            if letter in ")]}|^$~":
                raise PatternError(f"{letter!r} stands where it means nothing in {text!r}")
            gap = FAR if text.startswith(FAR, index) else NEAR if text.startswith(NEAR, index) else ""
            if letter in _BRACKETS:
                end = _closing(text, index)
                piece, index = text[index : end + 1], end + 1
                if spaced(self.language):
                    token += piece
                    continue
                yield from (part for part in (token, piece) if part)
                token = ""
            elif gap or letter.isspace():
                yield from (part for part in (token, gap) if part)
                token, index = "", index + max(len(gap), 1)
            else:
                token, index = token + letter, index + 1
        if token:
            yield token

    def _choice(self, token: str) -> Choice:
        inner = token[1:-1]
        if token[0] == "{":
            return Choice(tuple(self._group(inner.strip())))
        options = [self.sequence(option) for option in _split(inner)]
        return Choice((*options, []) if token[0] == "[" else tuple(options))

    def _group(self, name: str) -> Iterator[list[Choice | str]]:
        if name not in self.words:
            raise PatternError(f"there is no group of words called {name!r}")
        if name in self.inside:
            raise PatternError(f"the group {name!r} contains itself")
        within = _Reader(self.words, self.language, (*self.inside, name))
        for word in self.words[name]:
            yield within.sequence(word)

    def _pieced(self, token: str) -> Choice:
        """A single word made of pieces, such as ``caid(o|a)``: unfolded to whole words."""
        pieces: list[list[str]] = []
        index = 0
        while index < len(token):
            end = _closing(token, index) if token[index] in _BRACKETS else index
            piece = token[index : end + 1]
            if token[index] == "{":
                pieces.append(list(self.words.get(piece[1:-1], ())))
            elif token[index] in _BRACKETS:
                pieces.append(_split(piece[1:-1]) + ([""] if token[index] == "[" else []))
            else:
                pieces.append([piece])
            index = end + 1
        return Choice(tuple([fold("".join(word), self.language)] for word in itertools.product(*pieces)))


def _closing(text: str, start: int) -> int:
    """Index of the bracket that closes the one at ``start``. Raises PatternError if none does."""
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] in _BRACKETS) - (text[index] in _BRACKETS.values())
        if depth == 0:
            if text[index] != _BRACKETS[text[start]]:
                break
            return index
    raise PatternError(f"a bracket opened with {text[start]!r} is not closed in {text!r}")


def _split(inner: str) -> list[str]:
    """Split at the bars that are not inside a further bracket."""
    options, depth = [""], 0
    for letter in inner:
        depth += (letter in _BRACKETS) - (letter in _BRACKETS.values())
        if letter == "|" and depth == 0:
            options.append("")
        else:
            options[-1] += letter
    return options


def _regex(sequence: Sequence[Choice | str], language: Language) -> str:
    apart = spaced(language)
    body = ""
    for part in sequence:
        if isinstance(part, Choice):
            options = "|".join(_regex(option, language) for option in _longest_first(part.options))
            body += f"(?:{options})"
        elif part in _REACH[apart]:
            unit = r"(?:\S+\s+)" if apart else r"[^ ]"
            body += f"({unit}{{0,{_REACH[apart][part]}}}?)"
        else:
            body += rf"\b{re.escape(part)}\b\s*" if apart else re.escape(part)
    return body


def _longest_first(options: Sequence[Sequence[Choice | str]]) -> list[Sequence[Choice | str]]:
    """So that 胸口 is tried before 胸; choices inside keep their place."""
    return sorted(options, key=lambda option: -sum(len(part) for part in option if isinstance(part, str)))


def _spoken(sequence: Sequence[Choice | str]) -> list[tuple[str, ...]]:
    """Every way through the choices; raises PatternError if there are more than SPOKEN_LIMIT."""
    ways: list[tuple[str, ...]] = [()]
    for part in sequence:
        if isinstance(part, Choice):
            options = [way for option in part.options for way in _spoken(option)]
        else:
            options = [(part,)]
        ways = [(*before, *after) for before in ways for after in options]
        if len(ways) > SPOKEN_LIMIT:
            raise PatternError(f"it stands for more than {SPOKEN_LIMIT} phrases: split it or mark it with ~")
    return ways
