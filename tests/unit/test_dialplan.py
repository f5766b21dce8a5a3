"""From the ledger's numbers to what an exchange wants to be dialled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.lines.dialplan import BadNumberError, Dialled, DialPlan

LANDLINE = "+865331234567"
MOBILE = "+8613812345678"


@pytest.mark.parametrize(
    ("plan", "number", "user"),
    [
        (DialPlan(), LANDLINE, "+865331234567"),
        (DialPlan("digits"), LANDLINE, "865331234567"),
        (DialPlan("national"), LANDLINE, "05331234567"),
        (DialPlan("national"), MOBILE, "13812345678"),
        (DialPlan("national", prefix="9"), LANDLINE, "905331234567"),
        (DialPlan("local", own_area_code="0533"), LANDLINE, "1234567"),
        (DialPlan("local", own_area_code="010"), LANDLINE, "05331234567"),
        (DialPlan("local"), LANDLINE, "05331234567"),
        (DialPlan("digits", prefix="00"), "+34915551234", "0034915551234"),
        (DialPlan("national", prefix="*67#"), MOBILE, "*67%2313812345678"),
    ],
)
def test_every_exchange_has_its_own_way(plan: DialPlan, number: str, user: str) -> None:
    assert plan.dialled(number) == Dialled(user)


def test_an_extension_is_keyed_in_later() -> None:
    assert DialPlan("national").dialled(f"{LANDLINE};ext=8801") == Dialled("05331234567", "8801")


@pytest.mark.parametrize(
    "number", ["", "120", "05331234567", "+0533", "sip:a@b", "+86533 1234567", f"{LANDLINE};ext=a", "+1234;x"]
)
def test_what_is_no_number_is_not_dialled(number: str) -> None:
    with pytest.raises(BadNumberError) as caught:
        DialPlan().dialled(number)
    assert not number or number not in str(caught.value)


@given(st.text(max_size=30), st.sampled_from(["e164", "digits", "national", "local"]))
def test_nothing_but_keys_of_a_telephone_reaches_the_address(text: str, form: str) -> None:
    try:
        dialled = DialPlan(form).dialled(text)  # type: ignore[arg-type]
    except BadNumberError:
        return
    assert set(dialled.user) <= set("+0123456789")
    assert dialled.extension.isdigit() or not dialled.extension


def test_a_prefix_has_to_be_dialled() -> None:
    with pytest.raises(ValueError, match="9w"):
        DialPlan(prefix="9w")
