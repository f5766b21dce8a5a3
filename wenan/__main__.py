"""``python -m wenan``."""

from wenan.cli import main

main()
