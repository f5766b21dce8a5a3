"""Rotas in the panel: workers take duty in turns, and the calendar shows whose it is."""

import re

import pytest
from sqlalchemy import select
from support.panel_fixtures import text_of

from records.people import Absence, Worker

pytest_plugins = ["support.panel_fixtures"]


def rota(panel, visitor, *logins, **about):
    with panel.ledger.reading() as session:
        ids = {row.login: str(row.id) for row in session.scalars(select(Worker))}
    people = {f"worker.{place}": ids[login] for place, login in enumerate(logins)}
    return visitor.press("/rotas/", **people, **({"first": "2026-03-09", "days": "7", "turns": "4"} | about))


def absences(panel):
    with panel.ledger.reading() as session:
        return [(row.worker.login, row.stand_in.login) for row in session.scalars(select(Absence))]


def test_workers_take_duty_in_turns_and_the_calendar_shows_whose_it_is(panel):
    chen = panel.as_("chen")
    assert "已记下" in rota(panel, chen, "wang", "li")
    assert absences(panel) == [("li", "wang"), ("wang", "li")] * 2
    row = re.search(r"城南社区</th>(.*?)</tr>", chen.read("/ladders/"), flags=re.DOTALL)[1]
    assert text_of(row).split() == ["王强"] * 12 + ["李敏"] * 2


def test_a_second_rota_at_the_same_time_is_refused_whole(panel):
    chen = panel.as_("chen")
    rota(panel, chen, "wang", "li")
    before = absences(panel)
    assert "已经排了轮班" in rota(panel, chen, "li", "chen", "wang", first="2026-03-16")
    assert absences(panel) == before


@pytest.mark.parametrize(
    ("logins", "about"),
    [
        (("wang",), {}),
        (("wang", "wang"), {}),
        (("wang", "li"), {"days": "0"}),
        (("wang", "li"), {"turns": "999"}),
        (("wang", "li"), {"first": "2026-01-01", "turns": "2"}),
    ],
)
def test_a_rota_that_makes_no_sense_notes_nothing(panel, logins, about):
    assert "没有记下" in rota(panel, panel.as_("chen"), *logins, **about)
    assert absences(panel) == []


@pytest.mark.parametrize(
    ("login", "logins"), [("li", ("wang", "li")), ("chen", ("wang", "far")), ("chen", ("wang", "gone"))]
)
def test_a_rota_is_noted_by_coordinators_for_their_own_people(panel, login, logins):
    visitor = panel.as_(login)
    rota(panel, visitor, *logins)
    assert visitor.seen.status_code in {403, 404}
    assert absences(panel) == []
