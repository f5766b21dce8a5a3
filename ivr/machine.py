"""Did a person answer, or a machine? Only what is certain counts: whoever is in doubt is a person.

Rules after the habits of call centres: a phrase that only machines say, a tone after spoken words, a greeting
that goes on and on or the tone of a fax is a machine. What only people say ("哪位呀", "你等一下") speaks
against all but the phrase, and after the phrase against that too: somebody picked up while their machine was
talking. Silence is neither a machine nor a person, and words that sound like distress are a person's unless
both phrase and tone speak against it: better to talk to a tape than to hang up on somebody on the floor. Only
distress that is doubtful in itself, and no call for help, is taken for what an announcement was misheard as
(``ivr.announcements``): "您拨打的用户" has no gas in its house.

A network that listens as well may speak for either. It goes by how long a greeting lasts, mostly, so that its
word alone is nothing new: it only moves by how much of a tone or of talking a machine is known.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum

from ivr.lines.answerer import NetworkSays
from speech.types import Language, Understanding, Urgency

SHORTEST_TAPE_S = 2.0
"""A tone means a machine only after this much talking: kettles and hearing aids whistle too."""
SHORT_GREETING_S = 3.0
"""People greet and then wait: about nine words at most."""
LONG_GREETING_S = 10.0
"""Nobody who picks up a telephone talks this long without waiting for an answer."""
_NEVER = float("inf")
_SHORTEST_TAPE_S = {None: SHORTEST_TAPE_S, NetworkSays.MACHINE: 1.0, NetworkSays.PERSON: _NEVER}
_LONG_GREETING_S = {None: LONG_GREETING_S, NetworkSays.MACHINE: 6.0, NetworkSays.PERSON: _NEVER}
"""By what the network says."""

MACHINE_PHRASES: Mapping[Language, tuple[str, ...]] = {
    "zh-CN": (
        "留言", "滴声", "嘀声", "哔声", "提示音", "语音信箱", "您拨打的", "您所拨打", "您呼叫的", "无法接通",
        "无人接听", "已关机", "已停机", "请稍后再拨", "来电提醒",
    ),
    "es": (
        "deje su mensaje", "deje un mensaje", "deja tu mensaje", "después de la señal", "después del tono",
        "buzón de voz", "el número que usted marcó", "el teléfono al que llama",
    ),
    "en": (
        "leave a message", "leave your message", "leave me a message", "after the tone", "after the beep",
        "voicemail", "voice mail", "mailbox", "can't come to the phone", "unable to take your call",
        "the number you have dialed", "the person you are calling",
    ),
}  # fmt: skip
"""What machines say and people do not. "Not available" is missing on purpose: relatives say it too."""


PERSON_PHRASES: Mapping[Language, tuple[str, ...]] = {
    "zh-CN": (
        "喂喂", "哪位", "谁呀", "谁啊", "你谁", "你是谁", "您是谁", "你找谁", "找谁呀", "哪里呀", "你是哪个",
        "哪个啊", "你等", "听不见", "听不清", "说话呀", "我在做饭", "我在呢", "来了来了",
    ),
    "es": ("quién es", "quién habla", "con quién", "dígame", "espere un momento", "no le oigo"),
    "en": (
        "who is this", "who's this", "who is it", "who's calling", "hang on", "hold on", "i can't hear you",
        "hello hello",
    ),
}  # fmt: skip
"""What people say into a telephone and machines do not: they ask, and they ask to wait."""


CALL_FOR_HELP = "help"
"""The code of a call for help in so many words: no announcement is taken to be misheard as that."""


class Answerer(StrEnum):
    """Who picked up, as far as can be told."""

    PERSON = "person"
    MACHINE = "machine"
    UNCERTAIN = "uncertain"  # to be treated as a person
    NOBODY = "nobody"  # silence: neither


def judge(
    *,
    greeting_s: float,
    readings: Iterable[str],
    language: Language,
    beep: bool,
    urgent: bool,
    doubtful: bool = False,
    announced: bool = False,
    network: NetworkSays | None = None,
) -> Answerer:
    """Decide by the words that were spoken when the telephone was picked up.

    ``greeting_s``: seconds of them, without a longer pause; ``readings``: what they may have been, best
    first; ``beep``: whether a tone followed; ``urgent``: whether they were understood as a call for help, and
    ``doubtful`` as one that an announcement may have been misheard as; ``announced``: whether they sound like
    an announcement; ``network``: what the network takes whoever speaks for.
    """  # fmt: skip
    said = tuple(text for text in readings if _plain(text))
    phrase, person = has_machine_phrase(said, language), has_person_phrase(said, language)
    announced &= not person
    if urgent and not (announced and doubtful):
        return Answerer.MACHINE if phrase and beep else Answerer.PERSON
    if phrase or announced:
        return Answerer.MACHINE
    if person:
        return Answerer.PERSON
    tone_after_words = beep and is_talk_of_a_tape(greeting_s, network)
    never_ending = greeting_s >= _LONG_GREETING_S[network] and bool(said)
    if tone_after_words or never_ending:
        return Answerer.MACHINE
    return _in_doubt(greeting_s, beep=beep, words=bool(said))


def is_talk_of_a_tape(spoken_s: float, network: NetworkSays | None) -> bool:
    """Whether a tone after so many seconds of talking means a machine."""
    return spoken_s >= _SHORTEST_TAPE_S[network]


def _in_doubt(greeting_s: float, *, beep: bool, words: bool) -> Answerer:
    """Nothing speaks for a machine: a short greeting is a person's, silence nobody's, all else uncertain."""
    if words and not beep and greeting_s < SHORT_GREETING_S:
        return Answerer.PERSON
    nothing = greeting_s <= 0 and not beep and not words
    return Answerer.NOBODY if nothing else Answerer.UNCERTAIN


def may_be_misheard(understanding: Understanding) -> bool:
    """Whether an announcement may be misheard as this distress: it is doubtful, and no call for help."""
    urgent = understanding.urgency >= Urgency.URGENT
    return urgent and understanding.confirm and CALL_FOR_HELP not in understanding.codes


def has_machine_phrase(readings: Iterable[str], language: Language) -> bool:
    """Whether any of these readings contains something that only machines say, and nothing a person added."""
    return any(
        (machine := _last_of(MACHINE_PHRASES[language], plain)) >= 0
        and machine > _last_of(PERSON_PHRASES[language], plain)
        for plain in map(_plain, readings)
    )


def has_person_phrase(readings: Iterable[str], language: Language) -> bool:
    """Whether the last telling phrase of any of these readings is one that only people say."""
    return any(
        (person := _last_of(PERSON_PHRASES[language], plain)) >= 0
        and person > _last_of(MACHINE_PHRASES[language], plain)
        for plain in map(_plain, readings)
    )


def _last_of(phrases: Iterable[str], plain: str) -> int:
    """Where the last of these phrases begins; -1 if there is none."""
    return max(plain.rfind(_plain(phrase)) for phrase in phrases)


def _plain(text: str) -> str:
    """Letters and characters only, accents and case removed, so that spelling makes no difference."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())
