"""Downloading one file: resumable, with progress, verified by hash before it gets its name."""

from __future__ import annotations

import hashlib
import http.client
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from speech.modelstore.progress import Progress

_CHUNK = 1 << 18
_TIMEOUT_S = 30.0
_TRIES = 4
_PARTIAL, _RANGE_NOT_SATISFIABLE = 206, 416
_SCHEMES = ("https", "http", "file")


class SourceFailedError(Exception):
    """A source did not give the file; the message says why, in a few words."""


def digest_of(path: Path, algorithm: str = "sha256") -> str:
    """The hash of a file as ``algorithm:hexadecimal``. Raises OSError."""
    with path.open("rb") as file:
        return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"


def tls_context(extra_bundle: str = "") -> ssl.SSLContext:
    """Trust what this machine trusts, plus the certificate bundles its tools are configured with.

    ``SSL_CERT_FILE`` is honoured by the standard library itself; ``REQUESTS_CA_BUNDLE``, ``PIP_CERT`` and
    ``CURL_CA_BUNDLE`` are what companies with their own certificate authority usually set.
    """
    context = ssl.create_default_context()
    configured = [os.environ.get(name, "") for name in ("REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")]
    for bundle in {*configured, extra_bundle} - {""}:
        if Path(bundle).is_file():
            context.load_verify_locations(cafile=bundle)
    return context


class Downloader:
    """Fetches addresses into files. A host that could not be reached is not tried again."""

    def __init__(self, progress: Progress, context: ssl.SSLContext | None = None) -> None:
        """``context`` says whom to trust; by default ``tls_context()``."""
        self._progress = progress
        self._context = context
        self._unreachable: dict[str, str] = {}

    def fetch(self, url: str, to: Path, *, digest: str, what: str) -> None:
        """Bring ``url`` to ``to``, continuing a ``.part`` left by an earlier try.

        The file gets its name only when its hash is ``digest`` (``sha256:...``, ``sha512:...``). Raises
        SourceFailedError; the partial file stays for next time unless its content was wrong.
        """
        host = urllib.parse.urlsplit(url).netloc
        if urllib.parse.urlsplit(url).scheme not in _SCHEMES:
            raise SourceFailedError(f"{url} is not a web address")
        if host in self._unreachable:
            raise SourceFailedError(self._unreachable[host])
        to.parent.mkdir(parents=True, exist_ok=True)
        part = to.with_name(to.name + ".part")
        self._with_retries(url, host, part, what)
        found = digest_of(part, digest.partition(":")[0])
        if found != digest:
            part.unlink()
            raise SourceFailedError(f"{host or url} sent a file with another hash ({found[:19]}...)")
        part.replace(to)

    def _with_retries(self, url: str, host: str, part: Path, what: str) -> None:
        """Try until the whole file is there; a broken connection continues where it broke."""
        for attempt in range(1, _TRIES + 1):
            before = part.stat().st_size if part.exists() else 0
            try:
                self._transfer(url, part, what)
            except urllib.error.HTTPError as error:
                raise SourceFailedError(f"{host} answered {error.code} {error.reason}") from error
            except (OSError, http.client.HTTPException) as error:
                moved = part.exists() and part.stat().st_size > before
                reason = getattr(error, "reason", None) or error
                if attempt == _TRIES or not moved:
                    if not moved:
                        self._unreachable[host] = f"{host} could not be reached ({reason})"
                    raise SourceFailedError(f"{host or url} could not be reached ({reason})") from error
            else:
                return

    def _transfer(self, url: str, part: Path, what: str) -> None:
        """Append what is missing, or start over where the server cannot continue."""
        have = part.stat().st_size if part.exists() else 0
        if self._context is None:
            self._context = tls_context()
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=self._context))
        opener.addheaders = [("User-Agent", "wenan"), ("Accept-Encoding", "identity")]
        if have:
            opener.addheaders.append(("Range", f"bytes={have}-"))
        try:
            response = opener.open(url, timeout=_TIMEOUT_S)
        except urllib.error.HTTPError as error:
            if error.code != _RANGE_NOT_SATISFIABLE:
                raise
            # Either it is all here already, which the hash will show, or it is useless.
            return
        with response:
            continued = response.status == _PARTIAL
            done = have if continued else 0
            length = response.headers.get("Content-Length")
            total = done + int(length) if length and length.isdigit() else None
            self._progress.start(what, total=total, done=done)
            try:
                with part.open("ab" if continued else "wb") as file:
                    while chunk := response.read(_CHUNK):
                        file.write(chunk)
                        done += len(chunk)
                        self._progress.advance(what, len(chunk))
            finally:
                self._progress.finish(what)
            if total is not None and done < total:
                raise http.client.IncompleteRead(b"", total - done)
