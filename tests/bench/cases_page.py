"""What the Cases page and Today's words about examiners cost beside a million feedback rows.

One SQLite database: a million interactions and feedback rows, 6,000 dev and sealed cases by 60 people on 77 topics,
cases of the log besides, a first audit. Every read of the page is timed on its own and together.
Run: `uv run python -m tests.bench.cases_page`; `--rows 100000` measures less.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from loop import desk, wiring
from loop.ports import Parts
from loop.records import Actor, Agent, Bundle, Changes, EvalCase, Grading, Role, Split
from loop.settings import Settings
from storage.database import Database
from storage.queries import Scope
from storage.queries import cases as queries
from storage.queries.cases import CaseFilter
from tests.bench.feedback_world import START, World
from tests.bench.printing import finish, say

PEOPLE = 60
TOPICS = 77
EXAMINING = 3_000
"""Cases of the dev and of the sealed set: the most there can be."""
LOGGED = 100_000
REPEATS = 30
_BATCH = 2_000
OLGA = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="Interactions, and feedback rows.")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'bench.db'}")
        parts = _filled(database, rows=chosen.rows, seed=chosen.seed)
        scope = Scope(engine=database.engine, agent="bench")
        reads: dict[str, Callable[[], object]] = {
            "composition": lambda: queries.composition(scope),
            "coverage": lambda: queries.coverage(scope),
            "listed": lambda: queries.list_cases(scope, CaseFilter()),
            "listed_narrowed": lambda: queries.list_cases(scope, CaseFilter(split=Split.LOG, author="person-7")),
            "examination": lambda: desk.examination(parts),
        }
        figures: dict[str, float] = {}
        together = [0.0] * REPEATS
        for name, read in reads.items():
            took = [_milliseconds(read) for _ in range(REPEATS)]
            together = [one + more for one, more in zip(together, took, strict=True)]
            figures[f"{name}_ms"] = statistics.median(took)
        figures["page_ms"] = statistics.median(together)
        figures["page_p95_ms"] = sorted(together)[int(REPEATS * 0.95)]
        database.close()
    finish(
        {name: round(value, 1) for name, value in figures.items()} | {"n": chosen.rows, "repeats": REPEATS},
        name="cases_page",
        seed=chosen.seed,
        units={"*_ms": "milliseconds of wall clock, medians", "page_p95_ms": "milliseconds, all reads of the page"},
    )


def _milliseconds(read: Callable[[], object]) -> float:
    began = time.perf_counter()
    read()
    return (time.perf_counter() - began) * 1000


def _filled(database: Database, *, rows: int, seed: int) -> Parts:
    agent = Agent(slug="bench", name="Bench", created_at=START)
    store = database.create_agent(agent, Bundle(), now=START, actor="bench")
    world, left = World("bench", seed=seed), rows
    while left > 0:
        some = list(world.take(min(_BATCH, left)))
        store.append(interactions=[one for one, _ in some], feedback=[one for _, one in some])
        left -= len(some)
        if left % 100_000 < _BATCH:
            say(f"{rows - left:,} rows")
    splits = [Split.DEV] * EXAMINING + [Split.SEALED] * EXAMINING + [Split.LOG] * LOGGED
    for first in range(0, len(splits), _BATCH):
        numbered = enumerate(splits[first : first + _BATCH], start=first)
        store.commit(Changes(cases=tuple(_case(number, split) for number, split in numbered)))
    with database.engine.begin() as connection:
        connection.execute(sa.text("ANALYZE"))
    now = START + timedelta(days=400)
    parts = replace(wiring.parts_for(Settings(), database, "bench"), clock=lambda: now)
    audit = desk.begin_audit(parts, actor=OLGA)
    for case_id, case in store.cases_by_id(audit.case_ids).items():
        desk.answer_question(parts, audit.id, case_id, actor=OLGA, answer=case.expected)
    return parts


def _case(number: int, split: Split) -> EvalCase:
    return EvalCase(
        id=f"case{number}",
        agent="bench",
        split=split,
        group=f"customer-{number}",
        question=f"a question of some length about number {number}, as people ask them of an agent every day",
        grading=Grading.LABEL,
        expected=f"intent-{number % TOPICS}",
        topic=f"intent-{number % TOPICS}",
        author=f"person-{number % PEOPLE}",
        feedback_id=f"f{number}",
        interaction_id=f"i{number}",
        at=START + timedelta(minutes=number),
    )


if __name__ == "__main__":
    main()
