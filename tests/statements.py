"""What a database was asked: the statements of a piece of work, each with its parameters."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa


@contextmanager
def counted(engine: sa.Engine | type[sa.Engine] = sa.Engine) -> Iterator[list[tuple[str, str]]]:
    """The statements that run inside of it, and their parameters as text; those that only open a transaction left out.

    `engine`: one engine; every engine of the process when none is named.
    """
    seen: list[tuple[str, str]] = []

    def note(_connection: object, _cursor: object, statement: str, given: object, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append((" ".join(statement.split()), str(given)))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
