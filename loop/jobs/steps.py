"""What each checkpointed step does. Plain functions of ids: they take and return ids, counts and our own sentences.

Every one is idempotent, so that a step that ran but was not checkpointed may run again.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from loop import engine
from loop.engine import Begun, CaseRequest
from loop.errors import AnswersPending, BrokenChain, RatchetError, StoreUnavailable
from loop.evaluate import AnswerMemory, DeferredAnswers
from loop.jobs import tries
from loop.jobs.tries import Pace
from loop.ports import Ask, Parts
from loop.records import Answer, Bundle, EvalCase, JobKind, StageName, StageReport

BATCH = 50
"""Cases in one batch of an evaluation: what one worker takes at a time."""

HERE = 2_000
"""Cases of a round that a worker without colleagues asks by itself: there is nobody to share them with, and no queue
to wait for."""
_AT_ONCE = 4
"""Versions that are asked here at a time, two of each test: they have calls enough to keep the model busy."""

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
    is_alone: Callable[[], bool] = lambda: False
    """Whether no other worker lives."""
    asking: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_AT_ONCE))
    """Held while a version is asked here."""


def begin_turn(bench: Bench, slug: str) -> dict[str, Any]:
    """When a turn began, which stages it has to run, and what it depends on. Raises StoreUnavailable, BrokenChain."""
    parts = bench.parts(slug)
    began = parts.clock().isoformat()
    try:
        begun = engine.begin(parts)
    except BrokenChain as error:
        tries.count_failure(parts, "turn", "", reason=str(error), pace=bench.pace)
        bench.report(f"{slug}: {error}")
        raise
    return {"began": began, "stages": list(begun.stages), "seen": begun.seen}


def run_stage(bench: Bench, slug: str, name: StageName) -> dict[str, Any]:
    """One stage of a turn: its report, the answers it waits for, and whether it ran.

    A defect is counted against the stage; the turn goes on. Raises StoreUnavailable.
    """
    parts = bench.parts(slug)
    if row := tries.blocking_failure(parts, "stage", name):
        words = () if row.retry_at else (f"The stage is set aside after {row.tries} tries. {row.reason}",)
        return {"report": StageReport(stage=name, words=words).model_dump(mode="json"), "wanted": [], "ran": False}
    deferred = DeferredAnswers(parts.store)
    defects: list[Exception] = []
    report = StageReport(stage=name)
    try:
        report = engine.run_stage(replace(parts, ask=_asking(bench, parts, deferred)), name, defects=defects)
    except StoreUnavailable:
        raise
    except Exception as error:
        defects.append(error)
    if defects:
        _log.error("%s: the stage %s met a defect.", slug, name, exc_info=defects[0])
        tries.count_failure(parts, "stage", name, reason=_defect(defects[0]), pace=bench.pace)
    else:
        tries.forget_failures(parts, "stage", name)
    wanted = [[digest, ids] for digest, ids in deferred.wanted.items()]
    return {"report": report.model_dump(mode="json"), "wanted": wanted, "ran": not defects}


def due_tests(bench: Bench, slug: str) -> dict[str, Any]:
    """Proposals to be tested, and those to begin with: not being tested, nor waiting for another try, nor set aside."""
    parts = bench.parts(slug)
    if tries.blocking_failure(parts, "stage", "test"):
        return {"begin": [], "ran": False, "due": 0}
    try:
        parts.checkpoint("test:before")
        due = engine.due_tests(parts)
    except StoreUnavailable:
        raise
    except Exception as error:
        _log.exception("%s: what is to be tested could not be found.", slug)
        tries.count_failure(parts, "stage", "test", reason=_defect(error), pace=bench.pace)
        return {"begin": [], "ran": False, "due": 0}
    tries.forget_failures(parts, "stage", "test")
    free = [one for one in due if _is_free(bench, parts, "evaluation", one)]
    return {"begin": free, "ran": True, "due": len(due)}


def may_gather(bench: Bench, slug: str, digest: str) -> bool:
    """Whether a version's missing answers may be asked for now."""
    return _is_free(bench, bench.parts(slug), "answers", digest[:16])


def end_turn(bench: Bench, slug: str, *, begun: dict[str, Any], stages: list[dict[str, Any]], is_complete: bool) -> str:
    """End a turn by the engine's rule; the summary of one that did something."""
    parts = bench.parts(slug)
    report = engine.end(
        parts,
        Begun(stages=tuple(begun["stages"]), seen=begun["seen"]),
        started=datetime.fromisoformat(begun["began"]),
        stages=[StageReport.model_validate(one) for one in stages],
        is_complete=is_complete,
    )
    tries.forget_failures(parts, "turn", "")
    try:
        _forget_settled(parts)
    except StoreUnavailable:
        raise
    except Exception:  # it stays listed until a later turn can tell
        _log.exception("%s: what failed could not be compared with what is due.", slug)
    if not report.did_something:
        return ""
    bench.report(f"{slug}: {report.summary}")
    return report.summary


def _forget_settled(parts: Parts) -> None:
    """Drop failures of what need not be done any more: done just before its worker died, decided, or withdrawn."""
    failed = [row for row in parts.store.failed_jobs() if row.kind in ("evaluation", "apply")]
    if not failed:
        return
    waiting = {("evaluation", one) for one in engine.due_tests(parts)}
    waiting |= {("apply", one.id) for one in parts.store.due_approvals(parts.clock() + tries.ANY_WINDOW)}
    for row in failed:
        if (row.kind, row.subject) not in waiting:
            parts.store.forget_failed_job(row.id)


def asks_here(bench: Bench, n: int) -> bool:
    """Whether this worker asks so many cases by itself."""
    return n <= HERE and bench.is_alone()


def in_batches(digest: str, case_ids: tuple[str, ...] | list[str]) -> list[list[Any]]:
    """Of BATCH cases each."""
    return [[digest, list(case_ids[start : start + BATCH])] for start in range(0, len(case_ids), BATCH)]


def ask_batch(bench: Bench, slug: str, proposal_id: str, *, digest: str, case_ids: list[str]) -> dict[str, Any]:
    """Have one version answer one batch; why it could not, in words, else empty. Raises StoreUnavailable."""
    parts = bench.parts(slug)
    kind, subject = owner(proposal_id, digest)
    if row := tries.blocking_failure(parts, kind, subject):
        return {"answered": 0, "failed": 0, "reason": row.reason}
    try:
        parts.checkpoint("answers:before")
        batch = engine.ask_batch(parts, CaseRequest(digest, tuple(case_ids)))
    except StoreUnavailable:
        raise
    except Exception as error:
        return {"answered": 0, "failed": 0, "reason": _in_words(error, f"{slug}: a batch of {subject}")}
    parts.checkpoint("answers:after")
    tries.forget_failures(parts, kind, subject)
    return {"answered": batch.answered, "failed": batch.failed, "reason": ""}


def run_test(bench: Bench, slug: str, proposal_id: str, *, asked: list[list[Any]]) -> dict[str, Any]:
    """Test one proposal as far as its answers are there: batches to be asked before it is called again, or its verdict.

    `asked`: the batches that were asked for it before; what is not kept of them failed. The verdict is empty when the
    test was not due any more. `reason`: why it could not be done, else empty. Raises StoreUnavailable.
    """
    parts = bench.parts(slug)
    done = {"batches": [], "verdict": "", "reason": ""}
    if tries.blocking_failure(parts, "evaluation", proposal_id):
        return done
    began = parts.clock()
    deferred = DeferredAnswers(parts.store, asked=_by_digest(asked))
    try:
        parts.checkpoint("evaluation:before")
        ask = _asking(bench, parts, deferred, may_ask=True)
        verdict = engine.conclude_test(replace(parts, ask=ask), proposal_id)
    except StoreUnavailable:
        raise
    except AnswersPending:
        return done | {"batches": [batch for one in deferred.wanted.items() for batch in in_batches(*one)]}
    except Exception as error:
        return done | {"reason": _in_words(error, f"{slug}: the test of {proposal_id}")}
    parts.checkpoint("evaluation:after")
    tries.forget_failures(parts, "evaluation", proposal_id)
    if verdict is None:
        return done
    stage = StageReport(stage="test", counts={verdict.value: 1}, seconds=_seconds(began, parts.clock()))
    report = engine.end(parts, engine.begin(parts), started=began, stages=[stage])
    bench.report(f"{slug}: {report.summary}")
    return done | {"verdict": verdict.value}


def _by_digest(batches: list[list[Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for digest, case_ids in batches:
        found.setdefault(digest, set()).update(case_ids)
    return found


def not_answered(bench: Bench, slug: str, proposal_id: str, *, digest: str, reason: str) -> None:
    """Count it as a failure that a version could not be asked."""
    parts = bench.parts(slug)
    kind, subject = owner(proposal_id, digest)
    if tries.blocking_failure(parts, kind, subject) is None:
        until = engine.spent_until(parts)
        if until is not None:
            tries.waits(parts, kind, subject, reason=reason, until=until)
            bench.report(f"{slug}: {reason}")
            return
        row = tries.count_failure(parts, kind, subject, reason=reason, pace=bench.pace)
        bench.report(f"{slug}: {row.id}: {reason}")


def apply(bench: Bench, slug: str, decision_id: str) -> dict[str, Any]:
    """Apply what is due; how long this approval must still wait, in seconds. Of a paused loop, the turn that follows
    when it is resumed applies it."""
    parts = bench.parts(slug)
    now = parts.clock()
    if parts.store.agent.limits.is_paused or tries.blocking_failure(parts, "apply", decision_id):
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
        released, reason = [], _in_words(error, f"{slug}: applying {decision_id}")
    for number in released:
        bench.report(f"{slug}: version {number} is live.")
    if any(one.id == decision_id for one in parts.store.due_approvals(parts.clock())):
        tries.count_failure(parts, "apply", decision_id, reason=reason, pace=bench.pace)
    else:
        tries.forget_failures(parts, "apply", decision_id)
    return {"released": released, "wait": 0.0}


def _is_free(bench: Bench, parts: Parts, kind: JobKind, subject: str) -> bool:
    """Whether nothing holds the item and nobody is at it."""
    is_held = tries.blocking_failure(parts, kind, subject) is not None
    return not is_held and not bench.is_active(tries.job_id(kind, parts.store.agent.slug, subject))


def owner(proposal_id: str, digest: str) -> tuple[JobKind, str]:
    """Under which name a batch fails: the proposal's test, else the version that is asked."""
    return ("evaluation", proposal_id) if proposal_id else ("answers", digest[:16])


def _asking(bench: Bench, parts: Parts, deferred: DeferredAnswers, *, may_ask: bool = False) -> Ask:
    """The built-in agent answers here and now; what costs calls is left to batches, or `may_ask` where nobody shares
    them."""
    free = AnswerMemory(parts.store, parts.answerers)

    def ask(bundle: Bundle, cases: Sequence[EvalCase]) -> Mapping[str, Answer]:
        if bundle.model.is_local:
            return free.ask(bundle, cases)
        if not may_ask or not asks_here(bench, len(cases)):
            return deferred.ask(bundle, cases)
        with bench.asking:
            parts.checkpoint("answers:before")
            answers = engine.memory_of(parts).ask(bundle, cases)
            parts.checkpoint("answers:after")
        return answers

    return ask


def _in_words(error: Exception, what: str) -> str:
    """Why something failed: our own errors as they are, a defect without its text, which goes to the log."""
    if isinstance(error, RatchetError):
        return str(error)
    _log.error("%s met a defect.", what, exc_info=error)
    return _defect(error)


def _defect(error: Exception) -> str:
    """A defect in words: its own text may quote what is stored."""
    return f"It met a defect ({type(error).__name__}); the log says where."


def _seconds(began: datetime, ended: datetime) -> float:
    return max(0.0, (ended - began).total_seconds())
