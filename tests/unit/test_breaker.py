from campaigns.breaker import Breaker


def test_failures_in_a_row_stop_the_calling() -> None:
    breaker = Breaker(3)
    assert [breaker.note(1, "no trunk") for _ in range(2)] == ["", ""]
    assert breaker.note(1, "no trunk") == "3 calls in a row failed on our side, the last one: no trunk"


def test_a_call_that_went_well_starts_the_counting_anew() -> None:
    breaker = Breaker(2)
    assert [breaker.note(1, trouble) for trouble in ("a", "", "b", "", "c")] == [""] * 5


def test_one_campaigns_trouble_is_not_anothers() -> None:
    breaker = Breaker(2)
    assert breaker.note(1, "a") == ""
    assert breaker.note(2, "b") == ""
    assert breaker.note(1, "c") != ""


def test_after_a_stop_it_counts_from_the_start() -> None:
    breaker = Breaker(1)
    assert breaker.note(1, "a") != ""
    assert breaker.note(1, "") == ""
    assert breaker.note(1, "b") != ""
