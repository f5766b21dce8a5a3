"""The worst that can happen to a line: the stack dies under it. In a process of its own, which it poisons."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from support.sip import direct, need_sipp, sipp

from ivr.lines import CallNotConnectedError, FarEndHungUp
from ivr.lines.sip import SipLine

pytestmark = pytest.mark.sip
NUMBER = "+865331234567"


async def live_through_it(folder: Path) -> None:
    from baresip._native import ffi, lib  # noqa: PLC0415 - only to kill the stack behind everybody's back

    async with sipp("answers", folder) as telephone, SipLine(direct(telephone.port)) as line:
        call = await line.dial(NUMBER, reference="visit-7/1")
        ringing = asyncio.create_task(line.dial(NUMBER, reference="visit-8/1"))
        lib.bp_cmd(lib.BP_CMD_STOP, 0, ffi.NULL)
        while not isinstance(event := await call.receive(), FarEndHungUp):
            pass
        print(event.cause)  # noqa: T201
        for dialling in (ringing, asyncio.create_task(line.dial(NUMBER, reference="visit-9/1"))):
            try:
                await dialling
            except CallNotConnectedError as error:
                print(error)  # noqa: T201
        print(line.health.state)  # noqa: T201


def test_when_the_stack_dies_calls_end_and_dialling_fails_with_the_reason(tmp_path: Path) -> None:
    need_sipp()
    done = subprocess.run(  # noqa: S603 - this very file
        [sys.executable, __file__, str(tmp_path)],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if not line.startswith("20")]
    broken = "the SIP stack broke down; the program must be started anew"
    assert said[0] == broken
    assert said[1].startswith("failed: ")
    assert said[2:] == [f"failed: {broken}", "down"]


if __name__ == "__main__":
    asyncio.run(live_through_it(Path(sys.argv[1])))
