"""The product's own rounds, on a virtual clock: ladders climb and messages go out without anybody's help."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from support.casebook import MORNING
from support.duty_night import Duty

from ivr.clock import LoopClock
from ivr.virtual_time import run_virtual
from records.sessions import Ledger
from wenan.settings import load_settings
from wenan.wiring import open_rules, open_upkeep


def test_an_emergency_that_nobody_takes_reaches_the_next_by_the_products_own_rounds(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    settings = load_settings(data_dir=tmp_path, notify=["file"], line="none")
    duty = Duty(sqlite_ledger, laws=open_rules(settings))
    duty.elder_says("chest_pain")

    async def main(clock: LoopClock) -> None:
        upkeep = open_upkeep(settings, sqlite_ledger, duty.laws, clock, Console(quiet=True))
        with ThreadPoolExecutor(4) as beside:
            working = asyncio.create_task(upkeep.run(beside))
            await clock.sleep(11 * 60)
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working

    run_virtual(main, MORNING)
    lines = [
        json.loads(line)
        for line in (tmp_path / "notifications.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    heard = {
        line["recipient"]: datetime.fromisoformat(line["delivered_at"]) - MORNING
        for line in reversed(lines)
        if "王桂兰" in line["body"]
    }
    assert heard["li"] < timedelta(seconds=10)
    assert timedelta(minutes=5) <= heard["wu"] < timedelta(minutes=5, seconds=15)
    assert timedelta(minutes=10) <= heard["zhang"] < timedelta(minutes=10, seconds=20)
