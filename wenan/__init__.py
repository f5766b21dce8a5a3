"""Wen'an 问安: settings, command line, wiring and the demo village."""

from speech.allocator import share_arenas

__version__ = "0.1.0"

share_arenas()  # here, because libraries start threads when they are imported
