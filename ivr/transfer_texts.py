"""What an elder hears while somebody on duty is rung for them: the same for every script."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from ivr.script_texts import Part, PublicText


class TransferTexts(Part):
    """See ``transfer.yaml``."""

    announce: PublicText
    wait: PublicText
    medical: PublicText
    listening: PublicText
    connected: PublicText
    left: PublicText
    time: PublicText
    never: PublicText
    nobody: PublicText
    taken: PublicText
    nobody_for_another: PublicText
    taken_for_another: PublicText


@cache
def transfer_texts() -> TransferTexts:
    """The shipped texts."""
    data = yaml.safe_load((Path(__file__).parent / "transfer.yaml").read_text(encoding="utf-8"))
    return TransferTexts.model_validate(data)
