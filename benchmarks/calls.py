"""How real calls feel when several go on at once: answer gaps, pacing on the wire, processor time, memory.

Usage: make bench-calls ARGS="--calls 10,20,40 --seconds 90 --json"

Elders on real SIP telephones, in a process of their own and on a stack of their own, hold the standard visit
with the product's SIP line, media loop, ears and voice. Each answers some time after the robot has fallen
silent, and whoever has hung up is replaced, so that the number of calls stays what it says. Reported are

- the answer gap in its two parts (the wait kept on purpose, the machine's own delay after it), as the calls
  measured it, and as a whole at the elder's telephone, where 80 ms of jitter buffer come on top;
- the time between two audio packets as the kernel noted their arrival, which should be 20 ms;
- how late the event loop came round, which says whether there is anything left;
- processor time for a second of a call, parted into the gateway's media and dialogue, its engines (ears and
  voice), and the elders' telephones, which are no part of the product but burn the same cores; and for a
  reply; and the gateway's memory, with and without the engines.

What the robot may say is spoken beforehand, as a deployment does, and the engines are warm. The last line
says up to how many calls the targets were met; exit code 1 when not at the highest number asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import takewhile
from operator import itemgetter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.telephony.elders import Manner, numbers
from benchmarks.telephony.gateway import (
    ANSWERS,
    Gateway,
    Placed,
    Vitals,
    keep_voices,
    load,
    resident_mb,
)
from benchmarks.telephony.processor import Processor
from ivr.brief import Brief
from ivr.gaps import quantile, summary
from ivr.lines.sip import SipLine
from ivr.script import load_script, sentences_for
from ivr.senses import Senses
from ivr.warming import warm_up
from speech.answering import listen
from wenan.logs import set_up_logs
from wenan.settings import Settings, load_settings
from wenan.village.switchboard import Switchboard
from wenan.wiring import open_prompts, open_senses, open_voice

TELEPHONES = "benchmarks.telephony.telephones"
FEW_CALLS, DELAY_FEW_S, DELAY_MANY_S = 10, 0.3, 0.8
"""Machine's own delay, p95: up to so many calls the first, above them the second."""
PACING_P99_MS = 30.0
BESIDE_ENGINES_MB = 300.0
_SHARES = (50, 95, 99)
_SETTLING_S = 1.0

Figures = dict[str, Any]


def quantiles(values: Sequence[float], name: str, unit: str) -> Figures:
    return {
        f"{name}_p{share}_{unit}": round(quantile(values, share / 100), 3) for share in _SHARES if values
    } | ({f"{name}_max_{unit}": round(max(values), 3)} if values else {})


def level_of(
    calls: int,
    placed: Sequence[Placed],
    ended: Sequence[Mapping[str, Any]],
    vitals: Vitals,
    spent: Processor,
) -> Figures:
    """The figures of one number of calls."""
    call_s = sum(each.seconds for each in placed)
    intervals = [gap for each in ended for gap in each["intervals_ms"]]
    at_the_telephone = [gap for each in ended for gap in each["gaps_s"]]
    figures: Figures = {"calls": calls, "placed": len(placed), "call_seconds": round(call_s, 1)}
    figures |= {key: round(value, 3) for key, value in summary(g for p in placed for g in p.gaps).items()}
    figures |= quantiles(at_the_telephone, "telephone", "s")
    figures |= quantiles(intervals, "pacing", "ms")
    figures |= quantiles(vitals.lateness_ms, "loop_late", "ms")
    figures["lost_packets"] = sum(each["lost"] for each in ended)
    figures["packets"] = sum(each["packets"] for each in ended)
    figures |= spent.figures(call_s, figures["gaps"])
    figures["resident_mb"] = round(max(vitals.resident_mb), 1)
    figures["troubles"] = sorted(
        {each.cause for each in placed if each.ended_early or each.disposition != "answered"}
    )
    figures["missed_targets"] = missed(figures)
    return figures


def missed(figures: Figures) -> list[str]:
    """Which targets a number of calls did not meet."""
    most = DELAY_FEW_S if figures["calls"] <= FEW_CALLS else DELAY_MANY_S
    wrong = []
    if figures.get("delay_p95_s", most + 1) > most:
        wrong.append(f"the machine's own delay p95 {figures.get('delay_p95_s')} s, not {most}")
    if figures.get("pacing_p99_ms", PACING_P99_MS + 1) > PACING_P99_MS:
        wrong.append(f"pacing p99 {figures.get('pacing_p99_ms')} ms, not {PACING_P99_MS:.0f}")
    if figures["troubles"]:
        wrong.append(f"calls went wrong: {'; '.join(figures['troubles'])}")
    return wrong


def met_up_to(levels: Sequence[Figures]) -> int:
    """The most calls at once up to which every number that was tried met its targets; 0 for none."""
    reached = takewhile(lambda each: not each["missed_targets"], sorted(levels, key=itemgetter("calls")))
    return max((int(each["calls"]) for each in reached), default=0)


def exit_code(found: Figures) -> int:
    """0 when everything that was asked for was reached, else 1."""
    most = max(each["calls"] for each in found["levels"])
    return int(found["met_up_to"] != most or found["beside_engines_mb"] > BESIDE_ENGINES_MB)


async def measure(gateway: Gateway, telephones: Switchboard, calls: int, seconds: float) -> Figures:
    """So many calls at once for so long."""
    vitals = Vitals()
    used = Processor.now(telephones.ended)
    watching = asyncio.create_task(vitals.watch())
    before, heard_before = len(gateway.placed), len(telephones.ended)
    await gateway.keep_calling(numbers([Manner.TALKS]), at_once=calls, seconds=seconds, longest=seconds)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    await asyncio.sleep(_SETTLING_S)  # the telephones tell of the last calls
    spent = Processor.now(telephones.ended).since(used)
    return level_of(calls, gateway.placed[before:], telephones.ended[heard_before:], vitals, spent)


async def hear_all(senses: Senses) -> None:
    """Let the ears hear everything that elders will say, as many at once as they can."""
    lexicon = senses.lexicon("zh-CN")
    hear = partial(listen, lexicon=lexicon, recognizer=senses.recognizer, reader=senses.reader)
    sounds = [senses.prompts.get(words, language="zh-CN").pcm for words in ANSWERS]
    loop = asyncio.get_running_loop()
    await asyncio.gather(
        *(loop.run_in_executor(senses.executor, partial(hear, pcm, "falls")) for pcm in sounds)
    )


async def run(
    settings: Settings,
    levels: Sequence[int],
    seconds: float,
    engines: ThreadPoolExecutor,
    folder: Path,
    console: Console,
) -> Figures:
    """Everything, one number of calls after the other in one gateway."""
    bare_mb = resident_mb()
    prompts = open_prompts(settings, open_voice(settings))
    senses = open_senses(settings, prompts, engines)
    brief = Brief("王桂英", "王奶奶", settings.organisation, settings.callback_number, "zh-CN")
    for sentence in sentences_for(load_script("standard"), brief):
        prompts.get(sentence, language="zh-CN")
    keep_voices(folder, lambda words: prompts.get(words, language="zh-CN").pcm)
    warm_s = await warm_up(senses, "zh-CN")
    await hear_all(senses)  # engines take their final size once each ear has worked
    engines_mb = resident_mb() - bare_mb
    found: list[Figures] = []
    with Switchboard({"folder": str(folder)}, TELEPHONES) as telephones:
        async with SipLine(telephones.line_settings) as line:
            gateway = Gateway(line, senses, brief)
            await gateway.keep_calling(numbers([Manner.TALKS]), at_once=1, seconds=15.0, longest=15.0)
            for calls in levels:
                console.print(f"{calls} calls at once for {seconds:.0f} s ...")
                found.append(await measure(gateway, telephones, calls, seconds))
    peak_mb = max(each["resident_mb"] for each in found)
    return {
        "seconds": seconds,
        "warm_up_s": round(warm_s, 2),
        "program_mb": round(bare_mb, 1),
        "engines_mb": round(engines_mb, 1),
        "beside_engines_mb": round(peak_mb - engines_mb, 1),
        "levels": found,
        "met_up_to": met_up_to(found),
    }


ROWS: tuple[tuple[str, str, str], ...] = (
    ("replies measured", "gaps", "{:.0f}"),
    ("waited on purpose, s", "wait", "_s"),
    ("machine's own delay, s", "delay", "_s"),
    ("both, at the telephone, s", "telephone", "_s"),
    ("between two packets, ms", "pacing", "_ms"),
    ("event loop late, ms", "loop_late", "_ms"),
    ("packets lost", "lost_packets", "{:.0f}"),
    ("of a core per call: media and dialogue", "gateway_share_per_call", "{:.1%}"),
    ("of a core per call: ears and voice", "engines_share_per_call", "{:.1%}"),
    ("of a core per call: the elders' telephones", "telephones_share_per_call", "{:.1%}"),
    ("ears' processor seconds per reply", "engines_s_per_reply", "{:.2f}"),
    ("memory, MB", "resident_mb", "{:.0f}"),
)
"""Name, figure, and how it is written; a unit stands for p50, p95 and p99."""


def table(levels: Sequence[Figures]) -> Table:
    """All numbers of calls side by side."""
    shown = Table("p50 / p95 / p99", *(f"{each['calls']} calls" for each in levels))
    for name, figure, form in ROWS:
        shown.add_row(name, *(_written(each, figure, form) for each in levels))
    shown.add_row("targets", *("; ".join(each["missed_targets"]) or "met" for each in levels))
    return shown


def _written(figures: Figures, figure: str, form: str) -> str:
    if form.startswith("_"):
        values = [figures.get(f"{figure}_p{share}{form}") for share in _SHARES]
        return " / ".join("–" if value is None else f"{value:.2f}" for value in values)
    value = figures.get(figure)
    return "–" if value is None else form.format(value)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--calls", default="10,20,40", help="calls at the same time, one run each (10,20,40)")
    parser.add_argument("--seconds", type=float, default=90.0, help="how long each number is kept up (90)")
    parser.add_argument("--workers", type=int, default=2, help="threads in which engines work (2)")
    parser.add_argument("--json", action="store_true", help="all figures as JSON on standard output")
    arguments = parser.parse_args()
    levels = [int(each) for each in arguments.calls.split(",")]
    settings = load_settings(log_level="error")
    set_up_logs(settings)
    console, machine = Console(stderr=True), load()
    console.print(machine)
    with ThreadPoolExecutor(arguments.workers, "engines") as engines, tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(settings, levels, arguments.seconds, engines, Path(folder), console))
    beside_mb = found["beside_engines_mb"]
    console.print(table(found["levels"]))
    console.print(
        f"memory: {found['engines_mb']:.0f} MB of engines, {beside_mb:.0f} MB beside them "
        f"(target {BESIDE_ENGINES_MB:.0f}), {found['program_mb']:.0f} MB of them before the first call"
    )
    console.print(f"all targets met up to {found['met_up_to']} calls at once")
    if arguments.json:
        print(json.dumps({"machine": machine} | found, ensure_ascii=False, indent=1))
    return exit_code(found)


if __name__ == "__main__":
    sys.exit(main())
