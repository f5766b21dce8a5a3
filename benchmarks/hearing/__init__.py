"""How well answers are heard over a telephone line: ``make bench-hearing``, described in docs/hearing.md."""
