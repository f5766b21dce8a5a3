"""Whisper as a recogniser: a whole utterance in, ranked hypotheses and phrase scores out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from speech.modelstore import require
from speech.recognizers.adaptation import shipped_adaptation
from speech.recognizers.backgrounds import Backgrounds
from speech.recognizers.ranking import PhraseRanker, best_scores
from speech.recognizers.tokens import CUT
from speech.recognizers.utterance import pieces_of
from speech.recognizers.whisper_model import Decoded, WhisperModel
from speech.recognizers.whisper_pieces import Ear, Found
from speech.types import LANGUAGES, SAMPLE_RATE, Heard, Hypothesis, Language, Pcm, RecognizerStream

LEAST_SPEECH_S = 0.08
"""Less voice than this is a click, not a word."""


class WhisperRecognizer:
    """Implements ``speech.types.Recognizer``; one model for all calls, safe from any thread."""

    languages: tuple[Language, ...] = LANGUAGES

    def __init__(
        self,
        models_dir: Path,
        *,
        model: str = "whisper-base",
        threads: int = 2,
        adapted: bool = True,
        language: Language = "zh-CN",
    ) -> None:
        """Load a model of the catalogue, with what it learnt about elders on telephones where there is such.

        What is needed for ``language`` is loaded at once, for others when they are first heard.
        Raises ModelMissingError.
        """
        folder = require(model, models_dir)
        self.name = model
        adaptation = shipped_adaptation(model) if adapted else None

        def load(of: Language | None) -> Ear:
            # Two utterances at a time on one thread each get more done than one on two.
            whisper = WhisperModel(
                folder, threads=1, workers=max(1, threads), adaptation=adaptation, language=of
            )
            backgrounds = Backgrounds(whisper, models_dir.parent / "backgrounds")
            return Ear(whisper, PhraseRanker(whisper, backgrounds, simplified=adaptation is not None))

        self._load = cache(load)
        self._loading = threading.Lock()
        self._second = ThreadPoolExecutor(max(1, threads), "second-hearing")
        self._work = _Work()
        self._ear(language)

    def prepare(self, phrases: Sequence[str], *, language: Language) -> None:
        """Calibrate phrases ahead of their first use, about 50 ms each; the result is kept on disk."""
        self._ear(language).ranker.prepare(phrases, language)

    def recognize(
        self, pcm: Pcm, *, language: Language, candidates: tuple[str, ...] = (), asked: str = ""
    ) -> Heard:
        """Recognise a whole utterance of any length. Silence and noise give no hypotheses."""
        return self.hear_until(pcm, language=language, candidates=candidates, asked=asked, enough=_never)

    def hear_until(
        self,
        pcm: Pcm,
        *,
        language: Language,
        candidates: tuple[str, ...] = (),
        asked: str = "",
        enough: Callable[[Heard], bool],
    ) -> Heard:
        """The same, heard a second time only where the first does not do. See ``speech.types.HearsTwice``."""
        started = time.perf_counter()
        ear = self._ear(language)
        pieces = [piece for piece in pieces_of(pcm) if piece.speech_s >= LEAST_SPEECH_S]

        def heard_as(found: Sequence[Found]) -> Heard:
            return Heard(
                hypotheses=_joined([each.texts for each in found if each.texts]),
                language=language,
                engine=self.name,
                duration_s=len(pcm) / SAMPLE_RATE,
                speech_s=sum(piece.speech_s for piece in pieces),
                no_speech=min((each.silence for each in found), default=1.0),
                phrases=best_scores(score for each in found for score in each.phrases.items()),
                seconds=time.perf_counter() - started,
            )

        def again() -> list[Future[list[Decoded]]]:
            return [self._second.submit(ear.again, piece, language, asked) for piece in pieces]

        with self._work.one_more() as alone:
            # Where a core has nothing else to do the second hearing need not wait to be called for.
            early = again() if alone else []
            beside = self._second if alone and len(pieces) == 1 else None
            first = [ear.first(piece, language, candidates, asked, beside) for piece in pieces]
            found = [each.result(()) for each in first]
            # Of long speech in pieces a good one must not speak for a bad one.
            if len(found) == 1 and found[0].texts and enough(spared := heard_as(found)):
                for future in early:
                    future.cancel()
                return spared
            found = [each.result(more.result()) for each, more in zip(first, early or again(), strict=True)]
        return heard_as(found)

    def stream(self, *, language: Language, candidates: tuple[str, ...] = ()) -> RecognizerStream | None:
        """None: Whisper hears whole utterances only."""
        del language, candidates
        return None

    def _ear(self, language: Language) -> Ear:
        """What hears a language: one for those that need all tokens, one of its own for any other."""
        with self._loading:
            return self._load(language if language in CUT else None)


def _never(_heard: Heard) -> bool:
    return False


class _Work:
    """Counts the utterances that are being heard."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._going_on = 0

    @contextmanager
    def one_more(self) -> Iterator[bool]:
        """Hear one; yields whether no other is being heard at its beginning."""
        with self._lock:
            alone = not self._going_on
            self._going_on += 1
        try:
            yield alone
        finally:
            with self._lock:
                self._going_on -= 1


def _joined(pieces: list[tuple[Hypothesis, ...]]) -> tuple[Hypothesis, ...]:
    """Hypotheses of the whole from those of its pieces: the n-th best of each, one after the other."""
    if not pieces:
        return ()
    most = max(len(texts) for texts in pieces)
    chosen = [[texts[min(rank, len(texts) - 1)] for texts in pieces] for rank in range(most)]
    return tuple(
        Hypothesis(" ".join(text.text for text in texts), sum(text.logprob for text in texts) / len(texts))
        for texts in chosen
    )
