"""What work orders and messages say, in the language of those who read them; sentences are data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from escalation.decide import DecidedOrder
from escalation.policy import Situation
from escalation.situations import CodeFact, Finding
from speech.types import LANGUAGES, Language, Urgency
from speech.weights import Weights

SHIPPED = Path(__file__).parent / "wording.yaml"

LONGEST_QUOTE = 60
"""Characters of the elder's words in a summary; the recording has the rest."""
MOST_CODES = 6

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip


class WordingError(Exception):
    """The wording file cannot be used; the message names the file, the place and what is wrong."""


class Phrases(BaseModel):
    """One language's sentences; see the head of ``wording.yaml`` for the placeholders."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quoted: str
    heard: str
    heard_unquoted: str
    confirmed: dict[str, str]
    separator: str
    by: str
    dial: str
    also: str
    consent: str
    more: str
    situations: dict[str, str]
    short: dict[str, str]
    reasons: dict[str, str]
    outcomes: dict[str, str]
    urgency: dict[str, str]
    kinds: dict[str, str]
    message: str
    message_codes: str
    standing: dict[str, str]
    handled: dict[str, str]
    findings: dict[str, str]
    finding: str
    finding_many: str


def load_phrases(path: Path | None = None) -> dict[Language, Phrases]:
    """Read a wording file, by default the shipped one.

    Raises:
        WordingError: the file is missing, is no YAML, lacks a language or a sentence; one line says which.
    """
    source = path or SHIPPED
    try:
        data = yaml.safe_load(source.read_text(encoding="utf-8"))
        phrases = TypeAdapter(dict[Language, Phrases]).validate_python(data)
    except OSError as error:
        raise WordingError(f"Cannot read the wording {source}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise WordingError(f"The wording {source} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise WordingError(f"The wording {source} cannot be used: {place}: {first['msg']}") from error
    if missing := [language for language in LANGUAGES if language not in phrases]:
        raise WordingError(f"The wording {source} lacks {', '.join(missing)}")
    for language, table in phrases.items():
        for name, sentences in (("situations", table.situations), ("short", table.short)):
            if unsaid := {*get_args(Situation), "in_home"} - set(sentences):
                first_unsaid = min(unsaid)
                raise WordingError(f"The wording {source} lacks {language}.{name}.{first_unsaid}")
    return phrases


@dataclass(frozen=True, slots=True)
class Wording:
    """Writes in one language: sentences from ``phrases``, plain words for codes from ``weights``."""

    phrases: Phrases
    weights: Weights
    language: Language
    timezone: str
    """IANA name; times are written as the readers' clocks show them."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """Question id -> what it is about, in plain words; an unknown id is written as it is."""

    def summary(self, order: DecidedOrder, deadline: datetime) -> str:
        """One or two sentences a worker can act on, with the elder's own words.

        ``deadline`` is the one that holds, which may be earlier than the one just decided.
        """
        first, *others = order.findings
        text = self._sentence(first, order, deadline)
        if others:
            mentions = self.phrases.separator.join(self._mention(finding) for finding in others)
            text += self._next(self.phrases.also.format(others=mentions))
        if order.ask_consent:
            text += self._next(self.phrases.consent)
        return text

    def labels(self, codes: Sequence[str]) -> str:
        """Codes in plain words, each once, the first few of them."""
        names = list(dict.fromkeys(self.weights.label(code, self.language) for code in codes))
        shown = self.phrases.separator.join(names[:MOST_CODES])
        return shown + (self._next(self.phrases.more) if len(names) > MOST_CODES else "")

    def by(self, moment: datetime) -> str:
        """A deadline as the readers say it, on their own clock."""
        local = moment.astimezone(_zone(self.timezone) or moment.tzinfo)
        return self.phrases.by.format(
            month=local.month,
            month_name=_MONTHS[local.month - 1],
            day=local.day,
            hour=local.hour,
            minute=local.minute,
        )

    def _next(self, sentence: str) -> str:
        """A further sentence: languages with spaces part sentences by one."""
        return sentence if self.language == "zh-CN" else f" {sentence}"

    def _sentence(self, finding: Finding, order: DecidedOrder, deadline: datetime) -> str:
        values = finding.values
        questions = values.get("questions")
        asked = questions if isinstance(questions, tuple) else ()
        numbers = self.phrases.separator.join(order.dial)
        sentences = self.phrases.situations
        particular = f"{finding.situation}.{order.kind}"
        return sentences.get(particular, sentences[finding.situation]).format(
            heard=self._heard(finding.codes),
            by=self.by(deadline),
            dial=self.phrases.dial.format(numbers=numbers) if order.dial else "",
            questions=self.phrases.separator.join(self.topics.get(name, name) for name in asked) or "…",
            attempts=values.get("attempts", 0),
            count=values.get("count", len(asked)),
            changed=self._changes(values.get("changed")),
            outcome=self.phrases.outcomes.get(str(values.get("outcome")), str(values.get("outcome"))),
            reason=self.phrases.reasons.get(str(values.get("reason")), str(values.get("reason"))),
        )

    def _changes(self, measures: object) -> str:
        """What has changed in how the elder speaks."""
        changed = measures if isinstance(measures, tuple) else ()
        rules = self.weights.manner_rules.measures
        labels = [rule.label.of(self.language) for name, rule in rules.items() if name in changed]
        return self.phrases.separator.join(labels) or "…"

    def _heard(self, facts: Sequence[CodeFact]) -> str:
        """What was said and what it was taken for, the weightiest first."""
        if not facts:
            return ""
        codes = self.labels([fact.code for fact in facts])
        confirmed = self._confirmed(facts[0])
        words = next((fact.words for fact in facts if fact.words.strip()), "")
        if not words:
            return self.phrases.heard_unquoted.format(codes=codes, confirmed=confirmed)
        quoted = self.phrases.quoted.format(words=shorten(words))
        return self.phrases.heard.format(quoted=quoted, codes=codes, confirmed=confirmed)

    def _confirmed(self, fact: CodeFact) -> str:
        """Who stands behind it; wishes and small complaints are not asked about again."""
        if fact.urgency <= Urgency.NEED and fact.confirmed == "not_asked":
            return ""
        return self.phrases.confirmed.get(fact.confirmed, "")

    def _mention(self, finding: Finding) -> str:
        short = self.phrases.short[finding.situation]
        if not finding.codes:
            return short
        labels = self.labels([fact.code for fact in finding.codes])
        return f"{short}（{labels}）" if self.language == "zh-CN" else f"{short} ({labels})"


def shorten(words: str) -> str:
    """The elder's words, cut to what a summary can hold."""
    plain = " ".join(words.split())
    return plain if len(plain) <= LONGEST_QUOTE else plain[: LONGEST_QUOTE - 1] + "…"


def _zone(timezone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
