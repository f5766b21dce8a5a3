"""pypinyin's dictionaries, packed: the same for every phrase and character, and for whole sentences."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec, module_from_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import constants, load_phrases_dict
from pypinyin.phrases_dict import phrases_dict

from speech.lexicon import load_lexicon
from speech.phonetics.pinyin import Beginnings, Characters, Phrases, Style, lazy_pinyin

PHRASES = Phrases.shipped()
NAMES = sorted(phrases_dict)
BEGINNINGS = {name[:length] for name in NAMES for length in range(1, len(name) + 1)}


def test_every_phrase_is_read_as_the_library_reads_it():
    assert list(PHRASES) == NAMES, "run: python tools/pack_pinyin.py"
    assert all(PHRASES[name] == phrases_dict[name] for name in NAMES)


def test_every_character_is_read_as_the_library_reads_it():
    spec = find_spec("pypinyin.pinyin_dict")
    assert spec is not None
    assert spec.loader is not None
    fresh = module_from_spec(spec)
    spec.loader.exec_module(fresh)
    packed = Characters(fresh.pinyin_dict)
    assert list(packed) == sorted(fresh.pinyin_dict)
    assert all(packed[code] == readings for code, readings in fresh.pinyin_dict.items())
    assert isinstance(constants.PINYIN_DICT, Characters)
    assert all(constants.PINYIN_DICT[code] == readings for code, readings in fresh.pinyin_dict.items())


@given(st.sampled_from(NAMES), st.integers(1, 10), st.text("一不中了人的好胸口疼摔阳朝那些", max_size=3))
def test_beginnings_of_phrases_are_known_and_nothing_else(name: str, length: int, more: str):
    text = name[:length] + more
    assert (text in Beginnings(PHRASES)) == (text in BEGINNINGS)
    assert (text in PHRASES) == (text in phrases_dict)


def test_what_the_library_is_taught_later_comes_first():
    load_phrases_dict({"测试词语乙": [["cè"], ["shì"], ["cí"], ["yǔ"], ["zhōng"]]})
    try:
        assert lazy_pinyin("测试词语乙", style=Style.TONE3)[-1] == "zhong1"
    finally:
        del constants.PHRASES_DICT["测试词语乙"]
    assert lazy_pinyin("测试词语乙", style=Style.TONE3)[-1] == "yi3"


def test_an_unknown_phrase_or_character_is_no_answer():
    with pytest.raises(KeyError):
        PHRASES["没有这个词组的"]
    with pytest.raises(KeyError):
        constants.PINYIN_DICT[ord("a")]


def test_sentences_are_spelt_as_the_library_spells_them():
    lexicon = load_lexicon("zh-CN")
    said = [*lexicon.safety_phrases, "我去年在朝阳摔了一跤，那些药都吃完了", "银行行长还行吗 ok 3 点"]
    plain = (
        "import json, sys; from pypinyin import Style, lazy_pinyin;"
        "print(json.dumps([lazy_pinyin(each, style=Style.TONE3) for each in json.load(sys.stdin)]))"
    )
    library = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", plain], input=json.dumps(said), capture_output=True, text=True, check=True
    )
    assert [lazy_pinyin(each, style=Style.TONE3) for each in said] == json.loads(library.stdout)
