"""Worker processes forked from one that imported everything once, and the terminal called as a shell would."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event

from loop import cli, desk
from storage.database import Database
from tests.shell import people_world
from tests.shell.fleet import Workers, workers


@dataclass(frozen=True)
class Said:
    """What one call of `ratchet` came to."""

    code: int
    out: str
    err: str


Ratchet = Callable[..., Said]


@pytest.fixture
def ratchet(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ratchet:
    """Calls the command as a shell would, on a fresh database."""
    monkeypatch.setenv("RATCHET_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("RATCHET_OPERATOR", "olga")

    def call(*words: str) -> Said:
        monkeypatch.setattr("sys.argv", ["ratchet", *words])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return Said(code=code, out=said.out, err=said.err)

    return call


@pytest.fixture
def selects(sqlite_database: Database) -> Iterator[dict[str, Any]]:
    """Every statement that reads, with the parameters of its last use."""
    statements: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.lstrip().upper().startswith("SELECT") and not many:
            statements[statement] = parameters

    event.listen(sqlite_database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(sqlite_database.engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def forker() -> Iterator[Workers]:
    """Forks workers for all tests."""
    with workers() as started:
        yield started


@pytest.fixture
def fleet(forker: Workers) -> Iterator[Workers]:
    """Workers of one test; none of them outlives it."""
    yield forker
    forker.end_all()


@pytest.fixture
def how() -> desk.Opening:
    """With what people are let in: a clock that stands still, and tokens one after the other."""
    return people_world.opening()
