"""Orders hypotheses by what was heard and what elders say, together, with corrected ones among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from speech.phonetics import sounds_of
from speech.rescoring.correcting import WORDING, Corrector
from speech.rescoring.language_model import LanguageModel, of_examples
from speech.types import Hypothesis, Language

MOST = 8
"""Hypotheses, best first, that are corrected, and that are kept in the end."""
SHORT = 4
"""Characters of an answer that stays as it was heard: "对，是我" and "不是我" are both what elders say."""


class Rescorer:
    """For Mandarin, in which most of what is misheard sounds like what was said. Safe among threads."""

    def __init__(self, model: LanguageModel, corrector: Corrector) -> None:
        self._model = model
        self._corrector = corrector

    def rescored(self, hypotheses: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
        """At most MOST, best first, each text once; what is nearest to the sound is always among them.

        ``logprob`` stays what the recogniser gave, of a corrected text what it gave the one that it was.
        Texts without a character or word are left out, unless there are no others.
        """
        spoken = [each for each in hypotheses if self._key(each.text)]
        if not spoken or len(self._key(max(spoken, key=_by_sound).text)) <= SHORT:
            return tuple(hypotheses[:MOST])
        found: dict[str, tuple[float, Hypothesis]] = {}
        for each in spoken:
            own = each.logprob + WORDING * self._model.mean_log_probability(each.text)
            _keep(found, self._key(each.text), own, each)
        for each in spoken[:MOST]:
            for better in self._corrector.corrected(each.text):
                if better.changes:
                    corrected = replace(each, text=better.text, corrected=True)
                    _keep(found, self._key(better.text), each.logprob + better.score, corrected)
        ranked = [each for _, each in sorted(found.values(), key=lambda scored: -scored[0])]
        kept = ranked[:MOST]
        nearest = max((each for each in ranked if not each.corrected), key=_by_sound)
        if nearest not in kept:
            kept[-1] = nearest
        return tuple(kept)

    def _key(self, text: str) -> str:
        return "".join(self._model.units(text))


def _by_sound(hypothesis: Hypothesis) -> float:
    return hypothesis.logprob


def _keep(found: dict[str, tuple[float, Hypothesis]], key: str, score: float, each: Hypothesis) -> None:
    """Keep a text with the best of its scores, as it was heard rather than corrected, as surely as it was."""
    known_score, known = found.get(key, (score, each))
    better = (each.corrected, -each.logprob) < (known.corrected, -known.logprob)
    found[key] = (max(score, known_score), each if better else known)


@cache
def rescorer_of(language: Language) -> Rescorer | None:
    """The one of a language, built when first needed; None where none is known to help."""
    if language != "zh-CN":
        return None
    model = of_examples(language)
    return Rescorer(model, Corrector(model, sounds_of(language)))
