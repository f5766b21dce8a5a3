"""Voices behind one Protocol, and choosing among those that are installed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import structlog

from speech.allocator import share_arenas
from speech.modelstore import installed
from speech.synthesizers.espeak import EspeakSynthesizer, espeak_works
from speech.synthesizers.kokoro import KokoroSynthesizer
from speech.types import ModelMissingError, Synthesizer

log = structlog.get_logger(__name__)


def open_synthesizer(name: Literal["auto", "kokoro", "espeak"] = "auto", *, models_dir: Path) -> Synthesizer:
    """Open a voice; ``auto`` takes Kokoro where its model is installed, else espeak through pyttsx3.

    Says in the log which one was picked. Raises ModelMissingError when the one asked for, or any, is missing.
    """
    share_arenas()
    if name == "kokoro" or (
        name == "auto" and all(installed(model, models_dir) for model in ("kokoro", "kokoro-voices"))
    ):
        voice: Synthesizer = KokoroSynthesizer(models_dir)
    elif name == "espeak" or espeak_works():
        voice = EspeakSynthesizer()
    else:
        raise ModelMissingError(
            f"No voice is installed: neither the Kokoro model in {models_dir} (get it with: wenan models "
            "fetch) nor espeak-ng (on Debian and Ubuntu: sudo apt-get install espeak-ng)"
        )
    log.info("synthesizer opened", asked=name, picked=voice.name)
    return voice
