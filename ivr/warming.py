"""Warming up: what engines do only once shall be done before somebody waits for it on the telephone.

The first utterance that a fresh process hears costs about a second of processor time more than the next:
word lists, sounds and weights are read when they are first needed. And some hundred thousand objects that
then stay for ever are searched for garbage now and again, which takes longer than the sound that the line has
in hand: every call would falter at once. They are exempt from then on.
"""

from __future__ import annotations

import gc
import time

import structlog

from ivr.senses import CallSenses, Senses, SensesFailedError
from speech.types import Language

log = structlog.get_logger(__name__)

_WORDS: dict[Language, tuple[str, str]] = {
    "zh-CN": ("您这几天身体还好吗？", "falls"),
    "es": ("¿Cómo se encuentra estos días?", "falls"),
    "en": ("How have you been these days?", "falls"),
}
"""Something to hear, and a question of the lexicon that it is heard as an answer to."""


async def warm_up(senses: Senses, language: Language) -> float:
    """Speak, hear and understand one sentence, and forget it; returns the seconds that it took.

    To be called once, when everything is open that stays open. Engines that fail now are reported when they
    fail a call: nothing is raised.
    """
    began = time.perf_counter()
    call = CallSenses(senses, language)
    words, question = _WORDS[language]
    try:
        await call.detector()
        await call.read(await call.voice(words, speed=1.0, gain_db=0.0), question)
    except SensesFailedError as failure:
        log.warning("the engines could not be warmed up", why=str(failure))
    gc.collect()
    gc.freeze()
    return time.perf_counter() - began
