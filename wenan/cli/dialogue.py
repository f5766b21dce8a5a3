"""``wenan simulate``: hold the dialogue of a script in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from ivr.brief import Brief
from ivr.dialogue.terminal import simulate
from ivr.script import load_script
from speech.lexicon import load_lexicon
from speech.types import Language
from wenan.cli.errors import UsageError
from wenan.settings import load_settings

NAMES: dict[str, tuple[Language, str, str]] = {
    "zh-CN": ("zh-CN", "王秀兰", "王奶奶"),
    "es": ("es", "Carmen García", "señora García"),
    "en": ("en", "Mary Smith", "Ms Smith"),
}


def simulate_call(
    script: Annotated[str, typer.Argument(help="Name of a shipped script, or a YAML file.")] = "standard",
    version: Annotated[int | None, typer.Option(help="Version of the script; default: the newest.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="zh-CN, es or en.")] = "zh-CN",
    module: Annotated[str, typer.Option(help="Id of the script's module; default: its first.")] = "",
) -> None:
    """Play the elder: type answers, digits for keys, an empty line for silence, /hang up to leave."""
    settings = load_settings()
    if lang not in NAMES:
        raise UsageError(f"--lang {lang}: not a language I know; use {', '.join(NAMES)}")
    document = load_script(script, version)
    modules = [each.id for each in document.modules]
    if module and module not in modules:
        raise UsageError(f"--module {module}: the script has {', '.join(modules) or 'none'}")
    language, name, address = NAMES[lang]
    brief = Brief(
        name=name,
        address_as=address,
        organisation=settings.organisation,
        callback_number=settings.callback_number,
        language=language,
        module=module or next(iter(modules), ""),
    )
    simulate(document, brief, load_lexicon(language), ask=input, show=typer.echo)
