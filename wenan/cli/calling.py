"""``wenan call``: a trial call to a telephone of our own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer

from campaigns.roster.telephones import Numbering, read_number
from campaigns.roster.troubles import BadCellError
from ivr.brief import Brief
from ivr.call import Senses
from ivr.script import load_script
from wenan.cli.dialogue import NAMES
from wenan.cli.errors import NOT_REACHED, UsageError
from wenan.logs import set_up_logs
from wenan.settings import load_settings
from wenan.trial import Trial, call_once
from wenan.wiring import open_prompts, open_senses, open_voice


def call(
    number: Annotated[str, typer.Argument(help="Your own telephone, written as in a roster.")],
    script: Annotated[str, typer.Option(help="Name of a shipped script, or a YAML file.")] = "standard",
    lang: Annotated[str, typer.Option("--lang", help="zh-CN, es or en.")] = "zh-CN",
) -> None:
    """Ring a telephone of your own over the configured line and hold a visit with whoever answers."""
    settings = load_settings()
    set_up_logs(settings)
    if settings.line not in {"sip", "twilio"}:
        raise UsageError("wenan call needs a telephone line: set WENAN_LINE=sip or twilio, see docs/lines.md")
    if lang not in NAMES:
        raise UsageError(f"--lang {lang}: not a language I know; use {', '.join(NAMES)}")
    try:
        telephone = read_number(number, Numbering(area_code=settings.default_area_code or None), abroad=True)
    except BadCellError as error:
        raise UsageError(
            f"{number} cannot be dialled: write 0533-1234567, 13800000000 or +34915551234"
        ) from error
    language, name, address = NAMES[lang]
    brief = Brief(name, address, settings.organisation, settings.callback_number, language)
    trial = Trial(telephone.number, load_script(script), brief, max_seconds=float(settings.call_seconds))

    def senses_in(engines: ThreadPoolExecutor) -> Senses:
        return open_senses(settings, open_prompts(settings, open_voice(settings)), engines)

    line = settings.sip if settings.line == "sip" else settings.twilio
    if not call_once(line, trial, senses_in, typer.echo):
        raise typer.Exit(NOT_REACHED)
