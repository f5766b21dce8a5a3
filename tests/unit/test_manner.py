"""How an elder spoke, against their own earlier calls."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.manner import Manner, TurnHeard, baseline, compare, manner_of, units_spoken
from speech.weights import load_weights

RULES = load_weights().manner_rules
USUAL = Manner(
    turns=8,
    response_delay_s=1.0,
    speaking_rate=4.0,
    repeats=0.0,
    silences=0.0,
    keys_only=False,
    speech_s=20.0,
    pause_share=0.1,
    speech_dbfs=-26.0,
    over_background_db=24.0,
)


def said(words: str, delay: float = 1.0, answer: str = "ok") -> TurnHeard:
    return TurnHeard(delay, len(words) / 4, words, answer)


NOTHING = TurnHeard(None, 0.0, "", "")


def earlier(*delays: float) -> list[Manner]:
    return [replace(USUAL, response_delay_s=delay) for delay in delays]


def test_a_call_is_measured_by_its_medians_and_counts() -> None:
    turns = [said("我挺好的", 0.8), said("没有", 1.2), said("再说一遍", 5.0, "repeat"), NOTHING]
    manner = manner_of(turns, "zh-CN")

    assert manner is not None
    assert (manner.response_delay_s, manner.repeats, manner.silences) == (1.2, 1.0, 1.0)
    assert manner.speaking_rate == pytest.approx(4.0)


def test_a_call_in_which_nobody_spoke_has_no_manner() -> None:
    assert manner_of([NOTHING, NOTHING], "zh-CN") is None


def test_an_elder_who_only_pressed_keys_has_no_speaking_rate() -> None:
    manner = manner_of([TurnHeard(2.0, 0.0, "", "ok", key="1")] * 3, "zh-CN")

    assert manner is not None
    assert manner.keys_only
    assert (manner.speaking_rate, manner.silences) == (None, 0.0)


@pytest.mark.parametrize(
    ("text", "language", "units"),
    [("我挺好的, OK", "zh-CN", 4), ("Estoy bien, gracias", "es", 3), ("I'm fine", "en", 2), ("", "en", 0)],
)
def test_speech_is_counted_in_characters_or_words(text: str, language: str, units: int) -> None:
    assert units_spoken(text, language) == units  # type: ignore[arg-type]  # parametrised with plain strings


def test_an_elder_who_suddenly_needs_four_seconds_to_answer_is_noticed() -> None:
    departures = compare(replace(USUAL, response_delay_s=4.0), earlier(0.9, 1.0, 1.2, 1.0), RULES)

    assert [(each.measure, each.value, each.median) for each in departures] == [
        ("response_delay_s", 4.0, 1.0)
    ]
    assert departures[0].score >= RULES.limit
    assert departures[0].earlier_calls == 4


def test_two_earlier_calls_are_no_baseline() -> None:
    assert compare(replace(USUAL, response_delay_s=9.0), earlier(1.0, 1.0), RULES) == ()


def test_one_odd_call_does_not_move_the_baseline() -> None:
    assert compare(replace(USUAL, response_delay_s=4.0), earlier(1.0, 1.1, 0.9, 30.0), RULES)


def test_an_elder_who_always_varies_is_left_in_peace() -> None:
    assert compare(replace(USUAL, response_delay_s=4.0), earlier(0.5, 2.0, 3.5, 5.0, 1.0), RULES) == ()


def test_a_trifle_is_no_departure_however_regular_the_elder() -> None:
    assert compare(replace(USUAL, response_delay_s=1.4), earlier(1.0, 1.0, 1.0, 1.0), RULES) == ()


def test_answering_faster_than_usual_is_good_news() -> None:
    assert compare(replace(USUAL, response_delay_s=0.2), earlier(5.0, 5.1, 4.9, 5.0), RULES) == ()


def test_the_baseline_is_shown_with_its_numbers() -> None:
    usual = baseline(earlier(1.0, 2.0, 4.0), RULES)

    assert usual["response_delay_s"] == {"median": 2.0, "mad": 1.0, "calls": 3}
    assert baseline([], RULES) == {}


def test_manner_survives_a_round_trip_and_old_shapes_are_dropped() -> None:
    assert Manner.from_json(USUAL.as_json()) == USUAL
    assert Manner.from_json({"pace": 3}) is None
    assert Manner.from_json({}) is None


def spoke(
    seconds: float, paused: float | None, level: float | None = None, line: float | None = None
) -> TurnHeard:
    return TurnHeard(1.0, seconds, "都挺好的", "ok", "", paused, level, line)


def measured(*turns: TurnHeard) -> Manner:
    manner = manner_of(turns, "zh-CN")
    assert manner is not None
    return manner


def test_pauses_are_a_share_of_everything_said() -> None:
    assert measured(spoke(1.0, 0.0), spoke(1.0, 0.0), spoke(4.0, 2.0)).pause_share == 0.25


def test_loudness_is_the_median_over_the_answers() -> None:
    manner = measured(spoke(1.5, 0, -30.0, -50.0), spoke(1.5, 0, -26.0, -50.0), spoke(1.5, 0, -10.0, -52.0))

    assert (manner.speech_dbfs, manner.over_background_db) == (-26.0, 24.0)


def test_a_word_or_two_are_too_little_to_tell_pauses_and_loudness_by() -> None:
    manner = measured(spoke(1.0, 0.5, -30.0, -50.0), spoke(1.0, 0.0, -26.0, -50.0))

    assert (manner.pause_share, manner.speech_dbfs, manner.over_background_db) == (None, None, None)


def test_turns_from_before_the_voice_was_measured_have_no_loudness() -> None:
    manner = measured(*[spoke(2.0, None)] * 4)

    assert (manner.pause_share, manner.speech_dbfs, manner.over_background_db) == (None, None, None)
    assert manner.speaking_rate == 2.0


def test_noise_without_words_is_nobodys_voice() -> None:
    words, noise = spoke(4.0, 0.0, -26.0, -50.0), TurnHeard(1.0, 8.0, "", "silence", "", 4.0, -5.0, -50.0)

    assert measured(words, noise, noise).speech_dbfs == -26.0
    assert measured(words, noise, noise).pause_share == 0.0


def changed(**measures: float | None) -> list[str]:
    """What is noticed of a call that differs in this from five usual ones, which differ a little."""
    before = [
        replace(USUAL, speech_dbfs=level, over_background_db=level + 50)
        for level in (-27, -26, -25, -26, -24)
    ]
    return [each.measure for each in compare(replace(USUAL, **measures), before, RULES)]


def test_an_elder_who_breaks_off_again_and_again_is_noticed() -> None:
    assert changed(pause_share=0.4) == ["pause_share"]
    assert changed(pause_share=0.2) == []
    assert changed(pause_share=0.0) == []


def test_an_elder_who_speaks_much_more_softly_is_noticed() -> None:
    assert changed(speech_dbfs=-36.0, over_background_db=14.0) == ["speech_dbfs"]
    assert changed(speech_dbfs=-30.0, over_background_db=20.0) == []


def test_speaking_louder_is_no_cause_for_worry() -> None:
    assert changed(speech_dbfs=-12.0, over_background_db=38.0) == []


def test_a_quieter_line_is_not_a_weaker_voice() -> None:
    assert changed(speech_dbfs=-36.0, over_background_db=24.0) == []


def test_a_television_is_not_a_weaker_voice() -> None:
    assert changed(speech_dbfs=-26.0, over_background_db=8.0) == []


def test_on_a_line_without_a_background_the_level_alone_counts() -> None:
    assert changed(speech_dbfs=-36.0, over_background_db=None) == ["speech_dbfs"]


def test_calls_over_lines_of_ever_different_levels_say_nothing_of_a_voice() -> None:
    before = [
        replace(USUAL, speech_dbfs=level, over_background_db=None) for level in (-20, -33, -26, -14, -30)
    ]

    assert compare(replace(USUAL, speech_dbfs=-38.0, over_background_db=None), before, RULES) == ()


def test_the_measure_that_bears_out_another_has_its_baseline_shown() -> None:
    usual = baseline([USUAL] * 3, RULES)

    assert usual["over_background_db"] == {"median": 24.0, "mad": 0.0, "calls": 3}


def test_calls_from_before_a_measure_was_taken_stay_in_the_baseline_of_the_others() -> None:
    new = ("pause_share", "speech_dbfs", "over_background_db")
    old = Manner.from_json({name: value for name, value in USUAL.as_json().items() if name not in new})

    assert old is not None
    assert old == replace(USUAL, pause_share=None, speech_dbfs=None, over_background_db=None)
    departures = compare(replace(USUAL, response_delay_s=5.0, pause_share=0.9), [old] * 3, RULES)
    assert [each.measure for each in departures] == ["response_delay_s"]


NUMBERS = st.floats(0, 60, allow_nan=False) | st.none()
MANNERS = st.builds(
    Manner,
    turns=st.integers(0, 40),
    response_delay_s=NUMBERS,
    speaking_rate=NUMBERS,
    repeats=st.floats(0, 20),
    silences=st.floats(0, 20),
    keys_only=st.booleans(),
    speech_s=st.floats(0, 600),
    pause_share=st.floats(0, 1) | st.none(),
    speech_dbfs=st.floats(-120, 0) | st.none(),
    over_background_db=st.floats(-40, 80) | st.none(),
)


@given(
    MANNERS,
    st.lists(MANNERS, max_size=8).flatmap(lambda calls: st.tuples(st.just(calls), st.permutations(calls))),
)
def test_the_order_of_earlier_calls_does_not_matter(
    manner: Manner, calls: tuple[list[Manner], list[Manner]]
) -> None:
    assert compare(manner, calls[0], RULES) == compare(manner, calls[1], RULES)


@given(MANNERS, st.integers(3, 8))
def test_a_call_like_all_the_others_is_no_departure(manner: Manner, times: int) -> None:
    assert compare(manner, [manner] * times, RULES) == ()


@given(
    st.lists(
        st.builds(
            TurnHeard,
            NUMBERS,
            st.floats(0, 30),
            st.text(max_size=40),
            st.sampled_from(["ok", "", "repeat"]),
            pause_s=NUMBERS,
            speech_dbfs=st.floats(-120, 0) | st.none(),
            background_dbfs=st.floats(-70, 0) | st.none(),
        )
    )
)
def test_any_turns_can_be_measured(turns: list[TurnHeard]) -> None:
    manner = manner_of(turns, "zh-CN")

    assert manner is None or manner.turns == len(turns)
