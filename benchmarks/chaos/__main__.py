"""``make chaos``: one run by its seed, printed, so that the same harm can be done again.

The seed decides what every telephone does and at which commit or call each life of a worker ends. How the
operating system interleaves the processes it does not decide: run a seed several times.

``--sabotage NAME`` breaks the product on purpose: a small run that must end red. ``--prove`` breaks it in
every way there is, one after the other, and is green when each was noticed by the invariant that is there for
it.
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
from benchmarks.chaos.running import Chaos, Outcome
from benchmarks.chaos.sabotage import SABOTAGES

USUAL = {"elders": 2000, "lives": 12, "restarts": 3, "fills": 3}
SMALL = {"elders": 60, "lives": 1, "restarts": 0, "fills": 0}
"""What is usual where the product is broken on purpose: no further harm is needed."""
UNSEEN = 3
"""Exit code when what was broken on purpose got past its invariant."""


def main() -> int:
    """Run; 1 when anything is wrong, ``UNSEEN`` when something that was broken on purpose is not noticed."""
    options = _options()
    names = sorted(SABOTAGES) if options.prove else [options.sabotage] if options.sabotage else []
    if not names:
        return int(bool(_run(options, "").faults))
    unseen = [name for name in names if not _is_noticed(name, _run(options, name))]
    if unseen:
        print(f"NOT NOTICED: {', '.join(unseen)}")
        return UNSEEN
    return 0 if options.prove else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--elders", type=int)
    parser.add_argument("--gateways", type=int, default=3)
    parser.add_argument("--keepers", type=int, default=2)
    parser.add_argument("--lives", type=int, help="how often each worker is killed")
    parser.add_argument("--restarts", type=int, help="of the database")
    parser.add_argument("--fills", type=int, help="how often the disk is full")
    parser.add_argument("--rate", type=float, default=30.0, help="seconds in town for each real one, at most")
    parser.add_argument(
        "--patience", type=float, default=600.0, help="seconds without progress until it is given up"
    )
    parser.add_argument("--sabotage", choices=sorted(SABOTAGES), default="", help="break this on purpose")
    parser.add_argument("--prove", action="store_true", help="break everything on purpose, one by one")
    options = parser.parse_args()
    usual = SMALL if options.sabotage or options.prove else USUAL
    for name, value in usual.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def _run(options: argparse.Namespace, sabotage: str) -> Outcome:
    print(f"seed {options.seed} (again: make chaos ARGS='--seed {options.seed} --elders {options.elders}')")
    if sabotage:
        print(f"broken on purpose: {SABOTAGES[sabotage].what}")
    with ExitStack() as held:
        server = held.enter_context(running_server())
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="wenan-chaos-"))
        redis = held.enter_context(running_redis(Path(held.enter_context(tempfile.TemporaryDirectory()))))
        disk = held.enter_context(small_disk(server, 100 + options.elders // 10)) if options.fills else None
        if options.fills and disk is None:
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
            sabotage=sabotage,
            tell=lambda words: print(words, flush=True),
        ).run()
    _show(outcome)
    return outcome


def _show(outcome: Outcome) -> None:
    for harm, times in sorted(outcome.seen.items()):
        print(f"{times:6} x {harm}")
    print(
        f"{outcome.visits} visits, {outcome.calls} calls, {outcome.cries} emergencies, "
        f"{outcome.seconds:.0f} s"
    )
    for fault in outcome.faults:
        print(f"WRONG: {fault}")
    print("nothing lost, nothing doubled" if not outcome.faults else f"{len(outcome.faults)} faults")


def _is_noticed(sabotage: str, outcome: Outcome) -> bool:
    """Whether the right invariant was broken. Others may be as well: harm rarely comes alone."""
    wanted = SABOTAGES[sabotage].invariant
    found = sum(fault.invariant == wanted for fault in outcome.faults)
    print(f"{sabotage}: {found} faults against “{wanted}”" + ("" if found else ", so nothing has noticed it"))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
