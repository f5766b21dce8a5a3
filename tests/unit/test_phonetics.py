"""How near one sound is to another."""

from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.phonetics import PhraseBook, Sounded, sounds_of
from speech.phonetics.espeak import Voice, voice_of
from speech.phonetics.latin import LatinSounds
from speech.phonetics.mandarin import MandarinSounds, _syllables, parse
from speech.phonetics.tables import PhonemeTable, load_table
from speech.types import Language
from speech.wording import fold

MANDARIN = MandarinSounds.shipped()
SPANISH = LatinSounds.shipped("es")
ENGLISH = LatinSounds.shipped("en")
SYLLABLES = (
    "shuai1",
    "shui4",
    "xiong1",
    "xiang3",
    "zhi3",
    "zi3",
    "nan2",
    "lan2",
    "hui1",
    "fei1",
    "jue2",
    "er2",
    "ng2",
)


@given(st.sampled_from(SYLLABLES), st.sampled_from(SYLLABLES))
def test_a_mistake_costs_the_same_both_ways(one: str, other: str) -> None:
    assert MANDARIN.cost(one, other) == pytest.approx(MANDARIN.cost(other, one))
    assert 0.0 <= MANDARIN.cost(one, other) <= 1.0
    assert (MANDARIN.cost(one, other) == 0.0) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("zhi3", "zi3"), ("nan2", "lan2"), ("shan1", "shang1"), ("chi1", "ci1"), ("shuai1", "shuai4")],
)
def test_sounds_that_dialects_merge_are_near(one: str, other: str) -> None:
    assert MANDARIN.cost(one, other) < 0.12


def test_a_tone_costs_next_to_nothing_and_another_syllable_a_lot() -> None:
    assert MANDARIN.cost("tong4", "tong1") < 0.1
    assert MANDARIN.cost("tong4", "ai4") > 0.5


def test_a_syllable_is_taken_apart() -> None:
    assert parse("zhuang") == ("zh", "u", "a", "G")
    assert parse("yuan") == ("", "v", "E", "n")


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("胸口疼", "我的兄口疼啊"),
        ("喘不上气", "传不上气"),
        ("不想活了", "真不向活了"),
        ("煤气漏了", "没气楼了"),
    ],
)
def test_a_phrase_is_found_under_a_wrong_spelling(phrase: str, text: str) -> None:
    found = PhraseBook([Sounded((phrase,), 0.15)], MANDARIN).find([text])
    assert found
    assert found[0].cost < 0.1


def test_a_phrase_is_not_found_in_other_words() -> None:
    assert PhraseBook([Sounded(("胸口疼",), 0.12)], MANDARIN).find(["今天吃了两个馒头", ""]) == []


def test_letters_and_symbols_are_compared_without_a_fault() -> None:
    costs = MANDARIN.compare("Q", ["ma1", "Q", "三"])
    assert costs.tolist() == [1.0, 0.0, 1.0]


def test_spanish_b_and_v_and_silent_h_sound_the_same() -> None:
    assert SPANISH.cost("vaca", "baca") == 0.0
    assert SPANISH.cost("ospital", "hospital") == 0.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("casa", "caza"),  # seseo
        ("callo", "cayo"),  # yeísmo
        ("mareado", "mareao"),
        ("fatigas", "fatiga"),  # Cádiz, Havana
        ("puerta", "puelta"),  # San Juan
        ("fuego", "juego"),
        ("cansada", "cansáa"),
    ],
)
def test_accents_of_spanish_are_near_each_other(one: str, other: str) -> None:
    assert SPANISH.cost(one, fold(other, "es")) < 0.1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("breeze", "breathe"),
        ("free", "three"),
        ("hospital", "ospital"),
        ("heart", "hot"),
        ("knot", "not"),
        ("falling", "fallin"),
        ("latter", "ladder"),
        ("im", "i'm"),
        ("their", "there"),
    ],
)
def test_accents_and_the_telephone_bring_english_words_near(one: str, other: str) -> None:
    assert ENGLISH.cost(one, other) < 0.12


def test_english_near_words_are_nearer_than_others() -> None:
    near, far = ENGLISH.compare("breeze", ["breathe", "kitchen"])
    assert near < far
    assert far > 0.5


def test_the_telephone_loses_place_before_voice_and_voice_before_manner() -> None:
    place, voice, manner = (SPANISH.cost("pato", other) for other in ("cato", "bato", "mato"))
    assert place < voice < manner


@pytest.mark.parametrize(
    ("language", "phrase", "text"),
    [
        ("es", "no puedo respirar", "no puedo despirar"),
        ("es", "me duele el pecho", "me duele el becho"),
        ("es", "se me ha torcido la boca", "se me a torsido la poca"),
        ("en", "I have fallen over", "I have fallon ova"),
        ("en", "I can smell gas", "I can spell guess"),
        ("en", "pain in my chest", "bane in my jest"),
    ],
)
def test_a_phrase_is_found_under_another_spelling_of_its_sounds(
    language: Language, phrase: str, text: str
) -> None:
    book = PhraseBook([Sounded((fold(phrase, language),), 0.15)], sounds_of(language))
    assert book.find([fold(text, language)])


WORDS = st.text(alphabet="abcdefghijlmnopqrstuvyzñ", min_size=1, max_size=9)


@given(st.sampled_from(["es", "en"]), WORDS, WORDS)
def test_a_mistaken_word_costs_the_same_both_ways(language: Language, one: str, other: str) -> None:
    sounds = sounds_of(language)
    there, back = sounds.compare(one, [other])[0], sounds.compare(other, [one])[0]
    assert there == pytest.approx(back, abs=1e-5)
    assert 0.0 <= there <= 1.0
    assert sounds.compare(one, [one])[0] == 0.0


@given(st.sampled_from(["es", "en"]), st.text(max_size=60))
def test_no_text_at_all_disturbs_the_sounds(language: Language, text: str) -> None:
    sounds = sounds_of(language)
    for word in (text, fold(text, language), *text.split()):
        costs = sounds.compare(word, ["dolor", "pain", text])
        assert ((costs >= 0) & (costs <= 1)).all()
    PhraseBook([Sounded(("help me",), 0.2)], sounds).find([fold(text, language)])


def test_many_callers_at_once_get_the_pronunciations_that_one_gets() -> None:
    words = [f"{start}{vowel}{end}" for start in "bcdfg" for vowel in "aeiou" for end in ("nto", "rra", "do")]
    alone = [SPANISH.phonemes(word) for word in words]
    fresh = LatinSounds.shipped("es")
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(fresh.phonemes, words * 4))
    assert together == alone * 4


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [("es", "vaca", "baca"), ("es", "ospital", "hospital"), ("en", "knight", "night")],
)
def test_without_the_voice_spelling_rules_take_its_place(
    language: Language, one: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speech.phonetics.latin.voice_of", lambda _: None)
    sounds = LatinSounds.shipped(language)
    assert sounds.cost(one, other) == 0.0
    assert sounds.cost(one, "kitchen") > 0.4


def test_a_library_that_cannot_be_loaded_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ImportError("no espeak-ng for this machine")

    monkeypatch.setattr("speech.phonetics.espeak._speaker", missing)
    assert voice_of.__wrapped__("es") is None


def test_a_word_on_which_the_voice_fails_has_no_pronunciation() -> None:
    class Broken:
        def text_to_phonemes(self, _: str) -> str:
            raise RuntimeError("out of memory")

    assert Voice(Broken()).phonemes("hola") == ()


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_phoneme_of_the_lexicon_is_in_the_table(language: Language) -> None:
    table = load_table("latin", PhonemeTable)
    known = set(table.consonants) | set(table.vowels) | set("0123456789")
    source = resources.files("speech").joinpath("lexicons", f"{language}.yaml").read_text(encoding="utf-8")
    sounds = LatinSounds.shipped(language)
    words = {word for line in source.splitlines() for word in fold(line, language).split()}
    spoken = {sign for word in words for sign in sounds.phonemes(word)}
    assert spoken <= known


def test_what_elders_say_is_not_remembered_for_ever() -> None:
    """A gateway hears other words for years; some of them are kept at hand, and no more."""
    for number in range(6000):
        MANDARIN.spell(chr(0x4E00 + number) + "疼")
    kept = _syllables.cache_info()
    assert kept.maxsize is not None
    assert kept.currsize <= kept.maxsize < 6000
