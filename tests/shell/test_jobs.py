"""Durable work: the sweeper, the turn that two workers want, the poison item, the changed schema, no phoning out."""

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from loop import desk, engine
from loop.cli import group
from loop.errors import NotFound, StoreUnavailable
from loop.jobs import Pace, steps, tries
from loop.jobs.fleet import Fleet
from loop.jobs.transact import make_engine
from loop.outbound import new_secret
from loop.ports import Parts
from loop.records import Bundle, EditInstructions, FailedJob, ModelChoice
from storage.database import Database
from tests.builders import NOON
from tests.shell import desk_world, test_kill_jobs
from tests.shell.agent_server import listen
from tests.shell.fleet import ROOT, Workers, is_quiet, jobs_of, status_of, turns_in, until
from tests.shell.forked_workers import Start
from tests.shell.killed_turn import OPERATOR, best
from tests.shell.model_server import serve
from tests.shell.test_arrivals import at_once
from tests.shell.test_kill_jobs import finish

pytestmark = pytest.mark.kill


def world(database: Database, *, slug: str = "desk") -> Parts:
    """An agent to which just enough was said for a change that is drafted and proved."""
    return test_kill_jobs.world(database, slug=slug, rows=80)


def paid_world(database: Database, *, slug: str) -> Parts:
    """An agent on a model, whose answers are asked in batches, with a change that is to be tested."""
    first = Bundle(model=ModelChoice(name="openai/scripted"), instructions="Sort the mail.")
    parts = test_kill_jobs.world(database, first, slug=slug, rows=80)
    edit = EditInstructions(old=first.instructions, new="Sort the mail by its first word.")
    desk.draft(parts, actor=OPERATOR, operations=(edit,), title="Second edition", rationale="It is due.")
    return parts


def failed(database: Database) -> list[tuple[str, bool]]:
    """What failed, and whether it is set aside."""
    return [(job.id, job.retry_at is None) for job in database.failed_jobs()]


def test_the_sweeper_takes_over_what_a_silent_worker_was_at(
    fleet: Workers, database: Database, database_url: str
) -> None:
    parts = world(database)
    with jobs_of(database, database_url) as jobs:
        living = fleet.start(Start(url=database_url, kill_at="nothing"))
        until("a first turn", lambda: is_quiet(database, jobs))
        assert fleet.stop(living) == 0
        dying = fleet.start(Start(url=database_url, kill_at="collect:before"))
        desk_world.arrive(parts, rows=20, seed=5, prefix="late")
        assert fleet.wait(dying)["signal"] == 9
        left = jobs.turn_id("desk")
        assert status_of(database, left) == "PENDING", "its worker died, so nobody marked it"
        finish(fleet, Start(url=database_url), database, jobs)
        assert status_of(database, left) == "SUCCESS"
    assert failed(database) == []


@pytest.mark.postgres
def test_workers_that_start_at_once_on_a_new_database_all_join(postgres_url: str) -> None:
    pools = [make_engine(postgres_url) for _ in range(8)]
    fleets = [Fleet(pool, f"worker-{number}", dead_seconds=600.0) for number, pool in enumerate(pools)]
    for pool in pools:
        pool.connect().close()  # so that none is late because it must still connect
    assert at_once([fleet.join for fleet in fleets]) == []
    assert fleets[0].live() == [f"worker-{number}" for number in range(8)]
    for pool in pools:
        pool.dispose()


def test_two_workers_never_run_the_same_turn_nor_two_turns_of_one_agent_at_once(
    fleet: Workers, database: Database, database_url: str, tmp_path: Path
) -> None:
    slugs = ("desk", "other", "third")
    for slug in slugs:
        world(database, slug=slug)
    trace = tmp_path / "trace"
    # Nobody dies here, and a worker that a busy machine keeps waiting must not be taken for dead.
    start = Start(url=database_url, trace=str(trace), pace={"dead_seconds": 60.0})
    with jobs_of(database, database_url) as jobs:
        pids = [fleet.start(start), fleet.start(start)]
        until("the end of all work", lambda: is_quiet(database, jobs))
        for pid in pids:
            assert fleet.stop(pid) == 0
    turns = turns_in(trace.read_text())
    for slug in slugs:
        assert turns[slug] >= 2, "each agent is turned, and turned again after what it wrote"


@pytest.mark.parametrize(
    ("second", "labels"),
    [
        ("2", ("collect:before", "collect:before")),
        ("1", ("collect:before", "collect:before")),
        ("2", ("collect:before", "deploy:before")),
        ("1", ("collect:before", "deploy:before", "deploy:after", "validate:before")),
        ("2", ("deploy:before", "deploy:after")),
    ],
)
def test_two_turns_at_once_would_be_seen(second: str, labels: tuple[str, ...]) -> None:
    whole = ("collect:before", "collect:after", "validate:before", "update:before", "deploy:before", "deploy:after")
    idle = ("deploy:before", "deploy:after")
    assert turns_in("\n".join(f"1 desk {label}" for label in (*whole, *idle, *idle))) == {"desk": 3}
    first, *rest = labels
    with pytest.raises(AssertionError, match="turned"):
        turns_in("\n".join([f"1 desk {first}", *(f"{second} desk {label}" for label in rest)]))


def test_a_durable_turn_of_an_agent_with_nothing_new_only_applies_what_is_due(
    fleet: Workers, database: Database, database_url: str, tmp_path: Path
) -> None:
    world(database)
    trace = tmp_path / "trace"
    with jobs_of(database, database_url) as jobs:
        finish(fleet, Start(url=database_url), database, jobs)
        pid = fleet.start(Start(url=database_url, trace=str(trace), pace={"sweep_seconds": 1e8}))
        until("the turn of the hour", lambda: trace.exists() and "deploy:after" in trace.read_text())
        assert fleet.stop(pid) == 0
    assert {line.split(" ")[2] for line in trace.read_text().splitlines()} == {"deploy:before", "deploy:after"}


POISON = {
    "validate": "stage:validate:validate",
    "update": "stage:update:update",
    "test": "stage:test:test",
    "deploy": "stage:deploy:deploy",
    "evaluation": "evaluation:evaluation:",
    "answers": "evaluation:answers:",
    "apply": "apply:apply:",
}
"""What is set aside of an agent of this name that meets a defect there every time."""


def test_what_keeps_failing_is_set_aside_with_its_reason_and_tried_again_when_a_person_says_so(
    fleet: Workers, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = (NOON + timedelta(days=2)).timestamp()  # the clock of the command
    parts = {slug: world(database, slug=slug) for slug in (*POISON, "healthy") if slug != "answers"}
    parts["answers"] = paid_world(database, slug="answers")
    engine.turn(parts["apply"])
    approve_best(parts["apply"])

    def is_done(slug: str) -> bool:
        store = parts[slug].store
        return store.head().number == 1 if slug == "apply" else any(item.report for item in store.proposals())

    def aside() -> list[str]:
        return [key for key, is_aside in failed(database) if is_aside]

    with serve(lambda request: "card") as server, jobs_of(database, database_url, origin=origin) as jobs:
        paid = {"model_base_url": server.base_url, "model_api_key": "none", "model_concurrency": 4}
        start = Start(url=database_url, origin=origin, settings=paid)
        poison = ",".join(f"{what}:{what}" for what in POISON)
        pid = fleet.start(replace(start, poison=poison, pace={"tries": 2}))
        for what, name in POISON.items():
            until(f"setting {what} aside", lambda name=name: any(key.startswith(name) for key in aside()))
        until("the others' work", lambda: is_done("healthy"))
        assert fleet.stop(pid) == 0
        monkeypatch.setenv("RATCHET_DATABASE_URL", database_url)
        listed = json.loads(CliRunner().invoke(group, ["jobs", "--json"]).stdout)
        reasons = {job["id"]: job["reason"] for job in listed if job["state"] == "set aside" and job["tries"] == 2}
        assert sorted(reasons) == sorted(aside())
        assert all("ValueError" in reason and "never told" not in reason for reason in reasons.values())
        for key in reasons:
            told = CliRunner().invoke(group, ["jobs", "retry", key])
            assert told.exit_code == 0, told.output
        pid = fleet.start(start)
        until("the end of every failure", lambda: not failed(database) and is_quiet(database, jobs))
        assert fleet.stop(pid) == 0
    assert [slug for slug in parts if not is_done(slug)] == []


def approve_best(parts: Parts) -> None:
    proved = best(parts)
    assert proved is not None
    digest = parts.store.proposal(proved).evidence_digest
    desk.approve(parts, proved, actor=OPERATOR, seen_digest=digest, reason="it is proved")


def test_what_went_live_is_told_and_written_by_a_worker_though_the_one_that_released_it_died(
    fleet: Workers, sqlite_database: Database, sqlite_url: str, tmp_path: Path
) -> None:
    parts = world(sqlite_database)
    engine.turn(parts)
    proved = best(parts)
    assert proved is not None
    desk_world.approve(parts, proved)
    outbound, live = tmp_path / "outbound.json", tmp_path / "live.json"
    with listen(lambda call: (204, b"")) as receiver:
        told = {
            "files": {"prompts": {"agent": "desk", "path": str(live)}},
            "webhooks": {"ops": {"url": receiver.url, "secret": new_secret()}},
        }
        outbound.write_text(json.dumps(told), "utf-8")
        settings = {"outbound": str(outbound)}
        dying = fleet.start(Start(url=sqlite_url, settings=settings | {"kill_at": "deploy:kept"}))
        assert fleet.wait(dying)["signal"] == 9
        head = parts.store.head()
        assert head.number > 0
        fleet.start(Start(url=sqlite_url, settings=settings))
        until("somebody was told", lambda: bool(receiver.calls))
        until("it is written", lambda: live.exists() and json.loads(live.read_text("utf-8"))["digest"] == head.digest)
    assert {call.json["data"]["digest"] for call in receiver.calls} == {head.digest}


def test_what_kills_every_worker_is_set_aside_and_the_rest_goes_on(
    fleet: Workers, sqlite_database: Database, sqlite_url: str
) -> None:
    world(sqlite_database, slug="poisoned")
    healthy = world(sqlite_database, slug="healthy")
    start = Start(url=sqlite_url, kill_at="validate:before", only="poisoned", pace={"deaths": 4, "dead_seconds": 0.8})
    key = "stage:poisoned:validate"

    def is_done() -> bool:
        others = any(item.report for item in healthy.store.proposals())
        return (key, True) in failed(sqlite_database) and others

    for _ in range(16):
        pid = fleet.start(start)
        until("a death, or the others' work", lambda pid=pid: not fleet.is_alive(pid) or is_done())
        if fleet.is_alive(pid):
            break
        fleet.wait(pid)
    assert fleet.is_alive(pid)
    assert is_done()
    (row,) = [job for job in sqlite_database.failed_jobs() if job.id == key]
    assert "died" in row.reason


def test_work_of_an_older_schema_is_dropped_and_begun_anew(
    fleet: Workers, database: Database, database_url: str
) -> None:
    parts = world(database)
    with jobs_of(database, database_url) as jobs:
        old = fleet.start(Start(url=database_url, version="0", kill_at="update:before"))
        assert fleet.wait(old)["signal"] == 9
        finish(fleet, Start(url=database_url, pace={"dead_seconds": 0.1}), database, jobs)
    assert any(item.report for item in parts.store.proposals())


def test_nothing_is_pickled_nothing_secret_is_checkpointed_and_nobody_is_phoned(
    fleet: Workers, database: Database, database_url: str, tmp_path: Path
) -> None:
    world(database)
    dials = tmp_path / "dials"
    with jobs_of(database, database_url) as jobs:
        finish(fleet, Start(url=database_url, dials=str(dials)), database, jobs)
    schema = "" if database.engine.dialect.name == "sqlite" else "ratchet_jobs."
    with database.engine.connect() as connection:
        query = f"SELECT DISTINCT serialization FROM {schema}workflow_status"
        assert set(connection.exec_driver_sql(query).scalars()) == {"portable_json"}
    kept = checkpoints(database)
    assert kept
    for text in kept:
        json.loads(text)
        assert "blue kettle" not in text, "a question of a customer"
    reached = dials.read_text() if dials.exists() else ""
    assert all("/" in line or "127.0.0.1" in line or "localhost" in line for line in reached.splitlines()), reached
    assert importlib.util.find_spec("dbos_enterprise") is None


def checkpoints(database: Database) -> list[str]:
    """Inputs, step outputs and results, as stored."""
    schema = "" if database.engine.dialect.name == "sqlite" else "ratchet_jobs."
    columns = (("operation_outputs", "output"), ("operation_outputs", "error"), ("workflow_input", "inputs"),
               ("workflow_output", "output"), ("workflow_output", "error"),
               ("workflow_status", "inputs"), ("workflow_status", "output"), ("workflow_status", "error"))  # fmt: skip
    found: list[str] = []
    with database.engine.connect() as connection:
        for table, column in columns:
            names = {
                one["name"] for one in sa.inspect(connection).get_columns(table, schema=schema.rstrip(".") or None)
            }
            if column in names:
                query = f"SELECT {column} FROM {schema}{table} WHERE {column} IS NOT NULL"
                found += connection.exec_driver_sql(query).scalars()
    return found


def test_the_tables_of_dbos_are_in_our_database_which_is_as_durable_as_ours(
    fleet: Workers, sqlite_database: Database, sqlite_url: str
) -> None:
    world(sqlite_database)
    with jobs_of(sqlite_database, sqlite_url) as jobs:
        finish(fleet, Start(url=sqlite_url), sqlite_database, jobs)
        with jobs._engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    names = sa.inspect(sqlite_database.engine).get_table_names()
    assert {"workflow_status", "ratchet_worker", "head"} <= set(names)
    folder = Path(sqlite_url.removeprefix("sqlite:///")).parent
    assert [path.name for path in folder.glob("*.db")] == ["ratchet.db"]


def test_no_command_but_the_workers_loads_dbos() -> None:
    code = "import sys, loop.cli, dashboard.menu; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=240, check=False).returncode == 0


def test_nothing_runs_where_no_worker_ever_was(sqlite_database: Database, sqlite_url: str) -> None:
    with jobs_of(sqlite_database, sqlite_url) as jobs:
        assert jobs.jobs() == []
        with pytest.raises(NotFound, match="Nothing failed"):
            jobs.retry("stage:desk:validate")


def test_what_failed_is_listed_with_what_needs_a_person_first(sqlite_database: Database, sqlite_url: str) -> None:
    store = world(sqlite_database).store
    for subject, retry_at in (("update", NOON), ("validate", None)):
        store.keep_failed_job(
            FailedJob(
                agent="desk", id=f"stage:desk:{subject}", kind="stage", subject=subject, tries=3, reason="It broke.",
                failed_at=NOON, retry_at=retry_at,
            )
        )  # fmt: skip
    with jobs_of(sqlite_database, sqlite_url) as jobs:
        assert [(job.subject, job.state) for job in jobs.jobs()] == [("validate", "set aside"), ("update", "failed")]
        jobs.retry("stage:desk:validate")
        assert all(job.retry_at is not None for job in store.failed_jobs())


def test_what_was_done_just_before_its_worker_died_is_not_listed_as_failed_after_the_next_turn(
    database: Database,
) -> None:
    parts = world(database)
    for name in ("collect", "validate", "update"):
        engine.run_stage(parts, name, defects=[])
    (tested,) = engine.due_tests(parts)
    for proposal_id in (tested, "p_withdrawn"):
        tries.count_death(parts, "evaluation", proposal_id, pace=Pace())
    tries.count_death(parts, "apply", "d_undone", pace=Pace())
    tries.count_death(parts, "stage", "update", pace=Pace())
    bench = steps.Bench(parts=lambda slug: parts, pace=Pace(), report=lambda line: None)
    end_of_turn(bench)
    assert failed(database) == [(f"evaluation:desk:{tested}", False), ("stage:desk:update", False)], "both to be done"
    engine.conclude_test(parts, tested)
    end_of_turn(bench)
    assert failed(database) == [("stage:desk:update", False)]


def end_of_turn(bench: steps.Bench) -> None:
    """Of a turn in which nothing was to be done."""
    began = bench.parts("desk").clock().isoformat()
    steps.end_turn(bench, "desk", begun={"began": began, "stages": [], "seen": ""}, stages=[], is_complete=False)


def test_an_approval_that_could_not_be_scheduled_is_scheduled_at_the_next_look(
    sqlite_database: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = world(sqlite_database)
    engine.turn(parts)
    approve_best(parts)
    (approval,) = parts.store.decisions()
    trouble: list[Exception] = [StoreUnavailable("It does not answer.")]
    scheduled: list[str] = []

    def enqueue(queue: str, _name: str, _key: str, *args: str, delay: float) -> None:
        if trouble:
            raise trouble.pop()
        scheduled.append(" ".join((queue, *args)))

    with jobs_of(sqlite_database, sqlite_url) as jobs:
        monkeypatch.setattr(jobs, "_status", lambda key: None)
        monkeypatch.setattr(jobs, "_enqueue", enqueue)
        with pytest.raises(StoreUnavailable):
            jobs.ensure_apply("desk", approval)
        assert jobs.ensure_apply("desk", approval)
        assert not jobs.ensure_apply("desk", approval), "once is enough"
    assert scheduled == [f"applies desk {approval.id}"]
