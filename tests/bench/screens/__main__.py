"""Measure the screens and print one JSON object as the last line."""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from dashboard.menu import SCREENS
from loop import wiring
from loop.settings import Settings
from tests.bench.printing import finish, say
from tests.bench.screens import crowd, keys, pages, world
from tests.desk_process import Desk, running_desk


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the world, start the product as a user does, measure."""
    parser = argparse.ArgumentParser(description="The screens over many feedback rows.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="Feedback rows.")
    parser.add_argument("--reruns", type=int, default=60, help="Reruns of each page.")
    parser.add_argument("--repeats", type=int, default=10, help="Presses of each key.")
    parser.add_argument("--reviewers", type=int, default=20, help="Reviewers at once.")
    parser.add_argument("--keep", type=Path, help="Folder that keeps the database for the next run.")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.keep or Path(scratch)
        url = world.make(folder, rows=chosen.rows, seed=chosen.seed)
        with running_desk(url, Path(scratch)) as desk:
            figures = asyncio.run(_measured(desk, reruns=chosen.reruns, repeats=chosen.repeats))
        database = wiring.open_database(Settings(database_url=url))
        store = crowd.fill(database, proposals=chosen.reviewers * 3)
        with running_desk(url, Path(scratch), environment=crowd.SIGN_IN) as desk:
            cookies = crowd.let_in(database, store, desk, reviewers=chosen.reviewers)
            outcome = asyncio.run(crowd.decide(desk, store, cookies, rounds=8))
        database.close()
        figures |= {name: round(value, 1) for name, value in asdict(outcome).items()}
    finish(
        figures | {"n": chosen.rows, "reruns": chosen.reruns},
        name="screens",
        seed=chosen.seed,
        units={"*_ms": "milliseconds from the request to the last frame", "kb_per_rerun": "kilobytes, the largest"},
    )


_KEYS = (
    ("/review", "j,k"),
    ("/review", "x,Escape"),
    ("/corrections", "j,k"),
)
"""Pages, and keys pressed there in turn."""


async def _measured(desk: Desk, *, reruns: int, repeats: int) -> dict[str, object]:
    figures = await _pages(desk, reruns=reruns)
    pressed = await keys.costs_of(desk, _KEYS, repeats=repeats)
    say(str(pressed))
    return figures | {
        "worst_key_ms": round(max(cost.median_ms for cost in pressed.values()), 1),
        "keys_ms": {name: round(cost.median_ms, 1) for name, cost in pressed.items()},
    }


async def _pages(desk: Desk, *, reruns: int) -> dict[str, object]:
    costs = {}
    for screen in SCREENS:
        name = screen.path or "today"
        costs[name] = await pages.cost_of(desk, screen.path, reruns=reruns)
        say(f"{name}: {costs[name]}")
    return {
        "worst_page_p95_ms": round(max(cost.p95_ms for cost in costs.values()), 1),
        "worst_first_ms": round(max(cost.first_ms for cost in costs.values()), 1),
        "kb_per_rerun": round(max(cost.worst_kb for cost in costs.values()), 1),
        "pages_p95_ms": {name: round(cost.p95_ms, 1) for name, cost in costs.items()},
        "pages_kb": {name: round(cost.worst_kb, 1) for name, cost in costs.items()},
    }


if __name__ == "__main__":
    main()
