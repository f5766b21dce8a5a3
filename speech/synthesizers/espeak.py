"""espeak-ng through pyttsx3: the voice of machines that have no model. Intelligible, not pleasant.

A second ``runAndWait`` in one process hangs, so each rendering has a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from speech.audio import read_wav, to_float
from speech.synthesizers.levels import to_telephone_level
from speech.types import AudioUnreadableError, Language, Pcm, SynthesisError

PROCESS = (sys.executable, "-I", str(Path(__file__).with_name("espeak_process.py")))
"""Run as a file of its own, so that each sentence does not pay for loading the rest of the product."""
RENDER_SECONDS = 60
MOST_RENDERINGS = 4
WORDS_PER_MINUTE = 150
"""Slower than the engine's 200: elders listen over a telephone."""
VOICES: dict[Language, str] = {"zh-CN": "cmn", "es": "es", "en": "en-us"}


class EspeakSynthesizer:
    """Implements ``speech.types.Synthesizer``."""

    name = "pyttsx3-espeak"
    languages: tuple[Language, ...] = ("zh-CN", "es", "en")

    def render(self, sentence: str, *, language: Language, voice: str = "", speed: float = 1.0) -> Pcm:
        """Render a sentence at 8 kHz. Raises SynthesisError when the engine is missing, fails or hangs.

        On a busy machine pyttsx3 now and then leaves out the last second, or all of it; no elder should hear
        half a sentence, so it counts once two renderings are of the same length.
        """
        kept = self._once(sentence, language, voice, speed)
        for _ in range(MOST_RENDERINGS - 1):
            again = self._once(sentence, language, voice, speed)
            if len(again) == len(kept) > 0:
                break
            kept = max(kept, again, key=len)
        if not len(kept):
            raise SynthesisError(f"espeak gave no audio for {sentence[:40]!r}, {MOST_RENDERINGS} times")
        return kept

    def _once(self, sentence: str, language: Language, voice: str, speed: float) -> Pcm:
        with tempfile.TemporaryDirectory(prefix="wenan-voice-") as folder:
            target = Path(folder) / "sentence.wav"
            rate = str(round(WORDS_PER_MINUTE * speed))
            command = [*PROCESS, str(target), rate]
            try:
                done = subprocess.run(  # noqa: S603 - our own module; the sentence goes in by standard input
                    [*command, voice or VOICES[language]],
                    input=sentence.encode(),
                    capture_output=True,
                    timeout=RENDER_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise SynthesisError(
                    f"espeak did not finish within {RENDER_SECONDS} s: {sentence[:40]}"
                ) from error
            if done.returncode > 0:
                said = done.stderr.decode(errors="replace").strip().splitlines()
                raise SynthesisError(
                    f"espeak could not speak {sentence[:40]!r}: {said[-1] if said else 'no reason'}"
                )
            try:
                return to_telephone_level(to_float(read_wav(target)))
            except AudioUnreadableError:
                # On a busy machine it ends at times before it has begun: without a sound, or without a file.
                return np.zeros(0, np.int16)


@cache
def espeak_works() -> bool:
    """Whether pyttsx3 finds an espeak library on this machine."""
    command = [*PROCESS, "--check"]
    try:
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0  # noqa: S603 - our own module
    except subprocess.TimeoutExpired:
        return False
