"""The elders' telephones as a process of their own; ``wenan.village.switchboard`` starts and ends it.

Opened with the folder of the elders' voices. Tells of every call that is over, with the time between two
packets as the kernel noted their arrival, however late this process looked at them, unless opened with
``intervals`` false: for an hour's calls these are millions of numbers.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
import time
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

from benchmarks.telephony.elders import Elder, frames_of, manner_of
from speech.audio import read_wav
from speech.types import Pcm
from wenan.village.sip_exchange import Conversation, SipExchange
from wenan.village.telephones import line_out

GREETING = "greeting.wav"


async def serve(voices: dict[str, list[Pcm]], *, with_intervals: bool) -> None:
    greeting = voices.pop(GREETING)
    answering: dict[str, Elder] = {}

    def at(number: str) -> Elder:
        answering[number] = Elder(manner_of(number), greeting, list(voices.values()), random.Random(number))
        return answering[number]

    def over(call: Conversation) -> None:
        facts = asdict(call)
        arrivals = facts.pop("arrivals") if with_intervals else facts.pop("arrivals")[:0]
        intervals = [round((later - earlier) * 1000, 2) for earlier, later in pairwise(arrivals)]
        elder = answering.pop(call.number, None)
        tell(
            facts
            | {
                "intervals_ms": intervals,
                "gaps_s": elder.gaps_s if elder else [],
                "processor_s": time.process_time(),
            }
        )

    tell = line_out()
    exchange = SipExchange(at, on_end=over)
    tell({"port": await exchange.start()})
    await asyncio.to_thread(sys.stdin.read)
    await exchange.stop()


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    opening = json.loads(sys.stdin.readline())
    voices = {path.name: frames_of(read_wav(path)) for path in sorted(Path(opening["folder"]).glob("*.wav"))}
    asyncio.run(serve(voices, with_intervals=opening.get("intervals", True)))


if __name__ == "__main__":
    main()
