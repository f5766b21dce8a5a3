"""What a dialogue may know about the elder it talks to: no more than it may say."""

from __future__ import annotations

from dataclasses import dataclass

from speech.types import Language


@dataclass(frozen=True, slots=True)
class Brief:
    """The elder and the caller, as the dialogue needs them. Kept inside the dialogue's state."""

    name: str
    """Full name, spoken only to check who is on the line: 张桂兰."""
    address_as: str
    """How the elder is addressed once they are known: 张奶奶."""
    organisation: str
    """On whose behalf the robot calls."""
    callback_number: str
    """A number at which a person can be reached, in any usual spelling: 0533-5181234, +865335181234."""
    language: Language
    module: str = ""
    """Id of the script's module for this call; empty for none."""
    speed: float = 1.0
    """Rate of speech that suits this elder, 1.0 is normal."""
    gain_db: float = 0.0
    """How much louder than normal, in decibels."""
    pause_s: float | None = None
    """How long this elder falls silent within an answer, seconds, by their earlier calls; None if unknown.
    Whoever pauses for long is given more time before the robot takes an answer for finished."""
    recap: str = ""
    """What is worth taking up from an earlier call, in the elder's language; said to the elder only."""
    local_hour: float | None = None
    """The elder's local time when the call begins, in hours (14.5 is half past two); None if unknown.
    Only used to turn "this afternoon" into minutes."""
