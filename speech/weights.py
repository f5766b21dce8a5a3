"""The weights of scoring: what each answer and code is worth, kept as data and checked when read."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from speech.types import Language, SpeechError, Urgency

SHIPPED = Path(__file__).parent / "data" / "weights.yaml"

Dimension = Literal["health", "money", "home_safety", "needs", "other"]
DIMENSIONS: tuple[Dimension, ...] = ("health", "money", "home_safety", "needs", "other")

Column = Literal[
    "健康管理", "居家安全", "生活照料", "康复护理", "精神慰藉", "环境卫生", "应急救援", "文体活动", "其他"
]
COLUMNS: tuple[Column, ...] = (
    "健康管理",
    "居家安全",
    "生活照料",
    "康复护理",
    "精神慰藉",
    "环境卫生",
    "应急救援",
    "文体活动",
    "其他",
)
"""The nine columns of the visit record (记录表, annex 2), in the form's order."""

Measure = Literal[
    "response_delay_s",
    "speaking_rate",
    "repeats",
    "silences",
    "pause_share",
    "speech_dbfs",
    "over_background_db",
]
"""What ``speech.manner`` can compare."""

Points = float
"""0 (well) .. 100 (worst)."""


class WeightsError(SpeechError):
    """The weights file cannot be used; the message names the file, the place and what is wrong."""


class Level(IntEnum):
    """How a visit or a dimension stands. Ordered: comparisons mean what they say."""

    GREEN = 0
    YELLOW = 1
    ORANGE = 2
    RED = 3

    @property
    def label(self) -> str:
        """The name used in data files, JSON and the ledger: green, yellow, orange or red."""
        return self.name.lower()


class _Part(BaseModel):
    """A piece of the weights file: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bands(_Part):
    """The fewest points of each level."""

    green: float = Field(ge=0, le=0)
    yellow: float = Field(gt=0, lt=100)
    orange: float = Field(gt=0, lt=100)
    red: float = Field(gt=0, le=100)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.green < self.yellow < self.orange < self.red:
            raise ValueError("the bands must rise: green < yellow < orange < red")
        return self

    def floor(self, level: Level) -> Points:
        """The fewest points of a level."""
        return (self.green, self.yellow, self.orange, self.red)[level]

    def ceiling(self, level: Level) -> Points:
        """The most points of a level, one tenth below the next one."""
        return 100.0 if level is Level.RED else self.floor(Level(level + 1)) - 0.1

    def level(self, points: Points) -> Level:
        """The level that so many points reach."""
        return max(level for level in Level if points >= self.floor(level))


class Labels(_Part):
    """The same short words in each language."""

    zh: str = Field(alias="zh-CN", min_length=1)
    es: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def of(self, language: Language) -> str:
        """The words in one language."""
        return {"zh-CN": self.zh, "es": self.es, "en": self.en}[language]


class CodeWeight(_Part):
    """What one code of the lexicon is worth and where it belongs."""

    points: float = Field(ge=0, le=100)
    dimension: Dimension
    column: Column
    label: Labels
    concern: bool = False
    """Counts towards ``several_concerns``."""


class QuestionWeight(_Part):
    """Where the answers to one question belong."""

    dimension: Dimension
    column: Column
    topic: str = Field(min_length=1)
    fine: str = ""
    """What the record sheet says when all is well; empty: nothing."""
    scored: bool = True
    """False: only the codes heard in the answer count, not whether it was answered."""
    answers: dict[str, float] = Field(default_factory=dict)
    """Points of answers here that differ from the general ones, e.g. of ``often`` to "are you lonely?"."""


class SeveralConcerns(_Part):
    """So many different concerns in one visit are worth so many points together."""

    count: int = Field(ge=2)
    points: float = Field(gt=0, le=100)


class MeasureRule(_Part):
    """When one measure of how the elder speaks counts as a departure; in the measure's own unit."""

    direction: Literal["up", "down", "both"]
    least_spread: float = Field(gt=0)
    least_change: float = Field(ge=0)
    borne_out_by: Measure | None = None
    """Another measure that must have gone the same way, where it could be measured: it tells a change of the
    elder from a change of the line."""
    label: Labels


class MannerRules(_Part):
    """How a call is compared with the elder's earlier calls."""

    earlier_calls: int = Field(ge=3)
    limit: float = Field(gt=0)
    measures: dict[Measure, MeasureRule]


class Weights(_Part):
    """The whole file, checked."""

    version: str = Field(min_length=1, max_length=40)
    bands: Bands
    urgency: dict[str, float]
    answers: dict[str, float]
    unanswered: float
    withdrawn: float
    manner: float
    several_concerns: SeveralConcerns
    outcomes: dict[str, float]
    control: frozenset[str]
    questions: dict[str, QuestionWeight]
    codes: dict[str, CodeWeight]
    manner_rules: MannerRules

    @model_validator(mode="after")
    def _safe(self) -> Self:
        """Refuse weights under which somebody in need could come out well."""
        if set(self.urgency) != {urgency.label for urgency in Urgency}:
            raise ValueError("urgency must list none, need, urgent and emergency")
        floors = {
            "urgency.need": (self.urgency["need"], Level.YELLOW),
            "urgency.urgent": (self.urgency["urgent"], Level.ORANGE),
            "urgency.emergency": (self.urgency["emergency"], Level.RED),
            "unanswered": (self.unanswered, Level.YELLOW),
            "withdrawn": (self.withdrawn, Level.YELLOW),
            "answers.unclear": (self.answers.get("unclear", 0), Level.YELLOW),
            "answers.silence": (self.answers.get("silence", 0), Level.YELLOW),
            "answers.problem": (self.answers.get("problem", 0), Level.YELLOW),
        }
        for name, question in self.questions.items():
            for answer in {"unclear", "silence", "problem"} & set(question.answers):
                floors[f"questions.{name}.answers.{answer}"] = (question.answers[answer], Level.YELLOW)
        for name, (points, least) in floors.items():
            if self.bands.level(points) < least:
                raise ValueError(
                    f"{name} is {points}, below {least.label}: nobody unheard may come out better"
                )
        if self.bands.level(self.manner) > Level.YELLOW:
            raise ValueError("manner may ask for a look (yellow), never for more")
        if mixed := self.control & set(self.codes):
            raise ValueError(f"codes cannot be both weighted and control: {', '.join(sorted(mixed))}")
        return self

    def place(
        self, question: str, topic: str, dimension: Dimension | None, column: Column | None
    ) -> QuestionWeight:
        """Where answers to a question belong.

        The script's own dimension and column come first, then what this file says for the question's id.
        A question unknown here goes to the dimension of the lexicon's ``topic`` that it hears and is named
        after its column: what the sheet says of one question must not be claimed of another.
        """
        known = self.questions.get(question)
        if known is not None:
            changes = {"dimension": dimension or known.dimension, "column": column or known.column}
            return known.model_copy(update=changes)
        alike = self.questions.get(topic)
        where: Column = column or (alike.column if alike and alike.scored else "其他")
        called = f"{where}情况"
        return QuestionWeight(
            dimension=dimension or (alike.dimension if alike and alike.scored else "other"),
            column=where,
            topic=called,
            fine=f"{called}正常",
        )

    def answer_points(self, question: QuestionWeight, answer: str) -> Points:
        """Points of an answer; one that the file does not know counts as unclear."""
        general = self.answers.get(answer, self.answers["unclear"])
        return question.answers.get(answer, general)

    def outcome_points(self, outcome: str) -> Points:
        """Points of a visit's outcome; one that the file does not know counts as partial."""
        return self.outcomes.get(outcome, self.outcomes.get("partial", self.unanswered))

    def label(self, code: str, language: Language = "zh-CN") -> str:
        """A code in plain words; a code the file does not know is shown as it is."""
        found = self.codes.get(code)
        return found.label.of(language) if found else code


def load_weights(path: Path | None = None) -> Weights:
    """Read a weights file, by default the shipped one.

    Raises:
        WeightsError: the file is missing, is no YAML, or breaks a rule; one line says which and where.
    """
    source = path or SHIPPED
    try:
        data = yaml.safe_load(source.read_text(encoding="utf-8"))
        return Weights.model_validate(data)
    except OSError as error:
        raise WeightsError(f"Cannot read the weights {source}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise WeightsError(f"The weights {source} are not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise WeightsError(f"The weights {source} cannot be used: {place}: {first['msg']}") from error
