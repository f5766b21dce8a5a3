"""Renders the speech against which phrases are calibrated: ``python tools/make_background_speech.py``.

The result (``speech/data/background.<language>.<n>.wav``, 8 kHz mu-law) is in the repository; run this
only to change the sentences. They are everyday talk with none of the words the lexicons look for.
"""

from __future__ import annotations

import struct
from pathlib import Path

from speech.audio import mulaw_encode
from speech.modelstore import default_models_dir
from speech.synthesizers import open_synthesizer
from speech.types import SAMPLE_RATE, Language, Pcm

FOLDER = Path(__file__).parents[1] / "speech" / "data"
SENTENCES: dict[Language, tuple[tuple[str, str], ...]] = {
    "zh-CN": (
        ("zf_xiaoni", "今天下午邻居过来串门"),
        ("zm_yunyang", "火车八点二十到南京"),
        ("zf_xiaobei", "院子里的花开得真好看"),
        ("zm_yunxi", "我把那本书放到桌子上"),
        ("zf_xiaoyi", "明天可能要下雨吧"),
        ("zm_yunjian", "他们正在看电视连续剧"),
    ),
    "es": (
        ("ef_dora", "Mañana viene mi prima de Valencia"),
        ("em_alex", "El tren sale a las ocho y veinte"),
        ("ef_dora", "Las flores del patio están preciosas"),
        ("em_santa", "He dejado el libro encima de la mesa"),
        ("em_alex", "A lo mejor llueve esta semana"),
        ("ef_dora", "Están viendo una película"),
    ),
    "en": (
        ("af_heart", "The neighbours came over this afternoon"),
        ("am_michael", "The train gets in at twenty past eight"),
        ("bf_emma", "The flowers in the garden look lovely"),
        ("bm_george", "I left that book on the table"),
        ("af_heart", "It might rain tomorrow"),
        ("am_michael", "They are watching a film"),
    ),
}


def mulaw_wav(pcm: Pcm) -> bytes:
    """The content of an 8 kHz mu-law WAV file."""
    body = mulaw_encode(pcm)
    layout = struct.pack("<HHIIHHH", 7, 1, SAMPLE_RATE, SAMPLE_RATE, 1, 8, 0)
    head = struct.pack("<4sI4s4sI", b"RIFF", 30 + len(body), b"WAVE", b"fmt ", len(layout))
    return head + layout + struct.pack("<4sI", b"data", len(body)) + body


def main() -> None:
    """Render every sentence in its voice."""
    synthesizer = open_synthesizer("kokoro", models_dir=default_models_dir())
    for language, sentences in SENTENCES.items():
        for number, (voice, sentence) in enumerate(sentences, 1):
            pcm = synthesizer.render(sentence, language=language, voice=voice)
            path = FOLDER / f"background.{language}.{number}.wav"
            path.write_bytes(mulaw_wav(pcm))
            print(f"{path.name}: {sentence} ({len(pcm) / SAMPLE_RATE:.1f} s)")


if __name__ == "__main__":
    main()
