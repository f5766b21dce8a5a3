"""A throw-away Redis on a free loopback port."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as NotThereError
from redis.retry import Retry

from support.ports import free_port


class NoRedisError(Exception):
    """Redis cannot be started here; the message is the reason tests are skipped with."""


@dataclass
class RedisServer:
    """Redis that can be stopped and started again on its port, where it has forgotten everything."""

    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(  # noqa: S603 - our own fixed command
            [*command, "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with self.client() as redis:
            redis.ping()

    def client(self) -> Redis:
        """A connection that waits until the server is up."""
        return Redis.from_url(
            self.url, retry=Retry(ConstantBackoff(0.1), 300), retry_on_error=[NotThereError]
        )

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """Start Redis, and stop it at the end. Raises NoRedisError."""
    if shutil.which("redis-server") is None:
        raise NoRedisError("Redis is not installed (Debian: apt-get install redis-server)")
    server = RedisServer(folder, free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()
