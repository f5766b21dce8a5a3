"""The texts of a script: sentences in every language, and what they are allowed to mention."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ivr.wording import placeholders, split_sentences
from speech.types import LANGUAGES, Language

ALWAYS = frozenset({"organisation", "callback_number", "medical", "fire", "police", "support"})
"""Placeholders that any text may use: who calls, and the numbers of help."""


class Part(BaseModel):
    """A piece of a script: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _as_sentences(value: object) -> object:
    """A text becomes its sentences; a list is taken as the author split it."""
    if isinstance(value, str):
        value = split_sentences(value)
    if isinstance(value, (list, tuple)) and not all(isinstance(it, str) and it.strip() for it in value):
        raise ValueError("must be a text or a list of sentences, none of them empty")
    if not value:
        raise ValueError("is empty; write what is to be said")
    return value


Sentences = Annotated[tuple[str, ...], BeforeValidator(_as_sentences)]


class Text(Part):
    """The same thing said in every language, sentence by sentence."""

    zh: Sentences = Field(alias="zh-CN")
    es: Sentences
    en: Sentences

    def of(self, language: Language) -> tuple[str, ...]:
        """The sentences in one language, placeholders still in them."""
        return {"zh-CN": self.zh, "es": self.es, "en": self.en}[language]


class Ask(Part):
    """Something that is asked, and how it is asked again."""

    text: Text
    short: Text
    """The same, shorter: for the second try."""
    keys_hint: Text | None = None
    """Which key means what; said from the second try on, never the first time."""


def texts_in(part: object, path: str = "") -> Iterator[tuple[str, Text]]:
    """Every text below a part of a script, with its path."""
    if isinstance(part, Text):
        yield path, part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from texts_in(getattr(part, name), f"{path}.{name}" if path else name)
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from texts_in(value, f"{path}.{name}")
    elif isinstance(part, tuple):
        for index, value in enumerate(part):
            yield from texts_in(value, f"{path}[{index}]")


PartT = TypeVar("PartT", bound=Part)


def may_mention(*names: str) -> Callable[[PartT], PartT]:
    """A check that the texts of a part use no placeholders but the general ones and ``names``."""
    allowed = ALWAYS | set(names)

    def check(part: PartT) -> PartT:
        for path, text in texts_in(part):
            used = {language: _used(text.of(language)) for language in LANGUAGES}
            for language, found in used.items():
                where = f"{path + ', ' if path else ''}{language}"
                if strange := found - allowed:
                    raise ValueError(
                        f"({where}) may not mention {{{min(strange)}}}; allowed here: "
                        + ", ".join(f"{{{name}}}" for name in sorted(allowed))
                    )
                if missing := used["zh-CN"] - found:
                    raise ValueError(f"({where}) lacks {{{min(missing)}}}, which the zh-CN text mentions")
        return part

    return check


def _used(sentences: tuple[str, ...]) -> frozenset[str]:
    try:
        return frozenset().union(*(placeholders(sentence) for sentence in sentences))
    except ValueError as error:
        raise ValueError(f"has a brace that is not closed: {''.join(sentences)}") from error


# What may be mentioned where. Before the elder is known to be on the line nothing about them is said but
# their name, and that only to ask for them.
PublicText = Annotated[Text, AfterValidator(may_mention())]
PublicAsk = Annotated[Ask, AfterValidator(may_mention())]
NameText = Annotated[Text, AfterValidator(may_mention("name"))]
NameAsk = Annotated[Ask, AfterValidator(may_mention("name"))]
PersonalText = Annotated[Text, AfterValidator(may_mention("name", "address_as"))]
HeardText = Annotated[Text, AfterValidator(may_mention("what"))]
HeardAsk = Annotated[Ask, AfterValidator(may_mention("what"))]
