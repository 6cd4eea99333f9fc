"""What an evaluation costs beyond the model's own time: 1,000 cases × 2 versions, 32 at a time, 50 ms each. A module.

    python -m tests.bench.evaluate [--cases 1000] [--concurrency 32] [--repeats 3] [--no-peers]

`ratio_to_ideal`: wall clock of one whole test (questions composed, asked, graded, kept, judged, the report committed to
SQLite) over `2 × cases × 50 ms ÷ concurrency`, the median of the repeats: as `ratchet turn` tests.
`worker_ratio_to_ideal`: the same from the first question to the report when a worker tests, as under `ratchet up`;
`bare_ratio_to_ideal`: the same
number of bare requests by as many threads and nothing else, in the same run: what the machine itself takes.
`worker_begins_s`: from its start to that first question. The same test through LiteLLM is `litellm_ratio_to_ideal`; of
an endpoint agent, `endpoint_ratio_to_ideal`. `asked_twice`: questions whose answer was kept at a kill and that were
asked again after it; `asked_again`: those that were under way. Peers ask the same endpoint the same number of questions
at the same concurrency, their start-up left out; where they do not install the figure is null and says why.
"""

import argparse
import gc
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import sqlalchemy as sa

from loop import engine, wiring
from loop.change import operations, proposal
from loop.change.proposal import Idea
from loop.llm import LiteLLMModel
from loop.llm.connections import Connections
from loop.outbound import Destinations, EndpointTarget, Outbound
from loop.ports import Parts
from loop.records import (
    Agent,
    Bundle,
    Changes,
    EditInstructions,
    EvalCase,
    Grading,
    ModelChoice,
    Proposer,
    Split,
)
from loop.settings import Settings
from storage.database import Database
from tests.bench.endpoint import CANDIDATE, SECONDS
from tests.bench.peers import Peer, inspect_seconds, promptfoo_seconds
from tests.bench.printing import finish, say
from tests.bench.workers import endpoint

LITELLM_CASES = 100
"""Cases of the test through LiteLLM, which takes long; its time is scaled up."""


def draft(database: Database, slug: str, *, cases: int, model: str) -> str:
    """An agent with held-out cases and one change to be tested; the change's id."""
    now = datetime.now(UTC)
    agent = Agent(slug=slug, name=slug, grading=Grading.LABEL, created_at=now)
    bundle = Bundle(instructions="Sort the mail.", model=ModelChoice(name=model))
    store = database.create_agent(agent, bundle, now=now, actor="olga")
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


def timed(parts: Parts, proposal_id: str) -> float:
    """Seconds of one whole test."""
    gc.freeze()  # as `ratchet turn` does
    began = time.perf_counter()
    verdict = engine.conclude_test(parts, proposal_id)
    took = time.perf_counter() - began
    assert verdict is not None
    return took


def through_litellm(settings: Settings, base_url: str) -> Callable[[Any, Settings], Any]:
    """The model as it would be asked without a client of our own."""
    os.environ["OPENAI_API_BASE"] = base_url
    os.environ["OPENAI_API_KEY"] = "none"
    return lambda name, _: LiteLLMModel(name, concurrency=settings.model_concurrency)


def asked(base_url: str) -> list[tuple[str, bool]]:
    """Every request so far: question, and whether the candidate was asked."""
    with urlopen(base_url.removesuffix("/v1") + "/log", timeout=60) as reply:
        return [(question, is_candidate) for question, is_candidate in json.load(reply)]


def by_worker(settings: Settings, *, cases: int) -> tuple[float, float]:
    """`ratchet worker` tests a change: seconds from the first question to the report, and from its start till then."""
    database = wiring.open_database(settings)
    key = draft(database, "worker", cases=cases, model="openai/bench")
    _first(settings.model_base_url)
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "loop.cli", "worker"], env=_environment(settings))
    query = sa.text("SELECT count(*) FROM report WHERE proposal_id = :key")
    while True:
        with database.engine.connect() as connection:
            if connection.execute(query, {"key": key}).scalar():
                break
        time.sleep(0.02)
    ended, began = time.monotonic(), _first(settings.model_base_url)
    process.send_signal(signal.SIGTERM)
    process.wait()
    database.close()
    return ended - began, began - started


def _environment(settings: Settings) -> dict[str, str]:
    return os.environ | {
        "RATCHET_DATABASE_URL": settings.database_url,
        "RATCHET_MODEL_BASE_URL": settings.model_base_url,
        "RATCHET_MODEL_CONCURRENCY": str(settings.model_concurrency),
    }


def bare(base_url: str, *, n: int, concurrency: int) -> float:
    """Seconds of so many requests with nothing around them."""
    connections = Connections(base_url, timeout=60.0)
    messages = [{"role": "system", "content": "Sort the mail."}, {"role": "user", "content": "mail\nof nobody"}]
    body = json.dumps({"model": "bench", "messages": messages}).encode()

    def ask(_: int) -> None:
        connections.post(f"{connections.path}/chat/completions", body, {"Content-Type": "application/json"})

    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        list(pool.map(ask, range(concurrency)))
        began = time.perf_counter()
        list(pool.map(ask, range(n)))
        return time.perf_counter() - began


def _first(base_url: str) -> float:
    with urlopen(base_url.removesuffix("/v1") + "/first", timeout=60) as reply:
        return float(json.load(reply) or 0.0)


def killed(settings: Settings, database: Database, base_url: str, *, cases: int) -> dict[str, int]:
    """Kill the process in the middle of a test, run it again, and count what was asked twice."""
    key = draft(database, "killed", cases=cases, model="openai/bench")
    before = len(asked(base_url))
    command = [sys.executable, "-m", "tests.bench.evaluate", "--one", f"killed:{key}"]
    environment = _environment(settings)
    process = subprocess.Popen(command, env=environment)
    while len(asked(base_url)) - before < cases and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    stored = {
        (question, is_candidate)
        for is_candidate, (digest, questions) in zip((False, True), _sides(database, key), strict=True)
        for question in (questions[one] for one in database.store("killed").answers(digest, questions))
    }
    seen = len(asked(base_url))
    subprocess.run(command, env=environment, check=True)
    log = asked(base_url)
    again = sum(n - 1 for n in Counter(log[before:]).values())
    twice = sum(one in stored for one in log[seen:])
    say(f"killed at {seen - before} asked, {len(stored)} kept; {again} asked again, {twice} of them though kept")
    return {"asked_again": again, "asked_twice": twice, "kept_at_the_kill": len(stored)}


def _sides(database: Database, key: str) -> list[tuple[str, dict[str, str]]]:
    """Digest of the base and of the candidate, each with the questions by case id."""
    store = database.store("killed")
    change = store.proposal(key).proposal
    questions = {case.id: case.question for case in store.cases()}
    return [(change.base_digest, questions), (change.candidate_digest, questions)]


def one(work: str) -> None:
    """In a process of its own: the test of one proposal."""
    slug, _, key = work.partition(":")
    settings = Settings()
    database = wiring.open_database(settings)
    engine.conclude_test(wiring.parts_for(settings, database, slug), key)
    database.close()


def main() -> None:
    """Measure, then one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.one)
        return
    ideal = 2 * given.cases * SECONDS / given.concurrency
    took: dict[str, list[float]] = {"bare": [], "direct": [], "worker": [], "endpoint": [], "litellm": []}
    waits: list[float] = []
    with tempfile.TemporaryDirectory(prefix="rb") as folder, endpoint() as base_url:
        os.environ["XDG_DATA_HOME"] = folder  # the journal's key is made there, as a user's is
        where = Path(folder) / "outbound.json"
        settings = Settings(
            database_url=f"sqlite:///{folder}/bench.db",
            model_base_url=base_url,
            model_concurrency=given.concurrency,
            outbound=where,
        )
        database = wiring.open_database(settings)
        target = EndpointTarget(url=base_url.removesuffix("/v1") + "/answer", concurrency=given.concurrency)
        slugs = {f"yours-{number}": target for number in range(given.repeats)}
        Destinations(where).write(Outbound(endpoints=slugs))
        for number in range(given.repeats):
            took["bare"].append(bare(base_url, n=2 * given.cases, concurrency=given.concurrency))
            say(f"bare: {took['bare'][-1]:.2f} s, {took['bare'][-1] / ideal:.3f} × the ideal {ideal:.2f} s")
            for name, model in (("direct", "openai/bench"), ("yours", "yours")):
                key = draft(database, f"{name}-{number}", cases=given.cases, model=model)
                before = len(asked(base_url))
                seconds = timed(wiring.parts_for(settings, database, f"{name}-{number}"), key)
                assert len(asked(base_url)) - before == 2 * given.cases
                took["direct" if name == "direct" else "endpoint"].append(seconds)
                say(f"{name}: {seconds:.2f} s, {seconds / ideal:.3f} × the ideal {ideal:.2f} s")
        for number in range(given.repeats):
            own = settings.model_copy(update={"database_url": f"sqlite:///{folder}/worker-{number}.db"})
            seconds, waited = by_worker(own, cases=given.cases)
            took["worker"].append(seconds)
            waits.append(waited)
            say(f"worker: {seconds:.2f} s, {seconds / ideal:.3f} × the ideal, begun after {waited:.2f} s")
        told = killed(settings, database, base_url, cases=given.cases)
        wiring.model_named = through_litellm(settings, base_url)  # type: ignore[assignment, attr-defined]
        for slug in ("warm", "litellm"):  # its import and first call are not what is measured
            few = LITELLM_CASES if slug == "litellm" else 4
            key = draft(database, slug, cases=few, model="openai/bench")
            seconds = timed(wiring.parts_for(settings, database, slug), key) * given.cases / few
        took["litellm"].append(seconds)
        say(f"litellm: {seconds / ideal:.3f} × the ideal, from {LITELLM_CASES} cases")
        database.close()
        peers: dict[str, object] = {}
        for name, measure in (("inspect", inspect_seconds), ("promptfoo", promptfoo_seconds)):
            peer = Peer(None, "not asked for")
            if not given.no_peers:
                peer = measure(base_url, n=2 * given.cases, concurrency=given.concurrency, folder=Path(folder))
            peers[f"{name}_ratio_to_ideal"] = None if peer.seconds is None else round(peer.seconds / ideal, 3)
            if peer.why:
                peers[f"{name}_why"] = peer.why
            say(f"{name}: {peer.why or f'{peer.seconds:.1f} s'}")
    ratios = {name: round(statistics.median(some) / ideal, 3) for name, some in took.items()}
    finish(
        {
            "ratio_to_ideal": ratios["direct"],
            "bare_ratio_to_ideal": ratios["bare"],
            "worker_ratio_to_ideal": ratios["worker"],
            "worker_begins_s": round(statistics.median(waits), 2),
            "endpoint_ratio_to_ideal": ratios["endpoint"],
            "litellm_ratio_to_ideal": ratios["litellm"],
            **peers,
            **told,
            "seconds": {name: [round(one, 3) for one in some] for name, some in took.items()},
            "ideal_s": ideal,
            "n": {"cases": given.cases, "versions": 2, "concurrency": given.concurrency, "repeats": given.repeats},
        },
        name="evaluate",
        seed=0,
        units={"*_ratio_to_ideal": "times the ideal wall clock", "seconds": "of wall clock, each repeat"},
    )


if __name__ == "__main__":
    main()
