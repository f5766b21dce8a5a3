"""Wen'an 问安: settings, command line, wiring and the demo village."""

__version__ = "0.1.0"
