"""Workers on PostgreSQL: how much faster four are than one, and what forty kills cost. Run as a module.

    python -m tests.bench.workers [--kills 40] [--cases 1000] [--seed 0]

The endpoint takes 50 ms and is asked at the concurrency a user gets. `speedup4` is the smaller of two: one evaluation
of 1,000 cases × 2 versions, and 8 agents with an evaluation each. `lost`: proposals without a report or approvals that
were not applied. `doubled`: reports or releases beyond the first. `asked_twice`: questions asked of a version after
its answer was stored.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import sqlalchemy as sa

from loop import desk, wiring
from loop.change import operations, proposal
from loop.change.proposal import Idea
from loop.jobs import Pace
from loop.ports import Parts
from loop.records import (
    Agent,
    Bundle,
    Changes,
    EditInstructions,
    EvalCase,
    Grading,
    Limits,
    ModelChoice,
    ProposalState,
    Proposer,
    Split,
)
from loop.settings import Settings
from storage.database import Database
from tests.bench.endpoint import CANDIDATE
from tests.bench.printing import finish, say
from tests.conftest import start_postgres
from tests.shell.desk_world import OPERATOR
from tests.shell.fleet import Workers, workers
from tests.shell.forked_workers import Start

AGENTS = 8
AGENT_CASES = 125
KILL_CASES = 250


@dataclass
class Bench:
    """A database, an endpoint, and the workers of one run."""

    url: str
    base_url: str
    database: Database
    fleet: Workers
    pids: list[int] = field(default_factory=list)

    @property
    def start(self) -> Start:
        """A worker as a user gets it, on the real clock."""
        settings = {"model_base_url": self.base_url, "model_api_key": "none"}
        return Start(url=self.url, settings=settings, pace=asdict(Pace()), is_real_time=True)

    def parts(self, slug: str) -> Parts:
        return wiring.parts_for(Settings(database_url=self.url), self.database, slug)

    def hire(self, n: int) -> None:
        """Start workers and wait until all of them beat."""
        self.pids += [self.fleet.start(self.start) for _ in range(n)]
        until(lambda: self._beating() >= n)

    def dismiss(self) -> None:
        for pid in self.pids:
            self.fleet.stop(pid)
        self.pids.clear()

    def _beating(self) -> int:
        with self.database.engine.connect() as connection:
            if not sa.inspect(connection).has_table("ratchet_worker", schema="ratchet_jobs"):
                return 0
            count = connection.execute(sa.text("SELECT count(*) FROM ratchet_jobs.ratchet_worker")).scalar()
            return int(count or 0)

    def draft(self, slug: str, *, cases: int) -> str:
        """An agent with held-out cases and one change to be tested; the change's id."""
        now = datetime.now(UTC)
        limits = Limits(undo_seconds=0)
        agent = Agent(slug=slug, name=slug, grading=Grading.LABEL, limits=limits, created_at=now)
        bundle = Bundle(instructions="Sort the mail.", model=ModelChoice(name="openai/bench"))
        store = self.database.create_agent(agent, bundle, now=now, actor="olga")
        held_out = tuple(
            EvalCase(
                id=f"{slug}-{number}",
                agent=slug,
                split=Split.DEV if number % 4 == 0 else Split.SEALED,
                group=f"c{number}",
                question=f"question {number} of {slug}",
                grading=Grading.LABEL,
                expected="parcel",
                author="lead",
                at=now,
            )
            for number in range(cases)
        )
        idea = Idea(
            operations=(EditInstructions(new=f"This is the {CANDIDATE}."),),
            title="Second edition",
            rationale="To have something to test.",
            evidence=(),
            proposer=Proposer.PERSON,
        )
        drafted = proposal.draft(idea, agent=agent, base=store.head(), bundle=bundle, cited=[], at=now)
        candidate = operations.apply_all(bundle, drafted.operations)
        store.commit(Changes(cases=held_out, proposals=(drafted,), bundles=(candidate,)))
        return drafted.id

    def is_tested(self, slug: str, proposal_id: str) -> bool:
        return self.database.store(slug).proposal(proposal_id).report is not None


def until(happens: Callable[[], bool], *, pause: float = 0.02) -> None:
    """Ask until it happens, half an hour at most."""
    deadline = time.monotonic() + 1800
    while not happens():
        if time.monotonic() > deadline:
            sys.exit("It never happened.")
        time.sleep(pause)


def timed(bench: Bench, name: str, *, workers: int, sizes: list[int]) -> float:
    """Seconds from the arrival of the agents' cases to the last report."""
    bench.hire(workers)
    began = time.perf_counter()
    drafted = {f"{name}-{number}": bench.draft(f"{name}-{number}", cases=size) for number, size in enumerate(sizes)}
    until(lambda: all(bench.is_tested(slug, key) for slug, key in drafted.items()))
    took = time.perf_counter() - began
    bench.dismiss()
    return took


def killed(bench: Bench, *, kills: int, rng: random.Random) -> dict[str, int]:
    """Kill workers at random while evaluations and releases go on; what was lost, doubled and asked twice."""
    bench.hire(4)
    drafted: dict[str, str] = {}
    known_at: dict[tuple[str, bool], int] = {}
    for number in range(kills):
        if number % 4 == 0:
            slug = f"kill-{number}"
            drafted[slug] = bench.draft(slug, cases=KILL_CASES)
        approve_tested(bench, drafted)
        time.sleep(rng.uniform(0.2, 2.0))
        place = rng.randrange(len(bench.pids))
        bench.fleet.kill(bench.pids[place])
        known = set(stored(bench, drafted))
        seen = len(asked(bench))  # read after what is stored: whatever is asked from here on was asked too late
        for key in known:
            known_at.setdefault(key, seen)
        bench.pids[place] = bench.fleet.start(bench.start)
        say(f"  kill {number + 1}: {len(known_at)} answers stored")

    def is_done() -> bool:
        approve_tested(bench, drafted)
        return all(bench.database.store(slug).head().number > 0 for slug in drafted)

    try:
        until(is_done, pause=0.2)
    finally:
        bench.dismiss()
    lost, doubled = 0, 0
    for slug, key in drafted.items():
        store = bench.database.store(slug)
        entries = Counter(entry.action for entry in store.journal() if entry.subject == key)
        releases = [one for one in store.releases() if one.proposal_id == key]
        lost += (store.proposal(key).report is None) + (not releases)
        doubled += max(0, entries["test proposal"] - 1) + max(0, len(releases) - 1)
    twice = sum(key in known_at and place >= known_at[key] for place, key in enumerate(asked(bench)))
    return {"kills": kills, "lost": lost, "doubled": doubled, "asked_twice": twice}


def approve_tested(bench: Bench, drafted: dict[str, str]) -> None:
    """A person says yes to what waits."""
    for slug, key in drafted.items():
        item = bench.database.store(slug).proposal(key)
        if item.state is ProposalState.WAITING:
            digest = item.evidence_digest
            desk.approve(bench.parts(slug), key, actor=OPERATOR, seen_digest=digest, reason="the benchmark wants it")


def asked(bench: Bench) -> list[tuple[str, bool]]:
    """Every request so far: question, and whether the candidate was asked."""
    with urlopen(bench.base_url.removesuffix("/v1") + "/log", timeout=60) as reply:
        log = json.load(reply)
    return [(question, is_candidate) for question, is_candidate in log]


def stored(bench: Bench, drafted: dict[str, str]) -> Iterator[tuple[str, bool]]:
    """What is kept, as `asked` shows it."""
    for slug, key in drafted.items():
        store = bench.database.store(slug)
        change = store.proposal(key).proposal
        cases = {case.id: case.question for case in store.cases()}
        for digest, is_candidate in ((change.base_digest, False), (change.candidate_digest, True)):
            yield from ((cases[one], is_candidate) for one in store.answers(digest, cases))


@contextmanager
def endpoint() -> Iterator[str]:
    """The base URL of an endpoint that takes 50 ms."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.endpoint"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Measure, then one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rb") as folder, endpoint() as base_url, workers() as fleet:
        Path(folder).chmod(0o755)
        server = start_postgres(Path(folder))
        try:
            url = sa.make_url(server.get_uri(driver="psycopg")).render_as_string(hide_password=False)
            database = Database.open(url)
            bench = Bench(url=url, base_url=base_url, database=database, fleet=fleet)
            one: dict[int, float] = {}
            many: dict[int, float] = {}
            for n in (1, 2, 4):
                one[n] = timed(bench, f"one-{n}", workers=n, sizes=[given.cases])
                many[n] = timed(bench, f"many-{n}", workers=n, sizes=[AGENT_CASES] * AGENTS)
                say(f"{n} workers: one evaluation {one[n]:.1f} s, {AGENTS} agents {many[n]:.1f} s")
            told = killed(bench, kills=given.kills, rng=random.Random(given.seed))
            database.close()
        finally:
            server.cleanup()
    speedups = {"evaluation": one[1] / one[4], "agents": many[1] / many[4]}
    finish(
        {
            "speedup4": round(min(speedups.values()), 2),
            **told,
            "speedup4_evaluation": round(speedups["evaluation"], 2),
            "speedup4_agents": round(speedups["agents"], 2),
            "evaluation_s": {str(n): round(took, 2) for n, took in one.items()},
            "agents_s": {str(n): round(took, 2) for n, took in many.items()},
            "n": {"cases": given.cases, "versions": 2, "agents": AGENTS, "agent_cases": AGENT_CASES},
            "concurrency": Settings.model_fields["model_concurrency"].default,
        },
        name="workers",
        seed=given.seed,
        units={"evaluation_s": "seconds by workers", "agents_s": "seconds by workers", "speedup4": "times one worker"},
    )


if __name__ == "__main__":
    main()
