from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.briefing import Caller, address_as, brief_for
from ivr.brief import Brief
from speech.types import LANGUAGES, Language

CALLER = Caller("滨河社区", "0533-5181234")


def brief(**about: Any) -> Brief:
    usual: dict[str, Any] = {
        "name": "王桂英",
        "sex": "female",
        "language": "zh-CN",
        "preferences": {},
        "module": "sleep",
        "caller": CALLER,
        "moment": datetime(2026, 11, 23, 2, 30, tzinfo=UTC),
        "timezone": "Asia/Shanghai",
    }
    return brief_for(**(usual | about))


@pytest.mark.parametrize(
    ("name", "sex", "language", "expected"),
    [
        ("王桂英", "female", "zh-CN", "王奶奶"),
        ("李 建国", "male", "zh-CN", "李爷爷"),
        ("赵敏", "unknown", "zh-CN", "赵老人家"),
        ("欧阳秀兰", "female", "zh-CN", "欧阳奶奶"),
        ("万俟", "male", "zh-CN", "万爷爷"),
        ("阿依古丽·买买提", "female", "zh-CN", "阿依古丽奶奶"),
        ("王桂英", "female", "es", "señora Wang"),
        ("单田芳", "male", "en", "Mr Shan"),
        ("尉迟恭敬", "male", "en", "Mr Yuchi"),
        ("张桂兰", "unknown", "en", "Zhang Guilan"),
        ("María García López", "female", "es", "señora García"),
        ("Juan Pérez", "male", "es", "señor Pérez"),
        ("Mary Ann Smith", "female", "en", "Ms Smith"),
        ("Pat Smith", "other", "en", "Pat Smith"),
    ],
)
def test_elders_are_addressed_with_respect(name: str, sex: str, language: Language, expected: str) -> None:
    assert address_as(name, sex, language) == expected


def test_an_elder_who_once_asked_for_slower_and_louder_is_spoken_to_so_from_the_start() -> None:
    told = brief(preferences={"speed": 0.85, "gain_db": 6})
    assert (told.speed, told.gain_db) == (0.85, 6.0)


@pytest.mark.parametrize(
    "rubbish", [{"speed": "slow"}, {"speed": None}, {"speed": float("nan")}, {"speed": True}]
)
def test_preferences_that_are_no_numbers_mean_the_usual_voice(rubbish: dict[str, Any]) -> None:
    assert brief(preferences=rubbish).speed == 1.0


def test_nobody_is_shouted_at_or_put_to_sleep() -> None:
    told = brief(preferences={"speed": 0.1, "gain_db": 60})
    assert (told.speed, told.gain_db) == (0.7, 12.0)


def test_this_afternoon_is_reckoned_by_the_elders_own_clock() -> None:
    assert brief().local_hour == 10.5
    assert brief(timezone="Nowhere").local_hour is None


def test_an_elder_whose_language_nobody_speaks_gets_no_brief() -> None:
    with pytest.raises(ValueError, match="does not speak"):
        brief(language="bo")


@given(st.text(min_size=1), st.sampled_from(["female", "male", "unknown"]), st.sampled_from(LANGUAGES))
def test_any_name_can_be_addressed(name: str, sex: str, language: Language) -> None:
    assert isinstance(address_as(name, sex, language), str)
