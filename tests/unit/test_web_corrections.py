"""What a worker enters is read strictly: an alarm must say what it is about."""

import pytest

from speech.types import Urgency
from web.corrections import BadCorrectionError, Correction

CODES = ["chest_pain", "need_meals"]


def read(**form):
    return Correction.read({"answer": "problem", "urgency": "none", "code": "", **form}, CODES)


def test_a_grave_thing_with_its_code_is_taken():
    assert read(urgency="emergency", code="chest_pain") == Correction(
        "problem", Urgency.EMERGENCY, ("chest_pain",)
    )


def test_a_harmless_answer_needs_no_code():
    assert read(answer="ok").codes == ()


@pytest.mark.parametrize(
    "form",
    [
        {"urgency": "urgent"},
        {"urgency": "emergency"},
        {"urgency": "panic"},
        {"urgency": ""},
        {"answer": ""},
        {"answer": "silence"},
        {"code": "drop table"},
    ],
)
def test_what_cannot_be_is_refused(form):
    with pytest.raises(BadCorrectionError):
        read(**form)
