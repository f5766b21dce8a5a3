"""``wenan worker``: who may sign in to the panel."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from records.people import Area, Worker
from web.passwords import hash_password
from wenan.cli.errors import UsageError
from wenan.settings import load_settings
from wenan.wiring import open_ledger

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


@app.command("list")
def list_workers() -> None:
    """Show who may sign in."""
    ledger = open_ledger(load_settings())
    table = Table("login", "name", "role", "area", "active")
    with ledger.reading() as session:
        for worker in session.scalars(select(Worker).order_by(Worker.login)):
            table.add_row(
                worker.login, worker.name, worker.role, worker.area.name, "yes" if worker.active else "no"
            )
    Console().print(table)
