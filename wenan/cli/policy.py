"""``wenan policy``: the visiting policies of areas, version by version, and whom a change affects."""

from __future__ import annotations

import difflib
from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.policies import Policies, policy_of, put_in_force, save_policy
from campaigns.policy import Policy, PolicyError, load_policy, yaml_of
from campaigns.policy_changes import ASPECTS, Change, changes_by, counted
from campaigns.scripts import known_scripts
from campaigns.tiers import reason_text
from ivr.clock import SystemClock
from records.people import Area
from records.policies import PolicyVersion
from wenan.cli.area import find_area
from wenan.cli.errors import UsageError
from wenan.cli.spans import read_date
from wenan.display import busy
from wenan.settings import Settings, load_settings
from wenan.wiring import open_ledger

app = typer.Typer(help="Visiting policies of areas: show, check, import, compare.", no_args_is_help=True)
AreaOption = Annotated[str, typer.Option(help="Name or id of the area; the whole ledger if left out.")]
FromOption = Annotated[
    str, typer.Option("--from", help="First day in force, e.g. 2027-01-01; today if left out.")
]
SHIPPED = "shipped"
ALL_NAMES = 20
"""Names shown of those whom a change affects, unless all are asked for."""


@app.command("show")
def show(
    area: AreaOption = "",
    on: Annotated[str, typer.Option(help="The day, e.g. 2027-01-01; today if left out.")] = "",
    output: Annotated[Path | None, typer.Option(help="Write it to a file instead.")] = None,
) -> None:
    """Show the policy in force in an area as YAML, to be kept, changed and imported."""
    settings = load_settings()
    day = read_date("--on", on) if on else _today(settings)
    with open_ledger(settings).reading() as session:
        policy = Policies.read(session).of(_area_id(session, area), day)
    text = f"# In force {'in ' + area if area else 'where nothing else is'} on {day}.\n{yaml_of(policy)}"
    if output is None:
        typer.echo(text, nl=False)
    else:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{output} cannot be written: {error.strerror}") from error
        typer.echo(f"Version {policy.version} is in {output}")


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A policy as YAML.")],
    area: AreaOption = "",
    start: FromOption = "",
    everybody: Annotated[bool, typer.Option("--all", help="Name everybody who is affected.")] = False,
) -> None:
    """Say what is wrong with a policy, or whom it would affect; nothing is saved."""
    settings = load_settings()
    policy = load_policy(file)
    day = read_date("--from", start) if start else _today(settings)
    with open_ledger(settings).reading() as session:
        _check_script(session, policy)
        _show_changes(session, _area_id(session, area), day, policy, everybody=everybody)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A policy as YAML.")],
    area: AreaOption = "",
    start: FromOption = "",
    note: Annotated[str, typer.Option(help="Why, for those who look back.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Name everybody who is affected.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Save without asking.")] = False,
) -> None:
    """Show whom a policy affects, ask, and save it as a version of an area.

    Visits that are planned already keep the policy they were planned under.
    """
    settings = load_settings()
    policy = load_policy(file)
    today = _today(settings)
    day = read_date("--from", start) if start else today
    ledger = open_ledger(settings)
    with ledger.reading() as session:
        _check_script(session, policy)
        _show_changes(session, _area_id(session, area), day, policy, everybody=everybody)
    if not (yes or typer.confirm("Save this policy?")):
        typer.echo("Nothing was saved")
        return
    now = SystemClock().now()
    with ledger.session() as session:
        place = find_area(session, area) if area else None
        save_policy(session, place, policy, day, today=today, now=now, actor="cli", note=note)
        with busy("Deriving tiers anew"):
            changed = put_in_force(session, now=now, actor="cli")
    state = f"in force; {changed} elders changed" if day <= today else f"saved, in force from {day}"
    typer.echo(f"Version {policy.version} is {state}")


@app.command("diff")
def diff(
    before: Annotated[str, typer.Argument(help="A version, a YAML file, or shipped.")],
    after: Annotated[str, typer.Argument(help="A version, a YAML file, or shipped.")],
    area: AreaOption = "",
) -> None:
    """Show what two policies say differently, line by line."""
    with open_ledger(load_settings()).reading() as session:
        area_id = _area_id(session, area)
        old, new = (_find(session, area_id, each) for each in (before, after))
    lines = difflib.unified_diff(
        yaml_of(old).splitlines(), yaml_of(new).splitlines(), old.version, new.version, lineterm="", n=2
    )
    typer.echo("\n".join(lines) or f"{before} and {after} say the same")


@app.command("history")
def history() -> None:
    """Show all versions, of all areas."""
    table = Table("area", "version", "from", "in force since", "by", "note")
    with open_ledger(load_settings()).reading() as session:
        versions = select(PolicyVersion).order_by(PolicyVersion.area_id, PolicyVersion.effective_from)
        for each in session.scalars(versions):
            since = f"{each.applied_at:%Y-%m-%d %H:%M}" if each.applied_at else "still to come"
            place = each.area.name if each.area else "everywhere"
            table.add_row(
                place, each.version, each.effective_from.isoformat(), since, each.created_by, each.note
            )
    console = Console()
    console.print(table)
    console.print(f"Elsewhere the shipped version {load_policy().version} is in force.")


def _check_script(session: Session, policy: Policy) -> None:
    name = policy.rounds.script if policy.rounds else None
    if name and name not in known_scripts(session):
        raise PolicyError(
            f"The policy {policy.version} names the script {name!r} for its rounds; there is none: "
            "`wenan script add FILE` adds one"
        )


def _show_changes(
    session: Session, area_id: int | None, day: date, policy: Policy, *, everybody: bool
) -> None:
    with busy("Finding whom it affects"):
        found, elders = changes_by(session, area_id, day, policy)
    console = Console()
    console.print(f"Version {policy.version} from {day}: {len(found)} of {elders} elders are affected")
    words = {"tier": "tier", "cadence": "how often", "mode": "way of visiting"}
    for aspect in ASPECTS:
        for before, after, many in counted(found, aspect):
            console.print(f"  {words[aspect]} {before} → {after}: {many}")
    table = Table("elder", "tier", "how often", "way of visiting", "why not by telephone")
    for change in found if everybody else found[:ALL_NAMES]:
        table.add_row(change.name, *_row(change))
    if found:
        console.print(table)
    if len(found) > ALL_NAMES and not everybody:
        console.print(f"... and {len(found) - ALL_NAMES} more; --all names them")


def _row(change: Change) -> tuple[str, ...]:
    steps = ((str(getattr(change.before, aspect)), str(getattr(change.after, aspect))) for aspect in ASPECTS)
    cells = [old if old == new else f"{old} → {new}" for old, new in steps]
    return (*cells, reason_text(change.after.reason, "en") if change.after.reason else "")


def _find(session: Session, area_id: int | None, wanted: str) -> Policy:
    if wanted == SHIPPED:
        return load_policy()
    if Path(wanted).suffix in {".yaml", ".yml"}:
        return load_policy(Path(wanted))
    same = select(PolicyVersion).where(PolicyVersion.version == wanted)
    if area_id is not None:
        same = same.where(PolicyVersion.area_id == area_id)
    versions = session.scalars(same).all()
    if not versions:
        raise UsageError(f"There is no version {wanted}; `wenan policy history` lists them")
    if len(versions) > 1:
        raise UsageError(f"Several areas have a version {wanted}: say which with --area")
    return policy_of(versions[0])


def _area_id(session: Session, area: str) -> int | None:
    found: Area | None = find_area(session, area) if area else None
    return found.id if found else None


def _today(settings: Settings) -> date:
    return SystemClock().now().astimezone(ZoneInfo(settings.timezone)).date()
