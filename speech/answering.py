"""From the sound of an answer to what it is taken for: recognised, read as a whole, understood."""

from __future__ import annotations

from speech.lexicon import Lexicon
from speech.second_hearing import enough, unsure
from speech.types import Heard, HearsTwice, Pcm, Reader, Recognizer, Understanding
from speech.understanding import understand


def listen(
    pcm: Pcm,
    question: str,
    lexicon: Lexicon,
    *,
    recognizer: Recognizer,
    reader: Reader | None,
    also: tuple[str, ...] = (),
    hurried: bool = False,
) -> tuple[Heard, Understanding]:
    """Hear an utterance as an answer to a question of the lexicon; blocking, thread-safe.

    ``also`` are phrases to be ranked against the audio besides those that the lexicon expects. Without a
    ``reader`` there is no second opinion. What leaves doubt is heard twice where the recogniser can, and
    where others wait for the ears (``hurried``) less of it; see ``speech.second_hearing``.
    """
    candidates = (*lexicon.candidates(question), *also)
    asked = lexicon.asked(question)
    if not isinstance(recognizer, HearsTwice):
        heard = recognizer.recognize(pcm, language=lexicon.language, candidates=candidates, asked=asked)
        return take(heard, question, lexicon, reader=reader)
    first: list[tuple[Heard, tuple[Heard, Understanding]]] = []

    def is_enough(heard: Heard) -> bool:
        if unsure(heard, lexicon, hurried=hurried):
            return False
        taken = take(heard, question, lexicon, reader=reader)
        first.append((heard, taken))
        return enough(*taken, lexicon, hurried=hurried)

    heard = recognizer.hear_until(
        pcm, language=lexicon.language, candidates=candidates, asked=asked, enough=is_enough
    )
    if first and heard.hypotheses == first[0][0].hypotheses:
        return first[0][1]
    return take(heard, question, lexicon, reader=reader)


def take(
    heard: Heard, question: str, lexicon: Lexicon, *, reader: Reader | None
) -> tuple[Heard, Understanding]:
    """The same for what was heard, or typed, already."""
    if reader is not None:
        heard = reader.read(heard, question)
    return heard, understand(heard, question, lexicon)
