"""Recordings for the panel's tests and pictures: noise that looks like a call."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np

from support.panel_people import Said

Span = tuple[float, float, float, float]
"""(robot begins, robot ends, elder begins, turn ends), seconds."""


def spans_of(talk: tuple[Said, ...]) -> tuple[list[Span], float]:
    spans: list[Span] = []
    at = 0.6
    for said in talk:
        asked = at + 0.26 * len(said.prompt)
        begins = asked + said.delay
        ends = begins + said.speech + 1.2
        spans.append((at, asked, begins, ends))
        at = ends + 0.4
    return spans, at + 2.0 if spans else 0.0


def write_call(path: Path, spans: list[Span], seconds: float, *, seed: int) -> None:
    """A stereo WAV whose picture looks like a call: syllables of noise, the robot left, the elder right."""
    rate = 8000
    random = np.random.default_rng(seed)
    sound = random.normal(0, 18, (int(seconds * rate), 2))
    for start, asked, begins, ends in spans:
        _syllables(sound[:, 0], start, asked, 4200, random, rate)
        if ends - begins > 1.3:
            _syllables(sound[:, 1], begins, ends - 1.2, 1900, random, rate)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.clip(sound, -32000, 32000).astype("<i2").tobytes())


def _syllables(
    side: Any, start: float, end: float, loud: float, random: np.random.Generator, rate: int
) -> None:
    at = start
    while at < end:
        length = random.uniform(0.12, 0.22)
        first, last = int(at * rate), min(int((at + length) * rate), len(side))
        shape = np.sin(np.linspace(0, np.pi, max(0, last - first))) * loud * random.uniform(0.4, 1.0)
        pitch = np.sin(2 * np.pi * random.uniform(150, 260) * np.arange(max(0, last - first)) / rate)
        side[first:last] += shape * (pitch + random.normal(0, 0.25, max(0, last - first)))
        at += length + random.uniform(0.02, 0.12)
