"""The scripted recogniser stands in for ears wherever ears are not what is tested."""

from __future__ import annotations

import numpy as np

from speech.audio import silence
from speech.recognizers.scripted import ScriptedRecognizer

VOICE = np.full(8000, 3000, np.int16)


def test_each_utterance_takes_the_next_text_and_silence_takes_none() -> None:
    ears = ScriptedRecognizer(["没有\n美有", "", "救命啊"])
    assert ears.recognize(silence(1), language="zh-CN").text == ""
    first = ears.recognize(VOICE, language="zh-CN", candidates=("没有", "救命"))
    assert [hypothesis.text for hypothesis in first.hypotheses] == ["没有", "美有"]
    assert first.phrases == {"没有": 5.0, "救命": -5.0}
    unclear = ears.recognize(VOICE, language="zh-CN")
    assert unclear.hypotheses == ()
    assert unclear.speech_s == 1
    assert ears.recognize(VOICE, language="zh-CN").text == "救命啊"
    assert ears.recognize(VOICE, language="zh-CN").text == ""
    assert len(ears.heard) == 5
    assert ears.stream(language="zh-CN") is None
