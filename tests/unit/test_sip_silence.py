"""When a far end that has fallen silent is dead, and when it is only on hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.lines.sip.silence import Silence

LIMIT_S = 30.0


def test_a_line_that_falls_silent_is_dead_after_half_a_minute() -> None:
    silence = Silence(LIMIT_S, now=100.0)
    assert not silence.lasts_too_long(110.0, heard=True, held=False)
    assert not silence.lasts_too_long(139.9, heard=False, held=False)
    assert silence.lasts_too_long(140.0, heard=False, held=False)


def test_a_line_that_never_sends_a_sound_is_dead_too() -> None:
    silence = Silence(LIMIT_S, now=100.0)
    assert not silence.lasts_too_long(129.9, heard=False, held=False)
    assert silence.lasts_too_long(130.0, heard=False, held=False)


def test_whoever_comes_back_from_a_long_hold_is_not_cut_off_at_that_moment() -> None:
    silence = Silence(LIMIT_S, now=0.0)
    assert not silence.lasts_too_long(90.0, heard=False, held=True)
    assert not silence.lasts_too_long(90.02, heard=False, held=False), "their first sound is still under way"
    assert not silence.lasts_too_long(119.9, heard=False, held=False)
    assert silence.lasts_too_long(120.0, heard=False, held=False), "and a line that dies then is dead"


@given(st.lists(st.tuples(st.floats(0.02, 3600.0), st.booleans(), st.booleans())))
def test_without_a_limit_nobody_is_ever_dead(asked: list[tuple[float, bool, bool]]) -> None:
    silence, now = Silence(0.0, now=0.0), 0.0
    for passed, heard, held in asked:
        now += passed
        assert not silence.lasts_too_long(now, heard=heard, held=held)


@given(slept_s=st.floats(0.02, 10_000.0), held=st.booleans())
def test_a_program_that_slept_hears_first_what_has_come_meanwhile(slept_s: float, *, held: bool) -> None:
    silence = Silence(LIMIT_S, now=0.0)
    assert not silence.lasts_too_long(slept_s, heard=True, held=held)


@pytest.mark.parametrize("limit_s", [1, 30])
def test_the_limit_is_the_setting_s(limit_s: int) -> None:
    silence = Silence(limit_s, now=0.0)
    assert not silence.lasts_too_long(limit_s - 0.02, heard=False, held=False)
    assert silence.lasts_too_long(float(limit_s), heard=False, held=False)
