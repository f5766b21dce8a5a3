"""A throw-away PostgreSQL server on a free loopback port, made from the system's own binaries."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from support.ports import free_port

DEBIAN = Path("/usr/lib/postgresql")
UNPRIVILEGED = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; the first of these that exists runs it instead."""


class NoServerError(Exception):
    """PostgreSQL cannot be started here; the message is the reason tests are skipped with."""


@dataclass(frozen=True)
class Server:
    """A running server: databases are made and dropped over its maintenance database."""

    port: int
    control: tuple[str, ...] = ()
    """The command that starts and stops it, up to its verb."""
    postmaster: int = 0
    """The process that is the parent of all others of the server."""

    def crash_and_restart(self) -> None:
        """Throw everybody out without a farewell, as a crash would, and start again on what was committed."""
        _run([*self.control, "-m", "immediate", "restart"])

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, *, template: str = "template1") -> None:
        self._do("CREATE DATABASE {} TEMPLATE {}", database, template)

    def drop(self, database: str, *, missing_ok: bool = False) -> None:
        self._do(f"DROP DATABASE {'IF EXISTS ' if missing_ok else ''}{{}} WITH (FORCE)", database)

    def _do(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def find_binaries() -> Path:
    """The folder that holds ``initdb`` and ``pg_ctl``. Raises NoServerError."""
    candidates = sorted(DEBIAN.glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    on_path = shutil.which("pg_ctl")
    candidates += [Path(on_path).resolve().parent] if on_path else []
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NoServerError("PostgreSQL is not installed (Debian: apt-get install postgresql)")


@contextmanager
def running_server(*more: str, folder: Path | None = None) -> Iterator[Server]:
    """Start a server and stop it at the end, with ``more`` settings (``name=value``). Raises NoServerError.

    What it holds lies in a temporary folder, or stays in ``folder`` for the next time.
    """
    binaries = find_binaries()
    with _home(folder) as home:
        prefix = _as_somebody_else(home)
        data = home / "data"
        locale = ("--encoding=UTF8", "--locale=C.UTF-8")
        initialise = (
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
        )
        if not data.exists():
            _run([*prefix, *initialise, *locale])
        port = free_port()
        settings = (
            f"-h 127.0.0.1 -p {port} -k {home} -c fsync=off -c full_page_writes=off -c max_connections=60"
        )
        settings = " ".join([settings, *(f"-c {each}" for each in more)])
        control = [*prefix, str(binaries / "pg_ctl"), "-D", str(data), "-w", "-t", "30"]
        control += ["-l", str(home / "log")]
        _run([*control, "-o", settings, "start"])
        try:
            postmaster = int((data / "postmaster.pid").read_text().split()[0])
            yield Server(port, tuple(control), postmaster)
        finally:
            _run([*control, "-t", "300", "-m", "fast" if folder else "immediate", "stop"])


@contextmanager
def _home(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="wenan-pg-") as temporary:
        yield Path(temporary)


def _as_somebody_else(home: Path) -> Sequence[str]:
    if os.geteuid() != 0:
        return ()
    for name in UNPRIVILEGED:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(home, user.pw_uid, user.pw_gid)
        return ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    raise NoServerError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own fixed commands
        command,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    if done.returncode != 0:
        said = " ".join((done.stdout or "").split())[-300:]
        raise NoServerError(f"PostgreSQL did not start: {said}")
