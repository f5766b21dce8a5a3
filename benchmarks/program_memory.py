"""What a process holds before it has opened anything, by role: `make bench-program-memory`.

Usage: python -m benchmarks.program_memory [--most 12] [--json]

Each role's modules are imported in a fresh process, as `wenan serve` imports them. A package is
charged with what the process grew by while its own modules were executed, not with what these
import in turn; whoever imports a shared package first pays for it. Exit code 1 when a gateway is larger than
``GATEWAY_MB``, or holds a package that it has no use for.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib import _bootstrap, import_module  # type: ignore[attr-defined]  # the one place where modules are executed
from pathlib import Path
from typing import Any

ROLES = {
    "hearing": ("speech.answering", "speech.recognizers", "speech.meaning"),
    "gateway": ("wenan.product",),
    "panel": ("wenan.product", "wenan.panel"),
}
GATEWAY_MB = 180.0
"""Leaves 120 MB of the 300 beside the engines to its calls."""
NOT_A_GATEWAYS = ("PIL", "av", "flask", "jinja2", "openpyxl", "werkzeug")


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Charged:
    """Charges packages with what the process grows by while their modules are executed."""

    def __init__(self) -> None:
        self.packages: Counter[str] = Counter()
        self._executing = ["python"]
        self._seen = 0.0

    def settle(self) -> None:
        """Charge whoever is being executed with what was grown by since."""
        now = resident_mb()
        self.packages[self._executing[-1].partition(".")[0]] += now - self._seen  # type: ignore[assignment]
        self._seen = now

    def watching(self, load: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The same loading of a module, on its own account."""

        def watched(spec: Any) -> Any:
            self.settle()
            self._executing.append(spec.name)
            try:
                return load(spec)
            finally:
                self.settle()
                self._executing.pop()

        return watched


def look(modules: list[str]) -> dict[str, Any]:
    """Import in this process and say what it holds then."""
    charged = Charged()
    charged.settle()
    _bootstrap._load_unlocked = charged.watching(_bootstrap._load_unlocked)  # noqa: SLF001 - every import passes here
    for name in modules:
        import_module(name)
    charged.settle()
    loaded = sorted({name for name in NOT_A_GATEWAYS if getattr(sys.modules.get(name), "__file__", None)})
    return {"mb": resident_mb(), "modules": len(sys.modules), "packages": charged.packages, "unused": loaded}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--most", type=int, default=12, help="how many packages are named (12)")
    parser.add_argument("--json", action="store_true", help="all figures as JSON on standard output")
    parser.add_argument("--import", nargs="+", dest="modules", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.modules:
        print(json.dumps(look(arguments.modules)))
        return 0
    found: dict[str, dict[str, Any]] = {}
    for role, modules in ROLES.items():
        asked = [sys.executable, "-m", "benchmarks.program_memory", "--import", *modules]
        found[role] = json.loads(subprocess.check_output(asked, text=True))  # noqa: S603 - ourselves
    if arguments.json:
        print(json.dumps(found, indent=1))
    else:
        for role, figures in found.items():
            largest = Counter(figures["packages"]).most_common(arguments.most)
            print(f"{role:8} {figures['mb']:6.1f} MB, {figures['modules']} modules")
            print("         " + ", ".join(f"{name} {grown:.1f}" for name, grown in largest))
    gateway = found["gateway"]
    if gateway["unused"]:
        print(f"a gateway has no use for {', '.join(gateway['unused'])}", file=sys.stderr)
    return int(gateway["mb"] > GATEWAY_MB or bool(gateway["unused"]))


if __name__ == "__main__":
    sys.exit(main())
