"""The speech models on this machine: which there are, whether they are here, how to get them.

Models live in one folder, a sub-folder each. They are known by the hashes of their files (``models.yaml``),
so any source that has the right bytes will do (``fetch``).
"""

from __future__ import annotations

from speech.modelstore.catalog import CATALOG, FOR_TESTS, NEEDED, Model, find
from speech.modelstore.fetch import ModelFetchError, fetch
from speech.modelstore.location import default_models_dir, installed, require
from speech.modelstore.progress import Progress, RichProgress, SilentProgress

__all__ = [
    "CATALOG",
    "FOR_TESTS",
    "NEEDED",
    "Model",
    "ModelFetchError",
    "Progress",
    "RichProgress",
    "SilentProgress",
    "default_models_dir",
    "fetch",
    "find",
    "installed",
    "require",
]
