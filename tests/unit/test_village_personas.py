"""The demo village is complete and its file is checked."""

from pathlib import Path

import pytest

from ivr.script import load_script
from wenan.village.cues import Cues
from wenan.village.personas import VillageError, load_village
from wenan.village.villager import HELLO, UNASKED

OWN = {HELLO, UNASKED}


def test_there_are_twenty_four_people_with_a_number_each() -> None:
    village = load_village()
    assert len(village) == 24
    assert [persona.number for persona in village] == [f"+865335550{101 + n}" for n in range(24)]


def test_everybody_has_something_to_say_to_every_question_of_the_script() -> None:
    cues = Cues(load_script("standard"), "zh-CN").names
    for persona in load_village():
        assert cues <= persona.says.keys(), persona.id
        assert persona.says.keys() <= cues | OWN, persona.id


def test_every_red_flag_of_the_issue_is_called_for() -> None:
    called_for = {code for persona in load_village() for code in persona.expects.flags}
    assert {"chest_pain", "fall_now", "fall_recent", "gas", "suicide", "no_food", "in_hospital"} <= called_for


def test_two_people_with_one_number_are_refused(tmp_path: Path) -> None:
    village = tmp_path / "village.yaml"
    person = "{id: %s, title: {zh-CN: 甲, en: a}, number: '+861', voice: v, expects: {outcome: completed}}"
    village.write_text(f"usual: {{}}\npersonas:\n  - {person % 'a'}\n  - {person % 'b'}\n", encoding="utf-8")
    with pytest.raises(VillageError, match="share the number"):
        load_village(village)


@pytest.mark.parametrize("text", ["", "usual: [", "usual: {}\npersonas: [{id: a}]", "personas: []"])
def test_a_damaged_village_file_is_named_in_one_error(tmp_path: Path, text: str) -> None:
    village = tmp_path / "village.yaml"
    village.write_text(text, encoding="utf-8")
    with pytest.raises(VillageError, match=r"village\.yaml"):
        load_village(village)


def test_a_question_gives_its_cue_whatever_name_is_in_it() -> None:
    cues = Cues(load_script("standard"), "zh-CN")
    assert cues.of("请问您是欧阳秀英吗？") == "identity"
    assert cues.of("这阵子您摔过跤吗？") == "falls"
    assert cues.of("我好像听到您说胸口疼，是不是？") == "confirm"
    assert cues.of("那就好。") == ""
