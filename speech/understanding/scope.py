"""What the words around a concept do to it: negation, person, time, supposition, cure.

Words in the same clause decide. Words in other clauses only cast doubt, except where noted: a missed cry
for help is worse than a question too many.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from speech.lexicon import Lexicon
from speech.understanding.people import Mention, People
from speech.understanding.readings import Judged, Match, Standing, Time, Utterance
from speech.understanding.suppositions import Suppositions
from speech.wording import spaced

_TIMES = ("now", "recent", "past")
_FEAR_REACH = 6
"""Characters between a word of fear and what is feared."""
_CURE_REACH = 2
"""Clauses after the trouble in which its end may be told."""
_BLANK = "\x00"
_COUNTS: Mapping[str, frozenset[str]] = {
    "body": frozenset({"self", "household"}),
    "home": frozenset({"self", "household", "kin"}),
    "any": frozenset({"self", "household", "kin"}),
    "place": frozenset({"self", "household", "kin", "others"}),
    "cry": frozenset({"self", "household", "kin", "others"}),
}
"""By what a concept is about: whose trouble counts."""
_SPEAKERS = frozenset({"kin", "others"})
"""Who may be speaking for the elder when the robot asks for them by name: "this is her neighbour"."""


class ScopeReader:
    """Judges matches by the scope words of one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._scope = lexicon.scope
        self._spaced = spaced(lexicon.language)
        self._negated = self._trailing("negators")
        self._people = People(lexicon.scope, self._trailing("addressing", fillers=False))
        self.mentions = self._people.mentions
        self._suppositions = Suppositions(lexicon.scope, self._without, self._times_in)

    def _trailing(self, group: str, *, fillers: bool = True) -> re.Pattern[str] | None:
        """Matches a text that ends in a word of the group, negation fillers between allowed."""
        words, between = self._scope[group], self._scope["negation_fillers"]
        if words is None:
            return None
        tail = rf"(?:{between.pattern})*" if between is not None and fillers else ""
        return re.compile(rf"(?:{words.pattern}){tail}\s*$")

    def judge(self, match: Match, question: str) -> Judged:
        """How the match stands in its utterance.

        Under ``identity`` the trouble of others counts as the elder's: they may be speaking for the elder.
        """
        text = match.utterance.clauses[match.clause].text
        left, right = self._segment(text, match)
        time, carried = self._time(match, left, right)
        standing: Standing = "said"
        doubtful = self._supposed_before(match)
        if self._is_denied(match, text, left):
            standing = "denied"
        elif not self._counts(match, left, question):
            standing = "elsewhere"
        elif self._is_imagined(match, text, left, right):
            standing = "imagined"
        elif self._is_cured(match, text, right):
            standing = "cured"
        elif time == "past" and carried:
            time, doubtful = "unstated", True
        elif time == "past" and match.concept.entry.if_past == "drop":
            standing = "past"
        return Judged(standing, time, doubtful)

    def _segment(self, text: str, match: Match) -> tuple[int, int]:
        """The part of the clause around the match, between words such as "but"."""
        left, right = 0, len(text)
        breaks = self._scope["breaks"]
        for word in breaks.finditer(text) if breaks is not None else ():
            if word.end() <= match.start:
                left = word.end()
            elif word.start() >= match.end:
                right = min(right, word.start())
        return left, right

    # --- negation -------------------------------------------------------------------------------------

    def _is_denied(self, match: Match, text: str, left: int) -> bool:
        before = self._without("not_negators", text[: match.start])[left:]
        gaps = (self._without("not_negators", gap) for gap in match.gaps if gap)
        if self._negated is not None and any(self._negated.search(part) for part in (before, *gaps)):
            return True
        after = self._scope["denied_after"]
        return after is not None and after.search(text[match.end :]) is not None

    def _without(self, group: str, text: str) -> str:
        """The text with the words of a group blanked out."""
        words = self._scope[group]
        return words.sub(lambda found: _BLANK * len(found.group()), text) if words is not None else text

    # --- person ---------------------------------------------------------------------------------------

    def _counts(self, match: Match, left: int, question: str) -> bool:
        """Whether the one in trouble is one whose trouble counts here."""
        counts = _COUNTS[match.concept.entry.about] | (_SPEAKERS if question == "identity" else set())
        text = match.utterance.clauses[match.clause].text
        before = [person for person in self._people.named_in(text) if left <= person.start < match.end]
        outside = [person for person in before if person.end <= match.start]
        last = outside[-1].group if outside else ""
        if any(person.group == "story" for person in before) or self._in_story(match, last):
            return False
        if last == "kin" and match.concept.entry.about == "home" and self._away(text):
            return self._is_urgent(match.utterance)
        if last:
            return last in counts or self._is_urgent(match.utterance)
        return bool(before) or self._carried_person(match, counts)

    def _in_story(self, match: Match, last: str) -> bool:
        """Whether an earlier clause began to tell of television, a dream or the like, and still does."""
        if last == "self":
            return False
        for clause in reversed(match.utterance.clauses[: match.clause]):
            groups = {person.group for person in self._people.named_in(clause.text)}
            if "story" in groups:
                return bool(last) or "self" not in groups
            if "self" in groups:
                return False
        return False

    def _carried_person(self, match: Match, counts: AbstractSet[str]) -> bool:
        """The clause names nobody: does the trouble of whom the clauses before it spoke of count?"""
        clauses = match.utterance.clauses
        for clause in reversed(clauses[: match.clause]):
            said = self._people.named_in(clause.text)
            people = [person.group for person in said]
            if not people or (self._spaced and self._is_address(clause.text, said[0])):
                continue
            own = people[-1] in counts or "self" in people or "story" in people
            same = clause.sentence == clauses[match.clause].sentence
            return own or self._away(clause.text) or not same or self._is_urgent(match.utterance)
        return True

    @staticmethod
    def _is_address(text: str, person: Mention) -> bool:
        """Whether a clause only calls somebody: "los huesos, hija, cuando llueve"."""
        return person.group == "kin" and not (text[: person.start] + text[person.end :]).strip()

    def _away(self, text: str) -> bool:
        """Whether somebody is said to be elsewhere."""
        absent = self._scope["absent"]
        return absent is not None and absent.search(text) is not None

    def _is_urgent(self, utterance: Utterance) -> bool:
        """Whether somebody must come at once, whoever it is for."""
        hurry = self._scope["hurry"]
        return hurry is not None and any(hurry.search(clause.text) for clause in utterance.clauses)

    # --- time -----------------------------------------------------------------------------------------

    def _time(self, match: Match, left: int, right: int) -> tuple[Time, bool]:
        """When it was, and whether only an earlier clause says so."""
        clauses = match.utterance.clauses
        text = clauses[match.clause].text
        gaps = "".join(match.gaps)
        own = [
            word
            for word in self.mentions(text, _TIMES)
            if left <= word.start < right
            and (not _within(word, match) or text[word.start : word.end] in gaps)
        ]
        if own:
            before = [word for word in own if word.start < match.end]
            return _time_of((before or own)[-1 if before else 0].group), False
        for number in range(match.clause - 1, max(match.clause - 3, -1), -1):
            earlier = self.mentions(clauses[number].text, _TIMES)
            if earlier:
                return _time_of(earlier[-1].group), True
        return "unstated", False

    def _times_in(self, text: str) -> list[str]:
        return [text[said.start : said.end] for said in self.mentions(text, _TIMES)]

    def time_said(self, utterance: Utterance) -> Time:
        """The first time that any clause names."""
        for clause in utterance.clauses:
            found = self.mentions(clause.text, _TIMES)
            if found:
                return _time_of(found[0].group)
        return "unstated"

    # --- supposition and cure -------------------------------------------------------------------------

    def _is_imagined(self, match: Match, text: str, left: int, right: int) -> bool:
        if match.concept.entry.if_hypothetical == "keep":
            return False
        feared = self._scope["feared"]
        if self._suppositions.stand_in(match.utterance, match.clause, (left, right), match):
            return True
        near = self._without("not_negators", text[: match.start])[
            max(left, match.start - _FEAR_REACH * (1 + self._spaced * 3)) :
        ]
        return feared is not None and feared.search(near) is not None

    def _supposed_before(self, match: Match) -> bool:
        """Whether an earlier clause of the sentence supposes something."""
        if match.concept.entry.if_hypothetical == "keep":
            return False
        clauses = match.utterance.clauses
        sentence = clauses[match.clause].sentence
        return any(
            clause.sentence == sentence
            and self._suppositions.stand_in(match.utterance, number, (0, len(clause.text)))
            for number, clause in enumerate(clauses[: match.clause])
        )

    def _is_cured(self, match: Match, text: str, right: int) -> bool:
        groups = match.concept.entry.cured_by
        if not groups:
            return False
        later = match.utterance.clauses[match.clause + 1 : match.clause + 1 + _CURE_REACH]
        parts = [text[match.end : right]]
        for clause in later:
            if any(
                person.group not in {"self", "household"} for person in self._people.named_in(clause.text)
            ):
                break
            parts.append(clause.text)
        cures = [cure for group in groups if (cure := self._scope.cured[group]) is not None]
        return any(cure.search(self._without("not_cured", part)) for part in parts for cure in cures)


def _within(word: Mention, match: Match) -> bool:
    """Whether a scope word is itself a part of what was matched, as 过去 in 晕过去了."""
    return match.start <= word.start and word.end <= match.end


def _time_of(group: str) -> Time:
    match group:
        case "now":
            return "now"
        case "recent":
            return "recent"
        case _:
            return "past"
