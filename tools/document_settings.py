"""Write docs/settings.md from the settings themselves: ``python tools/document_settings.py``."""

from __future__ import annotations

from pathlib import Path

from pydantic_core import PydanticUndefined

from wenan.settings import Settings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
HEAD = """# Settings

Each setting is an environment variable, or a line of the same form in a file `.env` where the program starts.
This page is written by `python tools/document_settings.py`; a test fails when it is out of date.

| variable | default | meaning |
|---|---|---|
"""


def page() -> str:
    """The page as it should be."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, "", PydanticUndefined) else f"`{field.default}`"
        rows.append(f"| `WENAN_{name.upper()}` | {default} | {field.description} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {PAGE.name}")
