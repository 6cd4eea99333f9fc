"""Whether an audit finds what somebody with SQL changed: a list of changes, then random ones.

The list has the 27 changes that passed unseen before there was a record, and those of what was added since
(`tests.tampering`); random ones are of any table that decides. Each change is made on its own in a transaction on
SQLite, audited as it stands there, and taken back. Of a random one the part of the audit that looks at its table comes
first, and the whole audit where that finds nothing. The first change of the list is then made for good: it must stop
the next turn and the next answer.
Run: `uv run python -m tests.bench.tamper`; `--random 500` tries fewer.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from loop import engine, wiring
from loop.errors import BrokenChain
from loop.settings import Settings
from storage.database import Database
from storage.inspection import damage, inspect, strays
from storage.record import KINDS
from tests import tampering
from tests.bench.printing import finish, say


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=10_000, help="Random changes to try.")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'tamper.db'}", keys=tampering.KEYS)
        tampering.build(database)
        with database.engine.connect() as connection:
            if inspect(connection, "desk").faults or strays(connection) or damage(connection):
                raise SystemExit("The record does not follow before anything was changed.")
        missed = _listed(database)
        say(f"Of {len(tampering.CHANGES)} listed changes {len(missed)} were missed.")
        began = time.perf_counter()
        tried, unseen = _random(database, chosen.random, seed=chosen.seed)
        took = time.perf_counter() - began
        stopped = _stops(database)
        database.close()
    missed += unseen
    for name, n in Counter(missed).most_common():
        say(f"missed {n} times: {name}")
    finish(
        {
            "tried": len(tampering.CHANGES) + sum(tried.values()),
            "missed": len(missed),
            "tried_listed": len(tampering.CHANGES),
            "tried_random": sum(tried.values()),
            "tried_by_table": dict(sorted(tried.items())),
            "stopped_turn": stopped[0],
            "stopped_answer": stopped[1],
            "seconds": round(took, 1),
        },
        name="tamper",
        seed=chosen.seed,
        units={"tried": "changes made from outside", "missed": "of these not found by an audit; 0 is the aim"},
    )


def _listed(database: Database) -> list[str]:
    missed = []
    for name, change in tampering.CHANGES.items():
        connection = tampering.begin(database.engine)
        change(connection)
        if not inspect(connection, "desk").faults:
            missed.append(name)
        connection.close()
    return missed


def _random(database: Database, n: int, *, seed: int) -> tuple[Counter[str], list[str]]:
    """How many changes were tried, by table, and those that were not found. Refused ones do not count."""
    rng, tried, missed = random.Random(seed), Counter[str](), list[str]()
    connection = tampering.begin(database.engine)
    while sum(tried.values()) < n:
        with connection.begin_nested() as change:
            told = tampering.random_tamper(connection, rng)
            if told:
                table = told.partition(".")[0].partition(" ")[0]
                tried[table] += 1
                if not _is_found(connection, table):
                    missed.append(told)
                if sum(tried.values()) % 1000 == 0:
                    say(f"{sum(tried.values()):,} tried, {len(missed)} missed.")
            change.rollback()
    connection.close()
    return tried, missed


def _is_found(connection: sa.Connection, table: str) -> bool:
    match table:
        case "seal":
            parts: tuple[str, ...] = (*KINDS, "totals")
        case "head" | "audit":
            parts = ("live version", "totals")
        case "feedback" | "interaction" | "arrival_log":
            parts = ("arrivals",)
        case _:
            parts = (table,)
    first = inspect(connection, "desk", parts=parts).faults
    return bool(first or inspect(connection, "desk").faults or strays(connection) or _others(connection))


def _others(connection: sa.Connection) -> bool:
    """Whether the audit of an agent that was not there before finds something, or that of ours is gone."""
    slugs = set(connection.execute(sa.text("SELECT slug FROM agent")).scalars())
    return slugs != {"desk"} and any(inspect(connection, one).faults for one in slugs | {"desk"})


def _stops(database: Database) -> tuple[bool, bool]:
    """Make the first change of the list for good: whether it stops the next turn and the next answer."""
    parts = wiring.parts_for(Settings(), database, "desk")
    connection = tampering.begin(database.engine)
    next(iter(tampering.CHANGES.values()))(connection)
    connection.commit()
    connection.close()
    stopped = []
    for act in (lambda: engine.turn(parts), parts.store.live_bundle):
        try:
            act()
            stopped.append(False)
        except BrokenChain:
            stopped.append(True)
    return stopped[0], stopped[1]


if __name__ == "__main__":
    main()
