"""One stream through the whole loop, turn by turn, by the ways a user has."""

import os
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean

from loop import desk, engine, policy, wiring
from loop.agent import LocalAgent
from loop.cli import group as ratchet
from loop.ports import Parts
from loop.records import (
    Actor,
    Bundle,
    Example,
    Feedback,
    FeedbackKind,
    Interaction,
    ProposalItem,
    ProposalState,
    Proposer,
    Question,
    Role,
    Split,
    Verdict,
)
from loop.settings import Settings
from loop.text.spelling import normalise
from tests.bench.learning_curve.streams import LEADS, Row, Stream, read, streams
from tests.bench.printing import data_folder, say

START = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
"""After any day on which the agent can have been made."""
SOURCE = "benchmark"
"""The door that says who the raters and leads are."""
APPROVER = Actor(name="benchmark", role=Role.ADMIN, is_single_operator=True)


@dataclass(frozen=True)
class Outcome:
    """What one setting of one seed came to, and naive beside it."""

    seed: int
    setting: str
    accuracy: float
    naive_accuracy: float
    mean_accuracy: float
    """Over the batches, of what was live after each."""
    with_waiting: float
    """Had the newest bundle that waits at the end been approved too."""
    victim_recall: float
    naive_victim_recall: float
    releases: int
    examples: int
    """Live at the end."""
    wrong_examples: int
    """Of these, those that teach something untrue."""
    missed: dict[str, int]
    """Teaching corrections that say what is true and are not live at the end, by the state of the feedback."""
    verdicts: dict[str, int]
    """Of the proposals, as last tested."""
    dev_cases: int
    sealed_cases: int
    quarantined: int
    held: int
    seconds: float
    curve: tuple[dict[str, object], ...]


class Clock:
    """The time of the stream: nothing here waits."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def run(stream: Stream, held_out: list[tuple[str, str]], *, folder: Path, seed: int) -> Outcome:
    """Feed the batches, turn, approve what is recommended, until nothing more is; measure after each release."""
    began = time.perf_counter()
    clock = Clock()
    url = f"sqlite:///{folder / stream.name}.db"
    os.environ |= {"RATCHET_DATABASE_URL": url, "RATCHET_OPERATOR": APPROVER.name}
    trusted = [part for lead in LEADS for part in ("--trusted", f"{SOURCE}:{lead}")]
    ratchet(["agent", "create", "banking", "--grading", "label", *trusted], standalone_mode=False)
    settings = Settings(database_url=url, seed=seed)
    database = wiring.open_database(settings)
    parts = wiring.parts_for(settings, database, "banking", clock=clock)
    curve: list[dict[str, object]] = []
    live, after_batch = 0.0, []
    for number, batch in enumerate(stream.batches):
        clock.now = START + timedelta(days=number)
        _collect(parts, batch, number=number, now=clock.now)
        clock.now += timedelta(hours=8)
        while approved := _turn_and_approve(parts, clock):
            live, recall = _measure(parts, held_out, stream.victim)
            verdict = approved.report.verdict.value if approved.report else ""
            curve.append(
                _point(parts, number, stream) | {"verdict": verdict, "accuracy": live, "victim_recall": recall}
            )
            say(f"seed {seed} {stream.name} {curve[-1]}")
        after_batch.append(live)
    outcome = _outcome(parts, stream, held_out, seed=seed, curve=curve, after_batch=after_batch, began=began)
    database.close()
    return outcome


def _outcome(
    parts: Parts,
    stream: Stream,
    held_out: list[tuple[str, str]],
    *,
    seed: int,
    curve: list[dict[str, object]],
    after_batch: list[float],
    began: float,
) -> Outcome:
    accuracy, recall = _measure(parts, held_out, stream.victim)
    naive_accuracy, naive_recall = naive(stream, held_out)
    states = {item.feedback.id: item.state.value for item in parts.store.feedback()}
    truth = {normalise(row.text): row.truth for batch in stream.batches for row in batch}
    live = parts.store.bundle(parts.store.head().digest).examples
    taught = {normalise(one.question) for one in live}
    missed = [
        states[f"f{number:02}-{place:04}"]
        for number, batch in enumerate(stream.batches)
        for place, row in enumerate(batch)
        if row.author not in LEADS and row.said == row.truth and normalise(row.text) not in taught
    ]
    verdicts = [item.report.verdict.value for item in parts.store.proposals() if item.report]
    return Outcome(
        seed=seed,
        setting=stream.name,
        accuracy=accuracy,
        naive_accuracy=naive_accuracy,
        mean_accuracy=round(fmean(after_batch), 4),
        with_waiting=_with_waiting(parts, held_out, stream.victim),
        victim_recall=recall,
        naive_victim_recall=naive_recall,
        releases=len(curve),
        examples=len(live),
        wrong_examples=sum(one.label != truth.get(normalise(one.question)) for one in live),
        missed={state: missed.count(state) for state in sorted(set(missed))},
        verdicts={verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
        dev_cases=len(parts.store.cases([Split.DEV])),
        sealed_cases=len(parts.store.cases([Split.SEALED])),
        quarantined=list(states.values()).count("quarantined"),
        held=list(states.values()).count("held"),
        seconds=round(time.perf_counter() - began, 1),
        curve=tuple(curve),
    )


def _collect(parts: Parts, batch: tuple[Row, ...], *, number: int, now: datetime) -> None:
    head = parts.store.head()
    answers = parts.answerers(parts.store.live_bundle()).answer([Question(text=row.text) for row in batch])
    interactions, feedback = [], []
    for place, (row, answer) in enumerate(zip(batch, answers, strict=True)):
        key = f"{number:02}-{place:04}"
        moment = now + timedelta(seconds=40 * place)
        interactions.append(
            Interaction(
                id=f"i{key}", agent="banking", episode_id=f"e{key}", customer=f"c{key}", at=moment, question=row.text,
                answer=answer.text, label=answer.label, method=answer.method, confidence=answer.confidence,
                version=head.number, source=SOURCE,
            )
        )  # fmt: skip
        feedback.append(
            Feedback(
                id=f"f{key}", agent="banking", interaction_id=f"i{key}", kind=FeedbackKind.LABEL, label=row.said,
                author=row.author, source=SOURCE, at=moment, received_at=moment,
            )
        )  # fmt: skip
    parts.store.append(interactions=tuple(interactions), feedback=tuple(feedback))


def _turn_and_approve(parts: Parts, clock: Clock) -> ProposalItem | None:
    """One turn; the first change that is recommended is approved, and applied when its undo window has closed."""
    engine.turn(parts)
    recommended = [
        item
        for item in parts.store.proposals([ProposalState.WAITING])
        if policy.recommend(item.report, stakes=item.proposal.stakes).verb == "approve"
    ]
    for item in sorted(recommended, key=lambda item: not (item.report and item.report.verdict is Verdict.PROVED)):
        desk.approve(
            parts, item.proposal.id, actor=APPROVER, seen_digest=item.evidence_digest, reason="recommended; benchmark"
        )
        clock.now += timedelta(minutes=5)
        return item if engine.apply_due(parts) else None
    return None


def _point(parts: Parts, number: int, stream: Stream) -> dict[str, object]:
    head = parts.store.head()
    return {
        "setting": stream.name,
        "corrections": sum(len(batch) for batch in stream.batches[: number + 1]),
        "version": head.number,
        "examples": len(parts.store.bundle(head.digest).examples),
        "sealed_cases": len(parts.store.cases([Split.SEALED])),
    }


def _with_waiting(parts: Parts, held_out: list[tuple[str, str]], victim: str) -> float:
    waiting = [
        item.proposal
        for item in parts.store.proposals([ProposalState.WAITING])
        if item.proposal.proposer is Proposer.EXAMPLES
    ]
    if not waiting:
        return _measure(parts, held_out, victim)[0]
    newest = max(waiting, key=lambda proposal: proposal.created_at)
    return _score(parts.store.bundle(newest.candidate_digest), held_out, victim)[0]


def _measure(parts: Parts, held_out: list[tuple[str, str]], victim: str) -> tuple[float, float]:
    return _score(parts.store.bundle(parts.store.head().digest), held_out, victim)


def _score(bundle: Bundle, held_out: list[tuple[str, str]], victim: str) -> tuple[float, float]:
    answers = LocalAgent(bundle).answer([Question(text=text) for text, _ in held_out])
    right = [answer.label == truth for answer, (_, truth) in zip(answers, held_out, strict=True)]
    of_victim = [ok for ok, (_, truth) in zip(right, held_out, strict=True) if truth == victim]
    return round(sum(right) / len(right), 4), round(sum(of_victim) / len(of_victim), 4)


def naive(stream: Stream, held_out: list[tuple[str, str]]) -> tuple[float, float]:
    """Every teaching correction as an example: no validation, no gate."""
    examples = tuple(
        Example(id=f"x{place}", question=row.text, label=row.said) for place, row in enumerate(stream.teaching)
    )
    return _score(Bundle(examples=examples), held_out, stream.victim)


def run_one(seed: int, setting: str) -> Outcome:
    """One stream of one seed, in a folder of its own."""
    folder = data_folder("banking77")
    held_out = read(folder / "test.csv")
    (stream,) = [one for one in streams(read(folder / "train.csv"), seed=seed) if one.name == setting]
    with tempfile.TemporaryDirectory() as scratch:
        return run(stream, held_out, folder=Path(scratch), seed=seed)
