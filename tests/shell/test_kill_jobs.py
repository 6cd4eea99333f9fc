"""Workers are killed at every label and at random, on both databases: nothing is lost, nothing is done twice."""

import json
import random
import re
import time
from pathlib import Path

import pytest

from loop import engine, wiring
from loop.jobs import DurableJobs
from loop.ports import Parts
from loop.records import Bundle, ModelChoice
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON
from tests.shell import desk_world
from tests.shell.fleet import Workers, bury, is_quiet, jobs_of, until
from tests.shell.forked_workers import Start, clock_of
from tests.shell.killed_turn import best
from tests.shell.model_server import ModelServer, serve
from tests.shell.test_kill_turn import picture

pytestmark = pytest.mark.kill

TURN_LABELS = (
    "collect:before",
    "validate:commit",
    "validate:after",
    "update:commit",
    "test:before",
    "evaluation:before",
    "test:commit",
    "evaluation:after",
    "deploy:before",
    "deploy:after",
)


def parts_at(database: Database, *, origin: float = 0.0, slug: str = "desk") -> Parts:
    """The agent's parts on the clock of the workers."""
    return wiring.parts_for(Settings(), database, slug, clock=lambda: clock_of(origin))


def world(
    database: Database, bundle: Bundle | None = None, *, undo_seconds: int = 0, slug: str = "desk", rows: int = 240
) -> Parts:
    """An agent to which much was said."""
    made = desk_world.agent()
    limits = made.limits.model_copy(update={"undo_seconds": undo_seconds})
    made = made.model_copy(update={"slug": slug, "limits": limits})
    database.create_agent(made, bundle or Bundle(), now=NOON, actor="olga")
    parts = parts_at(database, slug=slug)
    desk_world.arrive(parts, rows=rows, slug=slug)
    return parts


def finish(fleet: Workers, start: Start, database: Database, jobs: DurableJobs) -> None:
    """A worker that nobody kills does what is left."""
    pid = fleet.start(start)
    until("the end of all work", lambda: is_quiet(database, jobs))
    assert fleet.stop(pid) == 0


def finish_all(fleet: Workers, start: Start, database: Database, jobs: DurableJobs) -> None:
    """The same after many deaths: on a slow machine they may all hit one stage, which is then set aside.

    It goes on when a person says so.
    """
    finish(fleet, start, database, jobs)
    if set_aside := [job.id for job in jobs.jobs() if job.state == "set aside"]:
        for job_id in set_aside:
            jobs.retry(job_id)
        finish(fleet, start, database, jobs)


def death_of(fleet: Workers, start: Start, database: Database, jobs: DurableJobs) -> bool:
    """Whether the worker died at its label; otherwise it ended its work."""
    pid = fleet.start(start)
    until("a death, or the end of all work", lambda: not fleet.is_alive(pid) or is_quiet(database, jobs))
    if fleet.is_alive(pid):
        fleet.kill(pid)
        return False
    is_killed = fleet.wait(pid)["signal"] == 9
    bury(database)
    return is_killed


def test_workers_that_die_at_every_label_in_a_row_leave_what_a_calm_turn_leaves(
    fleet: Workers, database: Database, database_url: str, tmp_path: Path
) -> None:
    calm = Database.open(f"sqlite:///{tmp_path / 'calm.db'}")
    expected_parts = world(calm)
    engine.turn(expected_parts)
    expected = picture(expected_parts)
    calm.close()

    parts = world(database)
    with jobs_of(database, database_url) as jobs:
        died = [death_of(fleet, Start(url=database_url, kill_at=label), database, jobs) for label in TURN_LABELS]
        finish_all(fleet, Start(url=database_url), database, jobs)
        assert died.count(True) >= len(TURN_LABELS) - 1, dict(zip(TURN_LABELS, died, strict=True))
        assert picture(parts) == expected
        assert parts.store.failed_jobs() == []
        check = parts.store.check_journal()
    assert check.is_intact, check.reason


def test_an_undo_window_and_the_applying_outlive_every_worker_and_happen_once(
    fleet: Workers, database: Database, database_url: str
) -> None:
    parts = world(database, undo_seconds=3)
    engine.turn(parts)
    proved = best(parts)
    assert proved is not None
    origin = time.time()
    now = parts_at(database, origin=origin)
    desk_world.approve(now, proved)
    with jobs_of(database, database_url, origin=origin) as jobs:
        first = fleet.start(Start(url=database_url, origin=origin))
        until("the timer", lambda: any(job.kind == "apply" and job.state == "waits" for job in jobs.jobs()))
        fleet.kill(first)
        until("the end of the window", lambda: bool(parts.store.due_approvals(clock_of(origin))))
        assert parts.store.head().number == 0
        for label in ("apply:before", "apply:after"):
            assert death_of(fleet, Start(url=database_url, origin=origin, kill_at=label), database, jobs)
        finish(fleet, Start(url=database_url, origin=origin), database, jobs)
    assert [release.number for release in parts.store.releases()] == [0, 1]
    assert parts.store.head().number == 1


def test_two_workers_share_one_evaluation_and_a_kill_asks_nothing_twice_that_was_stored(
    fleet: Workers, database: Database, database_url: str
) -> None:
    bundle = Bundle(model=ModelChoice(name="openai/scripted"), instructions="Sort the mail.")
    with serve(_label, seconds=0.02) as server, jobs_of(database, database_url) as jobs:
        parts = world(database, bundle)
        settings = {"model_base_url": server.base_url, "model_api_key": "none", "model_concurrency": 4}
        start = Start(url=database_url, settings=settings, pace={"dead_seconds": 6.0})  # a busy machine is not a death
        pids = [fleet.start(start), fleet.start(start)]
        until("the first answers", lambda: len(stored_of_base(parts)) > 20)
        fleet.kill(pids[0])
        stored, seen = stored_of_base(parts), len(server.requests)
        pids[0] = fleet.start(start)
        until("a tested proposal", lambda: any(item.report for item in parts.store.proposals()))
        until("the end of all work", lambda: is_quiet(database, jobs))
        after = asked(server)[seen:]
        assert stored, "the kill came after something was stored"
        assert not [one for one in after if one[:2] in stored]
        assert len(after) == len(set(after)), "nobody was killed after that, so nothing is asked twice at all"
        for pid in pids:
            assert fleet.stop(pid) == 0


def test_workers_killed_at_random_while_agents_turn_lose_nothing_and_apply_nothing_twice(
    fleet: Workers, database: Database, database_url: str, tmp_path: Path
) -> None:
    rng = random.Random(11)
    calm = Database.open(f"sqlite:///{tmp_path / 'calm.db'}")
    slugs = ("desk", "other")
    expected = {}
    for slug in slugs:
        calm_parts = world(calm, slug=slug)
        engine.turn(calm_parts)
        expected[slug] = picture(calm_parts)
    calm.close()
    all_parts = {slug: world(database, slug=slug) for slug in slugs}
    with jobs_of(database, database_url) as jobs:
        for _ in range(8):
            pid = fleet.start(Start(url=database_url))
            time.sleep(rng.uniform(0.1, 2.5))
            fleet.kill(pid)
        finish_all(fleet, Start(url=database_url), database, jobs)
    for slug, parts in all_parts.items():
        assert picture(parts) == expected[slug]
        assert parts.store.check_journal().is_intact


def _label(request: dict[str, object]) -> str:
    """Always the same answer: what is asked matters here, not what is said."""
    return "refund"


def asked(server: ModelServer) -> list[tuple[bool, str, str]]:
    """Every request in order: whether the first version was asked, the question, and all of it without boundaries."""
    found: list[tuple[bool, str, str]] = []
    base = ""
    for request in list(server.requests):
        messages = request["messages"]
        question = messages[-1]["content"].split("\n")[1]
        system = re.sub("[0-9a-f]{16}", "", messages[0]["content"])
        base = base or system
        is_base = len(messages) == 2 and system == base
        found.append((is_base, question, re.sub("[0-9a-f]{16}", "", json.dumps(messages))))
    return found


def stored_of_base(parts: Parts) -> set[tuple[bool, str]]:
    """What the first version answered so far, as `asked` shows it."""
    cases = {case.id: case.question for case in parts.store.cases()}
    return {(True, cases[key]) for key in parts.store.answers(parts.store.head().digest, cases)}
