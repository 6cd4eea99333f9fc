"""A worker that imports a file and is killed on the way. Run as a module with a URL and a file; see killed_worker."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from loop import collect
from loop.ports import Arrivals, Checkpoint
from loop.records import Actor, Role
from storage.database import Database
from tests.builders import NOON
from tests.shell import killed_worker

BATCH = 10
"""Rows in one batch."""


def import_file(arrivals: Arrivals, file: Path, *, tell: Callable[[str], None] = lambda _: None) -> collect.FileReceipt:
    """As `ratchet import` does it, in small batches; `tell` hears how many rows are kept."""
    door = collect.Door(actor=Actor(name="olga", role=Role.ADMIN), action="import", journal="import file", at=NOON)
    options = collect.Options(default_at=NOON, batch_rows=BATCH)
    with file.open("rb") as stream:
        batches = collect.read_batches(
            stream, name=file.name, importer="feedback", agent="desk", now=NOON, options=options
        )
        return collect.receive_file(arrivals, batches, door=door, on_batch=lambda batch, _: tell(str(batch.lines_read)))


def work(url: str, *, file: Path, checkpoint: Checkpoint, tell: Callable[[str], None]) -> None:
    """One import, until the end."""
    import_file(Database.open(url).store("desk", checkpoint=checkpoint), file, tell=tell)


if __name__ == "__main__":
    killed_worker.main(sys.argv[1], work=partial(work, file=Path(sys.argv[2])))
