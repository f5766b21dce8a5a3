"""``wenan elder``: when an elder likes to be phoned, and when they are not at home."""

from __future__ import annotations

from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.absences import AbsenceError, be_away, come_back
from campaigns.places import wish_of
from campaigns.presence import ABSENT
from campaigns.wishes import WishError, read_wish, wish_text
from escalation.contacts import CONSENT
from escalation.word_came import elder_was_heard
from ivr.clock import SystemClock
from records.audit import audit
from records.people import Consent, Elder
from wenan.cli.errors import UsageError
from wenan.cli.spans import read_date
from wenan.settings import load_settings
from wenan.wiring import open_ledger, open_rules

app = typer.Typer(help="Elders: wishes for call times, absences.", no_args_is_help=True)
Who = Annotated[str, typer.Argument(help="Name or id of the elder.")]


@app.command("away")
def away(
    elder: Who,
    until: Annotated[
        str, typer.Option(help="Day on which they are back, e.g. 2026-12-31; unknown if left out.")
    ] = "",
    why: Annotated[Literal["in_hospital", "away"], typer.Option(help="in_hospital or away.")] = "away",
) -> None:
    """Do not phone an elder who is not at home; from the day of return on they are called again."""
    back_on = read_date("--until", until) if until else None
    with open_ledger(load_settings()).session() as session:
        found = find_elder(session, elder)
        try:
            be_away(session, found, why, back_on, now=SystemClock().now(), actor="cli")
        except AbsenceError as error:
            raise UsageError(str(error)) from error
        name = found.name
    typer.echo(f"{name} is not phoned {f'until {back_on}' if back_on else 'until `wenan elder back`'}")


@app.command("back")
def back(elder: Who) -> None:
    """Phone an elder again who was away; campaigns that left them out plan a visit."""
    with open_ledger(load_settings()).session() as session:
        found = find_elder(session, elder)
        if not come_back(session, found, now=SystemClock().now(), actor="cli"):
            raise UsageError(f"{found.name} is not away: on the books as {found.status}")
        name = found.name
    typer.echo(f"{name} is phoned again")


@app.command("wish")
def wish(
    elder: Who,
    times: Annotated[str, typer.Argument(help="周二周四上午, Tue, Thu 09:00-11:00; anytime for none.")],
) -> None:
    """Note when an elder likes to be phoned; campaigns call at these times only."""
    try:
        wanted = read_wish(times)
    except WishError as error:
        raise UsageError(f"{error}: write it like 周二周四上午, Tue, Thu 09:00-11:00, anytime") from error
    with open_ledger(load_settings()).session() as session:
        found = find_elder(session, elder)
        found.call_wish, found.updated_at = wanted.stored(), SystemClock().now()
        audit(
            session,
            at=found.updated_at,
            actor="cli",
            action="wish_noted",
            subject_type="elder",
            subject_id=found.id,
            wish=found.call_wish,
        )
        name = found.name
    typer.echo(f"{name}: {wish_text(wanted, 'en') or 'at any time'}")


@app.command("heard")
def heard(elder: Who) -> None:
    """Note that an elder called back or was seen: nobody needs to go because of silence any more."""
    settings = load_settings()
    with open_ledger(settings).session() as session:
        found, now = find_elder(session, elder), SystemClock().now()
        closed = elder_was_heard(session, open_rules(settings), found.id, now, now)
        audit(session, at=now, actor="cli", action="elder_heard", subject_type="elder", subject_id=found.id)
        name = found.name
    typer.echo(f"{name} was heard: {closed} order{'' if closed == 1 else 's'} closed")


@app.command("contacts")
def contacts(
    elder: Who, may: Annotated[Literal["yes", "no"], typer.Argument(help="Whether they may be rung.")]
) -> None:
    """Note whether the people around an elder may be rung when nobody answers; without a no they may."""
    with open_ledger(load_settings()).session() as session:
        found, now = find_elder(session, elder), SystemClock().now()
        session.add(
            Consent(
                elder_id=found.id, kind=CONSENT, granted=may == "yes", source="command line", recorded_at=now
            )
        )
        audit(
            session,
            at=now,
            actor="cli",
            action="contacts_consent_noted",
            subject_type="elder",
            subject_id=found.id,
            granted=may == "yes",
        )
        name = found.name
    typer.echo(f"The people around {name} {'may' if may == 'yes' else 'may not'} be rung")


@app.command("absent")
def absent() -> None:
    """Show who is not at home, and until when."""
    table = Table("id", "elder", "area", "why", "back on", "likes to be phoned")
    with open_ledger(load_settings()).reading() as session:
        for elder in session.scalars(select(Elder).where(Elder.status.in_(ABSENT)).order_by(Elder.back_on)):
            back_on = elder.back_on.isoformat() if elder.back_on else "not known"
            liked = wish_text(wish_of(elder), "en")
            table.add_row(str(elder.id), elder.name, elder.area.name, elder.status, back_on, liked)
    Console().print(table)


def find_elder(session: Session, wanted: str) -> Elder:
    """The elder of an id or a whole name; names are sealed, so all are opened. Raises UsageError."""
    if wanted.isdecimal():
        elder = session.get(Elder, int(wanted))
        same = [elder] if elder else []
    else:
        same = [each for each in session.scalars(select(Elder)) if each.name == wanted]
    if not same:
        raise UsageError(f"No elder is called {wanted}")
    if len(same) > 1:
        ids = ", ".join(f"{each.id} ({each.area.name})" for each in same)
        raise UsageError(f"Several elders are called {wanted}: give the id, one of {ids}")
    return same[0]
