"""Announcements of networks and answering machines, known by their sound where their letters were misheard.

"您拨打的用户暂时无法接通" comes by telephone like every voice and is misheard like one: as nonsense, and now
and then as something like gas. A whole phrase of an announcement is long enough to be known by its syllables
all the same, as phrases of alarm are (``speech.understanding.hearing``, whose limits these are); and a
recogniser that was asked may find one in the audio itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from speech.phonetics import PhraseBook, Sounded, sounds_of
from speech.types import Heard, Language
from speech.wording import fold

ANNOUNCEMENTS: Mapping[Language, tuple[str, ...]] = {
    "zh-CN": (
        "您拨打的用户", "您拨打的电话", "您拨打的号码", "您所拨打的", "您呼叫的用户", "暂时无法接通",
        "暂时无法接听", "暂时无人接听", "请稍后再拨", "提示音后留言", "滴声后留言", "语音信箱", "留言结束后",
        "用户已关机", "电话已关机", "电话已停机", "不在服务区", "用户正忙", "将以短信通知",
    ),
    "es": (
        "deje su mensaje después de la señal", "deje su mensaje después del tono",
        "el número que usted marcó", "el teléfono al que llama", "buzón de voz",
    ),
    "en": (
        "leave a message after the tone", "leave a message after the beep", "unable to take your call",
        "the number you have dialed", "the person you are calling", "please try again later",
    ),
}  # fmt: skip
"""What only a recorded voice says, whole enough to be known by its sound."""
_LIMITS = ((6.0, 0.15), (5.0, 0.13), (4.0, 0.12))
"""Least weight of a phrase (a full syllable of Chinese weighs 1) and the dearest cost per unit allowed."""
_FEWEST_LETTERS = 3
"""Of a phrase that the audio may speak for by itself: "留言" is too short."""


def announces(heard: Heard, phrases: Iterable[str]) -> bool:
    """Whether some reading of these sounds holds an announcement; pure.

    ``phrases`` are those of machines, of which some may have been asked of the audio.
    """
    if any(len(phrase) >= _FEWEST_LETTERS and heard.phrases.get(phrase, -1.0) > 0 for phrase in phrases):
        return True
    texts = [fold(hypothesis.text, heard.language) for hypothesis in heard.hypotheses]
    return bool(_book(heard.language).find([text for text in texts if text]))


@cache
def _book(language: Language) -> PhraseBook:
    sounds = sounds_of(language)
    sounded = []
    for phrase in ANNOUNCEMENTS[language]:
        text = fold(phrase, language)
        weight = sum(sounds.weight(spelt.unit) for spelt in sounds.spell(text))
        limit = next((limit for least, limit in _LIMITS if weight >= least), 0.0)
        sounded.append(Sounded((text,), limit))
    return PhraseBook(sounded, sounds)
