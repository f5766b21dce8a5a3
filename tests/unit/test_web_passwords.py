"""Passwords are kept as hashes that tell nothing."""

import pytest

from web.passwords import WeakPasswordError, hash_password, password_matches


def test_a_password_opens_its_own_hash_and_no_other():
    kept = hash_password("persimmons in autumn")
    assert password_matches("persimmons in autumn", kept)
    assert not password_matches("persimmons in winter", kept)


def test_the_same_password_is_hashed_differently_for_two_workers():
    assert hash_password("persimmons in autumn") != hash_password("persimmons in autumn")


def test_the_hash_is_argon2id():
    assert hash_password("persimmons in autumn").startswith("$argon2id$")


@pytest.mark.parametrize("kept", ["", "not a hash", "$argon2id$broken"])
def test_an_account_without_a_proper_hash_cannot_be_entered(kept):
    assert not password_matches("", kept)
    assert not password_matches("anything at all", kept)


def test_a_password_that_is_too_short_is_refused_when_it_is_set():
    with pytest.raises(WeakPasswordError, match="at least 8"):
        hash_password("1234567")
