"""Kills the demo again and again and starts it anew: ``make bench-interrupted``.

Each round runs the demo in a fresh data folder, kills the process without warning after a random while, and
starts it again until one run comes to its end. No visit may be lost, no attempt dialled twice, and every
outcome must be as called for. Exits 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from sqlalchemy import create_engine, text

ROOT = Path(__file__).parent.parent
SOONEST_S, LATEST_S = 4.0, 40.0
VISITS = 24


def round_of_kills(folder: Path, dice: random.Random) -> tuple[int, int]:
    """Kill and start again until a run ends; returns its exit code and how often it was killed."""
    kills = 0
    environment = {**os.environ, "WENAN_DATA_DIR": str(folder), "DEMO_EXIT": "1", "PYTHONPATH": str(ROOT)}
    while True:
        with (folder.parent / f"run-{kills}.log").open("wb") as log:
            run = subprocess.Popen(
                [sys.executable, "-m", "wenan", "demo"], env=environment, stdout=log, stderr=log
            )
            try:
                return run.wait(dice.uniform(SOONEST_S, LATEST_S)), kills
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
                kills += 1


def faults(folder: Path) -> list[str]:
    """What is wrong in the ledger of a finished village."""
    engine = create_engine(f"sqlite:///{folder / 'ledger.sqlite'}")
    with engine.connect() as ledger:
        visits = dict(ledger.execute(text("SELECT status, COUNT(*) FROM visits GROUP BY status")).all())
        attempts = ledger.execute(text("SELECT visit_id, number, provider_call_id FROM call_attempts")).all()
        open_ = ledger.scalar(text("SELECT COUNT(*) FROM call_attempts WHERE status <> 'ended'"))
    engine.dispose()
    doubles = [key for key, times in Counter((visit, no) for visit, no, _ in attempts).items() if times > 1]
    found = [f"visits: {visits}, not {VISITS} ended"] if visits != {"ended": VISITS} else []
    found += [f"attempt made twice: {key}" for key in doubles]
    return found + ([f"{open_} attempts never closed"] if open_ else [])


def main() -> int:
    """Run the rounds; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong = 0
    for number in range(options.rounds):
        seed = options.seed + number
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "data"
            code, kills = round_of_kills(folder, random.Random(seed))
            found = faults(folder) + ([f"the demo ended with {code}"] if code else [])
            print(f"seed {seed}: killed {kills} times; {'; '.join(found) or 'nothing lost, nothing doubled'}")
            wrong += bool(found)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
