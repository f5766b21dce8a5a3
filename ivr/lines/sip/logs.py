"""The stack's own warnings in our log, without the numbers of those who are called."""

from __future__ import annotations

import logging
import re

import structlog

log = structlog.get_logger(__name__)

_NUMBER = re.compile(r"\+?\d{7,}")


def without_numbers(line: str) -> str:
    """Whatever could be a telephone number becomes dots."""
    return _NUMBER.sub("…", line)


class StackWarnings(logging.Handler):
    """Passes on what the native stack warns of, such as a certificate that nobody vouches for."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Called on the stack's log thread."""
        log.warning("SIP stack", said=without_numbers(record.getMessage().strip()))


NATIVE_LOGGER = "baresip.native"
"""What the stack itself says; what its Python half says we report ourselves."""
