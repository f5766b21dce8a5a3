"""Whole telephone visits, in the words elders use: script, understanding and dialogue together."""

from __future__ import annotations

import pytest
from support.dialogue import STANDARD, TelephoneCall

from ivr.dialogue import UtteranceHeard
from ivr.report import CallOutcome, Confirmed
from speech.lexicon import load_lexicon
from speech.types import LANGUAGES, Language, Understanding, Urgency
from speech.understanding import from_text, understand

MOST_TURNS = 40


class Conversation(TelephoneCall):
    """A call in which words are understood as on the telephone, but without the noise."""

    def hears(self, *utterances: str) -> Conversation:
        for words in utterances:
            self.happens(UtteranceHeard(self._understood(words), 1.0, 1.5))
        return self

    def is_asked_until_the_end(self, says: dict[str, str | list[str]]) -> Conversation:
        """Answer by what is asked; a list is used up one by one, the last stays."""
        left = {question: [said] if isinstance(said, str) else list(said) for question, said in says.items()}
        self.is_answered()
        for _ in range(MOST_TURNS):
            if self.state.over:
                return self
            answers = left.get(self.asking)
            assert answers, f"nobody knows what to say to {self.asking}: {self.said}"
            self.hears(answers.pop(0) if len(answers) > 1 else answers[0])
        raise AssertionError("the call did not come to an end")

    def _understood(self, words: str) -> Understanding:
        language = self.brief.language
        return understand(from_text(words, language), self.state.listening_for, load_lexicon(language))


WELL: dict[str, str | list[str]] = {
    "identity": "对，是我",
    "wellbeing": "好着呢，天天出去遛弯",
    "falls": "没摔过，走路稳当着呢",
    "eating": "吃得香，一顿两个馒头",
    "mood": "乐呵呵的，天天跳舞",
    "safety": "都挺好的，煤气阀门我天天关",
    "help_needed": "不用，啥都不缺",
    "warm_enough": "暖和着呢",
    "anything_else": "没别的了，谢谢你们",
    "confirm": "是的",
    "what_happened": "我摔倒了",
    "someone_there": "没有",
    "last_words": "门没锁",
    "advised": "知道了",
    "go_on": "不用了",
    "unwell_now": "不用",
    "food_at_home": "没有",
    "gas_smell": "没有",
    "wants_company": "不用",
}


def visit(**says: str | list[str]) -> Conversation:
    return Conversation().is_asked_until_the_end({**WELL, **says})


def standing(call: TelephoneCall) -> dict[str, Urgency]:
    return {flag.code: flag.urgency for flag in call.state.flags if flag.confirmed is not Confirmed.NO}


def test_a_grandmother_who_is_well() -> None:
    call = visit()
    assert call.outcome is CallOutcome.COMPLETED
    assert standing(call) == {}
    assert {answer.answer for answer in call.state.answers} == {"ok"}


@pytest.mark.parametrize(
    ("question", "words", "code"),
    [
        ("wellbeing", "我摔倒了，躺在地上起不来了", "fall_now"),
        ("wellbeing", "胸口疼得厉害", "chest_pain"),
        ("wellbeing", "喘不上气，憋得难受", "breathless"),
        ("mood", "我真不想活了，活着太累", "suicide"),
        ("safety", "屋里一股煤气味儿，我头昏脑胀的", "gas"),
        ("safety", "锅烧干了着火了", "fire"),
        ("help_needed", "来人啊，救救我", "help"),
        ("anything_else", "我老伴儿昏倒了，怎么叫都没反应", "unconscious"),
        ("falls", "头磕破了，血流不止", "bleeding"),
    ],
)
def test_a_cry_for_help_whatever_was_asked(question: str, words: str, code: str) -> None:
    call = visit(**{question: words})
    assert standing(call)[code] is Urgency.EMERGENCY
    assert call.state.over
    assert "社区的人" in "".join(call.everything_said)


@pytest.mark.parametrize(
    ("question", "words", "code"),
    [
        ("falls", "前几天在院子里绊了一跤", "fall_recent"),
        ("eating", "一天没吃东西了，没人做", "no_food"),
        ("wellbeing", "发烧三十九度，烧了两天了", "fever"),
        ("safety", "家里停电两天了，没人来修", "no_utility"),
        ("anything_else", "有人打电话说我涉案，让我转账", "fraud"),
    ],
)
def test_something_urgent_is_noted_and_the_visit_goes_on(question: str, words: str, code: str) -> None:
    call = visit(**{question: words})
    assert standing(call)[code] is Urgency.URGENT
    assert call.outcome is CallOutcome.COMPLETED


def test_a_need_is_passed_on() -> None:
    call = visit(help_needed="中午饭有人送就好了")
    assert standing(call) == {"need_meals": Urgency.NEED}
    assert call.said == call.words("closing.with_flags")


@pytest.mark.parametrize(
    "words",
    [
        "新闻上说有个老太太摔倒没人扶",
        "对门老李头上礼拜心脏病走了",
        "楼下着过一回火，早扑灭了",
        "要是摔倒了我就打给你们",
    ],
)
def test_what_happened_to_others_raises_no_alarm(words: str) -> None:
    call = visit(anything_else=words)
    assert standing(call) == {}
    assert call.outcome is CallOutcome.COMPLETED


def test_a_fall_of_long_ago_is_no_fall() -> None:
    assert standing(visit(falls="去年摔过，这个月没有")) == {}


def test_one_word_answers_are_enough() -> None:
    call = visit(identity="嗯", falls="没有", help_needed="不用")
    assert call.outcome is CallOutcome.COMPLETED
    assert standing(call) == {}


def test_a_bare_yes_to_have_you_fallen_is_not_passed_over() -> None:
    call = visit(falls="有")
    assert "fall_recent" in standing(call)


def test_a_hard_of_hearing_grandfather_is_spoken_to_louder() -> None:
    call = visit(identity=["什么，没听清", "声音大一点", "我就是，你说吧"])
    assert call.outcome is CallOutcome.COMPLETED
    assert call.state.gain_db >= 6


def test_a_daughter_answers() -> None:
    call = visit(identity="我是他女儿，我妈睡着了", fetch="她睡了，接不了")
    assert call.outcome is CallOutcome.PROXY
    assert "张奶奶" not in "".join(call.everything_said)


def test_a_wrong_number() -> None:
    assert visit(identity="打错了，没这个人", fetch="打错了，没这个人").outcome is CallOutcome.WRONG_PERSON


@pytest.mark.parametrize(("words", "code"), [("他住院了", "in_hospital"), ("他上个月去世了", "deceased")])
def test_sad_news_from_a_relative(words: str, code: str) -> None:
    call = visit(identity=words)
    assert call.outcome is CallOutcome.PROXY
    assert standing(call) == {code: Urgency.URGENT}


def test_a_suspicious_grandmother_is_convinced() -> None:
    call = visit(identity=["骗人的吧", "哦，是我"])
    assert call.outcome is CallOutcome.COMPLETED
    assert call.words("opening.who_are_you") in "".join(call.everything_said)


def test_a_suspicious_grandmother_is_not_convinced() -> None:
    assert visit(identity="骗人的吧，我挂了").outcome is CallOutcome.REFUSED


def test_do_not_call_again() -> None:
    call = visit(wellbeing="别再打来了，烦不烦", opt_out="是的")
    assert call.outcome is CallOutcome.REFUSED
    assert call.state.do_not_call


def test_a_person_please() -> None:
    call = visit(wellbeing="我不跟机器人说话")
    assert call.outcome is CallOutcome.PARTIAL
    assert standing(call) == {"human": Urgency.NEED}


def test_this_afternoon_please() -> None:
    call = visit(wellbeing="现在不方便，下午再打", when="下午")
    assert call.outcome is CallOutcome.CALL_LATER
    assert call.state.call_later_minutes == 300


def test_somebody_at_the_door() -> None:
    call = visit(mood=["你等会儿啊，有人敲门", "挺好的"], hold="好了，你说吧")
    assert call.outcome is CallOutcome.COMPLETED
    assert "好，您忙，我等着。" in call.everything_said


WELL_ELSEWHERE: dict[Language, dict[str, str | list[str]]] = {
    "es": {
        "identity": "sí, soy yo",
        "wellbeing": "estoy muy bien, gracias",
        "falls": "no, no me he caído",
        "eating": "como muy bien",
        "mood": "estoy contenta",
        "safety": "todo funciona bien",
        "help_needed": "no, no necesito nada",
        "warm_enough": "sí, está caliente",
        "anything_else": "no, nada más, gracias",
        "confirm": "sí",
        "someone_there": "no",
        "last_words": "la puerta está abierta",
    },
    "en": {
        "identity": "yes, speaking",
        "wellbeing": "I am very well, thank you",
        "falls": "no, I have not fallen",
        "eating": "I eat very well",
        "mood": "I am happy",
        "safety": "everything works fine",
        "help_needed": "no, I need nothing",
        "warm_enough": "yes, it is warm",
        "anything_else": "no, nothing else, thank you",
        "confirm": "yes",
        "someone_there": "no",
        "last_words": "the door is open",
    },
}
CRIES: dict[Language, str] = {
    "es": "me he caído y no puedo levantarme",
    "en": "I have fallen and I can't get up",
}


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_visit_in_another_language(language: Language) -> None:
    call = Conversation(language=language).is_asked_until_the_end(WELL_ELSEWHERE[language])
    assert call.outcome is CallOutcome.COMPLETED
    assert standing(call) == {}


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_cry_for_help_in_another_language(language: Language) -> None:
    says = {**WELL_ELSEWHERE[language], "wellbeing": CRIES[language]}
    call = Conversation(language=language).is_asked_until_the_end(says)
    assert standing(call)["fall_now"] is Urgency.EMERGENCY


# What the script and the lexicons must agree on.


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_that_sends_somebody_has_words_in_the_script(language: Language) -> None:
    lexicon = load_lexicon(language)
    urgent = {code for code in lexicon.codes if lexicon.urgency(code) > Urgency.NONE}
    assert urgent <= set(STANDARD.concerns)


@pytest.mark.parametrize("language", LANGUAGES)
def test_script_and_lexicon_are_of_one_mind_about_urgency(language: Language) -> None:
    lexicon = load_lexicon(language)
    differing = {
        code: (concern.level, lexicon.urgency(code))
        for code, concern in STANDARD.concerns.items()
        if code in lexicon.codes and code != "human" and concern.level is not lexicon.urgency(code)
    }
    assert differing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_of_keys_are_codes_of_the_lexicon(language: Language) -> None:
    lexicon = load_lexicon(language)
    used = {code for question in STANDARD.questions() for key in question.keys.values() for code in key.codes}
    assert used <= set(lexicon.codes)


BARE: dict[Language, tuple[str, str]] = {"zh-CN": ("是的", "没有"), "es": ("sí", "no"), "en": ("yes", "no")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("question", list(STANDARD.questions()), ids=lambda question: question.id)
def test_a_bare_yes_or_no_never_means_the_opposite_of_what_the_script_says(
    question, language: Language
) -> None:
    """Under the lexicon's question that the script names, or nothing at all: then the keys are explained."""
    lexicon = load_lexicon(language)
    for words, digit in zip(BARE[language], (question.if_yes, question.if_no), strict=True):
        understood = understand(from_text(words, language), question.hears, lexicon)
        if digit is not None and understood.answer in ("ok", "concern", "problem"):
            meant = question.keys[digit].answer
            assert (meant == "ok") == (understood.answer == "ok"), f"{words} under {question.hears}"
