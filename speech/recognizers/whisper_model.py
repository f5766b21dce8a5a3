"""Whisper run by CTranslate2: audio in, scored token sequences out, and the probability of given texts.

A thin layer over ``ctranslate2.models.Whisper``; what is made of its answers is decided elsewhere. The model
is shared by all threads: CTranslate2 queues their calls and releases the interpreter lock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from speech.imports import when_used
from speech.recognizers.adaptation import fingerprint, model_files
from speech.recognizers.tokens import TokenChoice, needed
from speech.types import Language

when_used("av")  # its decoder of audio files, 16 MB: here audio comes by telephone
from faster_whisper import WhisperModel as FasterWhisper  # noqa: E402
from faster_whisper.tokenizer import Tokenizer  # noqa: E402

MODEL_RATE = 16_000
"""Hertz that the model listens at."""
FRAMES_PER_SECOND = 100
LONGEST_S = 30.0
"""What the model can hear at once."""
_WINDOWS = (1000, 1500, 2000, 3000)
"""Lengths, in mel frames, to which the encoder's input is padded.

The model was trained on 3000. On the development recordings (145 Mandarin utterances of about 2 s) 1000
frames gave the same character error rate, 23.0 % against 23.2 %, at a fifth of the time; 600 gave 25.2 %,
and speech plus one second 59 %, much of it repetitions.
"""
_MARGIN_FRAMES = 200
_SHORT_WINDOWS = (300, 400, 500, 600, 700, 800)
_SHORT_MARGIN_FRAMES = 60
"""What an adapted model can do with besides: it learnt from windows hardly longer than the speech in them."""
_TAIL_FRAMES = 200
_CODES: dict[Language, str] = {"zh-CN": "zh", "es": "es", "en": "en"}
_LOWEST = 1e-7
ALIGNED_AT_ONCE = 8
"""Texts whose probability is asked for in one go: each takes 0.2 MB for every one of its tokens."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Audio as the decoder sees it: ``states`` has shape (1, positions, width); ``frames`` hold the audio."""

    states: NDArray[np.float32]
    frames: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """One token sequence as text, with its mean log probability per token (nats)."""

    text: str
    logprob: float


class WhisperModel:
    """A loaded model. All methods are thread-safe and block."""

    def __init__(
        self,
        folder: Path,
        *,
        threads: int = 2,
        workers: int = 1,
        adaptation: Traversable | Path | None = None,
        language: Language | None = None,
    ) -> None:
        """Load a CTranslate2 model folder as 8 bit integers: ``workers`` calls at once, ``threads`` each.

        ``adaptation`` is added to the weights, see ``speech.recognizers.adaptation``; of the tokens only
        those are loaded that ``language`` needs, if one is named. Raises WeightsError.
        """
        files = model_files(folder, adaptation)
        self._choice = needed(files["tokenizer.json"], language) if language else None
        if self._choice is not None:
            files = self._choice.files(files)
        loaded = FasterWhisper(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            num_workers=workers,
            local_files_only=True,
            files=files,
        )
        self.fingerprint = _fingerprint(folder, adaptation, self._choice)
        self._windows = (*_SHORT_WINDOWS, *_WINDOWS) if adaptation else _WINDOWS
        self._margin = _SHORT_MARGIN_FRAMES if adaptation else _MARGIN_FRAMES
        self._model: ctranslate2.models.Whisper = loaded.model
        self._features = loaded.feature_extractor
        self._hf_tokenizer = loaded.hf_tokenizer
        self._tokenizer = cache(self._make_tokenizer)

    def _make_tokenizer(self, language: Language) -> Tokenizer:
        return Tokenizer(self._hf_tokenizer, multilingual=True, task="transcribe", language=_CODES[language])

    def _start(self, language: Language) -> list[int]:
        tokenizer = self._tokenizer(language)
        return self._inner([*tokenizer.sot_sequence, tokenizer.no_timestamps])

    def _inner(self, tokens: Sequence[int]) -> list[int]:
        """Tokens as this model numbers them."""
        return list(tokens) if self._choice is None else self._choice.inner(tokens)

    def _outer(self, tokens: Sequence[int]) -> list[int]:
        """And as the tokenizer does."""
        return list(tokens) if self._choice is None else self._choice.outer(tokens)

    def tokens(self, text: str, language: Language) -> list[int]:
        """Token numbers of a text as the model writes it: with a space before words that spaces part."""
        written = text if language == "zh-CN" else f" {text.strip()}"
        return self._inner(self._tokenizer(language).encode(written))

    def encode(self, audio: NDArray[np.float32], *, whole_window: bool = False) -> Encoded:
        """Encode up to 30 s of audio at 16 kHz; ``whole_window`` pads to the length of the training."""
        frames = min(len(audio) * FRAMES_PER_SECOND // MODEL_RATE, _WINDOWS[-1])
        wanted = _WINDOWS[-1] if whole_window else frames + self._margin
        window = next((size for size in self._windows if size >= wanted), _WINDOWS[-1])
        samples = window * MODEL_RATE // FRAMES_PER_SECOND
        padded = np.pad(audio[:samples], (0, max(0, samples - len(audio))))
        features = np.ascontiguousarray(self._features(padded, padding=0)[None, :, :window], np.float32)
        states = self._model.encode(ctranslate2.StorageView.from_array(features), to_cpu=True)
        return Encoded(np.asarray(states), frames)

    def decode(
        self,
        encoded: Encoded,
        language: Language,
        *,
        most_tokens: int,
        hypotheses: int = 5,
        prompt: str = "",
        no_repeat: int = 0,
    ) -> tuple[tuple[Decoded, ...], float]:
        """The likeliest texts, best first, and the probability that nobody spoke.

        ``prompt`` is taken for what was said before and sets the style; ``no_repeat`` forbids repeating so
        many tokens in a row.
        """
        tokenizer = self._tokenizer(language)
        start = self._start(language)
        if prompt:
            start = [*self._inner([tokenizer.sot_prev, *tokenizer.encode(prompt)]), *start]
        result = self._model.generate(
            _view(encoded.states),
            [start],
            beam_size=5,
            num_hypotheses=hypotheses,
            no_repeat_ngram_size=no_repeat,
            # The library spends half of this on what it is given and half on what it writes.
            max_length=max(2 * most_tokens, len(start) + most_tokens),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        texts = tuple(
            Decoded(tokenizer.decode(self._outer(tokens)).strip(), float(score))
            for tokens, score in zip(result.sequences_ids, result.scores, strict=True)
        )
        return texts, float(result.no_speech_prob)

    def first_logprobs(self, encoded: Encoded, language: Language) -> NDArray[np.float64]:
        """Log probability of every token that is loaded to be the first one said; shape (tokens,)."""
        start = self._start(language)
        result = self._model.generate(
            _view(encoded.states),
            [start],
            beam_size=1,
            max_length=len(start) + 1,
            suppress_blank=False,
            suppress_tokens=[],
            return_logits_vocab=True,
        )[0]
        logits = np.asarray(result.logits[0], np.float64).reshape(-1)
        logits -= logits.max()
        return np.asarray(logits - np.log(np.exp(logits).sum()), np.float64)

    def token_logprobs(
        self, encoded: Encoded, texts: Sequence[Sequence[int]], language: Language
    ) -> list[NDArray[np.float64]]:
        """Log probability of each token of each given text, were it what is said in the audio."""
        if not texts:
            return []
        positions = (encoded.frames + _TAIL_FRAMES) // 2
        found = []
        for first in range(0, len(texts), ALIGNED_AT_ONCE):
            some = [list(text) for text in texts[first : first + ALIGNED_AT_ONCE]]
            states = np.repeat(encoded.states[:, :positions], len(some), axis=0)
            frames = [max(encoded.frames, 1)] * len(some)
            start = self._start(language)
            found += self._model.align(_view(states), start, some, frames, median_filter_width=1)
        return [np.log(np.maximum(np.asarray(result.text_token_probs), _LOWEST)) for result in found]


def _fingerprint(folder: Path, adaptation: Traversable | Path | None, choice: TokenChoice | None) -> str:
    """A short name for what a model knows: its size, beginning and end, what is added to it and left out."""
    weights = folder / "model.bin"
    end = 1 << 20
    digest = hashlib.sha256(str(weights.stat().st_size).encode())
    with weights.open("rb") as file:
        digest.update(file.read(end))
        file.seek(-min(end, weights.stat().st_size), 2)
        digest.update(file.read())
    digest.update(fingerprint(adaptation))
    if choice is not None:
        digest.update(np.array(choice.kept, np.uint32).tobytes())
    return digest.hexdigest()[:16]


def _view(states: NDArray[np.float32]) -> ctranslate2.StorageView:
    return ctranslate2.StorageView.from_array(np.ascontiguousarray(states))
