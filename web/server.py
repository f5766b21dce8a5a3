"""Serving the panel with waitress, in the foreground or beside something else."""

from __future__ import annotations

import errno
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from flask import Flask
from waitress import create_server, wasyncore

THREADS = 8
"""Requests answered at the same time; recordings are sent in pieces, so a listener does not hold one long."""
_STOP_WAIT_S = 10.0


class PortInUseError(Exception):
    """The panel's port belongs to another program; the message says which port and what to do."""


class Serving:
    """A panel served from a thread of its own. A context manager: leaving it stops the server."""

    def __init__(self, app: Flask, listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        """Where the panel can be reached, e.g. ``http://127.0.0.1:8600/``."""
        self._channels: dict[int, Any] = {}
        self._server = create_server(
            app, map=self._channels, sockets=[listening], threads=THREADS, ident="panel"
        )
        self._thread = threading.Thread(target=self._server.run, name="panel", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and wait until the thread has ended; stopping twice does nothing."""
        if self._thread.is_alive():
            # Sockets are closed by the thread that waits on them; closed from here it would trip over them.
            # A request answered just now may have woken it before us, and then it has closed already.
            with suppress(OSError):
                self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._channels))
            self._thread.join(_STOP_WAIT_S)
            self._server.task_dispatcher.shutdown()

    def wait(self) -> None:
        """Wait until the server has been stopped."""
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_in_thread(app: Flask, *, host: str, port: int) -> Serving:
    """Serve from a thread and return at once. Port 0 takes any free port. Raises PortInUseError, OSError."""
    return Serving(app, _listen(host, port))


def serve(app: Flask, *, host: str, port: int) -> None:
    """Serve until the process is interrupted (KeyboardInterrupt passes). Raises PortInUseError, OSError."""
    with start_in_thread(app, host=host, port=port) as serving:
        serving.wait()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket: taken before anything else starts, so that a taken port leaves nothing behind."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(
                f"Port {port} on {host} is in use by another program: "
                "stop that program, or choose another port with WENAN_PORT."
            ) from error
        raise
