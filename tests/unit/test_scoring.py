"""Scores: never kinder than the answers, never without a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from speech.answered import CLEAR_ANSWERS, AnswerScored, QuestionPut
from speech.scoring import Scores, assess
from speech.types import Evidence, Urgency
from speech.weights import COLUMNS, SHIPPED, Level, WeightsError, load_weights

WEIGHTS = load_weights()
CORE = ("wellbeing", "falls", "eating", "mood", "safety", "help_needed")


def answered(question: str, answer: str = "ok", *codes: str, urgency: Urgency = Urgency.NONE) -> AnswerScored:
    return AnswerScored(QuestionPut(question), answer, urgency, codes)


def score(*answers: AnswerScored, expected: tuple[str, ...] = (), outcome: str = "completed") -> Scores:
    put = tuple(QuestionPut(name) for name in expected)
    return assess(answers, (), WEIGHTS, expected=put, outcome=outcome)


def test_an_elder_who_is_well_in_everything_is_green() -> None:
    scores = score(*(answered(question) for question in CORE), expected=CORE)

    assert (scores.overall, scores.score) == (Level.GREEN, 0.0)
    assert scores.dimensions["health"].level is Level.GREEN
    assert scores.dimensions["money"].level is None, (
        "money was never mentioned, so nothing is claimed about it"
    )


def test_one_emergency_among_good_answers_is_red() -> None:
    scores = score(
        *(answered(question) for question in CORE),
        answered("anything_else", "problem", "fall_now", urgency=Urgency.EMERGENCY),
    )

    assert scores.overall is Level.RED
    assert scores.score >= 80
    assert scores.contributions[0].rule == "code:fall_now"


def test_an_emergency_without_any_known_code_is_still_red() -> None:
    scores = score(answered("wellbeing", "problem", "never_seen_before", urgency=Urgency.EMERGENCY))

    assert scores.overall is Level.RED
    assert scores.contributions[0].because == "urgency:emergency"


def test_something_urgent_is_orange_at_least_whatever_its_code_weighs() -> None:
    assert score(answered("mood", "problem", "poor_sleep", urgency=Urgency.URGENT)).overall is Level.ORANGE


def test_a_wish_is_yellow() -> None:
    scores = score(answered("help_needed", "concern", "need_meals", urgency=Urgency.NEED))

    assert scores.overall is Level.YELLOW
    assert scores.dimensions["needs"].level is Level.YELLOW


@pytest.mark.parametrize(
    "answer", ["unclear", "silence", "unknown", "repeat", "hold", "refuse", "", "new_word"]
)
def test_what_was_not_answered_clearly_is_never_green(answer: str) -> None:
    assert score(answered("wellbeing", answer)).overall >= Level.YELLOW


def test_a_question_that_was_never_put_is_never_green() -> None:
    scores = score(answered("wellbeing"), expected=("wellbeing", "mood"))

    assert scores.overall is Level.YELLOW
    assert [part.question for part in scores.contributions if part.rule == "unanswered"] == ["mood"]


def test_silence_when_asked_for_anything_else_says_nothing() -> None:
    offered = AnswerScored(QuestionPut("anything_else", optional=True), "silence")

    assert assess([answered("wellbeing"), offered], (), WEIGHTS).overall is Level.GREEN


def test_a_call_that_broke_off_is_not_green() -> None:
    scores = score(answered("wellbeing"), expected=("wellbeing", "mood"), outcome="partial")

    assert scores.overall is Level.YELLOW


def test_a_call_that_broke_off_after_the_last_clear_answer_is_not_held_against_the_elder() -> None:
    answers = [answered(question) for question in CORE]

    assert score(*answers, expected=CORE, outcome="partial").overall is Level.GREEN
    assert score(*answers, expected=(), outcome="partial").overall is Level.YELLOW
    assert score(*answers[:-1], answered("help_needed", "unclear"), expected=CORE, outcome="partial").overall


@pytest.mark.parametrize("outcome", ["unreachable", "expired", "wrong_person"])
def test_an_elder_whom_nobody_spoke_with_is_not_green(outcome: str) -> None:
    assert score(outcome=outcome).overall is Level.ORANGE


def test_a_flag_that_was_taken_back_asks_for_a_look_and_no_more() -> None:
    taken_back = replace(answered("falls", "ok", "fall_now"), withdrawn=frozenset({"fall_now"}))
    scores = score(taken_back)

    assert scores.overall is Level.YELLOW
    assert scores.contributions[0].rule == "withdrawn:fall_now"
    assert "摔" not in "".join(scores.record_sheet.values())


def test_another_manner_of_speaking_is_yellow_and_never_more() -> None:
    measures = ["response_delay_s", "speaking_rate", "repeats", "silences"]

    assert assess([answered("wellbeing")], measures, WEIGHTS).overall is Level.YELLOW


def test_four_small_complaints_together_are_orange_and_three_are_not() -> None:
    small = ["chronic_pain", "poor_sleep", "poor_appetite", "alone"]

    assert score(answered("wellbeing", "concern", *small[:3])).overall is Level.YELLOW
    assert score(answered("wellbeing", "concern", *small)).overall is Level.ORANGE


def test_many_wishes_stay_yellow() -> None:
    wishes = [code for code in WEIGHTS.codes if code.startswith("need_")]

    assert score(answered("help_needed", "concern", *wishes, urgency=Urgency.NEED)).overall is Level.YELLOW


def test_what_the_machine_failed_to_hear_is_never_green() -> None:
    assert score(answered("any", "concern", "unheard", urgency=Urgency.NEED)).overall is Level.YELLOW


def test_every_reason_carries_its_evidence() -> None:
    match = Evidence("chest_pain", "zh-CN/chest_pain/3", "胸口疼", "兄口疼", "sound", 0.86)
    answer = AnswerScored(
        QuestionPut("wellbeing"),
        "problem",
        Urgency.EMERGENCY,
        ("chest_pain",),
        confirmed={"chest_pain": "unclear"},
        transcript="兄口疼",
        alternatives=("胸口疼",),
        turn_id=7,
        span_s=(12.0, 15.5),
        matched=(match,),
        confidence=0.8,
    )
    part = assess([answer], (), WEIGHTS).contributions[0]
    kept = part.as_json()

    assert part.source is not None
    assert (part.source.transcript, part.source.alternatives) == ("兄口疼", ("胸口疼",))
    assert kept["turn_id"] == 7
    assert kept["span_s"] == [12.0, 15.5]
    assert kept["confirmed"] == "unclear"
    assert kept["matched"] == [
        {"code": "chest_pain", "rule": "zh-CN/chest_pain/3", "via": "sound", "score": 0.86}
    ]
    assert "兄口疼" not in str(kept), "the elder's words stay sealed with their turn"


def test_the_record_sheet_says_what_was_heard_and_leaves_the_rest_empty() -> None:
    chest = replace(
        answered("wellbeing", "problem", "chest_pain", urgency=Urgency.EMERGENCY),
        confirmed={"chest_pain": "yes"},
    )
    answers = [chest, answered("eating"), answered("mood", "unclear")]
    sheet = assess(answers, (), WEIGHTS, handled={"chest_pain": "已派单"}).record_sheet

    assert tuple(sheet) == COLUMNS
    assert sheet["应急救援"] == "胸口疼（本人确认），已派单"
    assert sheet["生活照料"] == "吃饭正常"
    assert sheet["精神慰藉"] == "心情未答清"
    assert [sheet[column] for column in ("居家安全", "康复护理", "环境卫生", "文体活动", "其他")] == [""] * 5


def test_the_record_sheet_tells_who_said_it() -> None:
    daughter = replace(answered("sleep", "concern", "poor_sleep"), by_proxy=True)
    worker = replace(answered("pain", "concern", "chronic_pain"), confirmed_by="li.na")
    sheet = assess([daughter, worker], (), WEIGHTS).record_sheet

    assert "睡不好（他人代述）" in sheet["健康管理"]
    assert "老毛病疼（工作人员核实）" in sheet["健康管理"]


def test_a_question_keeps_the_place_that_the_script_gives_it() -> None:
    question = QuestionPut("stairs", "wellbeing", "home_safety", "居家安全")
    scores = assess([AnswerScored(question, "ok")], (), WEIGHTS)

    assert scores.dimensions["home_safety"].level is Level.GREEN
    assert scores.record_sheet["居家安全"] == "居家安全情况正常"
    assert "身体" not in "".join(scores.record_sheet.values()), "nothing is claimed that was not asked"


def test_every_question_of_the_shipped_script_has_words_of_its_own() -> None:
    from ivr.script import load_script  # noqa: PLC0415 - only this test looks beyond speech

    missing = [q.id for q in load_script("standard").questions() if q.id not in WEIGHTS.questions]
    assert not missing


ANSWERS = st.builds(
    AnswerScored,
    question=st.sampled_from([QuestionPut(name) for name in WEIGHTS.questions]),
    answer=st.sampled_from(sorted({*WEIGHTS.answers, "never_seen"})),
    urgency=st.sampled_from(list(Urgency)),
    codes=st.lists(st.sampled_from(sorted({*WEIGHTS.codes, *WEIGHTS.control, "mystery"})), max_size=4).map(
        tuple
    ),
    withdrawn=st.sets(st.sampled_from(sorted(WEIGHTS.codes)), max_size=2).map(frozenset),
)
VISITS = st.lists(ANSWERS, max_size=8)


@given(VISITS, ANSWERS)
def test_hearing_more_never_makes_a_visit_look_better(
    answers: list[AnswerScored], more: AnswerScored
) -> None:
    before, after = score(*answers), score(*answers, more)

    assert after.overall >= before.overall
    assert after.score >= before.score
    for name, dimension in before.dimensions.items():
        assert (after.dimensions[name].level or 0) >= (dimension.level or 0)


@given(ANSWERS, st.sampled_from(list(Urgency)))
def test_a_graver_urgency_never_scores_better(answer: AnswerScored, graver: Urgency) -> None:
    if graver >= answer.urgency:
        assert score(replace(answer, urgency=graver)).score >= score(answer).score


@given(ANSWERS, st.sampled_from(sorted(WEIGHTS.codes)))
def test_another_code_never_scores_better(answer: AnswerScored, code: str) -> None:
    more = replace(answer, codes=(*answer.codes, code), withdrawn=answer.withdrawn - {code})
    if code not in answer.codes:
        assert score(more).score >= score(answer).score


@given(VISITS, st.sampled_from(["unclear", "silence", "unknown", "refuse", "repeat"]))
def test_an_unclear_answer_never_scores_as_well(answers: list[AnswerScored], answer: str) -> None:
    scores = score(*answers, answered("wellbeing", answer))

    assert scores.overall >= Level.YELLOW
    assert scores.dimensions["health"].level is not Level.GREEN


@given(VISITS)
def test_an_emergency_is_red_whatever_else(answers: list[AnswerScored]) -> None:
    cry = answered("any", "problem", "help", urgency=Urgency.EMERGENCY)

    assert score(cry, *answers).overall is Level.RED


@given(VISITS.flatmap(lambda answers: st.tuples(st.just(answers), st.permutations(answers))))
def test_the_order_of_answers_does_not_matter(pair: tuple[list[AnswerScored], list[AnswerScored]]) -> None:
    one, other = (score(*answers) for answers in pair)

    assert (one.overall, one.score) == (other.overall, other.score)
    assert {n: d.level for n, d in one.dimensions.items()} == {
        n: d.level for n, d in other.dimensions.items()
    }


@given(VISITS)
def test_score_and_level_tell_the_same_story(answers: list[AnswerScored]) -> None:
    scores = score(*answers)

    assert WEIGHTS.bands.level(scores.score) is scores.overall
    assert 0 <= scores.score <= 100
    assert all(part.level <= scores.overall for part in scores.contributions)


@given(VISITS)
def test_the_sheet_never_calls_fine_what_was_not_answered_so(answers: list[AnswerScored]) -> None:
    fine = {WEIGHTS.questions[a.question.id].fine for a in answers if a.answer == "ok"}
    unasked = {question.fine for question in WEIGHTS.questions.values() if question.fine} - fine
    written = "".join(score(*answers).record_sheet.values())

    assert not [text for text in unasked if text in written]


def spoilt(tmp_path: Path, **changes: object) -> Path:
    data = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    data.update(changes)
    path = tmp_path / "weights.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"unanswered": 0}, "unanswered"),
        ({"manner": 60}, "manner"),
        ({"bands": {"green": 0, "yellow": 50, "orange": 20, "red": 80}}, "rise"),
        ({"urgency": {"none": 0, "need": 20, "urgent": 50, "emergency": 60}}, "urgency.emergency"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_weights_that_would_hide_somebody_in_need_are_refused(
    tmp_path: Path, changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(WeightsError, match=complaint) as refused:
        load_weights(spoilt(tmp_path, **changes))
    assert "\n" not in str(refused.value)


def test_weights_that_are_not_there_or_not_yaml_are_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [1,", encoding="utf-8")

    with pytest.raises(WeightsError, match="are not YAML"):
        load_weights(broken)
    with pytest.raises(WeightsError, match="Cannot read the weights"):
        load_weights(tmp_path / "nowhere.yaml")


def test_clear_answers_are_the_ones_that_may_be_green() -> None:
    free = {answer for answer, points in WEIGHTS.answers.items() if points == 0}

    assert free <= CLEAR_ANSWERS
