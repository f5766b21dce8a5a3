"""What templates may call: people, numbers, links and the counts beside the menu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import phonenumbers
from flask import Flask, g, request, url_for
from flask_babel import get_locale, gettext
from flask_login import current_user
from sqlalchemy import select

from campaigns.tiers import age_on, reason_text
from escalation.ladders import Step
from records.orders import WorkOrderEvent
from records.people import Elder, Worker
from web import call_data, call_ins, order_data
from web.access import may
from web.elder_times import wish_words
from web.i18n import today
from web.identity import SignedIn
from web.panel import panel
from web.word_lists import WORDS
from web.words import code_words, departure_words, word

_SHOWN_HEAD, _SHOWN_TAIL = 4, 4
_SURE, _FAIRLY_SURE = 0.8, 0.5


def age(elder: Elder) -> int | None:
    """Completed years today, None when the birth date is unknown."""
    return age_on(elder.birth_date, today())


def phone(number: str) -> str:
    """A number of the ledger as people write it: ``0533 518 0042``; text that is no number stays as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def tel(number: str) -> str:
    """The link that makes a telephone dial a number."""
    return f"tel:{number}"


def masked(resident_id: str | None) -> str:
    """A resident ID with its middle, which tells the birthday, hidden."""
    if not resident_id:
        return "–"
    hidden = len(resident_id) - _SHOWN_HEAD - _SHOWN_TAIL
    if hidden <= 0:
        return "•" * len(resident_id)
    return resident_id[:_SHOWN_HEAD] + "•" * hidden + resident_id[-_SHOWN_TAIL:]


def why_not_phoned(code: str) -> str:
    """Why an elder may not be phoned, in the page's language."""
    return reason_text(code, "en" if str(get_locale()) == "en" else "zh-CN")


def sureness(confidence: float) -> str:
    """How sure the machine was, coarsely: sure, fairly or unsure."""
    if confidence >= _SURE:
        return "sure"
    return "fairly" if confidence >= _FAIRLY_SURE else "unsure"


def because(reason: Mapping[str, Any]) -> str:
    """One reason for a score, a ``speech.scoring.Contribution`` as JSON, in words."""
    rule, _, what = str(reason.get("rule", "")).partition(":")
    topic = str(word(reason.get("question") or None, "question"))
    if rule in {"code", "withdrawn"}:
        taken_back = " · " + gettext("taken back") if rule == "withdrawn" else ""
        return code_words(what) + taken_back
    if rule == "unanswered":
        return str(gettext("%(topic)s: not asked", topic=topic))
    if rule in {"answer", "urgency"}:
        return f"{topic}: {word(what, rule)}"
    if rule == "outcome":
        return str(word(what, "outcome"))
    if rule == "manner":
        return f"{word(rule, 'rule')}: {departure_words(what)}"
    return str(word(rule, "rule"))


def is_pattern(phrase: str) -> bool:
    """Whether a phrase of the lexicon is a pattern, which says nothing to a reader."""
    return any(sign in phrase for sign in "()[]|*+?.^$\\")


def news(event: WorkOrderEvent) -> str:
    """What an order's event tells of: reasons and codes, in words."""
    words = [
        str(word(piece, "reason")) if piece in WORDS["reason"] else code_words(piece)
        for piece in event.note.split(", ")
    ]
    return str(gettext(", ")).join(words)


def name_of(login: str) -> str:
    """The name of the worker with this login; parts of the system keep their own word."""
    if "names" not in g:
        with panel().ledger.reading() as session:
            g.names = {row.login: row.name for row in session.execute(select(Worker.login, Worker.name))}
    names: dict[str, str] = g.names
    return names.get(login) or str(word(login, "actor"))


def names_of(logins: str) -> str:
    """Names for logins that an event lists with commas."""
    return str(gettext(", ")).join(name_of(login) for login in logins.split(", "))


def asked_next(step: Step) -> str:
    """Whom a step of a ladder asks, in words."""
    return str(gettext(", ")).join(
        name_of(target.login) if target.login else str(word(target.role or target.who, "target"))
        for target in step.to
    )


def url_with(**changes: Any) -> str:
    """This page with parts of its query changed; an empty value leaves a part out, and paging starts anew."""
    query = {**request.args.to_dict(), "page": None, **changes}
    kept = {name: value for name, value in query.items() if value not in {None, ""}}
    return url_for(str(request.endpoint), **(request.view_args or {}), **kept)


def menu_counts() -> dict[str, int]:
    """Numbers beside the menu: calls to review, open work orders, callers with whom nobody spoke."""
    if not isinstance(current_user, SignedIn):
        return {"calls": 0, "orders": 0, "call_ins": 0}
    with panel().ledger.reading() as session:
        return {
            "calls": call_data.to_review(session, current_user),
            "orders": order_data.open_count(session, current_user),
            "call_ins": call_ins.to_call_back(session, current_user),
        }


def install(app: Flask) -> None:
    """Give templates these tools."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    for tool in (
        call_data.noted,
        call_data.level_of,
        call_data.taken_back,
        because,
        is_pattern,
        name_of,
        names_of,
        asked_next,
        news,
        age,
        phone,
        tel,
        masked,
        why_not_phoned,
        wish_words,
        sureness,
    ):
        app.add_template_filter(tool)

    def in_templates() -> dict[str, Any]:
        return {
            "organisation": panel().organisation,
            "demo_accounts": panel().demo_accounts,
            "notice": panel().notice,
            "now": panel().now(),
            "menu_counts": menu_counts,
            "url_with": url_with,
            "may": lambda ability: isinstance(current_user, SignedIn) and may(current_user, ability),
        }

    app.context_processor(in_templates)
