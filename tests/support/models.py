"""Speech models for tests: found where the product finds them, or the test is skipped with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from speech.modelstore import default_models_dir, installed


def models_with(*names: str) -> Path:
    """The models folder, provided that all these models are installed in it."""
    folder = default_models_dir()
    missing = [name for name in names if not installed(name, folder)]
    if missing:
        pytest.skip(f"the model {missing[0]} is not installed in {folder}: make models")
    return folder
