"""Starts the telephones' process, tells it the robot's sentences, and ends it for certain."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from ivr.lines.sip import SipSettings
from speech.prompts import Prompt, PromptStore
from speech.types import Language

PARTING_S = 5.0
"""How long the telephones may take to hang up at the end."""
VILLAGE = "wenan.village.telephones"
"""The module that is the village's telephones."""


class TelephonesError(Exception):
    """The village's telephones cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What the village is opened with."""

    synthesizer: Literal["auto", "kokoro", "espeak"]
    models_dir: str
    prompts_dir: str
    recorded_dir: str
    script: str
    lines: int
    """Telephones that may be in use at once."""
    past: Mapping[str, tuple[int, Mapping[str, int], int]]
    """By number, what ``Villager.remember`` wants to know."""


class Switchboard:
    """Telephones on loopback in a process of their own; a context manager that leaves nothing behind."""

    def __init__(self, opening: Mapping[str, Any], module: str = VILLAGE) -> None:
        """``opening`` is what the module is opened with; the village's with the fields of an ``Opening``.

        Raises TelephonesError when what the telephones need is not installed.
        """
        if importlib.util.find_spec("aiosipua") is None:
            raise TelephonesError(
                "The village's SIP telephones are not installed: pip install 'wenan[sip,sip-village]'"
            )
        self._opening = opening
        self._module = module
        self._process: subprocess.Popen[str] | None = None
        self._listening: threading.Thread | None = None
        self._writing = threading.Lock()
        self._told: set[tuple[str, str, float]] = set()
        self.port = 0
        self.ended: list[Mapping[str, Any]] = []
        """The calls that are over, as the telephones saw them."""

    def __enter__(self) -> Self:
        """Start them. Raises TelephonesError."""
        process = subprocess.Popen(  # noqa: S603 - a module of ours
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._process = process
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._write(self._opening)
        first = process.stdout.readline()
        if not first:
            self.close()
            raise TelephonesError("The village's telephones did not start; the lines above say why")
        self.port = int(json.loads(first)["port"])
        self._listening = threading.Thread(target=self._listen, args=(process.stdout,), daemon=True)
        self._listening.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them."""
        self.close()

    def close(self) -> None:
        """End the process: it is asked, then told, then made to. Calling it again does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(PARTING_S)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            process.kill()
            process.wait()
        if self._listening is not None:
            self._listening.join()
        if process.stdout is not None:
            process.stdout.close()

    @property
    def line_settings(self) -> SipSettings:
        """What an ordinary SIP line needs to ring these telephones."""
        return SipSettings(f"127.0.0.1:{self.port}", interface="127.0.0.1", register=False)

    def tell(self, text: str, language: Language, speed: float) -> None:
        """Let the villagers know a sentence of the robot, once; may be called from any thread."""
        if (text, language, speed) not in self._told:
            self._told.add((text, language, speed))
            self._write({"text": text, "language": language, "speed": speed})

    def _write(self, facts: object) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            with self._writing:
                process.stdin.write(json.dumps(facts, ensure_ascii=False) + "\n")
                process.stdin.flush()
        except BrokenPipeError:  # it is dead: whoever dials will notice
            return

    def _listen(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.ended.append(json.loads(line))


class ToldPrompts:
    """The robot's sentences, each told to the telephones before it is first played."""

    def __init__(self, store: PromptStore, switchboard: Switchboard) -> None:
        self._store = store
        self._switchboard = switchboard

    def get(self, sentence: str, *, language: Language, speed: float = 1.0, voice: str = "") -> Prompt:
        """As ``PromptStore.get``."""
        prompt = self._store.get(sentence, language=language, speed=speed, voice=voice)
        self._switchboard.tell(sentence, language, speed)
        return prompt
