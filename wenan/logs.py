"""What the product says while it works."""

from __future__ import annotations

import logging
import os
import sys

import structlog

from wenan.settings import Settings


def set_up_logs(settings: Settings) -> None:
    """Structured logs on standard error, from the level that the settings name."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # Model libraries look for updates and report usage unless told not to; this product needs no network.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
