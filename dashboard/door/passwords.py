"""Passwords by argon2id with the library's own parameters; a few at a time, since each takes 64 MiB."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from loop.serve.refusal import Refusal

AT_A_TIME = 4
"""Hashes that are made at once."""
_WAITING = 32
"""People who sign in at once, at most."""


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


@asynccontextmanager
async def turn() -> AsyncIterator[None]:
    """Few passwords at a time, each 64 MiB, and few that wait: nobody keeps the desk busy with guesses."""
    turns = _turns()
    if turns.waiting >= _WAITING:
        raise Refusal(503, "busy", "Too many people sign in at once. Try again in a moment.")
    turns.waiting += 1
    try:
        async with turns.free:
            yield
    finally:
        turns.waiting -= 1


@cache
def passwords() -> Argon2:
    """One for the process."""
    return Argon2()


class _Turns:
    """Who tries a password, and who waits to."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(AT_A_TIME)
        self.waiting = 0


@cache
def _turns() -> _Turns:
    return _Turns()
