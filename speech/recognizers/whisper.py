"""Whisper as a recogniser: a whole utterance in, ranked hypotheses and phrase scores out."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speech.audio import resample, to_float
from speech.denoise import denoised
from speech.modelstore import require
from speech.recognizers.adaptation import shipped_adaptation
from speech.recognizers.backgrounds import Backgrounds
from speech.recognizers.chinese import to_simplified
from speech.recognizers.ranking import PLAUSIBLE, PhraseRanker
from speech.recognizers.utterance import Piece, pieces_of
from speech.recognizers.whisper_model import MODEL_RATE, Decoded, Encoded, WhisperModel
from speech.types import LANGUAGES, SAMPLE_RATE, Heard, Hypothesis, Language, Pcm, RecognizerStream

NO_SPEECH = 0.8
"""The model's own probability of silence above which an unlikely text is not believed."""
UNLIKELY = -1.0
"""Mean log probability per token below which a text together with ``NO_SPEECH`` is taken for invented."""
LEAST_SPEECH_S = 0.08
"""Less voice than this is a click, not a word."""
TOKENS_PER_SECOND, TOKENS_AT_LEAST = 10, 12
LETTERS_PER_SECOND, LETTERS_AT_LEAST = 25, 12
"""Nobody speaks faster than this; Whisper invents faster."""
REPEATED = re.compile(r"(.{2,}?)\1{2,}")
"""Three times the same in a row: somebody calls for help, or Whisper has lost its way."""
INVENTED = re.compile(
    r"字幕|点赞|订阅|打赏|明镜与点点|谢谢观看|以下是普通话的句子|Amara\.org|Subtítulos|gracias por ver el v"
    r"|thanks? (you )?for watching|subtitles by|like and subscribe",
    re.IGNORECASE,
)
"""Endings of films and videos, which Whisper learnt to write where there is nothing to hear."""
SLOWER = 0.9
"""Pace at which what leaves doubt is heard a second time, cleaned of steady noise: what is mistaken in one
hearing often is not in the other."""
AGREEMENT = 0.3
"""Nats per token by which a text heard at both paces outranks others."""
MOST_TEXTS = 8
SHORTEST_ECHO = 4
"""Letters of the question from which giving them back is an echo; "是" may well be an answer."""
PROMPTS: dict[Language, str] = {"zh-CN": "以下是普通话的句子。", "es": "", "en": ""}
"""Set the style: Mandarin in simplified characters with punctuation. On the development recordings the
character error rate falls from 23.0 % to 22.4 %, and the best of five hypotheses from 19.5 % to 17.7 %."""


class WhisperRecognizer:
    """Implements ``speech.types.Recognizer``; one model for all calls, safe from any thread."""

    languages: tuple[Language, ...] = LANGUAGES

    def __init__(
        self, models_dir: Path, *, model: str = "whisper-base", threads: int = 2, adapted: bool = True
    ) -> None:
        """Load a model of the catalogue, with what it learnt about elders on telephones where there is such.

        Raises ModelMissingError.
        """
        folder = require(model, models_dir)
        self.name = model
        # Two utterances at a time on one thread each get more done than one on two.
        self._model = WhisperModel(
            folder,
            threads=1,
            workers=max(1, threads),
            adaptation=shipped_adaptation(model) if adapted else None,
        )
        self._second = ThreadPoolExecutor(max(1, threads), "second-hearing")
        self._work = _Work()
        self._ranker = PhraseRanker(self._model, Backgrounds(self._model, models_dir.parent / "backgrounds"))

    def prepare(self, phrases: Sequence[str], *, language: Language) -> None:
        """Calibrate phrases ahead of their first use, about 50 ms each; the result is kept on disk."""
        self._ranker.prepare(phrases, language)

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
        pieces = [piece for piece in pieces_of(pcm) if piece.speech_s >= LEAST_SPEECH_S]

        def heard_as(found: Sequence[_Found]) -> Heard:
            return Heard(
                hypotheses=_joined([each.texts for each in found if each.texts]),
                language=language,
                engine=self.name,
                duration_s=len(pcm) / SAMPLE_RATE,
                speech_s=sum(piece.speech_s for piece in pieces),
                no_speech=min((each.silence for each in found), default=1.0),
                phrases=_best_phrases(found),
                seconds=time.perf_counter() - started,
            )

        with self._work.one_more() as alone:
            # Where a core has nothing else to do the second hearing need not wait to be called for.
            early = [self._again(piece, language, asked) for piece in pieces] if alone else []
            first = [self._first(piece, language, candidates, asked) for piece in pieces]
            found = [each.result(()) for each in first]
            # Of long speech in pieces a good one must not speak for a bad one.
            if len(found) == 1 and found[0].texts and enough(spared := heard_as(found)):
                for future in early:
                    future.cancel()
                return spared
            again = early or [self._again(piece, language, asked) for piece in pieces]
            found = [each.result(more.result()) for each, more in zip(first, again, strict=True)]
        return heard_as(found)

    def stream(self, *, language: Language, candidates: tuple[str, ...] = ()) -> RecognizerStream | None:
        """None: Whisper hears whole utterances only."""
        del language, candidates
        return None

    def _first(self, piece: Piece, language: Language, candidates: tuple[str, ...], asked: str) -> _First:
        """Hear a piece as it is, and ask its audio for the candidates."""
        audio = resample(to_float(piece.pcm), SAMPLE_RATE, MODEL_RATE)
        encoded, texts, silence = self._decode(audio, piece, language, asked)
        phrases = self._ranker.rank(encoded, language, candidates, [text.text for text in texts])
        return _First(texts, phrases, silence)

    def _again(self, piece: Piece, language: Language, asked: str) -> Future[list[Decoded]]:
        """Begin to hear a piece cleaned and slowed down."""
        return self._second.submit(
            lambda: self._decode(_slowed(denoised(piece.pcm)), piece, language, asked)[1]
        )

    def _decode(
        self, audio: NDArray[np.float32], piece: Piece, language: Language, asked: str
    ) -> tuple[Encoded, list[Decoded], float]:
        """Decode with a short window; once more with a long one where the text repeats itself."""
        most = TOKENS_AT_LEAST + round(TOKENS_PER_SECOND * len(piece.pcm) / SAMPLE_RATE)
        prompt = asked or PROMPTS[language]
        encoded = self._model.encode(audio)
        texts, silence = self._model.decode(encoded, language, most_tokens=most, prompt=prompt)
        if texts and REPEATED.search(texts[0].text):
            encoded = self._model.encode(audio, whole_window=True)
            texts, silence = self._model.decode(encoded, language, most_tokens=most, prompt=prompt)
        return encoded, _tidy(texts, language, piece.speech_s, prompt), silence


def _never(_heard: Heard) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Found:
    """What one piece was heard as: nothing where there is nothing to believe."""

    texts: tuple[Hypothesis, ...]
    phrases: Mapping[str, float]
    silence: float


@dataclass(frozen=True, slots=True)
class _First:
    """What the first hearing of a piece brought."""

    texts: list[Decoded]
    phrases: Mapping[str, float]
    silence: float

    def result(self, others: Sequence[Decoded]) -> _Found:
        """Together with what the second hearing brought, if there was one."""
        texts = _agreed(self.texts, others)
        doubtful = not texts or (self.silence > NO_SPEECH and texts[0].logprob < UNLIKELY)
        likeliest = max(self.phrases, key=lambda phrase: self.phrases[phrase], default="")
        if doubtful and self.phrases.get(likeliest, -1.0) <= 0:
            return _Found((), {}, self.silence)
        if not texts:
            texts = [Decoded(likeliest, self.phrases[likeliest] + PLAUSIBLE)]
        return _Found(
            tuple(Hypothesis(text.text, text.logprob) for text in texts), self.phrases, self.silence
        )


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


def _best_phrases(found: Sequence[_Found]) -> dict[str, float]:
    """The best score of each phrase in any piece."""
    best: dict[str, float] = {}
    for each in found:
        for phrase, score in each.phrases.items():
            best[phrase] = max(score, best.get(phrase, score))
    return best


def _slowed(pcm: Pcm) -> NDArray[np.float32]:
    """The audio as if spoken more slowly and lower."""
    return resample(to_float(pcm), round(SAMPLE_RATE * SLOWER), MODEL_RATE)


def _agreed(texts: Sequence[Decoded], others: Sequence[Decoded]) -> list[Decoded]:
    """Hypotheses of both hearings, likeliest first; what both have counts as so much likelier."""
    found: dict[str, list[Decoded]] = {}
    for text in (*texts, *others):
        found.setdefault(_letters(text.text), []).append(text)
    ranked: list[tuple[float, str]] = []
    for same in found.values():
        best = max(same, key=lambda text: text.logprob)
        ranked.append((best.logprob + (AGREEMENT if len(same) > 1 else 0.0), best.text))
    ranked.sort(key=lambda each: -each[0])
    return [Decoded(text, min(0.0, likely)) for likely, text in ranked[:MOST_TEXTS]]


def _letters(text: str) -> str:
    """A text without case, spaces and punctuation."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _tidy(texts: Sequence[Decoded], language: Language, speech_s: float, prompt: str) -> list[Decoded]:
    """One script, nothing twice (save for punctuation), nothing that cannot have been said.

    Where there is nothing to hear Whisper gives back the question: nobody answers with the robot's own words.
    """
    echo = _letters(prompt)
    most_letters = LETTERS_AT_LEAST + LETTERS_PER_SECOND * speech_s
    tidy: dict[str, Decoded] = {}
    for text in texts:
        words = REPEATED.sub(r"\1\1", to_simplified(text.text) if language == "zh-CN" else text.text)
        letters = _letters(words)
        echoed = len(letters) > SHORTEST_ECHO and letters in echo
        if 0 < len(letters) <= most_letters and not echoed and not INVENTED.search(words):
            tidy.setdefault(letters, Decoded(words, min(text.logprob, 0.0)))
    return list(tidy.values())


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
