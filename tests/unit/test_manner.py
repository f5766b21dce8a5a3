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
            TurnHeard, NUMBERS, st.floats(0, 30), st.text(max_size=40), st.sampled_from(["ok", "", "repeat"])
        )
    )
)
def test_any_turns_can_be_measured(turns: list[TurnHeard]) -> None:
    manner = manner_of(turns, "zh-CN")

    assert manner is None or manner.turns == len(turns)
