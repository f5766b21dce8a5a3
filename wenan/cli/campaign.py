"""``wenan campaign``: opening, pausing and watching campaigns."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.area_lines import lines_in_use
from campaigns.calendar import unknown_years
from campaigns.forecasting import Outlook, look_ahead
from campaigns.opening import extend_campaign, open_campaign, pause_campaign, resume_campaign
from campaigns.overlap import without_rest
from campaigns.planner import Planned, names_of, plan_visits
from campaigns.policies import Policies
from campaigns.retries import RetryPolicy
from campaigns.standing_rounds import start_draft
from campaigns.stopping import stop_campaign
from ivr.clock import SystemClock
from ivr.script import load_script
from records.visits import Campaign, Visit, is_under_way
from wenan.cli.area import find_area
from wenan.cli.errors import UsageError
from wenan.cli.spans import read_date, read_rest, read_span
from wenan.display import bar, busy, show_plan
from wenan.dry_run import DryTerms, dry_run
from wenan.outlook_tables import NAMES, show_dry_run, show_left_out, show_outlook
from wenan.settings import load_settings
from wenan.wiring import open_ledger

app = typer.Typer(help="Campaigns: open, pause, resume, watch.", no_args_is_help=True)


@app.command("create")
def create(  # noqa: PLR0913, PLR0917 - as many options as terms
    name: str,
    script: Annotated[str, typer.Option(help="Name of a shipped script, or a YAML file.")] = "standard",
    script_version: Annotated[
        int | None, typer.Option(help="Version of the script; default: the newest.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Length of the period, from today on.")] = 30,
    tier: Annotated[
        list[str] | None, typer.Option(help="key, secondary, general; repeat for several.")
    ] = None,
    hours: Annotated[
        list[str] | None, typer.Option(help="Calling hours, e.g. 09:00-11:30; repeatable.")
    ] = None,
    rest: Annotated[
        list[str] | None, typer.Option(help="Lunch and nap, taken out of the hours; none for none.")
    ] = None,
    holidays: Annotated[bool, typer.Option(help="Whether to phone on public holidays.")] = True,
    weekends: Annotated[bool, typer.Option(help="Whether to phone on weekends.")] = True,
    area: Annotated[list[str] | None, typer.Option(help="Name or id of an area; repeat for several.")] = None,
    due: Annotated[
        bool, typer.Option("--due", help="Only those whose visit falls due in the period by their policy.")
    ] = False,
    attempts: Annotated[int, typer.Option(min=1, max=10, help="How often a telephone may ring in vain.")] = 3,
    start: Annotated[str, typer.Option("--from", help="First day, e.g. 2027-01-01; today if left out.")] = "",
    forecast: Annotated[
        bool, typer.Option("--forecast", help="Show what would come of it, and open nothing.")
    ] = False,
    try_out: Annotated[
        bool, typer.Option("--dry-run", help="Phone the simulated village by these terms, and open nothing.")
    ] = False,
) -> None:
    """Open a campaign and plan its visits; the dialer of `wenan serve` takes it from there."""
    settings = load_settings()
    now = SystemClock().now()
    first = read_date("--from", start) if start else now.astimezone(ZoneInfo(settings.timezone)).date()
    last = first + timedelta(days=days - 1)
    document = load_script(script, script_version)
    windows = _windows(hours, rest, timezone=settings.timezone, holidays=holidays, weekends=weekends)
    ledger = open_ledger(settings)
    if try_out:
        with ledger.reading() as session:
            place = find_area(session, area[0]).id if area else None
            policy = Policies.read(session).of(place, first)
        terms = DryTerms(
            script=document,
            windows=windows,
            retries=RetryPolicy(max_attempts=attempts),
            policy=policy,
            starts_on=first,
            ends_on=last,
            max_concurrent=settings.max_concurrent_calls,
            tiers=tier or (),
        )
        with bar(Console(), "Phoning the simulated village") as progress:
            tried = dry_run(terms, now, progress)
        show_dry_run(Console(), tried, ZoneInfo(settings.timezone))
        return
    outlook: Outlook | None = None
    with suppress(_OnlyATryError), ledger.session() as session:
        opened = open_campaign(
            session,
            script=document,
            now=now,
            name=name,
            who={
                "tiers": tier or (),
                "areas": [find_area(session, each).id for each in area or ()],
                "due_by": last if due else None,
            },
            windows=windows,
            retries=RetryPolicy(max_attempts=attempts),
            starts_on=first,
            ends_on=last,
            max_concurrent=settings.max_concurrent_calls,
        )
        with bar(Console(), f"Planning {name}") as progress:
            plan = plan_visits(session, opened, now, progress=progress)
        if forecast:
            session.flush()
            with busy("Playing the calls through"):
                outlook = look_ahead(session, opened, settings.max_concurrent_calls, now)
            raise _OnlyATryError
    console = Console()
    with ledger.reading() as session:
        names = names_of(session, (*plan.in_home, *plan.left_out))
    if outlook is None:
        show_plan(console, plan, names)
    else:
        console.print(f"{name}, {first} to {last}: a forecast, nothing was opened")
        zone = ZoneInfo(settings.timezone)
        show_outlook(console, outlook, zone, ends_on=last, minute_price=settings.call_minute_price)
        show_left_out(console, (*plan.in_home, *plan.left_out), names)
    if not (holidays and weekends):
        for year in unknown_years(first, last):
            typer.echo(f"The holidays of {year} are not announced here: any day that may be one has no calls")


class _OnlyATryError(Exception):
    """Raised within a transaction so that nothing of it stays."""


@app.command("forecast")
def show_forecast(name: Annotated[str, typer.Argument(help="Name of a campaign.")]) -> None:
    """Show what is to come of a campaign from now on; `create --forecast` does before it is opened.

    Calls by day and hour, hours of line time, who is left to people, and whether the lines suffice.
    """
    settings = load_settings()
    now = SystemClock().now()
    with open_ledger(settings).reading() as session:
        campaign = session.get_one(Campaign, _id(session, name))
        with busy("Playing the calls through"):
            outlook = look_ahead(session, campaign, settings.max_concurrent_calls, now)
        zone, ends_on = ZoneInfo(campaign.timezone), campaign.ends_on
    show_outlook(Console(), outlook, zone, ends_on=ends_on, minute_price=settings.call_minute_price)


@app.command("status")
def status(name: Annotated[str, typer.Argument(help="Name of a campaign; default: all.")] = "") -> None:
    """Show how far campaigns are, and how many calls go on of those they may make at the same time."""
    ledger = open_ledger(load_settings())
    table = Table(
        "campaign", "period", "status", "visits", "over", "completed", "to people", "calls now", "next call"
    )
    with ledger.reading() as session:
        wanted = select(Campaign).order_by(Campaign.starts_on)
        for campaign in session.scalars(wanted.where(Campaign.name == name) if name else wanted):
            table.add_row(*_row(session, campaign))
        full = [each for each in lines_in_use(session) if each.is_full]
    if name and not table.rows:
        raise UsageError(f"There is no campaign {name!r}; `wenan campaign status` lists them all")
    Console().print(table)
    for each in full:
        typer.echo(f"{each.name} uses all of its {each.limit} lines: others there wait for the next free one")


@app.command("pause")
def pause(name: str, reason: Annotated[str, typer.Option(help="Shown to everybody.")] = "by hand") -> None:
    """Place no more calls for a campaign; those under way go on."""
    with open_ledger(load_settings()).session() as session:
        if not pause_campaign(session, _id(session, name), reason, now=SystemClock().now(), actor="cli"):
            raise UsageError(f"The campaign {name!r} is not running")
    typer.echo(f"{name} is paused")


@app.command("start")
def start(name: str) -> None:
    """Go on with a paused campaign, or let a round begin that waits for it."""
    now = SystemClock().now()
    with open_ledger(load_settings()).session() as session:
        campaign_id = _id(session, name)
        if (planned := start_draft(session, campaign_id, now=now, actor="cli")) is not None:
            typer.echo(f"{name} begins: {planned} visits are planned")
            return
        if not resume_campaign(session, campaign_id, now=now, actor="cli"):
            raise UsageError(f"The campaign {name!r} neither waits to begin nor is it paused")
    typer.echo(f"{name} goes on")


@app.command("stop")
def stop(name: str, reason: Annotated[str, typer.Option(help="Shown to everybody.")] = "by hand") -> None:
    """Stop a campaign for good: whoever was not called yet is not called by it, and stays due."""
    with open_ledger(load_settings()).session() as session:
        left = stop_campaign(session, _id(session, name), reason, now=SystemClock().now(), actor="cli")
        if left is None:
            raise UsageError(f"The campaign {name!r} neither runs nor is it paused")
        names = names_of(session, [Planned(each) for each in left[:NAMES]])
    typer.echo(f"{name} is stopped; not called by it any more: {len(left)}")
    if left:
        more = f" ... and {len(left) - NAMES} more" if len(left) > NAMES else ""
        typer.echo(f"  {', '.join(names.values())}{more}")


@app.command("extend")
def extend(name: str, until: Annotated[str, typer.Option(help="The new last day, e.g. 2027-01-31.")]) -> None:
    """Let a campaign last longer."""
    last = read_date("--until", until)
    with open_ledger(load_settings()).session() as session:
        if not extend_campaign(session, _id(session, name), last, now=SystemClock().now(), actor="cli"):
            raise UsageError(f"The campaign {name!r} neither runs nor is it paused")
    typer.echo(f"{name} lasts until {last}")


def _id(session: Session, name: str) -> int:
    found = session.scalar(select(Campaign.id).where(Campaign.name == name))
    if found is None:
        raise UsageError(f"There is no campaign {name!r}; `wenan campaign status` lists them all")
    return found


def _windows(
    hours: list[str] | None, rest: list[str] | None, *, timezone: str, holidays: bool, weekends: bool
) -> dict[str, object]:
    given: dict[str, object] = {"timezone": timezone, "holidays": holidays, "weekends": weekends}
    if hours:
        spans = [read_span("--hours", span) for span in hours]
        given["hours"] = without_rest(spans, read_rest(rest))
    return given


def _row(session: Session, campaign: Campaign) -> tuple[str, ...]:
    def count(*where: object) -> int:
        query = select(func.count()).select_from(Visit).where(Visit.campaign_id == campaign.id, *where)  # type: ignore[arg-type]
        return session.scalar(query) or 0

    coming: datetime | None = session.scalar(
        select(func.min(Visit.next_attempt_at)).where(
            Visit.campaign_id == campaign.id, Visit.status == "planned"
        )
    )
    zone = ZoneInfo(campaign.timezone)
    return (
        campaign.name,
        f"{campaign.starts_on} – {campaign.ends_on}",
        f"{campaign.status} {campaign.status_reason}".strip(),
        str(count()),
        str(count(Visit.status == "ended")),
        str(count(Visit.outcome == "completed")),
        str(count(Visit.mode == "in_home") + count(Visit.outcome.in_(("escalated", "unreachable")))),
        f"{count(is_under_way())} of {campaign.max_concurrent}",
        f"{coming.astimezone(zone):%m-%d %H:%M}" if coming else "",
    )
