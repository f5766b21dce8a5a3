"""Scripts: strict, complete in three languages, short enough to be listened to."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.dialogue import FINE, GRANNY, STANDARD, TelephoneCall, words_of

from ivr.script import (
    SHIPPED,
    ScriptError,
    all_sentences,
    document_of,
    load_script,
    script_from_document,
    sentences_for,
    sha256_of,
    shipped_scripts,
)
from ivr.script_texts import texts_in
from speech.types import LANGUAGES, Language, Urgency
from speech.weights import load_weights

STANDARD_FILE = SHIPPED / "standard.v1.yaml"

Document = dict[str, Any]


@pytest.fixture(scope="module")
def standard_document() -> Document:
    loaded: Document = yaml.safe_load(STANDARD_FILE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture
def document(standard_document: Document) -> Document:
    """The standard script as a coordinator would edit it."""
    return copy.deepcopy(standard_document)


def complaint_about(document: object) -> str:
    with pytest.raises(ScriptError) as caught:
        script_from_document(document, origin="mine.yaml")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("mine.yaml: ")
    return message


# What goes wrong is said in one line: file, place, remedy.


def test_a_missing_translation_names_the_question_and_the_language(document: Document) -> None:
    del document["core"][1]["text"]["es"]
    assert complaint_about(document) == "mine.yaml: core[1] falls.text.es: is missing; add it"


def test_a_misspelt_key_is_named(document: Document) -> None:
    document["core"][0]["colum"] = "健康管理"
    assert "core[0] wellbeing.colum: is not known here" in complaint_about(document)


def test_further_mistakes_are_counted(document: Document) -> None:
    del document["core"][1]["text"]["es"]
    del document["core"][2]["text"]["en"]
    assert complaint_about(document).endswith("(and 1 more)")


def test_an_empty_text_is_refused(document: Document) -> None:
    document["closing"]["usual"]["zh-CN"] = "  "
    assert "closing.usual.zh-CN: is empty" in complaint_about(document)


def test_seven_core_questions_are_too_many(document: Document) -> None:
    document["core"].append({**document["core"][0], "id": "seventh"})
    assert "at most 6" in complaint_about(document)


def test_two_questions_cannot_share_an_id(document: Document) -> None:
    document["core"][1]["id"] = "wellbeing"
    assert "question id wellbeing is used twice" in complaint_about(document)


def test_a_question_cannot_take_the_id_of_the_dialogues_own_turn(document: Document) -> None:
    document["core"][0]["id"] = "confirm"
    assert "taken by the dialogue itself" in complaint_about(document)


def test_a_question_cannot_hear_what_the_lexicon_does_not_know(document: Document) -> None:
    document["core"][0]["hears"] = "weather"
    assert "core[0] wellbeing.hears" in complaint_about(document)


def test_the_greeting_may_not_name_the_elder(document: Document) -> None:
    document["opening"]["greeting"]["en"] += " I am calling {name}."
    complaint = complaint_about(document)
    assert "opening.greeting" in complaint
    assert "may not mention {name}" in complaint


def test_the_message_on_a_machine_may_not_name_the_elder(document: Document) -> None:
    document["opening"]["machine_message"]["zh-CN"] += "请转告{address_as}。"
    assert "may not mention {address_as}" in complaint_about(document)


def test_words_to_a_stranger_may_not_address_the_elder(document: Document) -> None:
    document["identity"]["leave_word"]["zh-CN"] += "祝{address_as}健康。"
    assert "may not mention {address_as}" in complaint_about(document)


def test_a_translation_that_loses_the_number_is_refused(document: Document) -> None:
    document["opening"]["machine_message"]["es"] = "Buenos días, de parte de {organisation}."
    assert "lacks {callback_number}" in complaint_about(document)


def test_a_brace_that_is_not_closed_is_named(document: Document) -> None:
    document["core"][0]["text"]["en"] = "How are you, {name?"
    assert "brace that is not closed" in complaint_about(document)


def test_an_urgent_key_must_say_what_is_wrong(document: Document) -> None:
    document["core"][1]["keys"]["3"] = {"answer": "problem", "urgency": "urgent"}
    assert "needs a code" in complaint_about(document)


def test_keys_cannot_be_turned_round(document: Document) -> None:
    document["core"][1]["keys"] = {
        "1": {"answer": "problem"},
        "2": {"answer": "concern"},
        "3": {"answer": "ok"},
    }
    assert "key 1 is always the good answer" in complaint_about(document)


def test_a_question_without_key_hint_is_refused(document: Document) -> None:
    del document["core"][0]["keys_hint"]
    assert "say what 1, 2 and 3 mean here" in complaint_about(document)


def test_an_emergency_without_advice_is_refused(document: Document) -> None:
    del document["concerns"]["chest_pain"]["reply"]
    assert "concerns.chest_pain: is an emergency without a reply" in complaint_about(document)


def test_the_stand_in_for_a_nameless_cry_must_be_there(document: Document) -> None:
    del document["concerns"]["help"]
    assert "concerns lacks help" in complaint_about(document)


def test_a_list_is_no_script() -> None:
    assert "is not a script" in complaint_about(["core"])


# Files and versions.


def write(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_an_unknown_script_lists_what_there_is() -> None:
    with pytest.raises(ScriptError, match=r'no script "weekly"; there are: standard \(version 1\)'):
        load_script("weekly")


def test_an_unknown_version_lists_what_there_is() -> None:
    with pytest.raises(ScriptError, match='"standard" has no version 9; there are: 1'):
        load_script("standard", 9)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"nowhere\.yaml cannot be read: No such file"):
        load_script(str(tmp_path / "nowhere.yaml"))


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"mine\.yaml, line 3: not readable as YAML"):
        load_script(write(tmp_path, "id: mine\nversion: [1\n"))


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"line 2: .*the key id is written twice"):
        load_script(write(tmp_path, "id: mine\nid: yours\n"))


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes("title: 日常问安".encode("gb18030"))
    with pytest.raises(ScriptError, match="save it as UTF-8"):
        load_script(str(path))


def test_a_file_of_another_version_is_refused() -> None:
    with pytest.raises(ScriptError, match="is version 1 of the script standard, not 2"):
        load_script(str(STANDARD_FILE), 2)


def test_every_shipped_script_loads_under_its_name_and_version() -> None:
    shipped = shipped_scripts()
    assert shipped["standard"][0] == 1
    for name, versions in shipped.items():
        for version in versions:
            script = load_script(name, version)
            assert (script.id, script.version) == (name, version)


def test_the_newest_version_is_taken_unless_one_is_named() -> None:
    assert load_script("standard").version == shipped_scripts()["standard"][-1]


def test_a_script_survives_being_stored() -> None:
    stored = document_of(STANDARD)
    again = script_from_document(stored, origin="ledger")
    assert again == STANDARD
    assert sha256_of(again) == sha256_of(STANDARD)


def test_a_changed_word_changes_the_fingerprint(document: Document) -> None:
    before = sha256_of(STANDARD)
    document["core"][0]["text"]["zh-CN"] = "您身体怎么样？"
    assert sha256_of(script_from_document(document, origin="mine.yaml")) != before


# What the standard script is.


def test_it_asks_six_core_questions_one_module_and_a_warm_last_one() -> None:
    assert [question.id for question in STANDARD.agenda("anti_fraud")] == [
        "wellbeing",
        "falls",
        "eating",
        "mood",
        "safety",
        "help_needed",
        "fraud_contact",
        "anything_else",
    ]


def test_it_covers_every_dimension_of_a_visit() -> None:
    assert {question.dimension for question in STANDARD.questions()} == {
        "health",
        "money",
        "home_safety",
        "needs",
        "other",
    }


def test_there_is_a_module_for_every_month() -> None:
    names = {module.id for module in STANDARD.modules}
    assert len(names) >= 12
    assert names >= {"winter_heating", "anti_fraud", "home_safety", "falls_prevention", "benefits", "meals"}


def test_urgent_codes_of_scoring_have_words_for_the_elder() -> None:
    """What scoring ranks orange or red must be sayable in a confirming question."""
    weights = load_weights()
    grave = {code for code, weight in weights.codes.items() if weight.points >= 50}
    assert grave <= set(STANDARD.concerns)


def test_key_codes_are_known_to_scoring() -> None:
    weights = load_weights()
    used = {code for question in STANDARD.questions() for key in question.keys.values() for code in key.codes}
    assert used <= {*weights.codes, *weights.control}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_greeting_says_all_that_the_wary_want_to_know(language: Language) -> None:
    greeting = words_of(STANDARD, GRANNY, "opening.greeting", language)
    robot = {"zh-CN": "机器人", "es": "robot", "en": "robot"}[language]
    money = {"zh-CN": "不要钱", "es": "Nunca pedimos dinero", "en": "never ask for money"}[language]
    assert robot in greeting
    assert money in greeting
    assert GRANNY.organisation in greeting
    assert "{" not in greeting


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("module", [module.id for module in STANDARD.modules])
def test_a_smooth_call_keeps_the_robot_talking_for_a_minute_and_a_half_at_most(
    language: Language, module: str
) -> None:
    call = TelephoneCall(language=language, module=module).reaches_the_elder()
    while not call.state.over:
        call.says(FINE)
    assert seconds_of("".join(call.everything_said), language) <= 90


def seconds_of(text: str, language: Language) -> float:
    """At 180 Chinese characters or 150 words a minute, the pace that suits elders."""
    if language == "zh-CN":
        return len(re.findall(r"[\u4e00-\u9fff]", text)) / 180 * 60
    return len(re.findall(r"\w+(?:'\w+)?", text)) / 150 * 60


LONGEST_SENTENCE: dict[Language, Callable[[str], bool]] = {
    "zh-CN": lambda sentence: len(re.findall(r"[\u4e00-\u9fff]", sentence)) <= 34,
    "es": lambda sentence: len(sentence.split()) <= 26,
    "en": lambda sentence: len(sentence.split()) <= 26,
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_too_long_to_be_followed(language: Language) -> None:
    too_long = [
        sentence for sentence in all_sentences(STANDARD, language) if not LONGEST_SENTENCE[language](sentence)
    ]
    assert too_long == []


def test_reprompts_get_shorter() -> None:
    for kind in (STANDARD.reprompt.no_input[:2], STANDARD.reprompt.no_match):
        for language in LANGUAGES:
            lengths = [len("".join(text.of(language))) for text in kind]
            assert lengths == sorted(lengths, reverse=True)


def test_nobody_is_asked_to_press_digits_written_as_figures() -> None:
    """A synthesiser may read 1 as "first" or "one hundred"; numbers are written as they are said."""
    for _, text in texts_in(STANDARD):
        for language in LANGUAGES:
            assert not re.search(r"\d", "".join(text.of(language)))


def test_despair_is_not_met_with_press_one() -> None:
    suicide = STANDARD.concerns["suicide"]
    assert suicide.confirm is not None
    assert suicide.reply is not None
    press: dict[Language, str] = {"zh-CN": "按", "es": "pulse", "en": "press"}
    for language, key in press.items():
        assert key not in "".join(suicide.confirm.of(language) + suicide.reply.of(language))


def test_whoever_should_get_out_is_not_kept_talking() -> None:
    for code in ("fire", "gas", "intruder", "abuse"):
        assert STANDARD.concerns[code].ask_no_more


def test_every_emergency_names_whom_to_call() -> None:
    for code, concern in STANDARD.concerns.items():
        if concern.level is Urgency.EMERGENCY:
            assert concern.reply is not None
            assert re.search(r"\{(medical|fire|police|support)\}", "".join(concern.reply.zh)), code


# Listing what will be said, to render it beforehand.


@pytest.mark.parametrize("language", LANGUAGES)
def test_fixed_sentences_have_no_gaps_left_and_come_once(language: Language) -> None:
    sentences = all_sentences(STANDARD, language)
    assert len(sentences) == len(set(sentences))
    assert not [sentence for sentence in sentences if "{" in sentence]


def test_confirming_questions_are_listed_for_every_concern() -> None:
    sentences = all_sentences(STANDARD, "zh-CN")
    assert "我好像听到您说胸口疼，是不是？" in sentences
    assert "我好像听到您说发烧，是不是？" in sentences


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_a_call_says_was_listed(language: Language) -> None:
    call = TelephoneCall(language=language, recap="上次您说腰疼。好些了吗？").reaches_the_elder()
    while not call.state.over:
        call.says(FINE)
    assert set(call.everything_said) <= set(sentences_for(STANDARD, call.brief))


def test_only_the_module_of_the_call_is_listed() -> None:
    sentences = sentences_for(STANDARD, GRANNY)
    assert "您家里暖和吗？" in sentences
    assert "夜里睡得好吗？" not in sentences
