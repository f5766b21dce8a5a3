"""Whose call comes in by SIP: the provider's word goes before the caller's own."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from ivr.lines.dialplan import DialPlan
from ivr.lines.sip import SipSettings
from ivr.lines.sip.incoming import number_of
from ivr.lines.sip.stack import ASSERTED, NativeCall

ELDER, OTHER = "+865335550001", "+8613853300001"


@dataclass
class Invite:
    """As much of an incoming call as tells who it is."""

    peer: str | None
    headers: dict[str, str] = field(default_factory=dict)


def caller(peer: str | None, **headers: str) -> str:
    settings = SipSettings("pbx.example", dial_plan=DialPlan(own_area_code="0533"))
    named = {ASSERTED: headers["asserted"]} if headers else {}
    return number_of(cast("NativeCall", SimpleNamespace(**vars(Invite(peer, named)))), settings)


def test_what_the_provider_vouches_for_goes_before_what_the_caller_says() -> None:
    """Whoever writes an elder's number into From must not be taken for the elder."""
    assert caller(f"sip:{ELDER}@pbx.example", asserted=f"<sip:{OTHER}@pbx.example>") == OTHER


@pytest.mark.parametrize("asserted", ["", "<sip:anonymous@pbx.example>", "<sip:pbx@pbx.example>"])
def test_where_the_provider_vouches_for_no_number_the_caller_s_own_word_is_taken(asserted: str) -> None:
    assert caller(f"sip:{ELDER}@pbx.example", asserted=asserted) == ELDER
    assert caller(f"sip:{ELDER}@pbx.example") == ELDER


def test_a_local_number_is_completed_by_our_area_code() -> None:
    assert caller("sip:5550001@pbx.example") == ELDER


def test_who_withholds_the_number_has_none() -> None:
    assert caller("sip:anonymous@anonymous.invalid") == ""
    assert caller(None) == ""
