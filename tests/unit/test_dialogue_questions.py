"""The questions: answers by voice and by key, silence, misunderstanding, follow-ups, the end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.dialogue import (
    CHEST_PAIN,
    FELL_LATELY,
    FINE,
    NO,
    UNCLEAR,
    WANTS_MEALS,
    YES,
    TelephoneCall,
    understood,
)

from ivr.dialogue import AnswerGiven
from ivr.report import CallOutcome, Confirmed
from speech.types import Urgency

POORLY = understood("problem", "unwell", words="不舒服")
SO_SO = understood("concern", "minor_illness", words="有点感冒")
DO_NOT_KNOW = understood("unknown", "unsure", words="说不好")


def answer(call: TelephoneCall, question: str) -> AnswerGiven:
    given = call.state.answer_to(question)
    assert given is not None, f"nothing was recorded for {question}"
    return given


def test_an_elder_who_is_well_is_asked_everything_and_thanked() -> None:
    call = TelephoneCall().reaches_the_elder()
    while not call.state.over:
        call.says(FINE)
    assert call.outcome is CallOutcome.COMPLETED
    assert call.said == call.words("closing.usual")
    assert {given.answer for given in call.state.answers} == {"ok"}
    assert [given.question for given in call.state.answers] == list(call.state.agenda)


def test_an_answer_is_kept_with_all_that_scoring_needs() -> None:
    call = TelephoneCall().reaches("wellbeing").says(SO_SO)
    given = answer(call, "wellbeing")
    assert (given.dimension, given.column, given.hears) == ("health", "健康管理", "wellbeing")
    assert (given.answer, given.codes, given.transcript) == ("concern", ("minor_illness",), "有点感冒")
    assert given.turn == 1
    assert given.evidence[0].code == "minor_illness"
    assert (given.response_delay_s, given.speech_s) == (0.8, 1.1)
    assert given.model_dump(mode="json")["urgency"] == "none"


def test_good_news_and_worries_are_acknowledged_differently() -> None:
    assert TelephoneCall().reaches("wellbeing").says(FINE).said.startswith("那就好。")
    assert TelephoneCall().reaches("wellbeing").says(SO_SO).said.startswith("嗯，我记下了。")


def test_not_knowing_is_an_answer() -> None:
    call = TelephoneCall().reaches("eating").says(DO_NOT_KNOW)
    assert answer(call, "eating").answer == "unknown"
    assert call.asking == "mood"


def test_the_module_begins_with_a_word_of_advice() -> None:
    call = TelephoneCall().reaches("help_needed").says(FINE)
    assert "天冷了，烧煤取暖要留条窗缝，防煤气。" in call.said
    assert call.asking == "warm_enough"


def test_yes_or_no_questions_end_after_a_shorter_silence_than_open_ones() -> None:
    call = TelephoneCall().reaches("falls")
    assert call.listen is not None
    assert call.listen.end_silence_s == 1.2
    call.says(FINE)
    assert call.listen is not None
    assert call.listen.end_silence_s == 2.0


# A bare yes or no.


def test_yes_to_have_you_fallen_is_bad_news_and_asked_back() -> None:
    call = TelephoneCall().reaches("falls").says(YES)
    assert call.asking == "confirm"
    assert "最近摔过" in call.said
    call.says(YES)
    assert [(flag.code, flag.confirmed) for flag in call.raised] == [("fall_recent", Confirmed.YES)]


def test_no_to_have_you_fallen_is_good_news() -> None:
    call = TelephoneCall().reaches("falls").says(NO)
    assert answer(call, "falls").answer == "ok"
    assert call.asking == "eating"


def test_no_where_it_answers_nothing_is_asked_again_with_keys() -> None:
    call = TelephoneCall().reaches("wellbeing").says(NO)
    assert call.asking == "wellbeing"
    assert "请按一" in call.said


def test_yes_to_is_your_home_warm_is_good_news() -> None:
    call = TelephoneCall().reaches("warm_enough").says(YES)
    assert answer(call, "warm_enough").answer == "ok"


# Keys.


def test_an_elder_can_answer_everything_with_keys() -> None:
    call = TelephoneCall().is_answered().presses("1")
    while not call.state.over:
        call.presses("1")
    assert call.outcome is CallOutcome.COMPLETED
    assert {given.answer for given in call.state.answers} == {"ok"}
    assert {given.key for given in call.state.answers} == {"1"}


def test_a_key_is_evidence_of_itself() -> None:
    call = TelephoneCall().reaches("mood").presses("3")
    (flag,) = call.raised
    given = answer(call, "mood")
    assert (flag.code, flag.urgency, flag.words) == ("depressed", Urgency.NEED, "[3]")
    assert (given.evidence[0].via, given.evidence[0].found) == ("key", "3")


def test_one_where_yes_is_bad_news_is_checked_with_the_keys_explained() -> None:
    """Whoever has fallen may press 1 for "yes", whoever has not may press 1 for "good"."""
    call = TelephoneCall().reaches("falls").presses("1")
    assert call.said.startswith("我跟您核对一下。")
    assert "摔了，按三。" in call.said
    assert call.presses("1").asking == "eating"
    assert answer(call, "falls").answer == "ok"


def test_three_after_the_keys_were_explained_needs_no_asking_back() -> None:
    call = TelephoneCall().reaches("falls").presses("33")
    assert [(flag.code, flag.confirmed) for flag in call.raised] == [("fall_recent", Confirmed.NOT_ASKED)]
    assert call.asking == "eating"


def test_two_needs_no_check() -> None:
    call = TelephoneCall().reaches("falls").presses("2")
    assert answer(call, "falls").answer == "concern"


def test_three_for_a_cold_home_is_asked_back_before_the_keys_were_explained() -> None:
    call = TelephoneCall().reaches("warm_enough").presses("3")
    assert call.asking == "confirm"
    call.presses("2")
    assert call.asking == "warm_enough", "2 is no: the key was a slip"


def test_a_key_without_meaning_is_not_understood() -> None:
    call = TelephoneCall().reaches("wellbeing").presses("7")
    assert call.said.startswith(call.words("reprompt.no_match.0"))
    assert call.asking == "wellbeing"


# Follow-ups.


def test_whoever_is_unwell_is_asked_whether_somebody_must_come_now() -> None:
    call = TelephoneCall().reaches("wellbeing").presses("3")
    assert call.asking == "unwell_now"
    call.presses("1")
    assert [(flag.code, flag.urgency, flag.confirmed) for flag in call.raised] == [
        ("help", Urgency.EMERGENCY, Confirmed.YES)
    ]
    assert call.asking == "what_happened"


def test_whoever_is_unwell_but_can_wait_is_asked_on() -> None:
    call = TelephoneCall().reaches("wellbeing").says(POORLY, NO)
    assert call.asking == "falls"
    assert answer(call, "unwell_now").answer == "concern"
    assert call.raised == []


def test_silence_at_a_follow_up_does_not_end_the_call() -> None:
    call = TelephoneCall().reaches("wellbeing").says(POORLY).stays_silent(2)
    assert answer(call, "unwell_now").answer == "silence"
    assert call.asking == "falls"


def test_no_follow_up_when_something_graver_has_come_of_it() -> None:
    fever = understood("problem", "fever", urgency=Urgency.URGENT, words="发烧三十九度")
    assert TelephoneCall().reaches("wellbeing").says(fever).asking == "falls"


def test_trouble_at_home_leads_to_the_question_about_gas() -> None:
    call = TelephoneCall().reaches("safety").presses("3")
    assert call.asking == "gas_smell"
    call.says(YES)
    assert call.raised_codes == ["need_repair", "gas"]
    assert call.asking == "advised"


# Not understood.


def test_an_elder_who_is_not_understood_is_offered_keys_from_the_second_try_on() -> None:
    call = TelephoneCall().reaches("wellbeing").says(UNCLEAR)
    assert call.said == "对不起，我没听明白。身体还好吗？好，请按一。一般，按二。不好，按三。"
    call.says(UNCLEAR)
    assert call.said == "还是没听清。身体还好吗？好，请按一。一般，按二。不好，按三。"
    call.says(UNCLEAR)
    assert call.said.startswith("没关系。")
    assert call.asking == "falls"
    assert answer(call, "wellbeing").answer == "unclear"


def test_the_pace_drops_with_each_try_and_comes_back_with_the_next_question() -> None:
    call = TelephoneCall().reaches("wellbeing")
    paces = [call.says(UNCLEAR).says_now[0].speed for _ in range(3)]
    assert paces == [0.9, 0.8, 1.0]


def test_a_weakly_heard_good_answer_is_not_simply_believed() -> None:
    maybe_fine = replace(FINE, confidence=0.35)
    call = TelephoneCall().reaches("wellbeing").says(maybe_fine)
    assert call.asking == "wellbeing"
    call.says(maybe_fine)
    assert call.asking == "falls"
    assert not answer(call, "wellbeing").sure


def test_after_two_questions_that_were_not_understood_a_person_is_offered() -> None:
    call = TelephoneCall().reaches("wellbeing").says(*[UNCLEAR] * 6)
    assert call.asking == "offer_person"
    call.says(YES)
    assert call.raised_codes == ["human"]
    assert call.outcome is CallOutcome.PARTIAL


def test_silence_after_the_last_question_and_the_offer_is_a_goodbye() -> None:
    call = TelephoneCall().reaches("warm_enough").says(*[UNCLEAR] * 5).stays_silent(2)
    assert call.raised_codes == ["human"]
    assert call.said == call.words("closing.with_flags")


def test_whoever_declines_the_offer_is_asked_on() -> None:
    call = TelephoneCall().reaches("wellbeing").says(*[UNCLEAR] * 6).says(NO)
    assert call.asking == "eating"
    assert call.raised == []
    call.says(*[UNCLEAR] * 3)
    assert call.asking == "mood", "a person is offered once"


def test_an_offer_that_is_not_understood_counts_as_wanted() -> None:
    call = TelephoneCall().reaches("wellbeing").says(*[UNCLEAR] * 8)
    assert [(flag.code, flag.confirmed) for flag in call.raised] == [("human", Confirmed.UNCLEAR)]
    assert call.asking == "eating"


def test_two_misunderstandings_at_the_very_end_still_bring_the_offer() -> None:
    call = TelephoneCall().reaches("warm_enough").says(*[UNCLEAR] * 5)
    assert call.asking == "offer_person"
    assert call.says(NO).outcome is CallOutcome.COMPLETED


# Silence.


def test_silence_and_misunderstanding_are_told_apart() -> None:
    call = TelephoneCall().reaches("wellbeing").stays_silent()
    assert call.said.startswith("我没听到您的声音。")


def test_silence_after_earlier_words_is_a_call_that_broke_off() -> None:
    call = TelephoneCall().reaches("mood").stays_silent(3)
    assert call.outcome is CallOutcome.PARTIAL
    assert call.state.answer_to("mood") is None


def test_silence_among_misunderstandings_leaves_the_question_open() -> None:
    call = TelephoneCall().reaches("mood").says(UNCLEAR).stays_silent(2)
    assert answer(call, "mood").answer == "unclear"
    assert call.asking == "safety"


def test_nothing_to_add_at_the_end_is_no_reason_to_call_again() -> None:
    call = TelephoneCall().reaches("anything_else").stays_silent(2)
    assert call.outcome is CallOutcome.COMPLETED
    assert answer(call, "anything_else").answer == "silence"


@pytest.mark.parametrize("question", ["wellbeing", "mood", "warm_enough"])
def test_silence_is_never_well(question: str) -> None:
    call = TelephoneCall().reaches(question).stays_silent(9)
    given = call.state.answer_to(question)
    assert given is None or given.answer not in ("ok", "yes", "no")


# Needs.


def test_a_need_is_noted_and_the_elder_told() -> None:
    call = TelephoneCall().reaches("help_needed").says(WANTS_MEALS)
    assert [(flag.code, flag.urgency) for flag in call.raised] == [("need_meals", Urgency.NEED)]
    assert call.said.startswith("好，我记下了，社区会有人跟您联系。")
    assert call.asking == "warm_enough"


def test_a_second_need_is_noted_in_fewer_words() -> None:
    aids = understood("concern", "need_aids", urgency=Urgency.NEED, words="想安个扶手")
    call = TelephoneCall().reaches("eating").says(WANTS_MEALS, FINE, FINE, aids)
    assert call.said.startswith("这个我也记下了。")


def test_the_goodbye_says_that_somebody_will_be_in_touch() -> None:
    call = TelephoneCall().reaches("anything_else").says(WANTS_MEALS)
    assert call.said.endswith(call.words("closing.with_flags"))
    assert call.outcome is CallOutcome.COMPLETED


def test_something_urgent_is_reflected_and_the_questions_go_on() -> None:
    call = TelephoneCall().reaches("falls").says(FELL_LATELY)
    assert call.said.startswith("您说最近摔过，我记下了。社区今天就跟您联系。")
    assert call.asking == "eating"
    assert answer(call, "falls").confirmed == {"fall_recent": Confirmed.NOT_ASKED}


def test_what_was_noted_before_is_not_raised_twice() -> None:
    call = TelephoneCall().reaches("falls").says(FELL_LATELY, FELL_LATELY)
    assert call.raised_codes == ["fall_recent"]
    assert call.asking == "mood"


# Hanging up.


def test_hanging_up_half_way_is_a_call_that_broke_off() -> None:
    call = TelephoneCall().reaches("mood").hangs_up()
    assert call.outcome is CallOutcome.PARTIAL
    assert call.raised == []


def test_hanging_up_without_a_word_is_silence() -> None:
    assert TelephoneCall().is_answered().hangs_up().outcome is CallOutcome.SILENT


def test_hanging_up_at_anything_else_is_a_finished_visit() -> None:
    assert TelephoneCall().reaches("anything_else").hangs_up().outcome is CallOutcome.COMPLETED


def test_nothing_happens_after_the_end() -> None:
    call = TelephoneCall().reaches("mood").hangs_up()
    call.presses("3").stays_silent().says(FINE).hangs_up()
    assert [actions for _, actions in call.history[-4:]] == [(), (), (), ()]


def test_a_cry_that_was_recognised_after_the_hang_up_is_not_lost() -> None:
    call = TelephoneCall().reaches("mood").hangs_up().says(CHEST_PAIN)
    assert call.raised_codes == ["chest_pain"]
    assert call.said == ""
    assert call.outcome is CallOutcome.PARTIAL


def test_a_cry_into_the_goodbye_takes_the_call_up_again() -> None:
    call = TelephoneCall().reaches("anything_else").says(FINE)
    assert call.outcome is CallOutcome.COMPLETED
    call.says(CHEST_PAIN)
    assert call.raised_codes == ["chest_pain"]
    assert call.asking == "someone_there"
    call.says(NO).says(FINE)
    assert call.state.over
    assert call.outcome is CallOutcome.COMPLETED


def test_a_misheard_cry_into_the_goodbye_is_asked_back_and_the_call_ends() -> None:
    call = TelephoneCall().reaches("anything_else").says(FINE)
    call.says(replace(CHEST_PAIN, confirm=True))
    assert call.asking == "confirm"
    call.says(NO)
    assert call.state.over
    assert call.said == "没有就好，是我听错了。"
