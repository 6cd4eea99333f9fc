"""Fifteen kinds of secrets and personal data to be sent through a door, and where any of them is found again."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from storage.database import Database
from storage.tables import metadata
from tests.bench.firewall_text.masking import Canary, canaries

KINDS = (
    "AWS key id", "GitHub token", "OpenAI key", "JSON web token", "private key", "database address",
    "password in a sentence", "PIN", "card with spaces", "IBAN with spaces", "e-mail", "phone, international",
    "US social security", "birth date", "IP address",
)  # fmt: skip
SECRETS = KINDS[:7]
"""What is masked in articles too, where personal data may be the answer."""


def planted() -> list[Canary]:
    """One of each of the fifteen kinds."""
    known = {one.name: one for one in canaries()}
    return [known[name] for name in KINDS]


def quoted(text: str) -> list[str]:
    """Kinds whose value stands in a text, as it is or as JSON spells it."""
    return [one.name for one in planted() if _stands(one.value, text) or _stands(json.dumps(one.value)[1:-1], text)]


def leaked(database: Database) -> set[str]:
    """Kinds whose value stands anywhere in any table, and the table."""
    found: set[str] = set()
    with database.engine.connect() as connection:
        for table in metadata.tables.values():
            rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            found |= {f"{name} in {table.name}" for name in quoted(json.dumps(rows, default=str, ensure_ascii=False))}
    return found


def _stands(value: str, text: str) -> bool:
    """Four digits stand somewhere in every digest: so short a value has to stand alone."""
    return re.search(rf"(?<![\w.]){re.escape(value)}(?!\w)", text) is not None if len(value) < 6 else value in text


def in_files(folders: Iterable[Path]) -> set[str]:
    """The same for files."""
    return {
        f"{name} in {path.name}"
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
        for name in quoted(path.read_bytes().decode("utf-8", "replace"))
    }
