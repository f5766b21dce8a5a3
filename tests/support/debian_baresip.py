"""An elder's telephone by Debian's baresip, in a process of its own: answers, speaks, listens, hangs up.

Another release than the one in our own line, built and packaged by others: a program, not a library.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from speech.audio import read_wav, write_wav
from speech.types import Pcm
from support.ports import free_port
from support.sip import PATIENCE_S, need_stack

MODULES = Path("/usr/lib/baresip/modules")
NEEDED = ("account", "aufile", "ctrl_tcp", "g711", "menu", "sndfile")
_READY = b"baresip is ready"


def need_debian_baresip() -> None:
    need_stack()
    if shutil.which("baresip") is None or not all((MODULES / f"{name}.so").is_file() for name in NEEDED):
        pytest.skip("Debian's baresip is not installed (Debian: apt-get install baresip)")


@dataclass
class BaresipPhone:
    """A running telephone. It picks up at once."""

    port: int
    control_port: int

    async def hang_up(self) -> None:
        """Put the receiver down: a command as a netstring with JSON in it, over TCP."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.control_port)
        try:
            told = json.dumps({"command": "hangup"}).encode()
            writer.write(b"%d:%s," % (len(told), told))
            async with asyncio.timeout(PATIENCE_S):
                await reader.readuntil(b'"response":true')
        finally:
            writer.close()


def heard_there(folder: Path) -> Pcm:
    """What it wrote down of what it heard; complete once it is switched off."""
    (written,) = folder.glob("dump-*-dec.wav")
    return read_wav(written)


NUMBER = "+865331234567"


@asynccontextmanager
async def baresip_phone(folder: Path, *, says: Pcm) -> AsyncIterator[BaresipPhone]:
    """A telephone that speaks a recording; leaving switches it off, with a BYE to whoever is on the line.

    What it did stands in the file ``log`` of its folder then.
    """
    control_port, port = free_port(), free_port()  # in this order: it takes the port after its own for TLS
    write_wav(folder / "says.wav", says)
    settings = {
        "sip_listen": f"127.0.0.1:{port}",
        "net_interface": "127.0.0.1",
        "module_path": MODULES,
        "ctrl_tcp_listen": f"127.0.0.1:{control_port}",
        "audio_source": f"aufile,{folder / 'says.wav'}",
        "snd_path": folder,
    }
    lines = [f"module {name}.so" for name in NEEDED] + [f"{key} {value}" for key, value in settings.items()]
    (folder / "config").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "accounts").write_text(
        f"<sip:{NUMBER}@127.0.0.1:{port}>;regint=0;answermode=auto\n", encoding="utf-8"
    )
    (folder / "contacts").touch()
    process = await asyncio.create_subprocess_exec(
        "baresip", "-f", str(folder),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            said = b""
            while _READY not in said:
                line = await process.stdout.readline()
                assert line, f"Debian's baresip did not start: {said.decode(errors='replace')[-500:]}"
                said = line
        yield BaresipPhone(port, control_port)
    finally:
        if process.returncode is None:
            process.terminate()
        out, _ = await process.communicate()
        (folder / "log").write_bytes(out)
