"""``wenan demo``, ``wenan serve`` and ``wenan up``: the village, and the product whole or in parts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from wenan.cli.errors import WRONG_OUTCOME
from wenan.demo import DemoLine, run_demo
from wenan.logs import set_up_logs
from wenan.product import run_product
from wenan.roles import ALL, Role
from wenan.settings import load_settings

DEMO_FOLDER = Path("var/demo")


def demo(
    exit_after: Annotated[
        bool, typer.Option("--exit", help="Leave at the end; an error when an outcome is not as called for.")
    ] = False,
    line: Annotated[
        DemoLine, typer.Option(help="village: simulated, at once; sip: real SIP calls over loopback.")
    ] = DemoLine.VILLAGE,
    everybody: Annotated[
        bool, typer.Option("--all", help="By SIP: all 24 elders, not only the ten who show most.")
    ] = False,
) -> None:
    """Phone a village of 24 fictional elders with real speech, show what came of it, serve the panel."""
    asked = load_settings()
    folder = DEMO_FOLDER if "data_dir" not in asked.model_fields_set else asked.data_dir
    settings = load_settings(data_dir=folder, organisation="清溪镇社区", callback_number="0533-5550000")
    if "log_level" not in asked.model_fields_set:
        settings = settings.model_copy(update={"log_level": "error"})
    set_up_logs(settings)
    leave = exit_after or os.environ.get("DEMO_EXIT", "") not in ("", "0")
    wrong = run_demo(
        settings, Console(), serve=not leave, line=line, everybody=everybody or line is DemoLine.VILLAGE
    )
    if wrong and leave:
        raise typer.Exit(WRONG_OUTCOME)


def serve() -> None:
    """Run the product: scheduler, calls and panel, on the data folder of the settings."""
    up([])


def up(
    roles: Annotated[
        list[Role] | None, typer.Argument(help="What this process does; all of it when nothing is named.")
    ] = None,
) -> None:
    """Run one role of the product, some or all: web, gateway (calls), keeper (ladders, outbox, auditor)."""
    settings = load_settings()
    set_up_logs(settings)
    run_product(settings, Console(), frozenset(roles or ALL))
