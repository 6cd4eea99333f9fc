"""What an evaluation costs beyond the model's own time: 1,000 cases × 2 versions, 32 at a time, 50 ms each. A module.

    python -m tests.bench.evaluate [--cases 1000] [--concurrency 32] [--repeats 3] [--no-peers]

`ratio_to_ideal`: wall clock of one whole test (questions composed, asked, graded, kept, judged, the report committed to
SQLite) over `2 × cases × 50 ms ÷ concurrency`, the median of the repeats. The same test through LiteLLM is
`litellm_ratio_to_ideal`; of an endpoint agent, `endpoint_ratio_to_ideal`. `asked_twice`: questions asked again after a
kill, beyond those that were under way. Peers ask the same endpoint the same number of questions at the same
concurrency, their start-up left out; where they do not install the figure is null and says why.
"""

import argparse
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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from loop import engine, wiring
from loop.change import operations, proposal
from loop.change.proposal import Idea
from loop.llm import LiteLLMModel
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
from tests.bench.peers import inspect_seconds, promptfoo_seconds
from tests.bench.printing import finish, say
from tests.bench.workers import endpoint

PIECE = 24
"""Answers kept at a time: a kill costs at most these, and the calls under way."""
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


def killed(settings: Settings, database: Database, base_url: str, *, cases: int) -> dict[str, int]:
    """Kill the process in the middle of a test, run it again, and count what was asked twice."""
    key = draft(database, "killed", cases=cases, model="openai/bench")
    before = len(asked(base_url))
    command = [sys.executable, "-m", "tests.bench.evaluate", "--one", f"killed:{key}"]
    environment = os.environ | {
        "RATCHET_DATABASE_URL": settings.database_url,
        "RATCHET_MODEL_BASE_URL": base_url,
        "RATCHET_MODEL_CONCURRENCY": str(settings.model_concurrency),
        "RATCHET_JOURNAL_KEY": "off",
    }
    process = subprocess.Popen(command, env=environment)
    while len(asked(base_url)) - before < cases // 2 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = sum(len(database.store("killed").answers(digest, ids)) for digest, ids in _sides(database, key))
    seen = len(asked(base_url)) - before
    subprocess.run(command, env=environment, check=True)
    counted = Counter(asked(base_url)[before:])
    again = sum(n - 1 for n in counted.values())
    under_way = PIECE + settings.model_concurrency
    say(f"killed at {seen} asked, {kept} kept; {again} asked again, of which at most {under_way} were under way")
    return {"asked_again": again, "asked_twice": max(0, again - under_way), "kept_at_the_kill": kept}


def _sides(database: Database, key: str) -> list[tuple[str, list[str]]]:
    store = database.store("killed")
    change = store.proposal(key).proposal
    ids = [case.id for case in store.cases()]
    return [(change.base_digest, ids), (change.candidate_digest, ids)]


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
    took: dict[str, list[float]] = {"direct": [], "endpoint": [], "litellm": []}
    with tempfile.TemporaryDirectory(prefix="rb") as folder, endpoint() as base_url:
        where = Path(folder) / "outbound.json"
        settings = Settings(
            database_url=f"sqlite:///{folder}/bench.db",
            model_base_url=base_url,
            model_concurrency=given.concurrency,
            outbound=where,
            journal_key="off",  # type: ignore[arg-type]
        )
        database = Database.open(settings.database_url)
        target = EndpointTarget(url=base_url.removesuffix("/v1") + "/answer", concurrency=given.concurrency)
        slugs = {f"yours-{number}": target for number in range(given.repeats)}
        Destinations(where).write(Outbound(endpoints=slugs))
        for number in range(given.repeats):
            for name, model in (("direct", "openai/bench"), ("yours", "yours")):
                key = draft(database, f"{name}-{number}", cases=given.cases, model=model)
                before = len(asked(base_url))
                seconds = timed(wiring.parts_for(settings, database, f"{name}-{number}"), key)
                assert len(asked(base_url)) - before == 2 * given.cases
                took["direct" if name == "direct" else "endpoint"].append(seconds)
                say(f"{name}: {seconds:.2f} s, {seconds / ideal:.3f} × the ideal {ideal:.2f} s")
        told = killed(settings, database, base_url, cases=given.cases)
        wiring.model_named = through_litellm(settings, base_url)  # type: ignore[assignment]
        for slug in ("warm", "litellm"):  # its import and first call are not what is measured
            few = LITELLM_CASES if slug == "litellm" else 4
            key = draft(database, slug, cases=few, model="openai/bench")
            seconds = timed(wiring.parts_for(settings, database, slug), key) * given.cases / few
        took["litellm"].append(seconds)
        say(f"litellm: {seconds / ideal:.3f} × the ideal, from {LITELLM_CASES} cases")
        database.close()
        peers: dict[str, object] = {}
        for name, measure in (("inspect", inspect_seconds), ("promptfoo", promptfoo_seconds)):
            seconds, why = (
                (None, "not asked for")
                if given.no_peers
                else measure(base_url, n=2 * given.cases, concurrency=given.concurrency, folder=Path(folder))
            )
            peers[f"{name}_ratio_to_ideal"] = None if seconds is None else round(seconds / ideal, 3)
            if why:
                peers[f"{name}_why"] = why
            say(f"{name}: {why or f'{seconds} s'}")
    ratios = {name: round(statistics.median(some) / ideal, 3) for name, some in took.items()}
    finish(
        {
            "ratio_to_ideal": ratios["direct"],
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
