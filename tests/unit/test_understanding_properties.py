"""Rules of hearing that hold for any words."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speech.lexicon import QUESTIONS, Lexicon, load_lexicon
from speech.types import Heard, Hypothesis, Urgency
from speech.understanding import from_text, understand

LEXICON: Lexicon = load_lexicon("zh-CN")
CRIES = (
    "我摔倒了",
    "胸口疼",
    "喘不上气",
    "煤气漏了",
    "着火了",
    "不想活了",
    "流血了",
    "头晕",
    "发烧了",
    "被骗了",
)
NEGATORS = ("没有", "没", "没得", "从来没有")
UNRELATED = (
    "今天天气很好", "我刚吃完饭", "闺女天天来", "谢谢你们", "电视坏了", "我养了两只鸟", "下午去买菜",
    "邻居老王来串门", "没有发烧", "药都按时吃", "好着呢",
)  # fmt: skip
EMERGENCIES = (
    "我摔倒了起不来",
    "我胸口疼得厉害",
    "喘不上气",
    "救命啊",
    "屋里着火了",
    "我不想活了",
    "老伴昏倒了",
)
CALM = frozenset({"ok", "yes", "no", "never"})
relaxed = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(st.sampled_from(CRIES), st.sampled_from(NEGATORS), st.sampled_from(QUESTIONS))
def test_adding_a_negation_never_raises_urgency(cry: str, negator: str, question: str) -> None:
    plain = understand(from_text(cry, "zh-CN"), question, LEXICON)
    negated = understand(
        from_text(negator + cry.removeprefix("我").removesuffix("了"), "zh-CN"), question, LEXICON
    )
    assert negated.urgency <= plain.urgency


@relaxed
@given(st.sampled_from(EMERGENCIES), st.sampled_from(UNRELATED), st.booleans(), st.sampled_from(QUESTIONS))
def test_an_unrelated_sentence_never_lowers_an_emergency(
    cry: str, other: str, before: bool, question: str
) -> None:
    text = f"{other}。{cry}" if before else f"{cry}。{other}"
    assert understand(from_text(text, "zh-CN"), question, LEXICON).urgency is Urgency.EMERGENCY


@relaxed
@given(st.text(max_size=60), st.sampled_from((*QUESTIONS, "no such question")))
def test_no_text_crashes_the_ear(text: str, question: str) -> None:
    understanding = understand(from_text(text, "zh-CN"), question, LEXICON)
    assert understanding.answer
    assert "none" not in understanding.codes
    assert all(code in LEXICON.codes for code in understanding.codes)


@relaxed
@given(
    st.text(alphabet=st.characters(exclude_categories=["Lo", "Nd", "Cs"]), max_size=40),
    st.sampled_from(QUESTIONS),
)
def test_what_is_not_chinese_is_never_well(text: str, question: str) -> None:
    assert understand(from_text(text, "zh-CN"), question, LEXICON).answer not in CALM


@pytest.mark.parametrize(
    "text", ["嗯" * 5000, "疼" * 5000, "我不知道" * 2000, "。" * 10000, "\x00\udcff" * 9]
)
def test_ten_minutes_of_talk_do_not_stop_the_ear(text: str) -> None:
    assert understand(from_text(text, "zh-CN"), "wellbeing", LEXICON).answer


@relaxed
@given(st.lists(st.sampled_from((*CRIES, *UNRELATED, "")), max_size=7))
def test_any_number_of_hypotheses_is_understood(texts: list[str]) -> None:
    hypotheses = tuple(Hypothesis(text, -0.1) for text in texts)
    heard = Heard(hypotheses, "zh-CN", "test", duration_s=1.0, speech_s=1.0)
    first = understand(heard, "any", LEXICON)
    assert first == understand(heard, "any", LEXICON)
