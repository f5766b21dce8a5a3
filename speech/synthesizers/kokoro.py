"""Kokoro-82M: a small neural voice, run by onnxruntime on the processor, about a third of real time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import soxr
from numpy.typing import NDArray

from speech.modelstore import installed, require
from speech.synthesizers.levels import to_telephone_level
from speech.synthesizers.phonemes import phonemes, token_numbers
from speech.types import SAMPLE_RATE, Language, Pcm, SynthesisError

MODEL_RATE = 24_000
STYLE_ROWS, STYLE_WIDTH = 510, 256
"""A voice file holds one style for each number of tokens."""
VOICES: dict[Language, str] = {"zh-CN": "zf_xiaoxiao", "es": "ef_dora", "en": "af_heart"}
"""The voice of the robot, where none is asked for."""

VOICE_FOLDERS = ("kokoro-voices", "kokoro-voices-more")
"""Models of the catalogue that hold voices; the second is for tuning and benchmarks, and may be missing."""


class KokoroSynthesizer:
    """Implements ``speech.types.Synthesizer``. One rendering at a time: the model uses all threads for it."""

    name = "kokoro-82m-v1.0-int8"
    languages: tuple[Language, ...] = ("zh-CN", "es", "en")

    def __init__(self, models_dir: Path, *, threads: int = 2) -> None:
        """Load the model. Raises ModelMissingError."""
        folder = require("kokoro", models_dir)
        require("kokoro-voices", models_dir)
        folders = [models_dir / name for name in VOICE_FOLDERS if installed(name, models_dir)]
        self._voices = {path.stem: path for voices in folders for path in voices.glob("*.bin")}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Waiting threads must not burn the processor that other calls need: a sixth less work under load.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "kokoro.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokens = token_numbers()
        self._styles: dict[str, NDArray[np.float32]] = {}
        self._lock = threading.Lock()

    def render(self, sentence: str, *, language: Language, voice: str = "", speed: float = 1.0) -> Pcm:
        """Render a sentence at 8 kHz. Raises SynthesisError for an unknown voice or what cannot be spoken."""
        style = self.style(voice or VOICES[language])
        samples = self.samples(sentence, language=language, style=lambda count: style[count - 1], speed=speed)
        return to_telephone_level(soxr.resample(samples, MODEL_RATE, SAMPLE_RATE))

    def samples(
        self,
        sentence: str,
        *,
        language: Language,
        style: Callable[[int], NDArray[np.float32]],
        speed: float = 1.0,
    ) -> NDArray[np.float32]:
        """Render a sentence at 24 kHz in the style, shape (256,), that is given for its number of tokens."""
        return self.spoken(phonemes(sentence, language), sentence, style=style, speed=speed)

    def spoken(
        self,
        sounds: str,
        sentence: str,
        *,
        style: Callable[[int], NDArray[np.float32]],
        speed: float = 1.0,
    ) -> NDArray[np.float32]:
        """As ``samples``, of a sentence whose phonemes in Kokoro's alphabet are given."""
        tokens = [self._tokens[sound] for sound in sounds if sound in self._tokens]
        if not tokens:
            raise SynthesisError(f"Kokoro finds nothing to speak in {sentence!r}")
        if len(tokens) >= STYLE_ROWS:
            raise SynthesisError(f"Kokoro cannot speak a sentence this long, shorten it: {sentence[:40]}...")
        feeds = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style(len(tokens))[None],
            "speed": np.array([speed], np.float32),
        }
        with self._lock:
            return np.asarray(self._session.run(None, feeds)[0], np.float32).reshape(-1)

    def style(self, voice: str) -> NDArray[np.float32]:
        """A voice's styles, shape (510, 256), one for each number of tokens. Raises SynthesisError."""
        if voice not in self._styles:
            if voice not in self._voices:
                raise SynthesisError(f"Kokoro has no voice {voice}; there are {', '.join(self.voices())}")
            styles = np.fromfile(self._voices[voice], np.float32).reshape(STYLE_ROWS, STYLE_WIDTH)
            self._styles[voice] = styles
        return self._styles[voice]

    def voices(self) -> list[str]:
        """The voices installed."""
        return sorted(self._voices)
