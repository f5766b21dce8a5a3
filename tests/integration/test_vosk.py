"""The contract of the real Vosk engine, on the one model a registry has (Korean), standing in for a language.

The clip says "annyeonghaseyo" in espeak's voice, which is too mechanical for the model to transcribe freely;
limited to a few phrases it finds the right one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.models import models_with

from speech.audio import read_wav, silence
from speech.recognizers import open_recognizer
from speech.recognizers.vosk import VoskRecognizer
from speech.recognizers.vosk_model import VoskModel
from speech.types import ModelMissingError, Pcm

pytestmark = pytest.mark.models

CLIP = Path(__file__).parents[1] / "data" / "voices" / "ko_annyeong.wav"
HELLO, THANKS, NOT_KOREAN = "안녕하세요", "감사합니다", "救命"


@pytest.fixture(scope="module")
def folder() -> Path:
    return models_with("vosk-ko") / "vosk-ko"


@pytest.fixture(scope="module")
def vosk(folder: Path) -> VoskRecognizer:
    return VoskRecognizer({"en": folder})


@pytest.fixture(scope="module")
def model(vosk: VoskRecognizer) -> VoskModel:
    return vosk._models["en"]


@pytest.fixture
def hello() -> Pcm:
    return np.concatenate([silence(0.5), read_wav(CLIP), silence(0.5)])


def test_the_model_says_its_rate_its_words_and_that_it_takes_a_grammar(model: VoskModel) -> None:
    assert model.rate == 16_000
    assert model.takes_grammar
    assert model.knows(HELLO)
    assert not model.knows(NOT_KOREAN)
    assert not model.knows_unknown


def test_phrases_written_without_spaces_are_cut_into_known_words(model: VoskModel) -> None:
    assert model.in_words(HELLO + THANKS) == (HELLO, THANKS)
    assert model.in_words(f"{HELLO} {THANKS}") == (HELLO, THANKS)
    assert model.in_words(NOT_KOREAN) is None
    assert model.in_words("") is None


def test_a_free_recognition_gives_alternatives_best_first(vosk: VoskRecognizer, hello: Pcm) -> None:
    heard = vosk.recognize(hello, language="en")
    assert heard.hypotheses
    assert heard.speech_s > 0.2
    scores = [hypothesis.logprob for hypothesis in heard.hypotheses]
    assert scores[0] == max(scores) <= 0
    assert heard.phrases == {}


def test_a_grammar_finds_the_phrase_and_drops_words_the_model_lacks(vosk: VoskRecognizer, hello: Pcm) -> None:
    heard = vosk.recognize(hello, language="en", candidates=(HELLO, THANKS, NOT_KOREAN))
    assert HELLO in heard.phrases
    assert NOT_KOREAN not in heard.phrases
    assert max(heard.phrases, key=lambda phrase: heard.phrases[phrase]) == HELLO


def test_partial_results_come_while_the_person_still_speaks(vosk: VoskRecognizer, hello: Pcm) -> None:
    stream = vosk.stream(language="en", candidates=(HELLO, THANKS))
    partials = [stream.accept(hello[at : at + 800]) for at in range(0, len(hello), 800)]
    heard = stream.finish()
    assert partials[0] == ""
    assert any(partials)
    assert heard.text
    assert heard.hypotheses[0].logprob <= 0
    assert heard.duration_s == pytest.approx(len(hello) / 8000)


@pytest.mark.parametrize("sound", [silence(2), silence(0)], ids=["silence", "nothing"])
def test_silence_gives_no_words_at_once_or_streamed(vosk: VoskRecognizer, sound: Pcm) -> None:
    assert vosk.recognize(sound, language="en", candidates=(HELLO,)).hypotheses == ()
    stream = vosk.stream(language="en")
    assert stream.accept(sound) == ""
    assert stream.finish().hypotheses == ()


def test_a_language_without_a_model_is_refused_by_name(vosk: VoskRecognizer) -> None:
    with pytest.raises(ModelMissingError, match="No Vosk model is configured for es"):
        vosk.recognize(silence(1), language="es")


def test_a_folder_that_is_no_model_is_refused_before_the_engine_sees_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"is not an unpacked Vosk model: am/final\.mdl is missing"):
        open_recognizer("vosk", models_dir=tmp_path, vosk_models={"zh-CN": tmp_path})
    with pytest.raises(ModelMissingError, match="No Vosk model is configured"):
        open_recognizer("vosk", models_dir=tmp_path)


def test_auto_takes_vosk_where_there_is_no_whisper(folder: Path, tmp_path: Path) -> None:
    opened = open_recognizer("auto", models_dir=tmp_path, vosk_models={"en": folder})
    assert opened.name.startswith("vosk")
    assert opened.languages == ("en",)
