"""Personal fields are sealed with a key that only its owner can read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from records.keyring import Keyring, KeyringError

RING = Keyring(Fernet.generate_key())
OTHER = Keyring(Fernet.generate_key())


@given(st.text())
def test_what_was_sealed_opens_again_and_shows_nothing_meanwhile(words: str) -> None:
    sealed = RING.seal(words)
    assert RING.open(sealed) == words
    assert len(words) < 4 or words not in sealed


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(KeyringError, match="does not open with this key file"):
        OTHER.open(RING.seal("王秀兰"))


def test_sealed_values_are_found_by_a_hash_that_needs_the_key() -> None:
    assert RING.lookup_key("+865335550101") == RING.lookup_key("+865335550101")
    assert RING.lookup_key("+865335550101") != OTHER.lookup_key("+865335550101")
    assert len(RING.lookup_key("")) == 64


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "var" / "wenan.key"
    sealed = Keyring.at(file).seal("王秀兰")
    assert file.stat().st_mode & 0o777 == 0o600
    assert Keyring.at(file).open(sealed) == "王秀兰"
    assert [path.name for path in file.parent.iterdir()] == ["wenan.key"]


def test_programs_that_start_at_the_same_time_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(Keyring.at, [tmp_path / "wenan.key"] * 8))
    assert len({ring.lookup_key("x") for ring in rings}) == 1


def test_a_spoilt_or_unreachable_key_file_is_told_in_one_line(tmp_path: Path) -> None:
    spoilt = tmp_path / "wenan.key"
    spoilt.write_text("not a key")
    with pytest.raises(KeyringError, match=r"wenan\.key cannot be used: it does not hold a key"):
        Keyring.at(spoilt)
    with pytest.raises(KeyringError, match="cannot be used"):
        Keyring.at(spoilt / "below a file")
    with pytest.raises(KeyringError, match="Is a directory"):
        Keyring.at(tmp_path)
