"""What a turn costs as history grows: idle, with 100 new items, and the first turn over everything.

Rows are made here: a quarter corrections by sixty people, the rest ratings by five thousand customers. One database
grows from 10,000 to 1,000,000 feedback items and is settled at each size; first turns are measured on databases of
their own. Run: `uv run python -m tests.bench.turn`; `--sizes 10000,100000` measures less.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from math import log
from pathlib import Path

from loop import engine, wiring
from loop.ports import Parts
from loop.records import Agent, Bundle
from loop.settings import Settings
from storage.database import Database
from tests.bench.feedback_world import LEADS, START, World
from tests.bench.printing import finish, say

NEW = 100
REPEATS = 5
_BATCH = 2_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000", help="Feedback items, ascending, by comma.")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    sizes = [int(size) for size in chosen.sizes.split(",")]
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        first = {size: _first_turn(Path(folder), size, seed=chosen.seed) for size in (10_000, 100_000)}
        figures["full_10k_s"], figures["full_100k_s"] = first[10_000], first[100_000]
        figures["full_exponent"] = log(first[100_000] / first[10_000]) / log(10)
        figures |= _growing(Path(folder), sizes, seed=chosen.seed)
    if "new100_s_1m" in figures:
        figures["growth_10k_to_1m"] = figures["new100_s_1m"] / figures["new100_s_10k"]
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    finish(
        {name: round(value, 3) for name, value in figures.items()} | {"n": sizes[-1], "repeats": REPEATS},
        name="turn",
        seed=chosen.seed,
        units={"*_s_*": "seconds of wall clock, medians", "peak_mb": "MB of resident memory, the largest"},
    )


def _agent(folder: Path, name: str) -> Parts:
    database = Database.open(f"sqlite:///{folder / name}.db")
    agent = Agent(slug="bench", name="Bench", trusted_authors=[f"bench:{lead}" for lead in LEADS], created_at=START)
    database.create_agent(agent, Bundle(), now=START, actor="bench", chance="turn")
    return wiring.parts_for(Settings(), database, "bench")


def _fill(parts: Parts, world: World, n: int) -> None:
    rows = list(world.take(n)) if n <= _BATCH else []
    if rows:
        parts.store.append(interactions=[asked for asked, _ in rows], feedback=[said for _, said in rows])
        return
    for start in range(0, n, _BATCH):
        _fill(parts, world, min(_BATCH, n - start))


def _settle(parts: Parts) -> None:
    """Turn until a turn finds nothing to do, as the worker would."""
    for _ in range(12):
        if not engine.turn(parts).did_something:
            return
    raise SystemExit("The loop does not settle.")


def _first_turn(folder: Path, size: int, *, seed: int) -> float:
    parts = _agent(folder, f"first-{size}")
    _fill(parts, World("bench", seed=seed), size)
    return _seconds(lambda: engine.turn(parts))


def _growing(folder: Path, sizes: Sequence[int], *, seed: int) -> dict[str, float]:
    parts, world = _agent(folder, "growing"), World("bench", seed=seed)
    figures: dict[str, float] = {}
    stored = 0
    for size in sizes:
        while stored < size:
            more = min(100_000, size - stored)
            _fill(parts, world, more)
            stored += more
            _settle(parts)
            say(f"{stored:,} items are settled.")
        name = f"{size // 1000}k" if size < 1_000_000 else f"{size // 1_000_000}m"
        figures[f"idle_s_{name}"] = statistics.median(_seconds(lambda: engine.turn(parts)) for _ in range(REPEATS))
        times = []
        for _ in range(REPEATS):
            _fill(parts, world, NEW)
            stored += NEW
            times.append(_seconds(lambda: engine.turn(parts)))
            _settle(parts)
        figures[f"new100_s_{name}"] = statistics.median(times)
        say(str({key: round(value, 3) for key, value in figures.items()}))
    return figures


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
