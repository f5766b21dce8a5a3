"""One rendering by pyttsx3: ``python espeak_process.py TARGET RATE VOICE < sentence``."""

from __future__ import annotations

import sys

import pyttsx3


def main(arguments: list[str]) -> int:
    """Render standard input to a file; with ``--check`` only see whether the engine starts."""
    try:
        engine = pyttsx3.init("espeak")
    except (OSError, RuntimeError, ImportError) as error:
        sys.stderr.write(f"espeak-ng is not installed ({error})\n")
        return 1
    if arguments == ["--check"]:
        return 0
    target, rate, voice = arguments
    offered = {entry.id for entry in engine.getProperty("voices")}
    engine.setProperty("voice", next((name for name in (voice, f"sit/{voice}") if name in offered), voice))
    engine.setProperty("rate", int(rate))
    engine.save_to_file(sys.stdin.read(), target)
    engine.runAndWait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
