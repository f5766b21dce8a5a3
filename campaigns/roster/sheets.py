"""Open a roster file, whatever spreadsheet program or register wrote it, as sheets of plain cells."""

from __future__ import annotations

from pathlib import Path

from campaigns.roster.cells import Sheet
from campaigns.roster.errors import Fault, RosterError
from campaigns.roster.textfiles import read_text_file
from campaigns.roster.workbooks import read_workbook

MAX_FILE_MB = 30

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0"
"""Old .xls files, and .xlsx files that are locked with a password."""


def open_sheets(path: Path) -> list[Sheet]:
    """Read all visible sheets of a workbook, or the one sheet of a text file. Raises RosterError."""
    data = _read_bytes(path)
    if data.startswith(OLE_MAGIC):
        raise RosterError(Fault.LOCKED_OR_OLD, path)
    if data.startswith(ZIP_MAGIC):
        return read_workbook(data, path)
    return [read_text_file(data, path)]


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_MB * 1_000_000 + 1)
    except FileNotFoundError as error:
        raise RosterError(Fault.NOT_FOUND, path) from error
    except IsADirectoryError as error:
        raise RosterError(Fault.NOT_A_FILE, path) from error
    except OSError as error:
        raise RosterError(Fault.NOT_READABLE, path, cause=error.strerror) from error
    if not data.strip():
        raise RosterError(Fault.EMPTY, path)
    if len(data) > MAX_FILE_MB * 1_000_000:
        raise RosterError(Fault.TOO_LARGE, path, limit_mb=MAX_FILE_MB)
    return data
