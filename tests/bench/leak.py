"""The exam leaks through people: a change that holds the questions it is examined by must never be called proved.

An article-search agent over 956 real help articles. A trusted lead imports the right article of 1,690 training
questions as corrections; with the limits a user gets, some of them become dev and sealed cases. Then all 1,690
questions are put into the agent by each road a person has: a draft (the articles' solved questions), an edit of a
harmless draft by its reviewer, an import of articles (the questions written into the text), examples, and articles
with the questions disguised (another case, other words around them, another order, a word left out). The test questions
about articles that no training question is about measure the harm from outside.

    verdicts               what the loop said, road by road; `proved`: how many of them are that (must be 0)
    untaught_live_points   the worst change of outside questions about untaught articles, live after the loop decided
    set_aside              sealed cases set aside, on the road with the fewest; `sealed_cases`: how many there were
    naive_*                the same with nothing set aside: what was said, and what shipping it would do
"""

import argparse
import random
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TypeAlias
from unittest.mock import patch

from loop import desk, engine, evaluate, policy, wiring
from loop.ports import Parts
from loop.records import (
    Agent,
    Article,
    Bundle,
    ChangeExamples,
    EditInstructions,
    Example,
    Grading,
    Proposal,
    Split,
    UpsertArticle,
)
from loop.settings import Settings
from storage.database import Database
from tests.bench.harmful_update import LEAD, NOW, accuracy, corrected, read
from tests.bench.printing import data_folder, finish, say

Asked: TypeAlias = list[tuple[str, str]]
"""Questions, each with the id of its right article."""
MOST_EXAMPLES = 2_000


@dataclass(frozen=True)
class World:
    """The articles, what was corrected, and what measures from outside."""

    base: Bundle
    train: Asked
    outside: Asked

    @property
    def untaught(self) -> Asked:
        """Outside questions about articles that no training question is about."""
        taught = {gold for _, gold in self.train}
        return [(text, gold) for text, gold in self.outside if gold not in taught]


@dataclass(frozen=True)
class Outcome:
    """What one road came to."""

    verdict: str
    reason: str
    set_aside: int
    live: Bundle
    candidate: Bundle


Road: TypeAlias = Callable[[Parts, World], Proposal]
"""Brings all training questions in and returns the proposal that holds them."""


def load() -> World:
    """From the data folder."""
    folder = data_folder("feedbackqa_uk")
    articles = tuple(
        Article(
            id=str(row["passage_id"]),
            title=" · ".join([str(row["page_title"]), *(row["section_headers"] or [])])[:400],  # type: ignore[misc]
            body=str(row["section_content"]),
        )
        for row in read(folder / "UK_passages.jsonl")
    )
    known = {article.id for article in articles}
    asked: dict[str, Asked] = {}
    for row in read(folder / "UK_questions.jsonl"):
        if str(row["gold_passage_id"]) in known:
            asked.setdefault(str(row["split"]), []).append((str(row["question"]), str(row["gold_passage_id"])))
    return World(Bundle(articles=articles), asked["train"], asked["test"])


def with_questions(world: World, *, form: str, rng: random.Random) -> tuple[Article, ...]:
    """The articles that were asked about, with their questions: in their own field, in the text, or disguised there."""
    by_article: dict[str, list[str]] = {}
    for text, gold in world.train:
        by_article.setdefault(gold, []).append(text)
    changed = []
    for article in world.base.articles:
        if questions := by_article.get(article.id):
            put = [disguised(one, rng) for one in questions] if form == "disguised" else questions
            update = {"questions": tuple(put)} if form == "questions" else {"body": "\n".join([article.body, *put])}
            changed.append(article.model_copy(update=update))
    return tuple(changed)


def disguised(question: str, rng: random.Random) -> str:
    """The same question as somebody would write it who was asked to change it a little."""
    words = question.split()
    match rng.randrange(4):
        case 0:
            return question.upper().replace("?", " !")
        case 1:
            return f"Somebody wrote to us and wanted to know: {question.lower()} We were glad to help."
        case 2:
            cut = rng.randrange(1, len(words)) if len(words) > 1 else 0
            return " ".join([*words[cut:], *words[:cut]])
        case _:
            gone = rng.randrange(len(words))
            return " ".join(words[:gone] + words[gone + 1 :]) or question


def by_draft(parts: Parts, world: World) -> Proposal:
    """A person's draft that adds the solved questions to their articles."""
    articles = with_questions(world, form="questions", rng=random.Random(0))
    operations = tuple(UpsertArticle(article=article) for article in articles)
    return desk.draft(parts, actor=LEAD, operations=operations, title="Solved questions", rationale="They lead here.")


def by_edit(parts: Parts, world: World) -> Proposal:
    """A harmless draft, tested, and then edited by its reviewer."""
    harmless = EditInstructions(new="Be kind.")
    made = desk.draft(parts, actor=LEAD, operations=(harmless,), title="Be kind", rationale="People asked for it.")
    engine.turn(parts)
    seen = parts.store.proposal(made.id).evidence_digest
    articles = with_questions(world, form="text", rng=random.Random(0))
    operations = (harmless, *(UpsertArticle(article=article) for article in articles))
    return desk.edit(parts, made.id, actor=LEAD, seen_digest=seen, operations=operations, reason="More to the point.")


def by_article_import(parts: Parts, world: World) -> Proposal:
    """The same articles imported again, with the questions in their text."""
    return _imported(parts, with_questions(world, form="text", rng=random.Random(0)))


def by_disguised_import(parts: Parts, world: World) -> Proposal:
    """The same with each question changed a little."""
    return _imported(parts, with_questions(world, form="disguised", rng=random.Random(0)))


def _imported(parts: Parts, articles: tuple[Article, ...]) -> Proposal:
    made = desk.draft_articles(parts, actor=LEAD, articles=articles, source="articles.jsonl")
    if made is None:
        raise SystemExit("The import changed nothing.")
    return made


def by_example_import(parts: Parts, world: World) -> Proposal:
    """Every question as a known-good example of its article."""
    add = tuple(Example(id=f"x{place}", question=text, label=gold) for place, (text, gold) in enumerate(world.train))
    operations = (ChangeExamples(add=add[:MOST_EXAMPLES]),)
    return desk.draft(parts, actor=LEAD, operations=operations, title="Examples", rationale="From the help desk.")


ROADS: dict[str, Road] = {
    "draft": by_draft,
    "edit": by_edit,
    "article import": by_article_import,
    "example import": by_example_import,
    "disguised article import": by_disguised_import,
}


def travel(road: Road, world: World, *, seed: int, is_naive: bool) -> Outcome:
    """A fresh agent, the corrections, a turn, the leak, a turn; shipped when the loop recommends it.

    `is_naive`: nothing is set aside.
    """
    nothing = patch.object(evaluate, "added_texts", lambda base, candidate: []) if is_naive else nullcontext()
    with tempfile.TemporaryDirectory() as scratch, nothing:
        settings = Settings(database_url=f"sqlite:///{scratch}/leak.db", seed=seed)
        database = Database.open(settings.database_url)
        agent = Agent(
            slug="help", name="Help", grading=Grading.ARTICLE, trusted_authors=("benchmark:lead",), created_at=NOW
        )
        database.create_agent(agent, world.base, now=NOW, actor="benchmark", chance="leak")
        parts = wiring.parts_for(settings, database, "help", clock=lambda: NOW)
        corrected(parts, world.train)
        engine.turn(parts)
        made = road(parts, world)
        engine.turn(parts)
        item = parts.store.proposal(made.id)
        if item.report is None:
            raise SystemExit("The proposal was not tested.")
        if policy.recommend(item.report, stakes=item.proposal.stakes).verb == "approve":
            seen = item.evidence_digest
            desk.approve(parts, made.id, actor=LEAD, seen_digest=seen, reason="recommended; benchmark")
            engine.apply_due(parts)
        outcome = Outcome(
            verdict=item.report.verdict.value,
            reason=item.report.reasons[0],
            set_aside=sum(one.shown for one in item.report.left_out if one.split is Split.SEALED),
            live=parts.store.bundle(parts.store.head().digest),
            candidate=parts.store.bundle(item.proposal.candidate_digest),
        )
        database.close()
        return outcome


def main() -> None:
    """Travel each road with and without the guard, and measure from outside."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    world = load()
    say(f"{len(world.base.articles)} articles, {len(world.train)} corrected, {len(world.untaught)} outside untaught")
    before = accuracy(world.base, world.untaught)
    told: dict[str, Outcome] = {}
    naive: dict[str, Outcome] = {}
    for name, road in ROADS.items():
        told[name] = travel(road, world, seed=seed, is_naive=False)
        naive[name] = travel(road, world, seed=seed, is_naive=True)
        say(f"{name}: {told[name].verdict} ({told[name].reason}); naive {naive[name].verdict} ({naive[name].reason})")
    finish(
        {
            "roads": list(ROADS),
            "verdicts": [one.verdict for one in told.values()],
            "proved": sum(one.verdict == "proved" for one in told.values()),
            "untaught_live_points": round(
                100 * min(accuracy(one.live, world.untaught) - before for one in told.values()), 2
            ),
            "set_aside": min(one.set_aside for one in told.values()),
            "naive_verdicts": [one.verdict for one in naive.values()],
            "naive_proved": sum(one.verdict == "proved" for one in naive.values()),
            "naive_untaught_live_points": [
                round(100 * (accuracy(one.candidate, world.untaught) - before), 2) for one in naive.values()
            ],
            "untaught_n": len(world.untaught),
        },
        name="leak",
        seed=seed,
        units={"points": "percentage points of questions answered from the right article"},
    )


if __name__ == "__main__":
    main()
