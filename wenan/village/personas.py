"""The people of the demo village: how they pick up, what they say to which question, what must come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ivr.lines import Disposition

VILLAGE_FILE = Path(__file__).with_name("personas.yaml")


class VillageError(Exception):
    """The village file cannot be used; the message says what is wrong where."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Strict):
    """One thing a persona does when it is their turn: wait, then say, press, or hang up."""

    wait: float = Field(0.0, ge=0.0, le=120.0)
    """Seconds of silence first."""
    say: str = ""
    press: str = Field("", pattern=r"^[0-9*#]*$")
    beep: bool = False
    """The tone of an answering machine."""
    hang_up: bool = False


class Expectation(_Strict):
    """What must be in the ledger when the village has been phoned."""

    outcome: str
    level: str = ""
    """Overall score: green, yellow, orange or red; empty when nobody was assessed."""
    flags: tuple[str, ...] = ()
    """Codes that must be flagged; others may be, except emergencies."""
    needs: tuple[str, ...] = ()
    """Need codes that must be among the answers."""
    orders: tuple[str, ...] = ()
    """Exactly these work orders, as kind/reason."""
    attempts: int = 1
    """How many times the telephone must have been rung."""


Turn = tuple[Step, ...]


class Persona(_Strict):
    """One elder of the village (or whoever picks up their telephone)."""

    id: str
    title: dict[Literal["zh-CN", "en"], str]
    number: str
    also: tuple[str, ...] = ()
    """Further numbers at which the same telephone manner is met."""
    voice: str
    pace: float = Field(1.0, ge=0.5, le=1.5)
    """Speaking speed."""
    slower: float | None = Field(None, ge=0.5, le=1.0)
    """The robot's rate of speech once this persona has asked for it; None if they will not."""
    reaction: float = Field(0.7, ge=0.0)
    """Seconds between the robot's last sound and the first of an answer."""
    noise_db: float | None = None
    """Signal-to-noise ratio of their line; None is a clean one."""
    rings: tuple[Disposition | Literal["answers"], ...] = ("answers",)
    """What happens at the first, second ... ringing; the last repeats."""
    ring_seconds: float = 6.0
    calls_back: float | None = Field(None, ge=0.0)
    """Seconds after they were rung in vain until they call the number they saw; None: they do not."""
    says: Mapping[str, tuple[Turn, ...]]
    """Cue -> what they do the first, second ... time it comes; the last repeats."""
    own: frozenset[str] = frozenset()
    """The cues to which they say something that others do not."""
    expects: Expectation

    def utterances(self, cues: Collection[str]) -> set[str]:
        """Every sentence this persona may say to these cues."""
        return {
            step.say
            for cue, turns in self.says.items()
            if cue in cues
            for turn in turns
            for step in turn
            if step.say
        }


def load_village(path: Path = VILLAGE_FILE) -> tuple[Persona, ...]:
    """Read the personas. Raises VillageError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        usual = {cue: _turns(said) for cue, said in document["usual"].items()}
        personas = tuple(_persona(entry, usual) for entry in document["personas"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValidationError) as error:
        raise VillageError(f"The village file {path} cannot be used: {error}") from error
    for what in ("id", "number"):
        twice = [value for value, n in Counter(getattr(p, what) for p in personas).items() if n > 1]
        if twice:
            raise VillageError(f"{path}: two personas share the {what} {twice[0]}")
    return personas


def _persona(entry: dict[str, object], usual: dict[str, tuple[Turn, ...]]) -> Persona:
    own = entry.get("says") or {}
    if not isinstance(own, dict):
        raise VillageError(f"persona {entry.get('id')}: 'says' must map cues to what is said")
    says = usual | {cue: _turns(said) for cue, said in own.items()}
    return Persona.model_validate({**entry, "says": says, "own": frozenset(own)})


def _turns(said: object) -> tuple[Turn, ...]:
    """``"text"`` | step | [turn, turn ...], where a turn is text, a step or a list of steps."""
    turns = said if isinstance(said, list) else [said]
    return tuple(_turn(turn) for turn in turns)


def _turn(turn: object) -> Turn:
    steps = turn if isinstance(turn, list) else [turn]
    return tuple(
        Step(say=step) if isinstance(step, str) else Step.model_validate(step)
        for step in steps
        if step is not None
    )
