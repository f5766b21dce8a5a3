"""Who used the processor: the gateway's own work, its engines, or the telephones that it rang."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_STACK = "baresip"
"""Begins the name of the SIP stack's thread."""
_USER, _SYSTEM = 11, 12
"""Fields of /proc/.../stat behind the program's name, in hundredths of a second (USER_HZ is 100 on Linux)."""
_TICK_S = 0.01


@dataclass(frozen=True, slots=True)
class Processor:
    """Processor seconds since each process began."""

    gateway_s: float
    """The event loop (media, dialogue) and the SIP stack."""
    engines_s: float
    """All other threads of the gateway: ears, voice, and what they start themselves."""
    telephones_s: float

    @classmethod
    def now(cls, ended: Sequence[Mapping[str, Any]]) -> Self:
        """As it stands; to be asked by the event loop's thread. ``ended``: what the telephones have told."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        own = time.thread_time() + sum(
            _thread_s(thread.native_id) for thread in threading.enumerate() if thread.name.startswith(_STACK)
        )
        told = max((float(each["processor_s"]) for each in ended), default=0.0)
        return cls(own, used.ru_utime + used.ru_stime - own, told)

    def since(self, earlier: Processor) -> Processor:
        """What was used between the two."""
        return Processor(
            self.gateway_s - earlier.gateway_s,
            self.engines_s - earlier.engines_s,
            self.telephones_s - earlier.telephones_s,
        )

    def figures(self, call_s: float, replies: int) -> Mapping[str, float | None]:
        """Shares of a core for each call, and the engines' seconds for each reply."""
        parts = {"gateway": self.gateway_s, "engines": self.engines_s, "telephones": self.telephones_s}
        shares = {
            f"{name}_share_per_call": round(used / call_s, 4) if call_s else None
            for name, used in parts.items()
        }
        return shares | {"engines_s_per_reply": round(self.engines_s / replies, 3) if replies else None}


def _thread_s(native_id: int | None) -> float:
    """Processor seconds of a thread; 0 where the system does not say."""
    try:
        told = (
            Path(f"/proc/self/task/{native_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        )
    except OSError:
        return 0.0
    return (int(told[_USER]) + int(told[_SYSTEM])) * _TICK_S
