"""From rows to what was heard: what stands, what was taken back, and that nothing urgent gets lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from escalation.heard import VisitRows, answers_of, asked_for_person, codes_of, own_turns, unclear_of
from escalation.policy import load_policy
from records.visits import Answer, CallAttempt, Flag, Turn
from speech.answered import QuestionPut
from speech.types import Urgency
from speech.weights import load_weights

POLICY = load_policy()
WEIGHTS = load_weights()


def turn(number: int = 1, **columns: object) -> Turn:
    given_columns: dict[str, object] = dict.fromkeys(("transcript", "alternatives", "key", "answer"), "")
    given_columns |= {
        "attempt_id": 1,
        "question": "wellbeing",
        "urgency": "none",
        "codes": [],
        "evidence": [],
    }
    given_columns |= {"confidence": 0.0, "started_s": 0.0, "ended_s": 1.0, "speech_s": 0.0}
    return Turn(id=number, **(given_columns | columns))


def answer(question: str, said: str, *codes: str, urgency: str = "none", **more: object) -> Answer:
    row = {"question": question, "answer": said, "urgency": urgency, "codes": list(codes), "confirmed_by": ""}
    return Answer(**(row | more))


def flag(code: str, urgency: str = "emergency", confirmed: str = "yes", **more: object) -> Flag:
    return Flag(**({"code": code, "urgency": urgency, "confirmed": confirmed, "words": ""} | more))


def rows(
    *, outcome: str | None = "completed", turns: tuple[Turn, ...] = (), answers: tuple[Answer, ...] = (),
    flags: tuple[Flag, ...] = (),
) -> VisitRows:  # fmt: skip
    return VisitRows([CallAttempt(id=1, call_outcome=outcome)], turns, answers, flags)


def heard(visit: VisitRows, *, ended: bool = True) -> dict[str, Urgency]:
    return {fact.code: fact.urgency for fact in codes_of(visit, POLICY, WEIGHTS, ended=ended)}


def test_an_urgent_answer_without_a_flag_still_counts() -> None:
    assert heard(rows(answers=(answer("eating", "problem", "no_food", urgency="urgent"),))) == {
        "no_food": Urgency.URGENT
    }


def test_an_old_ache_beside_an_emergency_stays_an_old_ache() -> None:
    said = answer("pain", "problem", "chest_pain", "chronic_pain", urgency="emergency")

    assert heard(rows(answers=(said,), flags=(flag("chest_pain"),))) == {
        "chest_pain": Urgency.EMERGENCY,
        "chronic_pain": Urgency.NONE,
    }


def test_an_urgency_that_no_code_explains_is_given_to_what_was_said() -> None:
    assert heard(rows(answers=(answer("pain", "problem", "chronic_pain", urgency="emergency"),))) == {
        "chronic_pain": Urgency.EMERGENCY
    }
    assert heard(rows(answers=(answer("pain", "problem", urgency="urgent"),))) == {
        "unspecified": Urgency.URGENT
    }


def test_while_the_call_goes_on_only_flags_count() -> None:
    said = answer("pain", "problem", "chest_pain", urgency="emergency")

    assert heard(rows(answers=(said,), flags=(flag("no_food", "urgent"),)), ended=False) == {
        "no_food": Urgency.URGENT
    }


def test_what_a_dying_call_heard_last_counts_and_what_a_finished_one_settled_does_not() -> None:
    cry = turn(transcript="救命", answer="problem", urgency="emergency", codes=["help"])

    assert heard(rows(outcome=None, turns=(cry,))) == {"help": Urgency.EMERGENCY}
    assert heard(rows(outcome="completed", turns=(cry,))) == {}


def test_steering_words_are_no_trouble_unless_something_urgent_was_hung_on_them() -> None:
    assert heard(rows(flags=(flag("callback", "need"),))) == {}
    assert heard(rows(flags=(flag("callback", "emergency"),))) == {"callback": Urgency.EMERGENCY}


def test_an_answer_loses_the_urgency_that_was_taken_back_and_keeps_the_rest() -> None:
    said = answer("wellbeing", "problem", "chest_pain", "fever", urgency="emergency")
    (scored,) = answers_of(rows(answers=(said,), flags=(flag("chest_pain", confirmed="no"),)), {}, POLICY)

    assert (scored.urgency, scored.withdrawn) == (
        Urgency.URGENT,
        frozenset({"chest_pain"}),
    )


def test_a_flag_from_between_the_questions_is_scored_too() -> None:
    scored = answers_of(rows(flags=(flag("gas"),)), {}, POLICY)

    assert [(each.codes, each.urgency) for each in scored] == [(("gas",), Urgency.EMERGENCY)]


def test_a_flag_that_was_taken_back_between_the_questions_leaves_no_open_question() -> None:
    visit = rows(turns=(turn(question="falls"),), flags=(flag("fall_now", confirmed="no", turn_id=1),))
    scored = answers_of(visit, {"falls": QuestionPut("falls", "falls")}, POLICY)

    assert unclear_of(scored, WEIGHTS) == ()


def test_zero_means_a_person_whatever_was_understood() -> None:
    assert asked_for_person(rows(turns=(turn(key="0"),)))
    assert asked_for_person(rows(turns=(turn(question="offer_person", answer="yes"),)))
    assert asked_for_person(rows(flags=(flag("human", "need", "unclear"),)))
    assert not asked_for_person(rows(flags=(flag("human", "need", "no"),)))
    assert not asked_for_person(rows(turns=(turn(key="1", answer="yes"),)))


def test_evidence_of_an_older_shape_can_still_be_read() -> None:
    old = turn(evidence=[{"code": "gas"}], codes=["gas"], urgency="emergency")
    said = answer("safety", "problem", "gas", urgency="emergency", turn_id=1)
    (scored,) = answers_of(rows(turns=(old,), answers=(said,)), {}, POLICY)

    assert [(match.code, match.rule, match.score) for match in scored.matched] == [("gas", "", 0.0)]


def test_only_calls_in_which_the_elder_was_heard_tell_how_they_speak() -> None:
    assert own_turns(rows(outcome="proxy", turns=(turn(),))) == ()
    assert len(own_turns(rows(outcome="partial", turns=(turn(),)))) == 1


def test_what_was_measured_of_the_voice_is_told_and_nothing_is_made_up_for_older_turns() -> None:
    measured = turn(speech_s=3.0, pause_s=0.7, speech_dbfs=-27.5, background_dbfs=-52.0)
    new, old = own_turns(rows(turns=(measured, turn(2))))

    assert (new.pause_s, new.speech_dbfs, new.background_dbfs) == (0.7, -27.5, -52.0)
    assert (old.pause_s, old.speech_dbfs, old.background_dbfs) == (None, None, None)


CODES = st.lists(st.sampled_from([*POLICY.codes, *WEIGHTS.control, "mystery"]), max_size=4, unique=True)


@given(
    CODES, st.sampled_from(["urgent", "emergency"]), st.sampled_from(["problem", "concern", "ok", "unclear"])
)
def test_no_urgent_answer_is_ever_lost(codes: list[str], urgency: str, said: str) -> None:
    found = heard(rows(answers=(answer("wellbeing", said, *codes, urgency=urgency),)))

    assert max(found.values(), default=Urgency.NONE) >= Urgency.parse(urgency)


STANDING = st.tuples(
    st.sampled_from(sorted(POLICY.codes)),
    st.sampled_from(["urgent", "emergency"]),
    st.sampled_from(["yes", "unclear", "not_asked"]),
)


@given(CODES, st.lists(STANDING, max_size=3, unique_by=lambda each: each[0]))
def test_no_flag_that_stands_is_ever_lost(codes: list[str], flags: list[tuple[str, str, str]]) -> None:
    visit = rows(
        answers=(answer("wellbeing", "problem", *codes, urgency="need"),),
        flags=tuple(flag(*each) for each in flags),
    )
    found = heard(visit)

    for code, urgency, _ in flags:
        assert found[code] is Urgency.parse(urgency)
