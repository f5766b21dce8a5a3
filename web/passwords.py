"""Passwords of workers: hashed with Argon2id, never kept."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
"""Shortest password accepted, in characters (NIST SP 800-63B, 3.1.1)."""

_hasher = PasswordHasher()


class WeakPasswordError(ValueError):
    """A password is too short to be accepted."""


def hash_password(password: str) -> str:
    """Hash a new password for ``Worker.password_hash``. Raises WeakPasswordError when it is too short."""
    if len(password) < MIN_LENGTH:
        raise WeakPasswordError(f"A password needs at least {MIN_LENGTH} characters.")
    return _hasher.hash(password)


def password_matches(password: str, password_hash: str) -> bool:
    """Whether the password belongs to the hash.

    An empty hash (an account without a password, or no such account) never matches, and takes as long
    as any other, so that a stopwatch does not tell which logins exist.
    """
    try:
        _hasher.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


@cache
def _nobody() -> str:
    """A hash to compare with where there is none."""
    return _hasher.hash("nobody signs in with this")
