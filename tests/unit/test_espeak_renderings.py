"""espeak on a busy machine: sentences cut short, files without a sound. No elder hears half a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from speech.synthesizers import espeak
from speech.synthesizers.espeak import MOST_RENDERINGS, EspeakSynthesizer
from speech.types import SynthesisError

PROGRAM = """
import os, sys, wave
from pathlib import Path
told = Path(__file__).with_suffix(".seconds")
first, *rest = told.read_text().split()
told.write_text(" ".join(rest or [first]))
if first == "nothing":
    sys.exit()
if first == "crash":
    os.abort()
with wave.open(sys.argv[1], "wb") as sound:
    sound.setnchannels(1); sound.setsampwidth(2); sound.setframerate(8000)
    sound.writeframes(b"\\x00\\x10\\x00\\xf0" * int(4000 * float(first)))
"""


class Engine:
    """Stands where espeak's process stands; leaves sound of the seconds it is told, one after the other.

    ``nothing`` leaves no file, ``crash`` ends the process.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._told = folder / "engine.seconds"
        (folder / "engine.py").write_text(PROGRAM, encoding="utf-8")
        monkeypatch.setattr(espeak, "PROCESS", (sys.executable, "-I", str(folder / "engine.py")))

    def renders(self, *seconds: float | str) -> None:
        self._told.write_text(" ".join(map(str, seconds)), encoding="utf-8")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "lengths", [(0, 2, 2), (1, 2, 2), (2, 0, 1, 2), (0, 0, 2, 1), ("nothing", 2, 2), (2, "crash", 2)]
)
def test_what_was_cut_short_or_never_begun_is_rendered_again(
    engine: Engine, lengths: tuple[float | str, ...]
) -> None:
    engine.renders(*lengths)
    assert len(EspeakSynthesizer().render("您好", language="zh-CN")) == pytest.approx(2 * 8000, abs=80)


@pytest.mark.parametrize("first", [0, "nothing", "crash"])
def test_who_never_makes_a_sound_is_said_to_be_mute(engine: Engine, first: float | str) -> None:
    engine.renders(first)
    with pytest.raises(SynthesisError, match=f"no audio .*{MOST_RENDERINGS} times"):
        EspeakSynthesizer().render("您好", language="zh-CN")
