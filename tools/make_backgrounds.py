"""Calibrates the lexicons' phrases for Whisper base: ``python tools/make_backgrounds.py [LANGUAGE ...]``.

The result (``speech/data/backgrounds.*.json``) is in the repository, so that a new installation need not
compute it. Missing phrases are computed when first used; run this after changing a lexicon or the model.
"""

from __future__ import annotations

import sys
from pathlib import Path

from speech.lexicon import load_lexicon
from speech.modelstore import default_models_dir, require
from speech.recognizers.adaptation import shipped_adaptation
from speech.recognizers.backgrounds import Backgrounds, as_json
from speech.recognizers.ranking import spellings
from speech.recognizers.whisper_model import WhisperModel
from speech.types import LANGUAGES

DATA = Path(__file__).parents[1] / "speech" / "data"


def main() -> None:
    """Compute all, and drop those of other models and of phrases that no lexicon asks for any more."""
    folder = require("whisper-base", default_models_dir())
    for language in [known for known in LANGUAGES if known in (sys.argv[1:] or LANGUAGES)]:
        adaptation = shipped_adaptation("whisper-base")
        backgrounds = Backgrounds(WhisperModel(folder, adaptation=adaptation, language=language), None)
        lexicon = load_lexicon(language)
        phrases = [phrase for question in lexicon.questions for phrase in lexicon.candidates(question)]
        wanted = dict.fromkeys(
            spelling for phrase in phrases for spelling in spellings(phrase, language, simplified=True)
        )
        known = backgrounds.of(wanted, language)
        for older in DATA.glob(f"backgrounds.*.{language}.*.json"):
            older.unlink()
        (DATA / backgrounds.name(language)).write_bytes(as_json({phrase: known[phrase] for phrase in wanted}))
        print(f"{backgrounds.name(language)}: {len(wanted)} spellings of {len(set(phrases))} phrases")


if __name__ == "__main__":
    main()
