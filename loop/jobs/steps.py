"""What each checkpointed step does. Plain functions of ids: they take and return ids, counts and our own sentences.

Every one is idempotent, so that a step that ran but was not checkpointed may run again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from loop import engine
from loop.engine import Wanted
from loop.errors import RatchetError, StoreUnavailable
from loop.evaluate import AnswerMemory, DeferredAnswers, kept_only
from loop.jobs import tries
from loop.jobs.tries import Pace
from loop.ports import Parts
from loop.records import Answer, Bundle, Changes, EvalCase, JobKind, StageName, StageReport, TurnReport, derived_id

BATCH = 50
"""Cases in one batch of an evaluation: what one worker takes at a time."""

_log = logging.getLogger("ratchet.jobs")


@dataclass(frozen=True)
class Bench:
    """What the steps of one process work with."""

    parts: Callable[[str], Parts]
    """The parts of an agent, made anew for each step. Raises NotFound."""
    pace: Pace
    report: Callable[[str], None]
    """Takes one line for the log."""
    is_active: Callable[[str], bool] = lambda _: False
    """Whether work under this name runs or waits already."""


def run_stage(bench: Bench, slug: str, name: StageName) -> dict[str, Any]:
    """One stage of a turn. A defect is counted against the stage; the turn goes on. Raises StoreUnavailable."""
    parts = bench.parts(slug)
    if row := tries.holding(parts, "stage", name):
        words = () if row.retry_at else (f"The stage is set aside after {row.tries} tries. {row.reason}",)
        return {"report": StageReport(stage=name, words=words).model_dump(mode="json"), "wanted": []}
    deferred = DeferredAnswers(parts.store)
    defects: list[Exception] = []
    report = StageReport(stage=name)
    try:
        report = engine.run_stage(replace(parts, ask=_asking(parts, deferred)), name, defects=defects)
    except StoreUnavailable:
        raise
    except Exception as error:
        defects.append(error)
    if defects:
        _log.error("%s: the stage %s met a defect.", slug, name, exc_info=defects[0])
        tries.failed(parts, "stage", name, reason=_defect(defects[0]), pace=bench.pace)
    else:
        tries.worked(parts, "stage", name)
    wanted = [[digest, ids] for digest, ids in deferred.wanted.items()]
    return {"report": report.model_dump(mode="json"), "wanted": wanted}


def due_tests(bench: Bench, slug: str) -> list[str]:
    """Proposals to be tested now; not those that are being tested, wait for another try or are set aside."""
    parts = bench.parts(slug)
    parts.checkpoint("test:before")
    if tries.holding(parts, "stage", "test"):
        return []
    try:
        due = engine.due_tests(parts)
    except StoreUnavailable:
        raise
    except Exception as error:
        _log.exception("%s: what is to be tested could not be found.", slug)
        tries.failed(parts, "stage", "test", reason=_defect(error), pace=bench.pace)
        return []
    tries.worked(parts, "stage", "test")
    return [one for one in due if _is_free(bench, parts, "evaluation", one)]


def may_gather(bench: Bench, slug: str, digest: str) -> bool:
    """Whether a version's missing answers may be asked for now."""
    return _is_free(bench, bench.parts(slug), "answers", digest[:16])


def record_turn(bench: Bench, slug: str, *, began: str, stages: list[dict[str, Any]]) -> str:
    """Keep the report of a turn that did something; its summary."""
    parts = bench.parts(slug)
    started = datetime.fromisoformat(began)
    report = TurnReport(
        id=derived_id("turn", slug, started),
        agent=slug,
        started_at=started,
        ended_at=max(started, parts.clock()),
        stages=tuple(StageReport.model_validate(one) for one in stages),
    )
    tries.worked(parts, "turn", "")
    if not report.did_something:
        return ""
    parts.store.commit(Changes(turn=report))
    bench.report(f"{slug}: {report.summary}")
    return report.summary


def plan_test(bench: Bench, slug: str, proposal_id: str) -> list[list[Any]]:
    """Batches of `[digest, case ids]` still to be asked for a test."""
    parts = bench.parts(slug)
    parts.checkpoint("evaluation:before")
    return [batch for wanted in engine.wanted_answers(parts, proposal_id) for batch in in_batches(*wanted)]


def in_batches(digest: str, case_ids: tuple[str, ...] | list[str]) -> list[list[Any]]:
    """Of BATCH cases each."""
    return [[digest, list(case_ids[start : start + BATCH])] for start in range(0, len(case_ids), BATCH)]


def ask_batch(bench: Bench, slug: str, proposal_id: str, *, digest: str, case_ids: list[str]) -> dict[str, Any]:
    """Have one version answer one batch; why it could not, in words, else empty. Raises StoreUnavailable."""
    parts = bench.parts(slug)
    kind, subject = owner(proposal_id, digest)
    if row := tries.holding(parts, kind, subject):
        return {"answered": 0, "failed": 0, "reason": row.reason}
    parts.checkpoint("answers:before")
    try:
        batch = engine.ask_batch(parts, Wanted(digest, tuple(case_ids)))
    except StoreUnavailable:
        raise
    except RatchetError as error:
        return {"answered": 0, "failed": 0, "reason": str(error)}
    except Exception as error:
        _log.exception("%s: a batch of %s met a defect.", slug, subject)
        return {"answered": 0, "failed": 0, "reason": _defect(error)}
    parts.checkpoint("answers:after")
    tries.worked(parts, kind, subject)
    return {"answered": batch.answered, "failed": batch.failed, "reason": ""}


def conclude(bench: Bench, slug: str, proposal_id: str) -> str:
    """Grade, report and commit a test; its verdict, empty when it was not due any more or failed."""
    parts = bench.parts(slug)
    if tries.holding(parts, "evaluation", proposal_id):
        return ""
    began = parts.clock()
    try:
        ask = _asking(parts, kept_only(parts.store))
        verdict = engine.conclude_test(replace(parts, ask=ask), proposal_id)
    except StoreUnavailable:
        raise
    except RatchetError as error:
        tries.failed(parts, "evaluation", proposal_id, reason=str(error), pace=bench.pace)
        return ""
    except Exception as error:
        _log.exception("%s: the test of %s met a defect.", slug, proposal_id)
        tries.failed(parts, "evaluation", proposal_id, reason=_defect(error), pace=bench.pace)
        return ""
    parts.checkpoint("evaluation:after")
    tries.worked(parts, "evaluation", proposal_id)
    if verdict is None:
        return ""
    stage = StageReport(stage="test", counts={verdict.value: 1}, seconds=_seconds(began, parts.clock()))
    record_turn(bench, slug, began=began.isoformat(), stages=[stage.model_dump(mode="json")])
    return verdict.value


def not_answered(bench: Bench, slug: str, proposal_id: str, *, digest: str, reason: str) -> None:
    """Count it as a failure that a version could not be asked."""
    parts = bench.parts(slug)
    kind, subject = owner(proposal_id, digest)
    if tries.holding(parts, kind, subject) is None:
        row = tries.failed(parts, kind, subject, reason=reason, pace=bench.pace)
        bench.report(f"{slug}: {row.id}: {reason}")


def apply(bench: Bench, slug: str, decision_id: str) -> dict[str, Any]:
    """Apply what is due; how long this approval must still wait, in seconds."""
    parts = bench.parts(slug)
    now = parts.clock()
    if tries.holding(parts, "apply", decision_id):
        return {"released": [], "wait": 0.0}
    decision = next((one for one in parts.store.decisions() if one.id == decision_id), None)
    if decision is None or decision.effective_at > now:
        wait = (decision.effective_at - now).total_seconds() if decision else 0.0
        return {"released": [], "wait": wait}
    reason = "It is still due after applying."
    try:
        released = [release.number for release in engine.apply_due(parts)]
    except StoreUnavailable:
        raise
    except Exception as error:
        _log.exception("%s: applying %s failed.", slug, decision_id)
        released, reason = [], str(error) if isinstance(error, RatchetError) else _defect(error)
    for number in released:
        bench.report(f"{slug}: version {number} is live.")
    if any(one.id == decision_id for one in parts.store.due_approvals(parts.clock())):
        tries.failed(parts, "apply", decision_id, reason=reason, pace=bench.pace)
    else:
        tries.worked(parts, "apply", decision_id)
    return {"released": released, "wait": 0.0}


def _is_free(bench: Bench, parts: Parts, kind: JobKind, subject: str) -> bool:
    """Whether nothing holds the item and nobody is at it."""
    is_held = tries.holding(parts, kind, subject) is not None
    return not is_held and not bench.is_active(tries.job_id(kind, parts.store.agent.slug, subject))


def owner(proposal_id: str, digest: str) -> tuple[JobKind, str]:
    """Under which name a batch fails: the proposal's test, else the version that is asked."""
    return ("evaluation", proposal_id) if proposal_id else ("answers", digest[:16])


def _asking(parts: Parts, others: DeferredAnswers | Callable[..., Any]) -> Callable[..., Any]:
    """The built-in agent answers here and now; what costs calls is left to `others`."""
    memory = AnswerMemory(parts.store, parts.answerers)
    away = others.ask if isinstance(others, DeferredAnswers) else others

    def ask(bundle: Bundle, cases: list[EvalCase]) -> dict[str, Answer]:
        chosen = memory.ask if bundle.model.name == "local" else away
        return dict(chosen(bundle, cases))

    return ask


def _defect(error: Exception) -> str:
    """A defect in words: its own text may quote what is stored."""
    return f"It met a defect ({type(error).__name__}); the log says where."


def _seconds(began: datetime, ended: datetime) -> float:
    return max(0.0, (ended - began).total_seconds())
