"""What a recogniser learnt is added to its model's weights, or refused: never half applied."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.recognizers.adaptation import fingerprint, model_files, read_adaptation, shipped_adaptation
from speech.recognizers.ct2_file import LowRank, WeightsError, add_to_weights, read_weights, variables

HALF, WHOLE = 4, 1


def string(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"


def variable(name: str, values: np.ndarray, kind: int = HALF) -> bytes:
    shape = b"".join(struct.pack("<I", size) for size in values.shape)
    head = string(name) + struct.pack("<B", values.ndim) + shape
    return head + struct.pack("<BI", kind, values.nbytes) + values.tobytes()


def weights_file(version: int = 6, **matrices: np.ndarray) -> bytes:
    parts = [variable("config/heads", np.array([8], np.int8), WHOLE)]
    parts += [variable(name.replace("__", "/"), matrix.astype("<f2")) for name, matrix in matrices.items()]
    head = struct.pack("<I", version) + string("WhisperSpec") + struct.pack("<II", 3, len(parts))
    return head + b"".join(parts) + struct.pack("<I", 0)


LAYER = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
OTHER = np.array([[7.0, 8.0]])


def adaptation(path: Path, **arrays: np.ndarray) -> Path:
    with path.open("wb") as file:
        np.savez_compressed(file, **{name.replace("__", "/"): array for name, array in arrays.items()})
    return path


def test_what_was_learnt_is_added_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(weights_file(layer__weight=LAYER, other__weight=OTHER))
    (tmp_path / "config.json").write_text("{}")
    learnt = adaptation(
        tmp_path / "learnt.npz",
        layer__up=np.array([[0.5], [1.0]], np.float16),
        layer__down=np.array([[2.0, 0.0, 4.0]], np.float16),
    )
    files = model_files(tmp_path, learnt)
    assert set(files) == {"model.bin", "config.json"}
    weights = read_weights(files["model.bin"])
    assert weights["layer/weight"].tolist() == [[2.0, 2.0, 5.0], [6.0, 5.0, 10.0]]
    assert weights["other/weight"].tolist() == OTHER.tolist()
    assert (tmp_path / "model.bin").read_bytes() == weights_file(layer__weight=LAYER, other__weight=OTHER)


def thin(rows: int, columns: int) -> LowRank:
    return LowRank(np.ones((rows, 1), np.float32), np.ones((1, columns), np.float32))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer/weight": thin(3, 2)}, "of shape"),
        ({"layer/weight": thin(2, 3), "strange/weight": thin(1, 1)}, "strange"),
    ],
)
def test_an_adaptation_of_another_model_changes_nothing(changes: dict[str, LowRank], message: str) -> None:
    data = bytearray(weights_file(layer__weight=LAYER))
    before = bytes(data)
    with pytest.raises(WeightsError, match=message):
        add_to_weights(data, changes)
    assert bytes(data) == before


def test_weights_of_another_version_are_refused() -> None:
    with pytest.raises(WeightsError, match="version 5"):
        list(variables(weights_file(version=5)))


@given(end=st.integers(min_value=0, max_value=60))
def test_weights_that_end_in_the_middle_are_refused(end: int) -> None:
    whole = weights_file(layer__weight=LAYER)
    with pytest.raises(WeightsError):
        list(variables(whole[:end]))


@given(st.binary(max_size=200))
def test_whatever_is_no_adaptation_is_refused(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("junk") / "learnt.npz"
    path.write_bytes(junk)
    with pytest.raises(WeightsError, match=r"learnt\.npz"):
        read_adaptation(path)


def test_an_adaptation_that_lacks_a_half_is_refused(tmp_path: Path) -> None:
    path = adaptation(tmp_path / "half.npz", layer__up=np.ones((2, 1), np.float16))
    with pytest.raises(WeightsError, match="half"):
        read_adaptation(path)


def test_an_adaptation_whose_halves_do_not_fit_is_refused(tmp_path: Path) -> None:
    path = adaptation(
        tmp_path / "odd.npz", layer__up=np.ones((2, 1), np.float16), layer__down=np.ones((2, 3), np.float16)
    )
    with pytest.raises(WeightsError, match="do not fit"):
        read_adaptation(path)


def test_other_models_are_left_as_they_are() -> None:
    assert shipped_adaptation("whisper-small") is None
    assert fingerprint(None) == b""


def test_what_is_shipped_fits_every_matrix_of_the_model() -> None:
    shipped = shipped_adaptation("whisper-base")
    assert shipped is not None
    learnt = read_adaptation(shipped)
    width, layers = 512, 6
    assert sum("self_attention" in name for name in learnt) == 2 * 2 * layers
    assert all(np.isfinite(change.full()).all() and width in change.shape for change in learnt.values())
    assert all(np.abs(change.full()).max() > 0 for change in learnt.values())
