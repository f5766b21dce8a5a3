"""The people around an elder, from three columns each or from one cell that holds them all."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from campaigns.roster.vocabulary import vocabulary

BETWEEN_PEOPLE = re.compile(r"[;；\n]|(?<=\d)\s*[、,，/]\s*(?=[^\d\s+])")
NUMBER = re.compile(r"\+?\(?\d[\d\-\s()]{5,18}\d(?:转\d{1,6})?")
AROUND = " \t,，、:：()（）-－/"


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody around an elder as written: the number is not read yet."""

    name: str
    relation: str = ""
    number: str = ""
    keyholder: bool = False


def read_relatives(text: str, *, keyholder: bool = False) -> list[Relative]:
    """Take apart a cell like 王芳(女儿)13853301234；李强 邻居 5550102."""
    people = [_read_one(piece, keyholder) for piece in BETWEEN_PEOPLE.split(text) if piece.strip(AROUND)]
    return [person for person in people if person.name or person.number or person.relation]


def _read_one(text: str, keyholder: bool) -> Relative:
    plain = unicodedata.normalize("NFKC", text)
    found = NUMBER.search(plain)
    number = found.group().strip() if found else ""
    rest = plain.replace(number, " ") if number else plain
    words = [word for word in re.split(r"[\s,、:()/-]+", rest) if word]
    name, relation = "", ""
    for word in words:
        if not relation and word.casefold() in vocabulary().relations:
            relation = word
        elif not name and not relation and (split := _split_relation(word)):
            name, relation = split
        elif not any(letter.isdigit() for letter in word):
            name = f"{name} {word}".strip()
    return Relative(name, relation, number, keyholder)


def _split_relation(word: str) -> tuple[str, str] | None:
    """Take apart 女儿王芳 and 王芳女儿; words of one letter (子, 女) may be part of a name and stay."""
    for relation in vocabulary().relations:
        if len(relation) > 1 and word != relation:
            if word.startswith(relation):
                return word.removeprefix(relation), relation
            if word.endswith(relation):
                return word.removesuffix(relation), relation
    return None
