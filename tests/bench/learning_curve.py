"""The main job on real input: a stream of corrected banking questions, from an empty agent, through the whole loop.

Three streams of about 2,000 teaching corrections by 20 raters, and about 730 corrections by two trusted leads of
which some 600 become dev and sealed cases (the attack never reaches those):

    clean      everybody is right
    noise20    5 of 20 raters are wrong four times in five, at random: 20 % of the teaching corrections
    targeted   60 more corrections by three accounts move one intent's questions to a similar intent

A turn follows each batch; proposals whose verdict is `proved` are approved by the benchmark (and only here).
Accuracy is measured on the 3,080 test questions, which no version ever saw, after each release. Naive is the same
agent with every teaching correction as an example: no validation, no gate.

The last figure of a run hangs on whether a bundle was proved just before the stream ended, which is worth some two
points either way. So two steadier ones stand beside it: `mean_accuracy` over all batches, and `with_waiting`, had the
newest bundle that waits been approved too.
"""

import argparse
import csv
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from loop import desk, engine, wiring
from loop.agent import LocalAgent
from loop.ports import Parts
from loop.records import (
    Actor,
    Agent,
    Bundle,
    Example,
    Feedback,
    FeedbackKind,
    Grading,
    Interaction,
    Limits,
    ProposalState,
    Proposer,
    Question,
    Role,
    Split,
    Verdict,
)
from loop.settings import Settings
from storage.database import Database
from tests.bench.printing import data_folder, finish, say

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
LEADS = ("lead-1", "lead-2")
RATERS = tuple(f"rater-{number:02}" for number in range(20))
BAD_RATERS = RATERS[:5]
TEACHING, TRUSTED, TARGETED, BATCHES = 2_000, 732, 60, 13
APPROVER = Actor(name="benchmark", role=Role.ADMIN, is_single_operator=True)


@dataclass(frozen=True)
class Row:
    """One question with what its rater said."""

    text: str
    truth: str
    said: str
    author: str


@dataclass(frozen=True)
class Stream:
    """What one setting feeds to the loop, and who is to suffer."""

    name: str
    batches: tuple[tuple[Row, ...], ...]
    victim: str

    @property
    def teaching(self) -> list[Row]:
        """Rows that are not by a lead."""
        return [row for batch in self.batches for row in batch if row.author not in LEADS]


def read(path: Path) -> list[tuple[str, str]]:
    """Question and intent of each row."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def streams(rows: list[tuple[str, str]], *, seed: int) -> Iterator[Stream]:
    """The three settings over the same questions."""
    rng = random.Random(seed)
    shuffled = rng.sample(rows, len(rows))
    taught, trusted, spare = (
        shuffled[:TEACHING],
        shuffled[TEACHING : TEACHING + TRUSTED],
        shuffled[TEACHING + TRUSTED :],
    )
    intents = sorted({intent for _, intent in rows})
    victim, beneficiary = "card_arrival", "lost_or_stolen_card"
    honest = [Row(text, truth, truth, RATERS[place % len(RATERS)]) for place, (text, truth) in enumerate(taught)]
    led = [Row(text, truth, truth, LEADS[place % 2]) for place, (text, truth) in enumerate(trusted)]

    noisy = [
        Row(row.text, row.truth, rng.choice([one for one in intents if one != row.truth]), row.author)
        if row.author in BAD_RATERS and rng.random() < 0.8
        else row
        for row in honest
    ]
    attack = [
        Row(text, truth, beneficiary, f"visitor-{place % 3}")
        for place, (text, truth) in enumerate([row for row in spare if row[1] == victim][:TARGETED])
    ]
    for name, said in (
        ("clean", honest),
        ("noise20", noisy),
        ("targeted", rng.sample(honest + attack, len(honest + attack))),
    ):
        yield Stream(name=name, batches=tuple(_batches(said, led)), victim=victim)


def _batches(said: list[Row], led: list[Row]) -> Iterator[tuple[Row, ...]]:
    for number in range(BATCHES):
        cut = slice(len(said) * number // BATCHES, len(said) * (number + 1) // BATCHES)
        led_cut = slice(len(led) * number // BATCHES, len(led) * (number + 1) // BATCHES)
        yield (*led[led_cut], *said[cut])


@dataclass(frozen=True)
class Outcome:
    """What one setting came to."""

    curve: list[dict[str, object]]
    accuracy: float
    mean_accuracy: float
    """Over the batches, of what was live after each."""
    with_waiting: float
    """Had the newest bundle that waits at the end been approved too."""
    victim_recall: float
    releases: int
    quarantined: int
    held: int
    seconds: float


def run(stream: Stream, held_out: list[tuple[str, str]], *, folder: Path, seed: int) -> Outcome:
    """Feed the batches, turn, approve what is proved, until nothing more is; measure after each release."""
    began = time.perf_counter()
    now = START
    database = Database.open(f"sqlite:///{folder / stream.name}.db")
    limits = Limits(dev_share=0.33, sealed_share=0.49, bundle_max=600, undo_seconds=0)
    agent = Agent(
        slug="banking", name="Banking", grading=Grading.LABEL, trusted_authors=LEADS, limits=limits, created_at=START
    )
    database.create_agent(agent, Bundle(), now=START, actor="benchmark", chance=f"{stream.name} {seed}")
    settings = Settings(database_url=f"sqlite:///{folder / stream.name}.db", seed=seed)
    curve: list[dict[str, object]] = []
    live, after_batch = 0.0, []
    for number, batch in enumerate(stream.batches):
        now = START + timedelta(days=number)
        parts = wiring.parts_for(settings, database, "banking", clock=lambda now=now: now)
        _collect(parts, batch, number=number, now=now)
        while _turn_and_approve(parts):
            live, recall = _measure(parts, held_out, stream.victim)
            curve.append(_point(parts, number, stream) | {"accuracy": live, "victim_recall": recall})
            say(f"{stream.name} {curve[-1]}")
        after_batch.append(live)
    parts = wiring.parts_for(settings, database, "banking", clock=lambda: now)
    states = [item.state.value for item in parts.store.feedback()]
    accuracy, recall = _measure(parts, held_out, stream.victim)
    with_waiting = _with_waiting(parts, held_out, stream.victim)
    database.close()
    return Outcome(
        curve=curve,
        accuracy=accuracy,
        mean_accuracy=round(sum(after_batch) / len(after_batch), 4),
        with_waiting=with_waiting,
        victim_recall=recall,
        releases=len(curve),
        quarantined=states.count("quarantined"),
        held=states.count("held"),
        seconds=round(time.perf_counter() - began, 1),
    )


def _collect(parts: Parts, batch: tuple[Row, ...], *, number: int, now: datetime) -> None:
    head = parts.store.head()
    answers = parts.answerers(parts.store.bundle(head.digest)).answer([Question(text=row.text) for row in batch])
    interactions, feedback = [], []
    for place, (row, answer) in enumerate(zip(batch, answers, strict=True)):
        key = f"{number:02}-{place:04}"
        moment = now + timedelta(seconds=40 * place)
        interactions.append(
            Interaction(
                id=f"i{key}", agent="banking", episode_id=f"e{key}", customer=f"c{key}", at=moment, question=row.text,
                answer=answer.text, label=answer.label, method=answer.method, confidence=answer.confidence,
                version=head.number, source="benchmark",
            )
        )  # fmt: skip
        feedback.append(
            Feedback(
                id=f"f{key}", agent="banking", interaction_id=f"i{key}", kind=FeedbackKind.LABEL, label=row.said,
                author=row.author, source="benchmark", at=moment, received_at=moment,
            )
        )  # fmt: skip
    parts.store.append(interactions=tuple(interactions), feedback=tuple(feedback))


def _turn_and_approve(parts: Parts) -> bool:
    """One turn, the first proved proposal approved, applied. False when nothing was proved."""
    engine.turn(parts)
    for item in parts.store.proposals([ProposalState.WAITING]):
        if item.report is not None and item.report.verdict is Verdict.PROVED:
            desk.approve(
                parts, item.proposal.id, actor=APPROVER, seen_digest=item.evidence_digest, reason="proved; benchmark"
            )
            return bool(engine.apply_due(parts))
    return False


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


def main() -> None:
    """Run the settings and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--settings", nargs="*", default=["clean", "noise20", "targeted"])
    chosen = parser.parse_args()
    folder = data_folder("banking77")
    held_out = read(folder / "test.csv")
    outcomes: dict[str, Outcome] = {}
    naives: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for stream in streams(read(folder / "train.csv"), seed=chosen.seed):
            if stream.name in chosen.settings:
                naives[stream.name] = naive(stream, held_out)
                say(f"{stream.name} naive {naives[stream.name]}")
                outcomes[stream.name] = run(stream, held_out, folder=Path(scratch), seed=chosen.seed)
    figures: dict[str, object] = {"n_test": len(held_out), "n_teaching": TEACHING, "n_trusted": TRUSTED}
    for name, outcome in outcomes.items():
        figures |= {
            f"{name}_accuracy": outcome.accuracy,
            f"{name}_mean_accuracy": outcome.mean_accuracy,
            f"{name}_with_waiting": outcome.with_waiting,
            f"{name}_naive_accuracy": naives[name][0],
            f"{name}_victim_recall": outcome.victim_recall,
            f"{name}_naive_victim_recall": naives[name][1],
            f"{name}_releases": outcome.releases,
            f"{name}_held": outcome.held,
            f"{name}_quarantined": outcome.quarantined,
            f"{name}_seconds": outcome.seconds,
        }
    if {"clean", "targeted"} <= set(outcomes):
        figures |= {
            "targeted_victim_recall_drop": round(
                outcomes["clean"].victim_recall - outcomes["targeted"].victim_recall, 4
            ),
            "targeted_naive_victim_recall_drop": round(naives["clean"][1] - naives["targeted"][1], 4),
        }
    figures["curve"] = [point for outcome in outcomes.values() for point in outcome.curve]
    finish(
        figures,
        name="learning_curve",
        seed=chosen.seed,
        units={"accuracy": "share of test questions", "recall": "share of the victim intent's test questions"},
    )


if __name__ == "__main__":
    main()
