"""How a command gets its parts, and closes what it opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import ValidationError

from loop import wiring
from loop.cli.validation import first_problem
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.settings import Settings
from storage.database import Database


@dataclass(frozen=True)
class Opened:
    """Settings and the database they name."""

    settings: Settings
    database: Database

    def parts(self, slug: str) -> Parts:
        """The parts of one agent. Raises NotFound."""
        return wiring.parts_for(self.settings, self.database, slug)


def read_settings() -> Settings:
    """Settings from the environment. Raises InvalidInput naming the variable, never its value."""
    try:
        return Settings()
    except ValidationError as error:
        problem = first_problem(error)
        name = f"RATCHET_{problem.where.upper()}"
        raise InvalidInput(
            f"The setting {name} cannot be used.", field=name, remedy=f"Expected: {problem.why}."
        ) from None


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Opened]:
    """Open the database for one command. Raises StoreUnavailable."""
    chosen = settings or read_settings()
    database = wiring.open_database(chosen)
    try:
        yield Opened(settings=chosen, database=database)
    finally:
        database.close()
