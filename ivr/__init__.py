"""The call: lines, the media loop, scripts and the dialogue machine. Knows no database."""
