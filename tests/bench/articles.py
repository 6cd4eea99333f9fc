"""The loop learns where articles are the knowledge: what corrections are worth to a search, and to whom.

An article-search agent over 956 real help articles, with the limits a user gets. The live version answers 1,690
training questions over thirteen weeks; a lead the operator vouches for says of every other one which article is right,
and six colleagues of the rest. Every week the loop turns until it has nothing more that is proved, and what is proved
is approved. The 763 test questions measure from outside.

    start                     top-1 with the search of the first version (title and body apart)
    default                   with today's search, before anything was learned
    end                       with what is live when the loop has nothing more to recommend
    gain_points               end against start;  learned_points: end against default
    taught_delta_points       end against default, test questions about articles some training question is about
    untaught_delta_points     the same about all other articles
    *_interval                95 %, paired bootstrap over test questions
    naive_*                   the training questions written into their articles, shipped without a gate
"""

import argparse
import tempfile
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from loop import desk, engine, policy, wiring
from loop.agent import LocalAgent
from loop.change.operations import apply_all
from loop.ports import Parts
from loop.records import (
    Agent,
    Bundle,
    Feedback,
    FeedbackKind,
    Grading,
    Interaction,
    ProposalItem,
    ProposalState,
    Question,
    Split,
    Verdict,
)
from loop.settings import Settings
from loop.text.spelling import normalise
from loop.text.vectors import count_features
from storage.database import Database
from tests.bench.harmful_update import LEAD, NOW, natural_update
from tests.bench.leak import Asked, World, load
from tests.bench.printing import finish, say

WEEKS = 13
COLLEAGUES = 6
DRAWS = 10_000
"""Of the bootstrap."""
Right = NDArray[np.bool_]


class Clock:
    """A time that only moves when told to: nothing here waits."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def rights(bundle: Bundle, asked: Asked) -> Right:
    """Which questions are answered from the right article."""
    answers = LocalAgent(bundle).answer([Question(text=text) for text, _ in asked])
    return np.array([answer.article_id == gold for answer, (_, gold) in zip(answers, asked, strict=True)])


def first_search(bundle: Bundle, asked: Asked) -> Right:
    """The same with the search of the first version: BM25 of 1.2 · title + body, each a field of its own."""
    articles = sorted(bundle.articles, key=lambda article: article.id)
    questions = count_features([normalise(text) for text, _ in asked])
    questions.data[:] = 1
    scores = 1.2 * (questions @ _bm25([one.title for one in articles])).toarray()
    scores += (questions @ _bm25([one.body for one in articles])).toarray()
    found = [articles[place].id for place in scores.argmax(axis=1)]
    return np.array([one == gold for one, (_, gold) in zip(found, asked, strict=True)])


def _bm25(documents: list[str]) -> csr_array:
    found = count_features([normalise(one) for one in documents])
    spread = np.bincount(found.indices, minlength=found.shape[1])
    rarity = np.log1p((len(documents) - spread + 0.5) / (spread + 0.5))
    length = np.asarray(found.sum(axis=1)).ravel()
    discount = np.repeat(0.25 + 0.75 * length / length.mean(), np.diff(found.indptr))
    found.data = (found.data * 2.2 / (found.data + 1.2 * discount) * rarity[found.indices]).astype(np.float32)
    return found.T.tocsr()


def difference(after: Right, before: Right, *, part: Right, seed: int) -> tuple[float, list[float]]:
    """Points gained on a part of the questions, with the paired bootstrap interval."""
    moved = (after.astype(int) - before.astype(int))[part]
    draws = np.random.default_rng(seed).choice(moved, size=(DRAWS, moved.size)).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return round(100 * float(moved.mean()), 2), [round(100 * float(low), 2), round(100 * float(high), 2)]


def corrected(parts: Parts, asked: Asked, *, first: int, now: datetime) -> None:
    """The live version answers each question, and somebody says which article is right."""
    head = parts.store.head()
    answers = parts.answerers(parts.store.live_bundle()).answer([Question(text=text) for text, _ in asked])
    interactions, feedback = [], []
    for place, ((text, gold), answer) in enumerate(zip(asked, answers, strict=True), start=first):
        author = "lead" if place % 2 else f"colleague-{place // 2 % COLLEAGUES}"
        at = now + timedelta(minutes=20 * (place - first))
        interactions.append(
            Interaction(
                id=f"i{place}", agent="help", episode_id=f"e{place}", customer=f"c{place}", at=at, question=text,
                answer=answer.text, article_id=answer.article_id, method=answer.method, confidence=answer.confidence,
                uses=answer.uses, version=head.number, source="benchmark",
            )
        )  # fmt: skip
        feedback.append(
            Feedback(
                id=f"f{place}", agent="help", interaction_id=f"i{place}", kind=FeedbackKind.LABEL, article_id=gold,
                author=author, source="benchmark", at=at, received_at=at,
            )
        )  # fmt: skip
    parts.store.append(interactions=tuple(interactions), feedback=tuple(feedback))


def learn(world: World, *, seed: int) -> tuple[Bundle, list[dict[str, object]], list[str]]:
    """What is live after the loop has nothing more to recommend, its releases, and what it said of the last turn."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(database_url=f"sqlite:///{scratch}/articles.db", seed=seed)
        database = Database.open(settings.database_url)
        agent = Agent(
            slug="help", name="Help", grading=Grading.ARTICLE, trusted_authors=("benchmark:lead",), created_at=NOW
        )
        database.create_agent(agent, world.base, now=NOW, actor="benchmark", chance=f"articles {seed}")
        clock = Clock()
        parts = wiring.parts_for(settings, database, "help", clock=clock)
        releases: list[dict[str, object]] = []
        size = -(-len(world.train) // WEEKS)
        for week in range(WEEKS):
            clock.now = NOW + timedelta(days=7 * week)
            first = week * size
            corrected(parts, world.train[first : first + size], first=first, now=clock.now)
            clock.now += timedelta(days=5)
            words = _turned(parts)
            while (made := _approved(parts, clock)) is not None:
                releases.append({"week": week, "proposer": made.proposal.proposer.value, "title": made.proposal.title})
                say(f"week {week}: {releases[-1]}")
                words = _turned(parts)
            say(f"week {week}: {_standing(parts)} {words}")
        say(f"cases: { {split.value: parts.store.count_cases(split) for split in Split} }")
        live = parts.store.bundle(parts.store.head().digest)
        database.close()
        return live, releases, words


def _turned(parts: Parts) -> list[str]:
    """One turn, and what it said."""
    return [line for stage in engine.turn(parts).stages for line in (*stage.words, *stage.why)]


def _standing(parts: Parts) -> list[str]:
    """Each proposal with its state and what its test said."""
    return [
        ": ".join(
            (
                item.proposal.proposer.value,
                item.state.value,
                item.report.verdict.value if item.report else "untested",
                item.proposal.title,
            )
        )
        for item in parts.store.proposals()
    ]


def _approved(parts: Parts, clock: Clock) -> ProposalItem | None:
    """Approve the first change that is proved and recommended, and let its undo window pass."""
    for item in parts.store.proposals([ProposalState.WAITING]):
        is_proved = item.report is not None and item.report.verdict is Verdict.PROVED
        if is_proved and policy.recommend(item.report, stakes=item.proposal.stakes).verb == "approve":
            seen = item.evidence_digest
            desk.approve(parts, item.proposal.id, actor=LEAD, seen_digest=seen, reason="proved; benchmark")
            clock.now += timedelta(minutes=5)
            return item if engine.apply_due(parts) else None
    return None


def main() -> None:
    """Let the loop learn, and measure from outside."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    world = load()
    outside = world.outside
    taught_ids = {gold for _, gold in world.train}
    taught = np.array([gold in taught_ids for _, gold in outside])
    everything = np.ones(len(outside), dtype=bool)
    say(f"{len(world.base.articles)} articles, {len(world.train)} corrected, {len(outside)} outside")
    live, releases, words = learn(world, seed=seed)
    start, default, end = first_search(world.base, outside), rights(world.base, outside), rights(live, outside)
    naive = rights(apply_all(world.base, natural_update(world.base, world.train, form="text")), outside)
    figures: dict[str, object] = {
        "start": round(float(start.mean()), 4),
        "default": round(float(default.mean()), 4),
        "end": round(float(end.mean()), 4),
        "naive_end": round(float(naive.mean()), 4),
    }
    for name, after, before, part in (
        ("gain", end, start, everything),
        ("learned", end, default, everything),
        ("taught_delta", end, default, taught),
        ("untaught_delta", end, default, ~taught),
        ("untaught_gain", end, start, ~taught),
        ("naive_taught_delta", naive, default, taught),
        ("naive_untaught_delta", naive, default, ~taught),
    ):
        figures[f"{name}_points"], figures[f"{name}_interval"] = difference(after, before, part=part, seed=seed)
    figures |= {
        "releases": releases,
        "n": {"taught": int(taught.sum()), "untaught": int((~taught).sum())},
        "why_no_more": words,
    }
    finish(
        figures,
        name="articles",
        seed=seed,
        units={"points": "percentage points of test questions answered from the right article (top-1)"},
    )


if __name__ == "__main__":
    main()
