"""Who is spoken of in a clause: the elder, the household, relatives, neighbours, people on television."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from speech.lexicon import Scope

_PEOPLE = ("others", "kin", "household", "self", "story")
"""Groups of scope words that name persons."""
_POSSESSIVE = 1
"""Characters between a neighbour and the member of his household who is meant (邻居家儿子)."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A scope word in a text."""

    start: int
    end: int
    group: str


class People:
    """Finds persons by the scope words of one lexicon."""

    def __init__(self, scope: Scope, addressed: re.Pattern[str] | None) -> None:
        """``addressed`` matches a text after which a person is merely spoken to."""
        self._scope = scope
        self._addressed = addressed
        self.mentions = lru_cache(maxsize=4096)(self._mentions)

    def _mentions(self, text: str, groups: tuple[str, ...]) -> tuple[Mention, ...]:
        """Words of the groups in a text, left to right; of overlapping ones the earlier, then the longer."""
        found = [
            Mention(word.start(), word.end(), group)
            for group in groups
            if (regex := self._scope[group]) is not None
            for word in regex.finditer(text)
            if word.end() > word.start()
        ]
        kept: list[Mention] = []
        for mention in sorted(found, key=lambda item: (item.start, -item.end)):
            if not kept or mention.start >= kept[-1].end:
                kept.append(mention)
        return tuple(kept)

    def named_in(self, text: str) -> list[Mention]:
        """Persons that may be the ones in trouble, a neighbour's wife as one of the neighbours.

        Those merely spoken to are left out.
        """
        people: list[Mention] = []
        for person in self.mentions(text, _PEOPLE):
            own = person.group in {"self", "story", "others"}
            if people and self._is_reflexive(text, people[-1], person):
                continue
            if (
                not own
                and people
                and people[-1].group == "others"
                and person.start - people[-1].end <= _POSSESSIVE
            ):
                people.append(Mention(person.start, person.end, "others"))
            elif own or self._addressed is None or not self._addressed.search(text[: person.start]):
                people.append(person)
        return people

    def _is_reflexive(self, text: str, before: Mention, person: Mention) -> bool:
        """Whether a word such as 自己 means the neighbour who was named right before it."""
        words = self._scope["reflexive"]
        return (
            words is not None
            and before.group == "others"
            and person.start - before.end <= _POSSESSIVE
            and words.fullmatch(text[person.start : person.end]) is not None
        )
