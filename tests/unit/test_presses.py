"""One press counts once, in whatever way and however often a line tells it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.presses import Key, Presses

pressed_keys = st.lists(st.tuples(st.sampled_from("0123456789*#"), st.integers(31, 200)), max_size=10)
"""Digit, and frames since the press before."""


def counted(*told: tuple[str, str, int]) -> str:
    presses = Presses()
    counts = {"event": presses.told, "sound": presses.sounded}
    return "".join(digit for way, digit, frame in told if counts[way](Key(digit, frame)))


def test_told_both_ways_it_counts_once_whichever_comes_first() -> None:
    assert counted(("event", "1", 100), ("sound", "1", 103)) == "1"
    assert counted(("sound", "1", 100), ("event", "1", 160)) == "1"


def test_a_line_that_only_sounds_its_keys_is_understood() -> None:
    assert counted(("sound", "1", 100), ("sound", "1", 140), ("sound", "2", 150)) == "112"


def test_the_words_of_keys_that_come_late_are_told_apart() -> None:
    late = (("sound", "1", 100), ("sound", "2", 115), ("event", "1", 140), ("event", "2", 150))
    assert counted(*late, ("event", "2", 300)) == "122"


def test_once_a_line_tells_keys_its_tones_are_only_tones() -> None:
    assert counted(("event", "1", 100), ("sound", "5", 200)) == "1"


def test_a_trembling_hand_presses_once() -> None:
    assert counted(("sound", "1", 100), ("sound", "1", 120)) == "1"
    assert counted(("sound", "1", 100), ("sound", "1", 120), ("event", "1", 130), ("event", "1", 140)) == "1"
    assert counted(("event", "1", 100), ("event", "1", 129), ("event", "1", 170)) == "11"


def test_letters_are_nobodys_answer() -> None:
    assert counted(("sound", "A", 100), ("sound", "D", 200)) == ""


def test_keys_meant_for_what_is_over_do_not_count() -> None:
    presses = Presses()
    presses.ignore_until(150)
    assert not presses.sounded(Key("1", 149))
    assert presses.sounded(Key("2", 150))


@given(pressed_keys, st.integers(-3, 140))
def test_however_late_the_network_tells_of_it_every_press_counts_once(
    pressed: list[tuple[str, int]], late: int
) -> None:
    moments, at = [], 0
    for digit, pause in pressed:
        at += pause
        moments += [(at, "sound", digit), (at + late, "event", digit)]
    moments.sort(key=lambda each: each[0])
    count = counted(*((way, digit, at) for at, way, digit in moments))
    assert count == "".join(digit for digit, _ in pressed)
