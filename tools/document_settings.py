"""Write docs/settings.md from the settings themselves: ``python tools/document_settings.py``."""

from __future__ import annotations

from pathlib import Path

from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from wenan import receiving_settings, retention_settings
from wenan.settings import Settings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
MODELS: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("WENAN_", Settings),
    (receiving_settings.PREFIX, receiving_settings.ReceivingSettings),
    (retention_settings.PREFIX, retention_settings.RetentionSettings),
)
HEAD = """# Settings

Each setting is an environment variable, or a line of the same form in a file `.env` where the program starts.
This page is written by `python tools/document_settings.py`; a test fails when it is out of date.

| variable | default | meaning |
|---|---|---|
"""


def page() -> str:
    """The page as it should be."""
    rows = []
    for prefix, settings in MODELS:
        for name, field in settings.model_fields.items():
            default = "" if field.default in (None, "", PydanticUndefined) else f"`{field.default}`"
            rows.append(f"| `{prefix}{name.upper()}` | {default} | {field.description} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {PAGE.name}")
