"""A recogniser for tests and rehearsals: it is told beforehand what it will have heard."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from speech.audio import level_dbfs
from speech.types import LANGUAGES, SAMPLE_RATE, Heard, Hypothesis, Language, Pcm, RecognizerStream

_QUIET_DBFS = -50.0


class ScriptedRecognizer:
    """Implements ``speech.types.Recognizer`` without any model.

    Each utterance louder than -50 dBFS takes the next text of the script; a text of several lines stands for
    several hypotheses, an empty one for words that nobody could make out. Quiet audio is silence and takes
    none. Candidates that stand in the first hypothesis score 5, all others -5. Thread-safe.
    """

    name = "scripted"
    languages: tuple[Language, ...] = LANGUAGES

    def __init__(self, texts: Iterable[str]) -> None:
        """``texts`` in the order in which they will be heard; after the last there is only silence."""
        self._texts = deque(texts)
        self._lock = threading.Lock()
        self.heard: list[Heard] = []
        """Everything recognised so far."""

    def recognize(
        self, pcm: Pcm, *, language: Language, candidates: tuple[str, ...] = (), asked: str = ""
    ) -> Heard:
        """Take the next text of the script, provided there is any sound."""
        del asked
        seconds = len(pcm) / SAMPLE_RATE
        spoken = level_dbfs(pcm) > _QUIET_DBFS
        with self._lock:
            lines = self._texts.popleft().splitlines() if spoken and self._texts else []
            heard = Heard(
                hypotheses=tuple(Hypothesis(line, -0.1 * rank) for rank, line in enumerate(lines) if line),
                language=language,
                engine=self.name,
                duration_s=seconds,
                speech_s=seconds if spoken else 0.0,
                no_speech=0.0 if spoken else 1.0,
                phrases={phrase: 5.0 if lines and phrase in lines[0] else -5.0 for phrase in candidates},
            )
            self.heard.append(heard)
        return heard

    def stream(self, *, language: Language, candidates: tuple[str, ...] = ()) -> RecognizerStream | None:
        """No streaming."""
        del language, candidates
        return None
