"""Passwords by argon2id with the library's own parameters; a few at a time, since each takes 64 MiB."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_A_TIME = 4
"""Hashes that are made at once."""


class Argon2:
    """What `loop.desk.Passwords` asks for. Safe to share between threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_A_TIME)
        self._nobody = self._hasher.hash("nobody has this password")

    def make(self, password: str) -> str:
        """What is kept of a password."""
        with self._turns:
            return self._hasher.hash(password)

    def fits(self, password: str, kept: str) -> bool:
        """Whether this is the password; where none is kept, another is looked at for as long."""
        with self._turns:
            try:
                return self._hasher.verify(kept or self._nobody, password) and bool(kept)
            except (VerificationError, InvalidHashError):
                return False
