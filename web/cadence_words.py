"""How often somebody is visited, in words: shown, and read back from a form."""

from __future__ import annotations

from flask_babel import gettext

from campaigns.cadences import IN_DAYS, ByCalendar
from web.word_lists import WORDS

MOST_DAYS = 366


def cadence_words(cadence: int | str) -> str:
    """A cadence as people say it; days without a word of their own as their number."""
    code = _NAMES.get(str(cadence), str(cadence))
    return str(WORDS["cadence"].get(code, code))


def choices() -> list[str]:
    """The words that a form offers."""
    return [str(words) for words in WORDS["cadence"].values()]


def read_cadence(text: str, problems: list[str]) -> int | str:
    """A number of days, or the word as the policy has it; what is wrong goes to ``problems``."""
    said = text.strip()
    is_number = said.isascii() and said.isdigit() and len(said) <= len(str(MOST_DAYS))
    if is_number and 1 <= int(said) <= MOST_DAYS:
        return int(said)
    for code, words in WORDS["cadence"].items():
        if said.casefold() in {code, str(words).casefold()}:
            return IN_DAYS.get(code, code)
    problems.append(
        gettext(
            "How often: a number of days from 1 to 366, or one of the words offered, not “%(text)s”.",
            text=said[:20],
        )
    )
    return 1


_NAMES = {str(days): code for code, days in IN_DAYS.items()} | {each.value: each.value for each in ByCalendar}
