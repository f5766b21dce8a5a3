"""What an utterance means in answer to a question: the ear of the conversation.

``understand`` looks for the lexicon's concepts in three ways: by spelling in every hypothesis, by sound,
and in the scores that the recogniser gave to candidate phrases for this very audio. The words around a
concept (not, my neighbour, last year, if) decide what becomes of it; evidence that agrees is acted on,
weak evidence of something urgent asks one confirming question. What fits nothing is ``unclear`` and what
was not said is ``silence``; neither is ever taken for well.
"""

from __future__ import annotations

from speech.lexicon import Lexicon
from speech.types import TYPED, Heard, Hypothesis, Language, Understanding
from speech.understanding.listener import Listener, listener_of

__all__ = ["Listener", "from_text", "understand"]


def understand(heard: Heard, question: str, lexicon: Lexicon) -> Understanding:
    """What was said, in answer to ``question`` (a lexicon question id; an unknown one is taken as ``any``).

    Pure: the same arguments give the same result. Never raises for any text.
    """
    return listener_of(lexicon).understand(heard, question)


def from_text(text: str, language: Language) -> Heard:
    """Plain text as if it had been heard with certainty; blank text as silence."""
    hypotheses = (Hypothesis(text, 0.0),) if text.strip() else ()
    return Heard(hypotheses, language, engine=TYPED, duration_s=0.0, speech_s=0.0)
