"""Who rings: the number, in the many ways in which networks write it."""

import pytest

from ivr.lines.callers import caller_number, user_of

MOBILE, LANDLINE = "+8613853300001", "+865335550001"


@pytest.mark.parametrize(
    ("shown", "number"),
    [
        ("+8613853300001", MOBILE),
        ("8613853300001", MOBILE),
        ("008613853300001", MOBILE),
        ("13853300001", MOBILE),
        ("013853300001", MOBILE),
        ("0533 555-0001", LANDLINE),
        ("05335550001", LANDLINE),
        ("865335550001", LANDLINE),
        ("5550001", LANDLINE),
        ("+14155552671", "+14155552671"),
        ("14155552671", "+14155552671"),
    ],
)
def test_one_number_is_written_in_many_ways(shown: str, number: str) -> None:
    assert caller_number(shown, area_code="0533") == number


@pytest.mark.parametrize(
    "shown", ["", "anonymous", "Restricted", "wenan", "12", "+266696687", "1" * 30, "5550001"]
)
def test_what_is_withheld_or_nobody_s_is_no_number(shown: str) -> None:
    assert caller_number(shown) == ""


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        ("sip:05335550001@10.0.0.1:5060;transport=udp", "05335550001"),
        ('"Wang" <sip:+865335550001@carrier.cn;user=phone>', "+865335550001"),
        ("<tel:+8613853300001;phone-context=cn>", "+8613853300001"),
        ("sip:%2B865335550001@10.0.0.1", "+865335550001"),
        ("sip:10.0.0.1", ""),
        ("", ""),
    ],
)
def test_the_number_is_the_user_of_the_address(uri: str, user: str) -> None:
    assert user_of(uri) == user
