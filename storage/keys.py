"""Message authentication of the journal (HMAC-SHA-256) with a secret that is not in the database.

Whoever can write to the database can compute every hash in it, but not this. The first key signs, all of them verify;
a key that was lost can be named as lost, and what it signed then rests on the chain and the anchors alone.
"""

import hashlib
import hmac
import logging
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from loop.errors import InvalidInput

_LEAST = 32
"""Characters of a key, at least."""
_log = logging.getLogger("ratchet.journal")

Signed = Literal["good", "bad", "unknown", "lost", "none"]
"""What a signature is worth: of `unknown` and `lost` the key is not here; `none`: there is no signature."""


@dataclass(frozen=True)
class JournalKeys:
    """The secrets at hand."""

    keys: tuple[bytes, ...] = ()
    """The first signs; without any, entries are not signed."""
    lost: frozenset[str] = frozenset()
    """Names of keys the operator says are lost."""
    began: datetime | None = None
    """When the key that signs was first used: entries from then on are signed. None: not known."""

    @property
    def name(self) -> str:
        """Of the key that signs; empty without one. Tells nothing of the secret."""
        return _name(self.keys[0]) if self.keys else ""

    def sign(self, text: str) -> str:
        """Name of the key and HMAC of the text; empty without a key."""
        return f"{self.name}:{_mac(self.keys[0], text)}" if self.keys else ""

    def check(self, text: str, signature: str) -> Signed:
        """Whether a signature is of this text."""
        if not signature:
            return "none"
        name, _, mac = signature.partition(":")
        for key in self.keys:
            if _name(key) == name:
                return "good" if hmac.compare_digest(_mac(key, text), mac) else "bad"
        return "lost" if name in self.lost else "unknown"


def read_keys(path: Path, *, given: str = "") -> JournalKeys:
    """The keys `given` (by comma; from the environment), else those of the file, which is made when there is none.

    The file holds one key a line, `lost NAME` for one that is gone, and `began NAME TIME` for when each was first used.
    Raises InvalidInput for a key that is too short.
    """
    keys = tuple(_checked(one, field="RATCHET_JOURNAL_KEY") for one in given.split(",") if one.strip())
    try:
        lines = _lines(path)
        if not keys and not any(" " not in line for line in lines):
            _append(path, f"{secrets.token_hex(32)}  # signs the journal; keep a copy")
            lines = _lines(path)
        keys = keys or tuple(_checked(line, field=path.name) for line in lines if " " not in line)
        name = _name(keys[0])
        if not any(line.startswith(f"began {name} ") for line in lines):
            _append(path, f"began {name} {datetime.now(UTC).isoformat()}")
            lines = _lines(path)
    except OSError as error:
        if not keys:
            _log.warning("The journal is not signed: %s cannot be used (%s).", path, error.strerror)
        return JournalKeys(keys=keys)
    began = [line.split()[2] for line in lines if line.startswith(f"began {name} ")]
    lost = frozenset(line.split()[1] for line in lines if line.startswith("lost "))
    return JournalKeys(keys=keys, lost=lost, began=datetime.fromisoformat(min(began)))


def name_lost(path: Path, name: str) -> None:
    """Say that a key is lost, so that what it signed is no longer asked for. Raises InvalidInput."""
    if not name or not all(one in "0123456789abcdef" for one in name):
        raise InvalidInput("This is not the name of a key.", field="--lost-key", remedy="`ratchet audit` shows it.")
    _append(path, f"lost {name}  # said on {datetime.now(UTC):%Y-%m-%d}")


def _lines(path: Path) -> list[str]:
    """Without comments and empty ones; none when there is no file."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [line for one in text.splitlines() if (line := one.partition("#")[0].strip())]


def _append(path: Path, line: str) -> None:
    """One line, in one write, to a file only its owner may read. Of two keys made at once the first one signs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    opened = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        os.write(opened, f"{line}\n".encode())
    finally:
        os.close(opened)


def _checked(text: str, *, field: str) -> bytes:
    key = text.strip()
    if len(key) < _LEAST:
        raise InvalidInput(
            "A key of the journal is too short.", field=field, remedy=f"It takes {_LEAST} characters or more."
        )
    return key.encode()


def _name(key: bytes) -> str:
    return hashlib.sha256(b"ratchet journal key\0" + key).hexdigest()[:8]


def _mac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
