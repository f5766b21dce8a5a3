"""What a recogniser has learnt about elders on telephones, added to a model's own weights as it is loaded.

Each matrix W of the model becomes W + up · down, two thin matrices that ``make tune-whisper`` learnt
(low-rank adaptation, arXiv:2106.09685) and that come with the package. The model's files stay as fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from speech.recognizers.ct2_file import LowRank, WeightsError, add_to_weights

_WEIGHTS = "model.bin"
_BESIDE = ("config.json", "tokenizer.json", "vocabulary.txt", "vocabulary.json", "preprocessor_config.json")


def shipped_adaptation(model: str) -> Traversable | None:
    """The adaptation that comes with the package for a model of the catalogue, if there is one."""
    found = resources.files("speech").joinpath("recognizers", "adaptations", f"{model}.npz")
    return found if found.is_file() else None


def model_files(folder: Path, adaptation: Traversable | Path | None) -> dict[str, bytes]:
    """The files of a model folder by name, with an adaptation, if there is one, added to the weights.

    Raises WeightsError when the adaptation is damaged or made for another model.
    """
    data = bytearray((folder / _WEIGHTS).read_bytes())
    if adaptation is not None:
        add_to_weights(data, read_adaptation(adaptation))
    files = {name: (folder / name).read_bytes() for name in _BESIDE if (folder / name).is_file()}
    return {**files, _WEIGHTS: bytes(data)}


def read_adaptation(path: Traversable | Path) -> Mapping[str, LowRank]:
    """By the name of each matrix what is to be added to it. Raises WeightsError."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            parts = {name: np.asarray(arrays[name], np.float32) for name in arrays.files}
        names = {name.rsplit("/", 1)[0] for name in parts}
        pairs = {name: (parts[f"{name}/up"], parts[f"{name}/down"]) for name in sorted(names)}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise WeightsError(f"the adaptation {path} cannot be used: {error}") from error
    for name, (up, down) in pairs.items():
        if (up.ndim, down.ndim) != (2, 2) or up.shape[1] != down.shape[0]:
            raise WeightsError(f"the adaptation {path} cannot be used: the two matrices of {name} do not fit")
    return {f"{name}/weight": LowRank(up, down) for name, (up, down) in pairs.items()}


def fingerprint(adaptation: Traversable | Path | None) -> bytes:
    """A short mark of an adaptation's content; empty without one."""
    if adaptation is None:
        return b""
    with adaptation.open("rb") as file:
        return hashlib.sha256(file.read()).digest()
