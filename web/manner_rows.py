"""How an elder spoke, in words and numbers: one call beside the elder's own earlier ones, and one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from flask import Flask
from flask_babel import gettext

from records.visits import Turn
from speech.weights import Measure
from web.words import departure_words

_LEAST_PAUSE_S = 0.05


@dataclass(frozen=True)
class MannerRow:
    """One measure of one call as the page shows it."""

    measure: str
    now: str
    usual: str
    """The elder's median with the median absolute deviation; empty without earlier calls."""
    calls: int
    """Earlier calls that it rests on."""
    departs: str
    """What is otherwise than usual, in words; empty when nothing is."""


def manner_rows(manner: Mapping[str, Any]) -> list[MannerRow]:
    """The measures of an assessment's ``manner`` that have a value, departures first."""
    measures, usual = manner.get("measures") or {}, manner.get("baseline") or {}
    departing = {each.get("measure") for each in manner.get("departures") or ()}
    rows = [
        MannerRow(
            measure=name,
            now=_amount(name, measures[name]),
            usual=_usual(name, usual[name]) if name in usual else "",
            calls=usual[name]["calls"] if name in usual else 0,
            departs=departure_words(name) if name in departing else "",
        )
        for name in get_args(Measure)
        if measures.get(name) is not None
    ]
    return sorted(rows, key=lambda row: not row.departs)


def turn_manner(turn: Turn) -> list[str]:
    """What was measured of one answer, in words."""
    said: list[str] = []
    if turn.response_delay_s is not None:
        said.append(gettext("answered after %(s)s s", s=f"{turn.response_delay_s:.1f}"))
    elif turn.barge_in:
        said.append(gettext("spoke into the question"))
    if turn.pause_s is not None and turn.pause_s > _LEAST_PAUSE_S:
        said.append(gettext("paused for %(s)s s", s=f"{turn.pause_s:.1f}"))
    if turn.speech_dbfs is not None:
        said.append(gettext("loudness %(db)s dB", db=_minus(f"{turn.speech_dbfs:.0f}")))
        if turn.background_dbfs is not None:
            over = f"{turn.speech_dbfs - turn.background_dbfs:.0f}"
            said.append(gettext("%(db)s dB above the line's background", db=_minus(over)))
    if turn.gap_wait_s is not None and turn.gap_delay_s is not None:
        gap_s = turn.gap_wait_s + turn.gap_delay_s
        said.append(gettext("had waited %(s)s s for the robot to speak", s=f"{gap_s:.1f}"))
    return said


def _usual(name: str, usual: Mapping[str, Any]) -> str:
    spread = f"{100 * usual['mad']:.0f}%" if name == "pause_share" else f"{usual['mad']:.1f}"
    return f"{_amount(name, usual['median'])} ± {spread}"


def _amount(name: str, value: float) -> str:
    """A measure with its unit."""
    if name == "pause_share":
        return f"{100 * value:.0f}%"
    if name in {"repeats", "silences"}:
        return f"{value:g}×"
    number = _minus(f"{value:.1f}")
    if name == "response_delay_s":
        return str(gettext("%(n)s s", n=number))
    if name == "speaking_rate":
        return str(gettext("%(n)s a second", n=number))
    return str(gettext("%(n)s dB", n=number))


def _minus(number: str) -> str:
    """A number with a minus sign that reads as one."""
    return number.replace("-", "−")


def install(app: Flask) -> None:
    """Give templates the filters ``manner_rows`` and ``turn_manner``."""
    app.add_template_filter(manner_rows)
    app.add_template_filter(turn_manner)
