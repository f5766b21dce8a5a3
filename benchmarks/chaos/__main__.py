"""``make chaos``: one run by its seed, printed, so that the same harm can be done again.

The seed decides what every telephone does and at which commit or call each life of a worker ends. How the
operating system interleaves the processes it does not decide: run a seed several times.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from support.postgres import running_server
from support.redis_server import running_redis

from benchmarks.chaos.disk import small_disk
from benchmarks.chaos.running import Chaos


def main() -> int:
    """Run; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--elders", type=int, default=2000)
    parser.add_argument("--gateways", type=int, default=3)
    parser.add_argument("--keepers", type=int, default=2)
    parser.add_argument("--lives", type=int, default=12, help="how often each worker is killed")
    parser.add_argument("--restarts", type=int, default=3, help="of the database")
    parser.add_argument("--fills", type=int, default=3, help="how often the disk is full")
    parser.add_argument("--rate", type=float, default=30.0, help="seconds in town for each real one")
    parser.add_argument("--patience", type=float, default=3600.0, help="seconds until it is given up")
    options = parser.parse_args()
    print(f"seed {options.seed} (again: make chaos ARGS='--seed {options.seed} --elders {options.elders}')")
    with ExitStack() as held:
        server = held.enter_context(running_server())
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="wenan-chaos-"))
        redis = held.enter_context(running_redis(Path(held.enter_context(tempfile.TemporaryDirectory()))))
        disk = held.enter_context(small_disk(server, 100 + options.elders // 10))
        if disk is None:
            print("the disk is never full: that needs root on Linux")
        outcome = Chaos(
            server,
            Path(folder),
            seed=options.seed,
            elders=options.elders,
            gateways=options.gateways,
            keepers=options.keepers,
            lives=options.lives,
            restarts=options.restarts,
            rate=options.rate,
            patience_s=options.patience,
            fills=options.fills,
            redis=redis,
            disk=disk,
        ).run()
    for harm, times in sorted(outcome.seen.items()):
        print(f"{times:6} x {harm}")
    print(
        f"{outcome.visits} visits, {outcome.calls} calls, {outcome.cries} emergencies, "
        f"{outcome.seconds:.0f} s"
    )
    for fault in outcome.faults:
        print(f"WRONG: {fault}")
    print("nothing lost, nothing doubled" if not outcome.faults else f"{len(outcome.faults)} faults")
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main())
