"""Where models lie on this machine, and whether one is there."""

from __future__ import annotations

import os
from pathlib import Path

from speech.modelstore.catalog import Model, find
from speech.types import ModelMissingError


def default_models_dir() -> Path:
    """The folder of models: ``WENAN_MODELS_DIR``, else ``~/.cache/wenan/models``."""
    configured = os.environ.get("WENAN_MODELS_DIR")
    return Path(configured).expanduser() if configured else Path.home() / ".cache" / "wenan" / "models"


def missing_files(model: Model, models_dir: Path) -> tuple[str, ...]:
    """The model's files that are not there or not of the right size.

    Files come to their final place only after their hash was verified, so sizes are enough here.
    """
    folder = models_dir / model.name
    if model.archive:
        return tuple(path for path in model.archive.proof if _size(folder / path) < 0)
    return tuple(path for path, file in model.files.items() if _size(folder / path) != file.size)


def installed(name: str, models_dir: Path) -> bool:
    """Whether a model is complete on this machine. Raises ModelMissingError for a name nobody knows."""
    return not missing_files(find(name), models_dir)


def require(name: str, models_dir: Path) -> Path:
    """The folder of an installed model.

    Raises ModelMissingError, saying where it was looked for and how to get it.
    """
    model = find(name)
    folder = models_dir / name
    missing = missing_files(model, models_dir)
    if missing:
        lack = f"lacks {missing[0]}" if folder.is_dir() else "is not installed"
        msg = f"The speech model {name} {lack} (looked in {folder}); get it with: wenan models fetch {name}"
        raise ModelMissingError(msg)
    return folder


def _size(path: Path) -> int:
    """Size in bytes; -1 for what is not a readable file."""
    try:
        return path.stat().st_size if path.is_file() else -1
    except OSError:
        return -1
