"""A disk so small that it can be filled: where the database grows, until there is no room left."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from support.postgres import UNPRIVILEGED, Server

BALLAST = "ballast"
TABLESPACE = "small"


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A memory disk of its own, with a tablespace of the server on it."""

    folder: Path
    server: Server

    def fill(self) -> None:
        """Leave no room."""
        piece = bytes(1 << 20)
        with suppress(OSError), (self.folder / BALLAST).open("ab", buffering=0) as file:
            while len(piece) > 0:
                written = file.write(piece)
                piece = piece if written == len(piece) else piece[: len(piece) // 2]

    def free(self) -> None:
        """Make room again."""
        (self.folder / BALLAST).unlink(missing_ok=True)

    def refuses(self, database: str) -> bool:
        """Whether the database really cannot grow now."""
        grow = "CREATE TEMPORARY TABLE more AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)"
        try:
            with psycopg.connect(self.server.url(database)) as connection:
                connection.execute(grow)
        except psycopg.errors.DiskFull:
            return True
        except psycopg.Error:
            return False
        return False


@contextmanager
def small_disk(server: Server, megabytes: int) -> Iterator[SmallDisk | None]:
    """Mount a disk and put a tablespace on it; None where that is not allowed (it needs root on Linux)."""
    with tempfile.TemporaryDirectory(prefix="wenan-disk-") as home:
        folder = Path(home)
        if not _mounted(folder, megabytes):
            yield None
            return
        try:
            inside = folder / "tables"
            inside.mkdir()
            folder.chmod(0o755)
            _give_away(inside)
            _do(
                server,
                sql.SQL("CREATE TABLESPACE {} LOCATION {}").format(sql.Identifier(TABLESPACE), str(inside)),
            )
            yield SmallDisk(folder, server)
            _do(server, sql.SQL("DROP TABLESPACE {}").format(sql.Identifier(TABLESPACE)))
        finally:
            subprocess.run(["umount", "-l", home], check=False)  # noqa: S603, S607 - our own mount


def create_on(disk: SmallDisk, database: str) -> None:
    """Make a database that grows on the small disk."""
    names = sql.Identifier(database), sql.Identifier(TABLESPACE)
    _do(disk.server, sql.SQL("CREATE DATABASE {} TABLESPACE {}").format(*names))


def _do(server: Server, statement: sql.Composed) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _mounted(folder: Path, megabytes: int) -> bool:
    if os.geteuid() != 0:
        return False
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    return subprocess.run(mount, check=False, capture_output=True).returncode == 0  # noqa: S603 - our own command


def _give_away(folder: Path) -> None:
    for name in UNPRIVILEGED:
        with suppress(KeyError):
            os.chown(folder, pwd.getpwnam(name).pw_uid, -1)
            return
