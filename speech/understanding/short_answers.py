"""What a clause means that is nothing but a short answer: 有, 没得, 不用了, yes, not really."""

from __future__ import annotations

from collections.abc import Iterator

from speech.lexicon import Lexicon
from speech.lexicon_file import QuestionEntry
from speech.understanding.readings import Utterance
from speech.wording import spaced

_LONGEST = {False: 16, True: 60}
"""Characters of the longest clause that can be a short answer."""
OPENERS = frozenset({"yes", "good", "plain_no"})
"""Groups that often only open what follows: "yes, no, I have not"; "no, I am fine" (``plain_no``)."""


def short_answers(utterance: Utterance, entry: QuestionEntry, lexicon: Lexicon) -> Iterator[tuple[int, str]]:
    """Clause number and group of each clause that is a short answer under the question."""
    longest = _LONGEST[spaced(lexicon.language)]
    for number, clause in enumerate(utterance.clauses):
        if len(clause.text) > longest:
            continue
        for group in entry.bare:
            if lexicon.bare[group].fullmatch(clause.text):
                yield number, group
                break
