"""What a rerun of each page costs: milliseconds of server time, and bytes sent."""

import statistics
from dataclasses import dataclass

from tests.bench.screens.session import Run, opened
from tests.desk_process import Desk


@dataclass(frozen=True)
class PageCost:
    """One page, many reruns."""

    first_ms: float
    """The run that opens the page in a new session."""
    median_ms: float
    p95_ms: float
    worst_kb: float
    """Kilobytes of one rerun, the largest."""


async def cost_of(desk: Desk, page: str, *, reruns: int) -> PageCost:
    """Open the page in three sessions one after another, rerun it in each. Raises SystemExit if it shows an error."""
    first: list[Run] = []
    later: list[Run] = []
    sessions = 3
    for _ in range(sessions):
        async with opened(desk, page) as viewer:
            assert viewer.first is not None
            first.append(viewer.first)
            later += [await viewer.rerun() for _ in range(reruns // sessions)]
            if viewer.failures:
                raise SystemExit(f"/{page} shows an error: {viewer.failures}")
    times = sorted(run.milliseconds for run in later)
    return PageCost(
        first_ms=statistics.median(run.milliseconds for run in first),
        median_ms=statistics.median(times),
        p95_ms=times[int(len(times) * 0.95)],
        worst_kb=max(run.size for run in later) / 1000,
    )
