"""What is heard a second time: whatever leaves doubt, and all that is near an alarm, whoever waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.answering import listen
from speech.lexicon import load_lexicon
from speech.second_hearing import CALM, NOT_SAID, SURE, SURE_ENOUGH, enough, near_alarm, unsure
from speech.types import LANGUAGES, Heard, Hypothesis, Language, Pcm, RecognizerStream, Understanding, Urgency
from speech.understanding import understand

SOUND = np.zeros(8000, np.int16)
LEXICON = load_lexicon("zh-CN")


def heard(
    *texts: str,
    logprob: float = -0.1,
    phrases: Mapping[str, float] | None = None,
    meanings: Mapping[str, float] | None = None,
) -> Heard:
    return Heard(
        tuple(Hypothesis(text, logprob - 0.1 * rank) for rank, text in enumerate(texts)),
        "zh-CN",
        "twice",
        1.0,
        0.8,
        phrases=phrases or {},
        meanings=meanings or {},
    )


def is_enough(what: Heard, question: str = "falls", *, hurried: bool = False) -> bool:
    return enough(what, understand(what, question, LEXICON), LEXICON, hurried=hurried)


class EarsThatHearTwice:
    """The first hearing brings one thing, both together another."""

    name = "twice"
    languages: tuple[Language, ...] = LANGUAGES

    def __init__(self, first: Heard, both: Heard) -> None:
        self._first = first
        self._both = both
        self.hearings = 0

    def recognize(
        self, pcm: Pcm, *, language: Language, candidates: tuple[str, ...] = (), asked: str = ""
    ) -> Heard:
        return self.hear_until(
            pcm, language=language, candidates=candidates, asked=asked, enough=lambda _: False
        )

    def hear_until(
        self,
        pcm: Pcm,
        *,
        language: Language,
        candidates: tuple[str, ...] = (),
        asked: str = "",
        enough: Callable[[Heard], bool],
    ) -> Heard:
        del pcm, language, candidates, asked
        self.hearings = 1
        if enough(self._first):
            return self._first
        self.hearings = 2
        return self._both

    def stream(self, *, language: Language, candidates: tuple[str, ...] = ()) -> RecognizerStream | None:
        del language, candidates
        return None


def answer_of(ears: EarsThatHearTwice, question: str = "falls", *, hurried: bool = False) -> Understanding:
    return listen(SOUND, question, LEXICON, recognizer=ears, reader=None, hurried=hurried)[1]


def test_a_plain_answer_that_is_sure_is_heard_once() -> None:
    ears = EarsThatHearTwice(heard("没有，没摔。"), heard("没有，没摔。", "没有。"))
    assert answer_of(ears).answer in {"no", "ok"}
    assert ears.hearings == 1


@pytest.mark.parametrize("hurried", [False, True], ids=["quiet", "others wait"])
@pytest.mark.parametrize(
    "first",
    [
        heard("我摔了一跤，起不来了。"),
        heard("第五名。", phrases={"救命": NOT_SAID}),
        heard("好着呢。", meanings={"chest_pain": CALM, "ok/none": 1 - CALM}),
        heard("没有。", "救命。"),
        heard("好着呢。", logprob=SURE_ENOUGH - 0.01),
        heard(),
    ],
    ids=["a fall", "救命 in the audio alone", "likeness alone", "a lower hypothesis", "a mumble", "nothing"],
)
def test_what_is_near_an_alarm_or_hardly_heard_is_always_heard_twice(first: Heard, hurried: bool) -> None:
    ears = EarsThatHearTwice(first, heard("救命啊！"))
    assert answer_of(ears, "wellbeing", hurried=hurried).urgency.label == "emergency"
    assert ears.hearings == 2


class CountingReader:
    """A second opinion that has none, and counts how often it is asked."""

    def __init__(self) -> None:
        self.read_texts: list[str] = []

    def read(self, what: Heard, question: str) -> Heard:
        del question
        self.read_texts.append(what.text)
        return what


@pytest.mark.parametrize(
    ("first", "read"),
    [
        (heard("没有。", logprob=SURE - 0.01), ["都没有。"]),
        (heard("第五名。", phrases={"救命": NOT_SAID}), ["都没有。"]),
        (heard("没有。"), ["没有。"]),
        (heard("我摔了一跤，起不来了。"), ["我摔了一跤，起不来了。", "都没有。"]),
    ],
    ids=["a mumble", "a cry in the audio", "a plain answer", "an alarm"],
)
def test_what_the_ears_alone_doubt_is_not_understood_before_it_is_heard_again(
    first: Heard, read: list[str]
) -> None:
    ears, reader = EarsThatHearTwice(first, heard("都没有。")), CountingReader()
    listen(SOUND, "falls", LEXICON, recognizer=ears, reader=reader)
    assert reader.read_texts == read
    assert unsure(first, LEXICON) == (read == ["都没有。"])


def test_words_that_fit_nothing_or_are_half_sure_stand_only_while_others_wait() -> None:
    for doubtful in (heard("葫芦丝电线杆。"), heard("没有。", logprob=SURE - 0.1)):
        assert not is_enough(doubtful)
        assert is_enough(doubtful, hurried=True)


@settings(max_examples=40)
@given(
    phrase=st.sampled_from(LEXICON.safety_phrases),
    score=st.floats(NOT_SAID, 20),
    logprob=st.floats(-2, 0),
    text=st.sampled_from(["没有", "好着呢", "都挺好", "葫芦丝", "不用了，谢谢"]),
    question=st.sampled_from(sorted(LEXICON.questions)),
    hurried=st.booleans(),
)
def test_no_haste_spares_what_the_audio_may_have_said_for_help(
    phrase: str, score: float, logprob: float, text: str, question: str, hurried: bool
) -> None:
    what = heard(text, logprob=logprob, phrases={phrase: score})
    taken = understand(what, question, LEXICON)
    assert near_alarm(what, taken, LEXICON)
    assert not enough(what, taken, LEXICON, hurried=hurried)


@pytest.mark.parametrize("hurried", [False, True], ids=["quiet", "others wait"])
def test_no_haste_spares_a_cry_that_is_spelt_out(hurried: bool) -> None:
    spelt = {phrase: heard(phrase, logprob=0.0) for phrase in LEXICON.safety_phrases}
    taken = {phrase: understand(what, "any", LEXICON) for phrase, what in spelt.items()}
    urgent = [phrase for phrase, each in taken.items() if each.urgency >= Urgency.URGENT]
    assert len(urgent) > len(spelt) / 2
    assert not [cry for cry in urgent if enough(spelt[cry], taken[cry], LEXICON, hurried=hurried)]
