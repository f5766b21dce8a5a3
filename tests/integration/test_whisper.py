"""The real Whisper on real telephone audio: what elders said, and nothing that they did not say."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.models import models_with

from speech.audio import mulaw_decode, mulaw_encode, read_wav, resample, set_level, silence, to_float
from speech.lexicon import load_lexicon
from speech.recognizers import open_recognizer
from speech.recognizers.adaptation import shipped_adaptation
from speech.recognizers.backgrounds import Backgrounds
from speech.recognizers.whisper import WhisperRecognizer
from speech.recognizers.whisper_model import MODEL_RATE, WhisperModel
from speech.recognizers.whisper_pieces import MOST_TEXTS
from speech.types import LANGUAGES, Heard, Language, ModelMissingError, Pcm

pytestmark = pytest.mark.models

VOICES = Path(__file__).parents[1] / "data" / "voices"
SAFETY = ("救命", "快救命", "摔倒了", "胸口疼", "煤气漏了", "着火了", "起不来了")
SHORT = ("对", "是我", "对是我", "好着呢", "不是", "没有", "不用")


@pytest.fixture(scope="module")
def whisper() -> WhisperRecognizer:
    return WhisperRecognizer(models_with("whisper-base"))


def over_the_telephone(name: str, *, dbfs: float | None = None) -> Pcm:
    pcm = read_wav(VOICES / f"{name}.wav")
    pcm = set_level(pcm, dbfs) if dbfs is not None else pcm
    return mulaw_decode(mulaw_encode(np.concatenate([silence(0.6), pcm, silence(0.8)])))


def noise(seconds: float, level: float) -> Pcm:
    return np.rint(np.random.default_rng(3).normal(0, level, round(seconds * 8000))).astype(np.int16)


def beep(seconds: float, hertz: float) -> Pcm:
    return np.rint(9000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 8000)) / 8000)).astype(
        np.int16
    )


def best_phrase(heard: Heard) -> str:
    return max(heard.phrases, key=lambda phrase: heard.phrases[phrase])


@pytest.mark.parametrize(
    "sound",
    [
        silence(3),
        silence(600),
        silence(0),
        silence(0.01),
        noise(3, 30),
        noise(3, 2000),
        beep(1, 1000),
        np.tile(np.concatenate([beep(1, 450), silence(1)]), 2),
        np.concatenate([beep(0.1, 697), silence(0.1), beep(0.1, 1477)]),
    ],
    ids=[
        "silence",
        "ten minutes of silence",
        "no audio",
        "a scrap",
        "line noise",
        "loud noise",
        "voicemail beep",
        "ringing",
        "keys",
    ],
)
def test_where_nobody_speaks_nothing_is_heard(whisper: WhisperRecognizer, sound: Pcm) -> None:
    heard = whisper.recognize(sound, language="zh-CN", candidates=SAFETY)
    assert heard.hypotheses == ()
    assert heard.phrases == {}
    assert heard.text == ""
    assert heard.speech_s == 0


def test_a_cry_for_help_is_ranked_above_everything_else(whisper: WhisperRecognizer) -> None:
    heard = whisper.recognize(
        over_the_telephone("kuai_jiu_ming"), language="zh-CN", candidates=SAFETY + SHORT
    )
    assert best_phrase(heard) in {"救命", "快救命"}
    assert heard.phrases[best_phrase(heard)] > 0.5
    calm = {phrase: score for phrase, score in heard.phrases.items() if phrase in SHORT}
    assert max(calm.values()) < 0


@pytest.mark.parametrize(
    ("name", "said"), [("dui", {"对"}), ("dui_shi_wo", {"对是我", "对", "是我"}), ("hao_zhe_ne", {"好着呢"})]
)
def test_short_answers_are_told_apart_and_raise_no_alarm(
    whisper: WhisperRecognizer, name: str, said: set[str]
) -> None:
    heard = whisper.recognize(over_the_telephone(name), language="zh-CN", candidates=SAFETY + SHORT)
    assert best_phrase(heard) in said
    assert heard.phrases[best_phrase(heard)] > 0
    assert all(heard.phrases[phrase] < 0 for phrase in SAFETY)


def test_a_faint_voice_says_the_same_as_a_loud_one(whisper: WhisperRecognizer) -> None:
    for level in (-18, -42):
        pcm = over_the_telephone("hao_zhe_ne", dbfs=level)
        heard = whisper.recognize(pcm, language="zh-CN", candidates=SAFETY + SHORT)
        assert best_phrase(heard) == "好着呢"


def test_hypotheses_are_simplified_distinct_and_best_first(whisper: WhisperRecognizer) -> None:
    heard = whisper.recognize(over_the_telephone("kuai_jiu_ming"), language="zh-CN")
    assert 1 <= len(heard.hypotheses) <= MOST_TEXTS
    assert len({hypothesis.text for hypothesis in heard.hypotheses}) == len(heard.hypotheses)
    scores = [hypothesis.logprob for hypothesis in heard.hypotheses]
    assert scores == sorted(scores, reverse=True)
    assert max(scores) <= 0
    assert heard.phrases == {}
    assert heard.engine == "whisper-base"


def test_a_monologue_longer_than_the_models_window_is_heard_to_its_end(whisper: WhisperRecognizer) -> None:
    calm = np.concatenate([over_the_telephone("hao_zhe_ne"), silence(4)])
    monologue = np.concatenate([np.tile(calm, 6), over_the_telephone("kuai_jiu_ming")])
    heard = whisper.recognize(monologue, language="zh-CN", candidates=("救命", "快救命"))
    assert heard.duration_s > 30
    assert max(heard.phrases.values()) > 0


def test_the_first_hearing_is_judged_once_and_the_second_adds_to_it(whisper: WhisperRecognizer) -> None:
    pcm = over_the_telephone("kuai_jiu_ming")  # no other text comes near: nothing hangs by a hair
    judged: list[Heard] = []

    def verdict(enough: bool) -> Callable[[Heard], bool]:
        return lambda heard: judged.append(heard) or enough

    once = whisper.hear_until(pcm, language="zh-CN", candidates=SHORT, enough=verdict(True))
    twice = whisper.hear_until(pcm, language="zh-CN", candidates=SHORT, enough=verdict(False))
    assert [heard.text for heard in judged] == [once.text, once.text]
    assert twice == replace(whisper.recognize(pcm, language="zh-CN", candidates=SHORT), seconds=twice.seconds)
    assert twice.text == once.text
    assert twice.hypotheses[0].logprob > once.hypotheses[0].logprob  # both hearings agree


def test_nothing_is_spared_where_nothing_was_heard(whisper: WhisperRecognizer) -> None:
    for sound in (silence(2), noise(2, 100)):
        heard = whisper.hear_until(sound, language="zh-CN", enough=lambda _: pytest.fail("nothing to judge"))
        assert heard.hypotheses == ()


def test_calls_share_one_model_and_do_not_disturb_each_other(whisper: WhisperRecognizer) -> None:
    names = ["dui", "kuai_jiu_ming", "dui_shi_wo", "hao_zhe_ne"] * 2

    def hear(name: str) -> tuple[str, dict[str, float]]:
        heard = whisper.recognize(over_the_telephone(name), language="zh-CN", candidates=SHORT)
        return heard.text, {phrase: round(score, 3) for phrase, score in heard.phrases.items()}

    alone = [hear(name) for name in names[:4]]
    with ThreadPoolExecutor(4) as calls:
        assert list(calls.map(hear, names)) == alone * 2


def test_backgrounds_are_computed_once_and_kept(tmp_path: Path) -> None:
    model = WhisperModel(models_with("whisper-base") / "whisper-base")
    first = Backgrounds(model, tmp_path)
    computed = first.of(["我想吃饺子"], "zh-CN")["我想吃饺子"]
    assert computed.mean < -2
    (stored,) = tmp_path.glob("*.json")
    assert first.name("zh-CN") == stored.name
    again = Backgrounds(model, tmp_path).of(["我想吃饺子"], "zh-CN")["我想吃饺子"]
    assert again.mean == pytest.approx(computed.mean, abs=0.001)
    stored.write_text("{ broken", encoding="utf-8")
    anew = Backgrounds(model, tmp_path).of(["我想吃饺子"], "zh-CN")["我想吃饺子"]
    assert anew.mean == pytest.approx(computed.mean, abs=0.001)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_installation_need_not_compute_the_backgrounds_of_any_lexicon(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = models_with("whisper-base") / "whisper-base"
    model = WhisperModel(folder, adaptation=shipped_adaptation("whisper-base"), language=language)
    monkeypatch.setattr(model, "token_logprobs", lambda *_: pytest.fail("run tools/make_backgrounds.py"))
    lexicon = load_lexicon(language)
    phrases = {phrase for question in lexicon.questions for phrase in lexicon.candidates(question)}
    assert phrases <= Backgrounds(model, None).of(phrases, language).keys()


def test_with_the_tokens_of_mandarin_alone_the_same_is_heard() -> None:
    """And a text is as likely, but for what all other tokens had of it."""
    folder, learnt = models_with("whisper-base") / "whisper-base", shipped_adaptation("whisper-base")
    whole, cut = (
        WhisperModel(folder, adaptation=learnt),
        WhisperModel(folder, adaptation=learnt, language="zh-CN"),
    )
    assert whole.fingerprint != cut.fingerprint
    for name, said in (("kuai_jiu_ming", "救命"), ("dui_shi_wo", "对,是我"), ("hao_zhe_ne", "好着呢")):
        audio = resample(to_float(over_the_telephone(name)), 8000, MODEL_RATE)
        heard = [model.decode(model.encode(audio), "zh-CN", most_tokens=20)[0][0] for model in (whole, cut)]
        assert heard[0].text == heard[1].text
        assert heard[1].logprob == pytest.approx(heard[0].logprob, abs=0.1)
        likely = [
            model.token_logprobs(model.encode(audio), [model.tokens(said, "zh-CN")], "zh-CN")[0].mean()
            for model in (whole, cut)
        ]
        assert likely[1] == pytest.approx(likely[0], abs=0.1)


def test_auto_opens_whisper_where_it_is_installed(whisper: WhisperRecognizer) -> None:
    opened = open_recognizer("auto", models_dir=models_with("whisper-base"))
    assert opened.name == whisper.name
    assert opened.stream(language="zh-CN") is None


def test_a_missing_model_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="wenan models fetch whisper-base"):
        open_recognizer("whisper", models_dir=tmp_path)


def test_an_engine_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ModelMissingError, match="no recogniser named 'wisper'; there are auto, whisper and vosk"
    ):
        open_recognizer("wisper", models_dir=tmp_path)
