"""The sentence encoder's file is read, texts are cut into its pieces, and damage is told in one line."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.meaning.packed import PackedModelError, open_packed, unpacked
from speech.meaning.pieces import Pieces
from speech.meaning.reader import MeaningWeightsError, Weights

PIECES = {
    "<s>": 0.0,
    "</s>": 0.0,
    "<unk>": 0.0,
    "▁": -2.0,
    "摔": -6.0,
    "倒": -6.0,
    "了": -4.0,
    "摔倒": -5.0,
    "▁摔": -9.0,
}


def packed_file(folder: Path) -> Path:
    """A file of the encoder's form with nine pieces, one replaced character and one tensor."""
    blob = b"".join(piece.encode() for piece in PIECES)
    lengths = [len(piece.encode()) for piece in PIECES]
    head = b"E5S1" + struct.pack("<I7ifi", 1, 32, 0, 1, 32, len(PIECES), 8, 1, 1e-5, 32)
    vocabulary = struct.pack("<5iQ", len(PIECES), 0, 1, 1, 2, len(blob))
    vocabulary += struct.pack(f"<{len(PIECES) + 1}I", *np.cumsum([0, *lengths]).tolist())
    vocabulary += struct.pack(f"<{len(PIECES)}f", *PIECES.values()) + blob
    replaced = struct.pack("<IBI", ord("！"), 1, ord("!"))
    vocabulary += struct.pack("<iI", 1, len(replaced)) + replaced
    name, block = b"emb.word", struct.pack("<e", 0.5) + bytes([0x9F]) * 16
    directory_size = 4 + 2 + len(name) + 1 + 4 + 8 + 8
    offset = len(head) + len(vocabulary) + directory_size
    directory = struct.pack("<i", 1) + struct.pack("<H", len(name)) + name
    directory += struct.pack("<BIQQ", 2, 32, offset, len(block))
    path = folder / "encoder.bin"
    path.write_bytes(head + vocabulary + directory + block)
    return path


def names(pieces: Pieces, text: str) -> list[str]:
    known = list(PIECES)
    return [known[number] for number in pieces.cut(text)[0]]


def test_a_text_is_cut_into_its_likeliest_pieces(tmp_path: Path) -> None:
    pieces = Pieces(open_packed(packed_file(tmp_path)).vocabulary)

    assert names(pieces, "摔倒了") == ["▁", "摔倒", "了"]
    assert names(pieces, "倒摔") == ["▁", "倒", "摔"]


def test_a_character_nobody_knows_is_unknown_and_the_rest_is_still_read(tmp_path: Path) -> None:
    pieces = Pieces(open_packed(packed_file(tmp_path)).vocabulary)

    assert names(pieces, "摔倒龘了") == ["▁", "摔倒", "<unk>", "了"]


@given(st.text(max_size=40))
def test_any_text_is_cut_without_losing_a_character(text: str) -> None:
    pieces = Pieces(open_packed(ENCODER[0]).vocabulary)
    cut, _ = pieces.cut(text)

    assert cut
    assert all(0 <= number < len(PIECES) for number in cut)


@given(st.text(max_size=40))
def test_each_piece_knows_where_in_the_text_it_stands(text: str) -> None:
    cut, places = Pieces(open_packed(ENCODER[0]).vocabulary).cut(text)

    assert len(cut) == len(places)
    assert places == sorted(places)
    covered = {at for start, end in places for at in range(start, end)}
    assert {at for at, letter in enumerate(text) if letter != " "} <= covered


ENCODER: list[Path] = []


@pytest.fixture(scope="module", autouse=True)
def _encoder(tmp_path_factory: pytest.TempPathFactory) -> None:
    ENCODER.append(packed_file(tmp_path_factory.mktemp("encoder")))


def test_weights_of_four_bits_are_unpacked_low_halves_first(tmp_path: Path) -> None:
    packed = open_packed(packed_file(tmp_path))

    assert unpacked(packed.blocks("emb.word")).tolist() == [3.5] * 16 + [0.5] * 16
    assert packed.matrix("emb.word", 32).shape == (1, 32)


@pytest.mark.parametrize("damage", [b"", b"E5S1", b"PK\x03\x04 something else altogether"])
def test_a_damaged_encoder_is_named_in_one_line(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "encoder.bin"
    path.write_bytes(damage)

    with pytest.raises(PackedModelError, match=r"encoder\.bin") as caught:
        open_packed(path)
    assert "\n" not in str(caught.value)


def test_an_encoder_cut_off_half_way_is_named(tmp_path: Path) -> None:
    whole = packed_file(tmp_path).read_bytes()
    path = tmp_path / "short.bin"
    path.write_bytes(whole[:90])

    with pytest.raises(PackedModelError, match=r"short\.bin"):
        open_packed(path)


def small_weights() -> Weights:
    return Weights(
        meanings=("fall_now", "ok/none"),
        vocabulary={"c:摔": 0, "c:好": 1},
        rarity=np.array([1.0, 2.0], np.float32),
        share=4.0,
        directions=np.zeros((2, 4), np.float32),
        counts=np.array([[2.0, -2.0], [-2.0, 2.0]], np.float16),
        bias=np.zeros(2, np.float32),
    )


def test_weights_are_the_same_after_packing() -> None:
    weights = Weights.read(small_weights().pack(), "weights.npz")

    assert weights.meanings == ("fall_now", "ok/none")
    assert dict(weights.vocabulary) == {"c:摔": 0, "c:好": 1}
    assert weights.counts.tolist() == small_weights().counts.tolist()


def test_what_was_counted_for_a_meaning_speaks_for_it() -> None:
    direction = np.zeros(4, np.float32)
    fallen = small_weights().probabilities("我摔了", "falls", "zh-CN", direction)
    well = small_weights().probabilities("好", "falls", "zh-CN", direction)

    assert fallen[0] > 0.9
    assert well[1] > 0.9
    assert fallen.sum() == pytest.approx(1.0)


def test_words_that_were_never_learnt_leave_all_meanings_as_likely_as_before() -> None:
    unknown = small_weights().probabilities("xyz", "falls", "zh-CN", np.zeros(4, np.float32))

    assert unknown.tolist() == [0.5, 0.5]


def test_damaged_weights_are_named_in_one_line() -> None:
    with pytest.raises(MeaningWeightsError, match=r"zh-CN\.npz"):
        Weights.read(b"not an archive", "zh-CN.npz")
