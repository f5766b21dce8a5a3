"""The village's telephones as a process of its own: ``python -m wenan.village.telephones``.

A line of JSON on standard input says who is there (``Opening``); the answer is a line with the port. Each
further line in is a sentence of the robot's voice, which villagers must know to make out what they hear, and
each further line out is a call that is over (``Conversation``). The process ends with its standard input, and
so with whoever started it, however that ends.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from ivr.script import load_script
from speech.prompts import PromptStore
from speech.synthesizers import open_synthesizer
from wenan.village.exchange import Village
from wenan.village.personas import load_village
from wenan.village.sip_exchange import Conversation, SipExchange
from wenan.village.switchboard import Opening

Tell = Callable[[Mapping[str, Any]], None]


def main() -> None:
    """Be the village's telephones until standard input ends."""
    # Ctrl-C reaches every process of the terminal; whoever started us closes our standard input in good time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    tell = line_out()
    given = json.loads(sys.stdin.readline())
    asyncio.run(_serve(Opening(**given), tell))


def line_out() -> Tell:
    """Standard output for our own lines alone: what else is printed goes to standard error from here on."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def tell(facts: Mapping[str, Any]) -> None:
        with suppress(BrokenPipeError):  # whoever started us is gone, and we are about to be
            out.write(json.dumps(facts, ensure_ascii=False) + "\n")
            out.flush()

    return tell


async def _serve(opening: Opening, tell: Tell) -> None:
    prompts_dir = Path(opening.prompts_dir)
    voice = open_synthesizer(opening.synthesizer, models_dir=Path(opening.models_dir))
    recorded = Path(opening.recorded_dir) if opening.recorded_dir else None
    robot = PromptStore(voice, cache_dir=prompts_dir, recorded_dir=recorded)
    village = Village(load_village(), load_script(opening.script), robot, voice, prompts_dir)
    for number, (rung, said, hung_up) in opening.past.items():
        village.at(number).remember(rung, said, hung_up=hung_up)

    def over(call: Conversation) -> None:
        facts = asdict(call)
        del facts["arrivals"]
        tell(facts)

    with ThreadPoolExecutor(opening.lines, "villagers") as threads:
        exchange = SipExchange(village.at, on_end=over, threads=threads)
        tell({"port": await exchange.start()})
        await asyncio.to_thread(_learn, robot)
        await exchange.stop()


def _learn(robot: PromptStore) -> None:
    """Read the robot's sentences until there is nobody to tell them."""
    for line in sys.stdin:
        said = json.loads(line)
        robot.get(said["text"], language=said["language"], speed=said["speed"])


if __name__ == "__main__":
    main()
