"""The TLS side of a provider whose own telephone system speaks TCP: unwraps what comes, wraps what goes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path


@asynccontextmanager
async def tls_relay(with_key: Path, port_behind: int) -> AsyncIterator[int]:
    """A port that speaks TLS with the certificate in this file; yields it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(with_key)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port_behind)
        await asyncio.gather(_carry(reader, behind_writer), _carry(behind_reader, writer))

    server = await asyncio.start_server(relay, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
    writer.close()
