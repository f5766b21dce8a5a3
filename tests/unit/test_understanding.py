"""What elders say under a question, and what it is taken for."""

import pytest

from speech.lexicon import Lexicon, load_lexicon
from speech.types import Heard, Hypothesis, Understanding, Urgency
from speech.understanding import from_text, understand


@pytest.fixture(scope="module")
def mandarin() -> Lexicon:
    return load_lexicon("zh-CN")


def heard(*texts: str, phrases: dict[str, float] | None = None) -> Heard:
    hypotheses = tuple(Hypothesis(text, -0.3 - 0.05 * rank) for rank, text in enumerate(texts))
    return Heard(hypotheses, "zh-CN", "test", duration_s=2.0, speech_s=1.5, phrases=phrases or {})


def said(text: str, question: str, lexicon: Lexicon) -> Understanding:
    return understand(from_text(text, "zh-CN"), question, lexicon)


def test_nothing_heard_is_silence_and_never_well(mandarin: Lexicon) -> None:
    for nothing in ("", "   ", "\n"):
        understanding = said(nothing, "wellbeing", mandarin)
        assert understanding.answer == "silence"
        assert understanding.codes == ()


@pytest.mark.parametrize("noise", ["……", "!!!", "qwxz", "第五大道志不诸葛", "♪♪♪", "Thank you for watching"])
def test_words_that_fit_nothing_are_unclear_and_never_well(noise: str, mandarin: Lexicon) -> None:
    assert said(noise, "wellbeing", mandarin).answer == "unclear"


def test_a_mere_well_before_unknown_words_is_not_well(mandarin: Lexicon) -> None:
    assert said("嗯，第五大道志不诸葛", "wellbeing", mandarin).answer == "unclear"


@pytest.mark.parametrize(
    ("misheard", "code"),
    [
        ("兄口一直疼", "chest_pain"),
        ("我传不上气", "breathless"),
        ("不向活了", "suicide"),
        ("血流布止", "bleeding"),
    ],
)
def test_a_cry_misspelt_by_the_recogniser_is_heard_by_its_sound(
    misheard: str, code: str, mandarin: Lexicon
) -> None:
    understanding = understand(heard(misheard), "any", mandarin)
    assert understanding.urgency is Urgency.EMERGENCY
    assert code in understanding.codes


def test_a_sound_alone_is_asked_about_before_it_is_acted_on(mandarin: Lexicon) -> None:
    assert understand(heard("我传不上气"), "any", mandarin).confirm


def test_a_clear_cry_is_acted_on_without_asking(mandarin: Lexicon) -> None:
    understanding = said("我摔倒了，爬不起来", "wellbeing", mandarin)
    assert understanding.codes == ("fall_now",)
    assert not understanding.confirm
    assert understanding.evidence[0].via == "text"


def test_an_alarm_only_in_a_lower_hypothesis_is_asked_about(mandarin: Lexicon) -> None:
    understanding = understand(heard("今天天气蛮怪", "我胸口疼"), "any", mandarin)
    assert understanding.urgency is Urgency.EMERGENCY
    assert understanding.confirm


def test_what_the_audio_itself_says_counts_when_the_transcript_says_nothing(mandarin: Lexicon) -> None:
    understanding = understand(heard("第五名", phrases={"救命": 6.5}), "any", mandarin)
    assert understanding.codes == ("help",)
    assert understanding.confirm
    assert understanding.evidence[0].via == "audio"


def test_a_faint_lift_in_the_audio_alone_is_no_alarm(mandarin: Lexicon) -> None:
    assert (
        understand(heard("第五名", phrases={"救命": 3.5, "胸闷": 2.2}), "any", mandarin).answer == "unclear"
    )


def test_fallen_within_not_fallen_is_not_a_fall(mandarin: Lexicon) -> None:
    understanding = understand(heard("美帅锅", phrases={"摔过": 7.5, "没摔过": 6.8}), "falls", mandarin)
    assert understanding.answer == "ok"


def test_a_short_answer_is_taken_from_the_audio_only_if_it_clearly_outdoes_its_opposite(
    mandarin: Lexicon,
) -> None:
    assert understand(heard("新城", phrases={"经常": 5.8, "很少": 2.1}), "scale", mandarin).answer == "often"
    assert understand(heard("那", phrases={"好": 8.9, "没有": 7.9}), "yesno", mandarin).answer == "unclear"


def test_have_you_fallen_yes_is_a_problem_but_is_anyone_with_you_yes_is_not(mandarin: Lexicon) -> None:
    assert said("有", "falls", mandarin).urgency is Urgency.URGENT
    assert said("有", "company", mandarin).answer == "ok"
    assert said("没有", "falls", mandarin).answer == "ok"
    assert said("没有", "company", mandarin).codes == ("alone",)


@pytest.mark.parametrize(
    "told",
    [
        "电视里说有个老人摔倒了",
        "新闻上说有个老太太摔倒没人扶",
        "对门老李头昨天胸口疼",
        "去年摔过，这个月没有",
        "要是摔倒了我就打给你们",
        "胸口一点儿也不疼",
        "我孙子昨天发烧了，去医院看过了",
        "没有煤气味",
        "头晕倒是没有",
        "老张头自个儿摔倒了",
        "我表姐吃药吃错了，我分得清",
        "快手上那个老头摔得四脚朝天",
        "喊救命的那是电视",
    ],
)
def test_television_neighbours_last_year_and_not_raise_no_alarm(told: str, mandarin: Lexicon) -> None:
    assert said(told, "anything_else", mandarin).urgency < Urgency.URGENT


@pytest.mark.parametrize(
    "told",
    [
        *(
            "我老伴昏倒了，怎么叫都没反应",
            "邻居摔倒了，快来人",
            "孩子不在家，我摔倒了",
            "儿子跟我说话，我胸口疼",
        ),
        *("邻居都走了我自己摔倒了起不来", "孩子们上班去了，自己在家摔倒了起不来", "表姐晕倒了，快来人啊"),
    ],
)
def test_a_spouse_or_anyone_for_whom_help_must_come_at_once_does(told: str, mandarin: Lexicon) -> None:
    assert said(told, "anything_else", mandarin).urgency is Urgency.EMERGENCY


def test_the_time_decides_what_a_fall_is(mandarin: Lexicon) -> None:
    assert "fall_now" in said("刚才摔了一跤", "wellbeing", mandarin).codes
    assert "fall_recent" in said("前几天摔了一跤", "wellbeing", mandarin).codes
    assert said("前年摔了一跤", "wellbeing", mandarin).codes == ()


def test_a_caller_may_ask_for_something_under_any_question(mandarin: Lexicon) -> None:
    assert said("你说慢点儿", "pain", mandarin).answer == "repeat"
    assert said("别再打来了", "eating", mandarin).codes == ("opt_out",)
    assert said("我要找真人说话", "mood", mandarin).answer == "human"


def test_yes_before_no_is_only_an_opening(mandarin: Lexicon) -> None:
    assert said("嗯，没摔过", "falls", mandarin).answer == "ok"
    assert said("嗯，不用了", "yesno", mandarin).answer == "no"


def test_someone_else_on_the_line_is_not_the_elder(mandarin: Lexicon) -> None:
    understanding = said("不是，我是他老伴", "identity", mandarin)
    assert understanding.answer == "no"
    assert understanding.codes == ("proxy",)


def test_a_code_that_another_includes_is_not_named_twice(mandarin: Lexicon) -> None:
    assert said("我摔倒了，腿疼得厉害，起不来", "wellbeing", mandarin).codes == ("fall_now",)


def test_evidence_cites_the_rule_and_the_words_as_written(mandarin: Lexicon) -> None:
    evidence = understand(heard("我胸口兒疼"), "pain", mandarin).evidence[0]
    assert evidence.rule.startswith("zh-CN/chest_pain/")
    assert evidence.found == "胸口兒疼"


@pytest.mark.parametrize(
    ("question", "told", "answer"),
    [
        ("falls", "没有走路稳当着呢", "ok"),
        ("help_needed", "不用我自己都能干", "ok"),
        ("wellbeing", "没事就是摔了一跤起不来", "problem"),
        ("medicine", "没有药了", "problem"),
        ("company", "没有人管我", "problem"),
    ],
)
def test_a_short_no_is_parted_from_what_follows_it_without_a_pause(
    question: str, told: str, answer: str, mandarin: Lexicon
) -> None:
    assert understand(from_text(told, "zh-CN"), question, mandarin).answer == answer


def test_that_day_is_no_supposition(mandarin: Lexicon) -> None:
    found = understand(from_text("那天在院子里摔了一跤", "zh-CN"), "falls", mandarin)
    assert found.urgency >= Urgency.URGENT
