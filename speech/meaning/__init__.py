"""Reads a sentence as a whole, by likeness to thousands of examples: a second opinion beside the lexicon.

The lexicon knows wordings; elders find others. Here a sentence is compared with labelled examples
(``examples/*.tsv``, one sentence a line, for anybody to read and extend) by its meaning, its characters and
its sounds. Weights are learnt from the examples by ``tools/train_meaning.py`` and shipped beside them.

What comes out are probabilities, attached to what was heard as ``Heard.meanings``; what becomes of them is
decided in ``speech.understanding``: they may raise a question, never an alarm by themselves, and temper an
alarm where a sentence is hardly like any.
"""

from __future__ import annotations

from pathlib import Path

import structlog

from speech.meaning.reader import GARBAGE, MeaningReader
from speech.modelstore import installed, require

__all__ = ["GARBAGE", "MODEL", "MeaningReader", "open_reader"]

MODEL = "e5-small"
log = structlog.get_logger(__name__)


def open_reader(models_dir: Path) -> MeaningReader | None:
    """The reader, where its model is installed; else None, and the log says what is missing.

    Raises PackedModelError or MeaningWeightsError when a file is there but cannot be used.
    """
    if not installed(MODEL, models_dir):
        log.warning("second opinion is off", missing=MODEL, get_it_with="wenan models fetch")
        return None
    return MeaningReader(require(MODEL, models_dir) / "e5-small-q4.bin")
