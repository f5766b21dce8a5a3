"""Engines at work beside a call: their failures are one clear sentence without anybody's words in it."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.calls import Hears, Tones, senses
from support.telephone import voice

import ivr.senses
from ivr.senses import CallSenses, SensesFailedError
from speech.lexicon import load_lexicon
from speech.types import ModelMissingError, SynthesisError


def call_senses(recognizer, prompts=None, executor=None) -> CallSenses:
    load_lexicon("zh-CN")  # once, so that no engine's time is spent on it
    return CallSenses(senses(recognizer, prompts, executor=executor), "zh-CN")


@pytest.fixture(autouse=True)
def _an_idle_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the ears, however busy the machine of the tests is."""
    monkeypatch.setattr(ivr.senses, "_moments", lambda: lambda: 100.0)


@pytest.mark.parametrize(
    "failure", [ModelMissingError("whisper"), RuntimeError("oneDNN"), ValueError("shape"), OSError("gone")]
)
def test_a_failing_recogniser_is_named_with_the_kind_of_failure(failure: Exception):
    hearing = call_senses(Hears(failure))
    with pytest.raises(SensesFailedError, match=f"^the recognizer failed: {type(failure).__name__}$"):
        asyncio.run(hearing.read(voice("dui"), "any"))


def test_a_failing_voice_does_not_give_away_what_it_was_to_say():
    class Mute(Tones):
        def get(self, sentence, **_how):
            raise SynthesisError(f"kokoro cannot say {sentence}")

    with pytest.raises(SensesFailedError) as caught:
        asyncio.run(call_senses(Hears(), Mute()).voice("张桂兰您好", speed=1.0, gain_db=0.0))
    assert str(caught.value) == "the synthesizer failed: SynthesisError"


def test_an_engine_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ivr.senses, "ENGINE_PATIENCE_S", 0.05)
    release = threading.Event()
    hearing = call_senses(Hears("好", then=lambda _count: release.wait()))
    try:
        with pytest.raises(SensesFailedError, match="the recognizer failed: no answer within"):
            asyncio.run(hearing.read(voice("dui"), "any"))
    finally:
        release.set()


def test_expected_answers_and_further_phrases_are_asked_of_the_audio():
    recognizer = Hears("请留言")
    with ThreadPoolExecutor(1) as executor:
        reading = asyncio.run(
            call_senses(recognizer, executor=executor).read(voice("dui"), "falls", also=("留言",))
        )
    assert recognizer.candidates[0][-1] == "留言"
    assert len(recognizer.candidates[0]) > 1
    assert reading.readings == ("请留言",)
    assert not reading.wordless


def test_noise_without_words_is_wordless():
    reading = asyncio.run(call_senses(Hears("")).read(voice("dui"), "any"))
    assert reading.wordless
    assert reading.readings == ()


def test_a_sentence_at_hand_is_said_though_all_engines_are_busy():
    """The reply is ready: it must not stand in line behind what others have said."""

    class AtHand(Tones):
        def ready(self, sentence, **how):
            return self.get(sentence, **how)

    busy = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        others = executor.submit(busy.wait, 60.0)
        try:
            pcm = asyncio.run(call_senses(Hears(), AtHand(), executor).voice("您好", speed=1.0, gain_db=0.0))
            assert not others.done(), "nobody has waited for them"
        finally:
            busy.set()
    assert len(pcm)


@pytest.mark.parametrize("queued_s", [0.0, ivr.senses.HURRIED_AFTER_S + 0.1])
def test_who_waited_long_for_the_ears_is_heard_in_a_hurry(monkeypatch: pytest.MonkeyPatch, queued_s: float):
    hurries = []

    def listening(*_what, hurried, **_how):
        hurries.append(hurried)
        raise RuntimeError("enough for now")

    monkeypatch.setattr(ivr.senses, "listen", listening)

    async def asked() -> None:
        hearing = call_senses(Hears("好"))
        moments = iter([100.0, 100.0 + queued_s])
        monkeypatch.setattr(ivr.senses, "_moments", lambda: lambda: next(moments))
        await hearing.read(voice("dui"), "any")

    with pytest.raises(SensesFailedError):
        asyncio.run(asked())
    assert hurries == [queued_s > ivr.senses.HURRIED_AFTER_S]
