"""``wenan worker``: who may sign in to the panel, and who is away."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.absences import (
    AbsenceError,
    StandInElsewhereError,
    absences_ahead,
    end_absences,
    note_absence,
)
from escalation.addresses import NUMBER, AddressError, note_address
from escalation.leaving import come_back, leave
from ivr.clock import SystemClock
from records.people import Absence, Area, Worker
from web.passwords import hash_password
from wenan.cli.errors import UsageError
from wenan.settings import load_settings
from wenan.wiring import open_ledger, open_rules

app = typer.Typer(help="Workers: who may sign in to the panel.", no_args_is_help=True)
ROLES = ("coordinator", "social_worker", "grid_worker", "viewer")


@app.command("add")
def add(
    login: str,
    name: Annotated[str, typer.Option(help="Name shown on screens.")],
    role: Annotated[str, typer.Option(help=", ".join(ROLES))] = "social_worker",
    area: Annotated[str, typer.Option(help="Name of their area; default: the topmost one.")] = "",
    number: Annotated[str, typer.Option(help="Telephone number, for the on-call ladder.")] = "",
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="WENAN_NEW_PASSWORD")
    ] = ...,  # type: ignore[assignment]  # typer: no default, so it asks
) -> None:
    """Let a worker sign in (asks for the password)."""
    if role not in ROLES:
        raise UsageError(f"--role {role}: use one of {', '.join(ROLES)}")
    settings = load_settings()
    ledger = open_ledger(settings)
    with ledger.session() as session:
        if session.scalar(select(Worker).where(Worker.login == login)):
            raise UsageError(f"A worker already signs in as {login}")
        query = (
            select(Area).where(Area.name == area) if area else select(Area).where(Area.parent_id.is_(None))
        )
        place = session.scalars(query.order_by(Area.id)).first()
        if place is None and area:
            raise UsageError(f"No area is called {area}; import a roster first, or leave --area out")
        if place is None:
            place = Area(level="district", name="本地区", timezone=settings.timezone)
            session.add(place)
        session.add(
            Worker(
                login=login,
                name=name,
                role=role,
                area=place,
                number=number,
                password_hash=hash_password(password),
            )
        )
    typer.echo(f"{name} may sign in as {login}")


@app.command("reach")
def reach(
    login: str,
    channel: str,
    address: Annotated[str, typer.Argument(help="E-mail address, account or number; none: forget it.")] = "",
) -> None:
    """Note where a worker is reached: on a channel of docs/channels.md, or ``number``, their telephone."""
    settings = load_settings()
    known = {NUMBER, *(each.name for each in open_rules(settings).channels if each.needs == "address")}
    if channel not in known:
        raise UsageError(f"{channel} is no channel with addresses; there are: {', '.join(sorted(known))}")
    now = SystemClock().now()
    with open_ledger(settings).session() as session:
        try:
            note_address(
                session, _worker(session, login), channel, address.strip(), actor="command line", now=now
            )
        except AddressError as error:
            raise UsageError(str(error)) from error
    typer.echo(f"{login} is reached on {channel}" if address else f"{login} is not reached on {channel}")


@app.command("away")
def away(
    login: str,
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day, e.g. 2026-03-08.")],
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; default: today.")
    ] = None,
    stand_in: Annotated[str, typer.Option(help="Login of whoever is asked instead.")] = "",
    from_elsewhere: Annotated[
        bool, typer.Option("--from-elsewhere", help="The stand-in works in another area, and that is meant.")
    ] = False,
) -> None:
    """Note that a worker is away: work orders are not offered to them on these days."""
    settings = load_settings()
    zone, now = ZoneInfo(settings.timezone), SystemClock().now()
    first = now.astimezone(zone).date() if since is None else since.date()
    with open_ledger(settings).session() as session:
        try:
            note_absence(
                session,
                _worker(session, login),
                datetime.combine(first, time(0), zone),
                datetime.combine(until.date() + timedelta(days=1), time(0), zone),
                stand_in=_worker(session, stand_in) if stand_in else None,
                from_elsewhere=from_elsewhere,
                actor="command line",
                now=now,
            )
        except StandInElsewhereError as error:
            raise UsageError(f"{error}: add --from-elsewhere if that is meant") from error
        except AbsenceError as error:
            raise UsageError(str(error)) from error
    typer.echo(f"{login} is away from {first} until {until.date()}")


@app.command("back")
def back(login: str) -> None:
    """Note that a worker is there again, or works here again: absences end now, later ones are dropped."""
    now = SystemClock().now()
    with open_ledger(load_settings()).session() as session:
        worker = _worker(session, login)
        returned = come_back(session, worker, actor="command line", now=now)
        ended = end_absences(session, worker, actor="command line", now=now)
    typer.echo(f"{login} is asked again" if ended or returned else f"{login} was not away")


@app.command("leave")
def leave_for_good(login: str) -> None:
    """Note that somebody works here no more: no sign-in, no orders; others are asked about what they had."""
    settings = load_settings()
    with open_ledger(settings).session() as session:
        worker = _worker(session, login)
        if not worker.active:
            raise UsageError(f"{login} has left already")
        orders = leave(session, open_rules(settings), worker, actor="command line", now=SystemClock().now())
    typer.echo(f"{login} has left" + (f"; asked anew: {', '.join(map(str, orders))}" if orders else ""))


@app.command("list")
def list_workers() -> None:
    """Show who may sign in, and who is away."""
    settings = load_settings()
    ledger, zone = open_ledger(settings), ZoneInfo(settings.timezone)
    table = Table("login", "name", "role", "area", "active", "away")
    with ledger.reading() as session:
        absences = absences_ahead(session, SystemClock().now())
        for worker in session.scalars(select(Worker).order_by(Worker.login)):
            table.add_row(
                worker.login,
                worker.name,
                worker.role,
                worker.area.name,
                "yes" if worker.active else "no",
                _away(absences.get(worker.id), zone),
            )
    Console().print(table)


def _worker(session: Session, login: str) -> Worker:
    worker = session.scalar(select(Worker).where(Worker.login == login))
    if worker is None:
        raise UsageError(f"No worker signs in as {login}; see: wenan worker list")
    return worker


def _away(absence: Absence | None, zone: ZoneInfo) -> str:
    """First and last day, and who stands in."""
    if absence is None:
        return ""
    first, last = (moment.astimezone(zone).date() for moment in (absence.starts_at, absence.last_at))
    return f"{first} to {last}" + (f", {absence.stand_in.login}" if absence.stand_in else "")
