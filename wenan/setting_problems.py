"""How settings that cannot be used are told to whoever wrote them."""

from __future__ import annotations

from pydantic import ValidationError


def told(error: ValidationError, prefix: str) -> str:
    """One sentence that names each bad variable, its value and what is allowed; ``prefix`` as in WENAN_."""
    problems = "; ".join(
        f"{prefix}{'_'.join(str(part) for part in item['loc']).upper()}={item['input']!r}: {item['msg']}"
        for item in error.errors()
    )
    return f"Settings cannot be used: {problems}. See docs/settings.md."
