"""The panel's languages, and how it writes times and spans of time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask, request, session
from flask_babel import Babel, format_date, get_locale, gettext, ngettext
from flask_login import current_user

from web.identity import SignedIn
from web.panel import panel

LANGUAGES = {"zh": "中文", "en": "English"}
"""Languages of the panel by locale, each under its own name; the first is the default."""
DEFAULT = "zh"
_SESSION_KEY = "language"
TAGS = {"zh": "zh-CN", "en": "en"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def choose(language: str) -> bool:
    """Keep a language for this browser's session; False when the panel does not speak it."""
    if language not in LANGUAGES:
        return False
    session[_SESSION_KEY] = language
    return True


def locale() -> str:
    """The language of this request: chosen in this browser, else the worker's own, else the default."""
    chosen = session.get(_SESSION_KEY)
    if chosen in LANGUAGES:
        return str(chosen)
    own = current_user.language.partition("-")[0] if isinstance(current_user, SignedIn) else DEFAULT
    return own if own in LANGUAGES else DEFAULT


def local(moment: datetime) -> datetime:
    """A moment in the time zone of the worker who reads it."""
    return moment.astimezone(current_user.zone) if isinstance(current_user, SignedIn) else moment


def today() -> date:
    """The present day where the worker is."""
    return local(panel().now()).date()


def clock_time(moment: datetime | None) -> str:
    """A moment, as short as its day allows: ``14:32``, ``11-22 14:32`` or ``2026-11-22 14:32``."""
    if moment is None:
        return "–"
    there, now = local(moment), local(panel().now())
    if there.date() == now.date():
        return f"{there:%H:%M}"
    return f"{there:%m-%d %H:%M}" if there.year == now.year else f"{there:%Y-%m-%d %H:%M}"


def day(moment: datetime) -> str:
    """The day of a moment: ``2026-11-22``."""
    return f"{local(moment):%Y-%m-%d}"


def long_day(when: date) -> str:
    """A day as the language writes it."""
    return str(format_date(when, "long"))


def span(seconds: float) -> str:
    """A length of time in its largest two units at most: ``45 s``, ``3 min``, ``2 h 5 min``, ``3 days``."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return _say("%(n)s s", n=whole)
    if whole < _HOUR:
        return _say("%(n)s min", n=whole // _MINUTE)
    if whole < _DAY:
        hours, minutes = whole // _HOUR, whole % _HOUR // _MINUTE
        if minutes == 0:
            return _say("%(n)s h", n=hours)
        return _say("%(h)s h %(m)s min", h=hours, m=minutes)
    return str(ngettext("%(num)s day", "%(num)s days", whole // _DAY))


def countdown(deadline: datetime) -> str:
    """How long until a deadline, or how long it has been missed."""
    left = deadline - panel().now()
    if left < timedelta(0):
        return _say("overdue by %(span)s", span=span(-left.total_seconds()))
    return _say("%(span)s left", span=span(left.total_seconds()))


def position(seconds: float | None) -> str:
    """A place in a recording: ``1:07``."""
    whole = max(0, int(seconds or 0))
    return f"{whole // _MINUTE}:{whole % _MINUTE:02d}"


def percent(share: float | None) -> str:
    """A share of 0..1 as whole percent; a dash when there is nothing to divide by.

    Only the whole is 100 %: 199 of 200 reads 99 %, so that nobody is rounded away.
    """
    return "–" if share is None else f"{int(share * 100)}%"


def _say(text: str, **values: Any) -> str:
    """A text in the page's language, as a plain string."""
    return str(gettext(text, **values))


def install(app: Flask) -> None:
    """Give the app its languages and its templates these ways of writing."""
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=locale)
    for write in (clock_time, day, long_day, span, countdown, position, percent):
        app.add_template_filter(write)

    def in_templates() -> dict[str, Any]:
        return {
            "languages": LANGUAGES,
            "language": str(get_locale()),
            "html_language": TAGS.get(str(get_locale()), str(get_locale())),
            "here": request.full_path.rstrip("?"),
        }

    app.context_processor(in_templates)
