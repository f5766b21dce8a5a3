"""The real voices: that they speak each language, at telephone level, and that the ears understand them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.models import models_with

from benchmarks.hearing.accents import AccentedKokoro
from speech.audio import level_dbfs
from speech.recognizers.whisper import WhisperRecognizer
from speech.synthesizers import open_synthesizer
from speech.synthesizers.espeak import EspeakSynthesizer, espeak_works
from speech.synthesizers.kokoro import KokoroSynthesizer
from speech.types import Language, ModelMissingError, SynthesisError
from speech.vad import VoiceActivity, speech_spans

SENTENCES: dict[Language, str] = {
    "zh-CN": "您最近身体怎么样？",
    "es": "¿Cómo se encuentra usted estos días?",
    "en": "How have you been feeling lately?",
}


@pytest.fixture(scope="module")
def kokoro() -> KokoroSynthesizer:
    return KokoroSynthesizer(models_with("kokoro", "kokoro-voices"))


@pytest.fixture(scope="module")
def espeak() -> EspeakSynthesizer:
    if not espeak_works():
        pytest.skip("pyttsx3 finds no espeak-ng library: make system")
    return EspeakSynthesizer()


@pytest.mark.models
@pytest.mark.parametrize("language", ["zh-CN", "es", "en"])
def test_kokoro_speaks_at_telephone_level_without_dead_air(
    kokoro: KokoroSynthesizer, language: Language
) -> None:
    pcm = kokoro.render(SENTENCES[language], language=language)
    assert 1.0 < len(pcm) / 8000 < 5.0
    assert level_dbfs(pcm) == pytest.approx(-20, abs=3)
    assert np.abs(pcm.astype(int)).max() < 32767
    spans = speech_spans(pcm, VoiceActivity())
    assert spans[0].start < 0.3 * 8000
    assert len(pcm) - spans[-1].end < 0.5 * 8000


@pytest.mark.models
def test_kokoro_slows_down_for_those_who_need_it(kokoro: KokoroSynthesizer) -> None:
    normal, slow = (kokoro.render("请您再说一遍。", language="zh-CN", speed=speed) for speed in (1.0, 0.7))
    assert len(slow) > 1.2 * len(normal)


@pytest.mark.models
def test_with_a_regions_tones_the_same_is_said_otherwise_and_only_mandarin(kokoro: KokoroSynthesizer) -> None:
    voice = AccentedKokoro(models_with("kokoro", "kokoro-voices"), "Xi'an")
    plain, accented = (each.render(SENTENCES["zh-CN"], language="zh-CN") for each in (kokoro, voice))
    assert len(accented) == pytest.approx(len(plain), rel=0.3)
    assert not np.array_equal(accented[:4000], plain[:4000])
    assert level_dbfs(accented) == pytest.approx(-20, abs=3)
    with pytest.raises(SynthesisError, match="Mandarin"):
        voice.render(SENTENCES["es"], language="es")


@pytest.mark.models
def test_all_eight_mandarin_voices_are_there_and_differ(kokoro: KokoroSynthesizer) -> None:
    voices = [voice for voice in kokoro.voices() if voice.startswith("z")]
    assert len(voices) == 8
    woman, man = (
        kokoro.render("好的。", language="zh-CN", voice=voice) for voice in ("zf_xiaoxiao", "zm_yunxi")
    )
    assert len(woman) != len(man) or not np.array_equal(woman, man)


@pytest.mark.models
@pytest.mark.parametrize(
    ("sentence", "voice", "why"),
    [
        ("好的。", "zf_nobody", "Kokoro has no voice zf_nobody; there are"),
        ("　", "", "nothing to speak"),
        ("您好" * 400, "", "shorten it"),
    ],
)
def test_what_kokoro_cannot_say_is_refused(
    kokoro: KokoroSynthesizer, sentence: str, voice: str, why: str
) -> None:
    with pytest.raises(SynthesisError, match=why):
        kokoro.render(sentence, language="zh-CN", voice=voice)


@pytest.mark.models
@pytest.mark.parametrize(
    ("language", "sentence", "heard_as"),
    [
        ("zh-CN", "今天天气很好，我们出去散步。", ("天气", "散步")),
        ("es", "Buenos días, ¿cómo está usted?", ("buenos días", "usted")),
        ("en", "Good morning, how are you today?", ("good morning", "today")),
    ],
)
def test_the_ears_understand_the_voice(
    kokoro: KokoroSynthesizer, language: Language, sentence: str, heard_as: tuple[str, ...]
) -> None:
    ears = WhisperRecognizer(models_with("whisper-base"))
    text = ears.recognize(kokoro.render(sentence, language=language), language=language).text.lower()
    assert any(words in text for words in heard_as)


@pytest.mark.models
def test_auto_opens_kokoro_where_it_is_installed() -> None:
    assert open_synthesizer("auto", models_dir=models_with("kokoro", "kokoro-voices")).name.startswith(
        "kokoro"
    )


def test_a_missing_voice_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="wenan models fetch kokoro"):
        open_synthesizer("kokoro", models_dir=tmp_path)


def test_auto_falls_back_to_espeak(espeak: EspeakSynthesizer, tmp_path: Path) -> None:
    assert open_synthesizer("auto", models_dir=tmp_path).name == espeak.name


@pytest.mark.parametrize("language", ["zh-CN", "es", "en"])
def test_espeak_speaks_again_and_again(espeak: EspeakSynthesizer, language: Language) -> None:
    first, second = (espeak.render(SENTENCES[language], language=language) for _ in range(2))
    assert len(first) > 0.8 * 8000
    assert np.array_equal(first, second)
    assert level_dbfs(first) == pytest.approx(-20, abs=4)


def test_espeak_slows_down_too(espeak: EspeakSynthesizer) -> None:
    normal, slow = (espeak.render(SENTENCES["en"], language="en", speed=speed) for speed in (1.0, 0.6))
    assert len(slow) > 1.2 * len(normal)


def test_espeak_has_a_word_for_an_empty_sentence(espeak: EspeakSynthesizer) -> None:
    with pytest.raises(SynthesisError):
        espeak.render("", language="en")
