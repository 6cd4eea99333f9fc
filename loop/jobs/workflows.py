"""What is checkpointed: a turn, an evaluation in batches, answers asked ahead, an approval applied.

A workflow is replayed from its checkpoints by whoever takes it over: its body must be deterministic, and
`WORKFLOW_SCHEMA` in `transact` is raised whenever the order of its steps changes.
"""

from collections.abc import Callable
from typing import Any

from dbos import SetEnqueueOptions, SetWorkflowID

from loop.errors import StoreUnavailable
from loop.jobs import steps
from loop.jobs.steps import Bench
from loop.jobs.transact import ANSWERS, DBOS, EVALUATIONS, TURNS
from loop.jobs.tries import job_id, work_id
from loop.records import StageName

_AFTER_TESTS = 1
"""Priority of what is asked ahead: a person may wait for a test."""

_bench: Bench | None = None


def bind(bench: Bench) -> None:
    """Say what this process works with, before it takes work."""
    global _bench
    _bench = bench


def _here() -> Bench:
    assert _bench is not None, "bind comes before launch"
    return _bench


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, StoreUnavailable)


def _step(run: Callable[..., Any]) -> Callable[..., Any]:
    """A checkpoint. A store that does not answer is tried again here; everything else is the step's own affair."""
    return DBOS.step(
        name=run.__name__.strip("_"),
        retries_allowed=True,
        max_attempts=5,
        interval_seconds=1.0,
        backoff_rate=3.0,
        should_retry=_may_pass,
    )(run)


@_step
def begin_turn(slug: str) -> dict[str, Any]:
    return steps.begin_turn(_here(), slug)


@_step
def stage(slug: str, name: StageName) -> dict[str, Any]:
    return steps.run_stage(_here(), slug, name)


@_step
def due_tests(slug: str) -> dict[str, Any]:
    return steps.due_tests(_here(), slug)


@_step
def may_gather(slug: str, digest: str) -> bool:
    return steps.may_gather(_here(), slug, digest)


@_step
def end_turn(slug: str, begun: dict[str, Any], stages: list[dict[str, Any]], is_complete: bool) -> str:
    return steps.end_turn(_here(), slug, begun=begun, stages=stages, is_complete=is_complete)


@_step
def asks_here(case_ids: list[str]) -> bool:
    return steps.asks_here(_here(), len(case_ids))


@_step
def ask_batch(slug: str, proposal_id: str, digest: str, case_ids: list[str]) -> dict[str, Any]:
    return steps.ask_batch(_here(), slug, proposal_id, digest=digest, case_ids=case_ids)


@_step
def run_test(slug: str, proposal_id: str, asked: list[list[Any]]) -> dict[str, Any]:
    return steps.run_test(_here(), slug, proposal_id, asked=asked)


@_step
def not_answered(slug: str, proposal_id: str, digest: str, reason: str) -> None:
    steps.not_answered(_here(), slug, proposal_id, digest=digest, reason=reason)


@_step
def apply_approval(slug: str, decision_id: str) -> dict[str, Any]:
    return steps.apply(_here(), slug, decision_id)


@DBOS.workflow(name="turn", max_recovery_attempts=None)
def turn(slug: str) -> str:
    """One turn: a step a stage. Tests are workflows of their own, so that deploy and watch never wait for a model."""
    begun = begin_turn(slug)
    stages: list[dict[str, Any]] = []
    wanted: list[list[Any]] = []
    is_complete = True
    for name in begun["stages"]:
        if name == "test":
            tests = due_tests(slug)
            is_complete &= tests["ran"] and not tests["due"]
            for proposal_id in tests["begin"]:
                _enqueue(EVALUATIONS, evaluation, slug, proposal_id, key=job_id("evaluation", slug, proposal_id))
            continue
        did = stage(slug, name)
        is_complete &= did["ran"] and not did["wanted"]
        stages.append(did["report"])
        wanted += did["wanted"]
    for digest, case_ids in wanted:
        if may_gather(slug, digest):
            key = job_id("answers", slug, digest[:16])
            _enqueue(EVALUATIONS, answers, slug, digest, case_ids, key=key, priority=_AFTER_TESTS)
    return str(end_turn(slug, begun, stages, is_complete))


@DBOS.workflow(name="evaluation", max_recovery_attempts=None)
def evaluation(slug: str, proposal_id: str) -> str:
    """Test one proposal in rounds: what must be asked next, in batches that all workers share, until it has a verdict.

    What a round has to ask follows from the answers to the one before: the sealed cases are asked only where dev
    says so. Ends, because no round asks what one before it asked.
    """
    asked: list[list[Any]] = []
    while True:
        test = run_test(slug, proposal_id, asked)
        refused = test["reason"] or _shared(slug, proposal_id, test["batches"], after=len(asked))
        if refused:
            not_answered(slug, proposal_id, "", refused)
            return ""
        if not test["batches"]:
            return str(test["verdict"])
        asked += test["batches"]


@DBOS.workflow(name="answers", max_recovery_attempts=None)
def answers(slug: str, digest: str, case_ids: list[str]) -> str:
    """Ask a version ahead of the stage that wants to know, then have the agent turned again."""
    if asks_here(case_ids):
        refused = str(ask_batch(slug, "", digest, case_ids)["reason"])
    else:
        refused = _shared(slug, "", steps.in_batches(digest, case_ids))
    if refused:
        not_answered(slug, "", digest, refused)
    else:
        _enqueue(TURNS, turn, slug, key=job_id("turn", slug, ""))
    return refused


@DBOS.workflow(name="batch", max_recovery_attempts=None)
def batch(slug: str, proposal_id: str, digest: str, case_ids: list[str]) -> dict[str, Any]:
    """One batch of questions to one version."""
    return dict(ask_batch(slug, proposal_id, digest, case_ids))


@DBOS.workflow(name="apply", max_recovery_attempts=None)
def apply(slug: str, decision_id: str) -> list[int]:
    """Apply an approval when its undo window is over."""
    while True:
        did = apply_approval(slug, decision_id)
        if not did["wait"]:
            return list(did["released"])
        DBOS.sleep(did["wait"])


def _shared(slug: str, proposal_id: str, batches: list[list[Any]], *, after: int = 0) -> str:
    """Fan the batches out over every worker, and wait for all; why one could not be asked, else empty.

    `after`: how many this workflow fanned out before.
    """
    handles = []
    for number, (digest, case_ids) in enumerate(batches, start=after):
        with SetWorkflowID(f"{DBOS.workflow_id}-{number}"):
            handles.append(DBOS.enqueue_workflow(ANSWERS, batch, slug, proposal_id, digest, case_ids))
    done = [handle.get_result(polling_interval_sec=0.2) for handle in handles]
    return next((one["reason"] for one in done if one["reason"]), "")


def _enqueue(
    queue: str, workflow: Callable[..., Any], slug: str, *rest: Any, key: str, priority: int | None = None
) -> None:
    """One child of this workflow under a name that says what it is about; the same name is one piece of work."""
    options = SetEnqueueOptions(queue_partition_key=slug, priority=priority)
    with SetWorkflowID(work_id(key, str(DBOS.workflow_id))), options:
        DBOS.enqueue_workflow(queue, workflow, slug, *rest)
