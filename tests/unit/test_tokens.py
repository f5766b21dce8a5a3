"""Of Whisper's tokens Mandarin keeps those that it needs, and with them everything can still be written."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from unit.test_adaptation import OTHER, weights_file

from speech.recognizers import tokens
from speech.recognizers.ct2_file import WeightsError, read_weights, with_rows
from speech.recognizers.tokens import EMBEDDINGS, TokenChoice, needed
from speech.types import LANGUAGES

LATIN, OTHERS = ["in", "the", "water", "ing"], ["д", "да", "ᄀ", "ᄒ", "ん"]
TIMES = ["<|0.00|>", "<|29.98|>"]
SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", "<|zh|>", "<|notimestamps|>"]


def letters(word: str) -> str:
    """A word as a vocabulary writes its bytes."""
    by_byte = {byte: letter for letter, byte in tokens._bytes_by_letter().items()}
    return "".join(by_byte[byte] for byte in word.encode())


@pytest.fixture(scope="module")
def whole() -> Tokenizer:
    """A vocabulary in the manner of Whisper's: every byte, words of some scripts, and what writes nothing."""
    known = dict(zip(tokens._bytes_by_letter(), range(256), strict=True))
    merges: list[tuple[str, str]] = []
    for word in ["救", "命", "救命", "。", *LATIN, *OTHERS]:
        parts = list(letters(word)) if word != "救命" else [letters("救"), letters("命")]
        while len(parts) > 1:
            joined = parts[0] + parts[1]
            if joined not in known:
                known[joined] = len(known)
                merges.append((parts[0], parts[1]))
            parts = [joined, *parts[2:]]
    made = Tokenizer(models.BPE(vocab=known, merges=merges))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([*SPECIAL, *TIMES])
    return made


@pytest.fixture
def choice(whole: Tokenizer) -> TokenChoice:
    found = needed(whole.to_str().encode(), "zh-CN")
    assert found is not None
    return found


def test_what_mandarin_needs_is_kept_and_other_scripts_and_times_are_not(
    whole: Tokenizer, choice: TokenChoice
) -> None:
    kept = {whole.id_to_token(token) for token in choice.kept}
    assert {letters(word) for word in ["救", "命", "救命", "。"]} <= kept
    assert set(SPECIAL) <= kept
    assert not set(TIMES) & kept
    assert not {letters(word) for word in OTHERS} & kept
    assert set(tokens._bytes_by_letter()) <= kept, "or something could not be spelt at all"


def test_only_the_most_frequent_latin_tokens_are_kept(
    whole: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "FREQUENT_LATIN", 128 + 1)
    choice = needed(whole.to_str().encode(), "zh-CN")
    assert choice is not None
    kept = {whole.id_to_token(token) for token in choice.kept}
    assert "in" in kept
    assert "water" not in kept


@given(said=st.text(max_size=30))
def test_whatever_is_said_can_be_written_with_what_is_kept(whole: Tokenizer, said: str) -> None:
    choice = needed(whole.to_str().encode(), "zh-CN")
    assert choice is not None
    text = said + "救命 water дaᄒ。"
    inner = choice.inner(whole.encode(text, add_special_tokens=False).ids)
    assert all(0 <= token < len(choice.kept) for token in inner)
    assert whole.decode(choice.outer(inner)) == text


def test_the_order_of_the_tokens_stays(choice: TokenChoice) -> None:
    assert all(one < next_one for one, next_one in pairwise(choice.kept))
    assert choice.inner(choice.kept) == list(range(len(choice.kept)))
    assert choice.outer(range(len(choice.kept))) == list(choice.kept)


@pytest.mark.parametrize("vocabulary", ["vocabulary.txt", "vocabulary.json"])
def test_the_files_of_a_model_are_cut_alike(whole: Tokenizer, choice: TokenChoice, vocabulary: str) -> None:
    names = [whole.id_to_token(number) for number in range(whole.get_vocab_size())]
    embeddings = np.arange(2.0 * len(names)).reshape(len(names), 2) / 4
    left_out = next(number for number in range(len(names)) if number not in choice.kept)
    files = choice.files(
        {
            "model.bin": weights_file(decoder__embeddings__weight=embeddings, other__weight=OTHER),
            "config.json": json.dumps(
                {"suppress_ids": [left_out, choice.kept[5]], "alignment_heads": [[3, 1]]}
            ).encode(),
            vocabulary: (
                "".join(f"{name}\n" for name in names) if vocabulary.endswith("txt") else json.dumps(names)
            ).encode(),
            "tokenizer.json": b"as it was",
        }
    )
    weights = read_weights(files["model.bin"])
    assert weights[EMBEDDINGS].tolist() == embeddings[list(choice.kept)].astype("<f2").tolist()
    assert weights["other/weight"].tolist() == OTHER.tolist()
    config = json.loads(files["config.json"])
    assert config["suppress_ids"] == [5]
    assert config["alignment_heads"] == [[3, 1]]
    text = files[vocabulary].decode()
    written = text.split("\n")[:-1] if vocabulary.endswith("txt") else json.loads(text)
    assert written == [names[token] for token in choice.kept]
    assert files["tokenizer.json"] == b"as it was"


def test_languages_in_latin_letters_keep_everything(whole: Tokenizer) -> None:
    cut = {language for language in LANGUAGES if needed(whole.to_str().encode(), language) is not None}
    assert cut == tokens.CUT == {"zh-CN"}


@pytest.mark.parametrize("name", ["strange", "config/heads"])
def test_what_is_no_matrix_is_not_cut(name: str) -> None:
    with pytest.raises(WeightsError, match=name):
        with_rows(weights_file(other__weight=OTHER), name, [0])
