"""Every sentence has its sound: recorded if somebody recorded it, else rendered once and kept."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from speech.audio import silence, write_wav
from speech.prompts import PromptStore
from speech.recorded import RecordedPromptsError
from speech.synthesizers.tones import ToneSynthesizer
from speech.types import Language, Pcm, SynthesisError

HELLO = "您好，张奶奶。"


class Counting(ToneSynthesizer):
    """Counts what it renders, and can lose its voice."""

    def __init__(self) -> None:
        self.rendered: list[tuple[str, str, float]] = []
        self.hoarse = False
        self._lock = threading.Lock()

    def render(self, sentence: str, *, language: Language, voice: str = "", speed: float = 1.0) -> Pcm:
        with self._lock:
            self.rendered.append((sentence, voice, speed))
        if self.hoarse:
            raise SynthesisError("no voice today")
        return super().render(sentence, language=language, voice=voice, speed=speed)


@pytest.fixture
def engine() -> Counting:
    return Counting()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_a_sentence_that_cannot_be_spoken_leaves_nothing_behind(engine: Counting, cache: Path) -> None:
    engine.hoarse = True
    store = PromptStore(engine, cache_dir=cache)
    with pytest.raises(SynthesisError, match="no voice today"):
        store.get(HELLO, language="zh-CN")
    assert not list(cache.rglob("*.*"))
    engine.hoarse = False
    assert len(store.get(HELLO, language="zh-CN").pcm)


def test_a_sentence_is_rendered_once_and_found_again_after_a_restart(engine: Counting, cache: Path) -> None:
    store = PromptStore(engine, cache_dir=cache)
    assert not store.has(HELLO, language="zh-CN")
    first = store.get(HELLO, language="zh-CN")
    assert first.source == "tones"
    assert store.get(HELLO, language="zh-CN") is first
    restarted = PromptStore(engine, cache_dir=cache)
    assert restarted.has(HELLO, language="zh-CN")
    again = restarted.get(HELLO, language="zh-CN")
    assert again.source == "cache"
    assert np.array_equal(again.pcm, first.pcm)
    assert len(engine.rendered) == 1
    assert [prompt.text for prompt in restarted.known()] == [HELLO]


def test_speed_voice_and_language_each_have_a_rendering_of_their_own(engine: Counting, cache: Path) -> None:
    store = PromptStore(engine, cache_dir=cache, voices={"zh-CN": "warm"})
    store.get(HELLO, language="zh-CN")
    store.get(HELLO, language="zh-CN", speed=0.8)
    store.get(HELLO, language="zh-CN", voice="deep")
    store.get(HELLO, language="es")
    assert engine.rendered == [
        (HELLO, "warm", 1.0),
        (HELLO, "warm", 0.8),
        (HELLO, "deep", 1.0),
        (HELLO, "", 1.0),
    ]


@pytest.mark.parametrize("damage", [b"", b"RIFF of nothing", None], ids=["emptied", "overwritten", "cut off"])
def test_a_damaged_cache_file_is_rendered_again(engine: Counting, cache: Path, damage: bytes | None) -> None:
    whole = PromptStore(engine, cache_dir=cache).get(HELLO, language="zh-CN").pcm
    (file,) = cache.rglob("*.wav")
    file.write_bytes(file.read_bytes()[:500] if damage is None else damage)
    repaired = PromptStore(engine, cache_dir=cache)
    assert np.array_equal(repaired.get(HELLO, language="zh-CN").pcm, whole)
    assert len(engine.rendered) == 2
    assert PromptStore(engine, cache_dir=cache).get(HELLO, language="zh-CN").source == "cache"


def test_a_full_disk_does_not_silence_the_robot(engine: Counting, tmp_path: Path) -> None:
    in_the_way = tmp_path / "cache"
    in_the_way.write_text("a file where the folder should be")
    prompt = PromptStore(engine, cache_dir=in_the_way).get(HELLO, language="zh-CN")
    assert len(prompt.pcm)


def test_many_calls_asking_at_once_wait_for_one_rendering(engine: Counting, cache: Path) -> None:
    store = PromptStore(engine, cache_dir=cache)
    with ThreadPoolExecutor(8) as calls:
        prompts = list(calls.map(lambda _: store.get(HELLO, language="zh-CN"), range(32)))
    assert len(engine.rendered) == 1
    assert all(prompt is prompts[0] for prompt in prompts)


class TestRecordings:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        made = tmp_path / "recorded"
        made.mkdir()
        write_wav(made / "hello.wav", np.full(800, 1234, np.int16))
        return made

    def index(self, folder: Path, text: str) -> Path:
        (folder / "index.yaml").write_text(text, encoding="utf-8")
        return folder

    def test_a_recorded_sentence_wins_over_the_machine(
        self, engine: Counting, cache: Path, folder: Path
    ) -> None:
        self.index(folder, f"zh-CN:\n  {HELLO}: hello.wav\n")
        store = PromptStore(engine, cache_dir=cache, recorded_dir=folder)
        prompt = store.get(HELLO, language="zh-CN", speed=0.8)
        assert prompt.source == "recorded"
        assert set(prompt.pcm) == {1234}
        assert engine.rendered == []
        assert store.has(HELLO, language="zh-CN")
        assert store.get(HELLO, language="zh-CN", voice="zm_yunxi").source == "tones"
        assert store.get(HELLO, language="es").source == "tones"

    @pytest.mark.parametrize(
        ("index", "why"),
        [
            ("- a\n- b", "must map languages to sentences"),
            ("zh-CN: [", "is not YAML"),
            ("fr:\n  Bonjour: a.wav", "fr is no language I know"),
            ("zh-CN:\n  - hello.wav", "zh-CN: must map each sentence"),
            ("zh-CN:\n  您好: gone.wav", "The recording of '您好' (zh-CN)"),
            ("zh-CN:\n  您好: ../../outside.wav", "lies outside the folder"),
        ],
    )
    def test_a_faulty_index_is_refused_at_once_with_its_place(
        self, engine: Counting, cache: Path, folder: Path, index: str, why: str
    ) -> None:
        self.index(folder, index)
        with pytest.raises(RecordedPromptsError) as refused:
            PromptStore(engine, cache_dir=cache, recorded_dir=folder)
        assert why in str(refused.value)
        assert "\n" not in str(refused.value)

    def test_a_folder_without_an_index_is_refused(self, engine: Counting, cache: Path, folder: Path) -> None:
        with pytest.raises(RecordedPromptsError, match=r"index\.yaml cannot be read"):
            PromptStore(engine, cache_dir=cache, recorded_dir=folder)


def test_tones_are_as_long_as_speech_and_always_the_same() -> None:
    tones = ToneSynthesizer()
    once = tones.render("您最近身体怎么样？", language="zh-CN")
    assert np.array_equal(once, tones.render("您最近身体怎么样？", language="zh-CN"))
    assert not np.array_equal(once[:800], tones.render("您吃饭香不香？", language="zh-CN")[:800])
    assert len(tones.render("您最近身体怎么样？", language="zh-CN", speed=0.5)) == pytest.approx(
        2 * len(once), abs=2
    )
    assert len(once) > len(silence(1))
