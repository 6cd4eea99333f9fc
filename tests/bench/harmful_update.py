"""A change that helps what it teaches and harms the rest: the gate must not call it proved.

An article-search agent over 956 real help articles. The natural update appends the solved questions of half of the
articles (the taught ones) to them, once in their own field (the product's way) and once written into the text
(`text_`). Questions about the other articles are then drawn to the articles that say more. Cases for the gate come
from the validation questions (and from half of the training questions of untaught articles, which nobody appends);
the test questions measure from outside.

    verdict, fixed, broken, of     what the gate said, and on which cases: `dev` where dev spoke against it already
    taught_delta, untaught_delta   the report's own sealed slices, candidate minus base, share of cases; null where the
                                   sealed cases were not asked
    untaught_delta_naive           outside test questions about untaught articles, had it shipped without a gate
    untaught_delta_live            the same for what is live after the loop decided: 0 when the gate refused
"""

import argparse
import hashlib
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from loop import desk, engine, wiring
from loop.agent import LocalAgent
from loop.change.operations import apply_all
from loop.ports import Parts
from loop.records import (
    Actor,
    Agent,
    Article,
    Bundle,
    Feedback,
    FeedbackKind,
    Grading,
    Interaction,
    Limits,
    Question,
    Report,
    Role,
    Split,
    UpsertArticle,
    Verdict,
)
from loop.settings import Settings
from storage.database import Database
from tests.bench.printing import data_folder, finish, say

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
LEAD = Actor(name="lead", role=Role.ADMIN, is_single_operator=True)


def read(path: Path) -> list[dict[str, object]]:
    """One object per line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def is_taught(article_id: str, *, seed: int) -> bool:
    """Half of the articles, by hash."""
    return hashlib.sha256(f"{seed}:{article_id}".encode()).digest()[0] < 128


def accuracy(bundle: Bundle, asked: list[tuple[str, str]]) -> float:
    """Share of questions answered from the right article."""
    answers = LocalAgent(bundle).answer([Question(text=text) for text, _ in asked])
    return sum(answer.article_id == truth for answer, (_, truth) in zip(answers, asked, strict=True)) / len(asked)


def main() -> None:
    """Build the agent, draft the update, let the loop test it, and measure from outside."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
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
    asked = [
        (str(row["split"]), str(row["question"]), str(row["gold_passage_id"]))
        for row in read(folder / "UK_questions.jsonl")
        if str(row["gold_passage_id"]) in known
    ]
    train = [(text, gold) for split, text, gold in asked if split == "train"]
    outside = [(text, gold) for split, text, gold in asked if split == "test"]
    solved = [(text, gold) for text, gold in train if is_taught(gold, seed=seed)]
    unused = [(text, gold) for text, gold in train if not is_taught(gold, seed=seed)]
    cases = [(text, gold) for split, text, gold in asked if split == "valid"] + unused[::2]
    say(
        f"{len(articles)} articles, {len(solved)} solved questions, {len(cases)} case questions, {len(outside)} outside"
    )

    base = Bundle(articles=articles)
    taught_outside = [(text, gold) for text, gold in outside if is_taught(gold, seed=seed)]
    untaught_outside = [(text, gold) for text, gold in outside if not is_taught(gold, seed=seed)]
    figures: dict[str, object] = {"base_accuracy": round(accuracy(base, outside), 4)}
    figures["outside_n"] = {"taught": len(taught_outside), "untaught": len(untaught_outside)}
    for form, prefix in (("questions", ""), ("text", "text_")):
        operations = natural_update(base, solved, form=form)
        candidate = apply_all(base, operations)
        report, live = decide(base, operations, cases=cases, seed=seed)
        counted = report.sealed if report.is_sealed_asked else report.dev
        figures |= {
            f"{prefix}verdict": report.verdict.value,
            f"{prefix}reasons": [*report.sealed_reasons, *report.reasons],
            f"{prefix}of": "sealed" if report.is_sealed_asked else "dev",
            f"{prefix}fixed": counted.tally.fixed,
            f"{prefix}broken": counted.tally.broken,
            f"{prefix}n": counted.tally.n,
            **{f"{prefix}{name}": figure for name, figure in sealed_slices(report).items()},
            f"{prefix}taught_delta_naive": accuracy(candidate, taught_outside) - accuracy(base, taught_outside),
            f"{prefix}untaught_delta_naive": accuracy(candidate, untaught_outside) - accuracy(base, untaught_outside),
            f"{prefix}untaught_delta_live": accuracy(live, untaught_outside) - accuracy(base, untaught_outside),
        }
    finish(
        figures,
        name="harmful_update",
        seed=seed,
        units={"delta": "share of questions answered from the right article, candidate minus base"},
    )


def sealed_slices(report: Report) -> dict[str, float | int | None]:
    """What the sealed cases said of the taught and of the untaught; None where they were not asked."""
    parts = {one.name: one.evidence for one in report.slices if one.split is Split.SEALED}
    found: dict[str, float | int | None] = {}
    for name in ("taught", "untaught"):
        part = parts.get(name)
        found |= {f"{name}_delta": part and part.tally.effect, f"{name}_n": part.tally.n if part else 0}
    untaught = parts.get("untaught")
    return found | {"untaught_p_worse": untaught and untaught.p_worse}


def decide(
    base: Bundle, operations: tuple[UpsertArticle, ...], *, cases: list[tuple[str, str]], seed: int
) -> tuple[Report, Bundle]:
    """Let the loop collect the cases, test the update, and ship it if it is proved: the report and what is live."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(database_url=f"sqlite:///{scratch}/harmful.db", seed=seed)
        database = Database.open(settings.database_url)
        agent = Agent(
            slug="help", name="Help", grading=Grading.ARTICLE, trusted_authors=("benchmark:lead",),
            limits=Limits(dev_share=0.35, sealed_share=0.49, undo_seconds=0), created_at=NOW,
        )  # fmt: skip
        database.create_agent(agent, base, now=NOW, actor="benchmark", chance="harmful update")
        parts = wiring.parts_for(settings, database, "help", clock=lambda: NOW)
        corrected(parts, cases)
        engine.turn(parts)
        proposal = desk.draft(
            parts,
            actor=LEAD,
            operations=operations,
            title="Append solved questions to their articles",
            rationale="Each solved question tells the search what its article is about.",
        )
        engine.turn(parts)
        item = parts.store.proposal(proposal.id)
        if item.report is None:
            raise SystemExit("The proposal was not tested.")
        if item.report.verdict is Verdict.PROVED:
            desk.approve(parts, proposal.id, actor=LEAD, seen_digest=item.evidence_digest, reason="proved; benchmark")
            engine.apply_due(parts)
        live = parts.store.bundle(parts.store.head().digest)
        database.close()
        return item.report, live


def corrected(parts: Parts, asked: list[tuple[str, str]]) -> None:
    """The lead says of each question which article is right."""
    interactions, feedback = [], []
    for place, (text, gold) in enumerate(asked):
        interactions.append(
            Interaction(
                id=f"i{place}", agent="help", episode_id=f"e{place}", customer=f"c{place}", at=NOW, question=text,
                source="benchmark",
            )
        )  # fmt: skip
        feedback.append(
            Feedback(
                id=f"f{place}", agent="help", interaction_id=f"i{place}", kind=FeedbackKind.LABEL, article_id=gold,
                author="lead", source="benchmark", at=NOW, received_at=NOW,
            )
        )  # fmt: skip
    parts.store.append(interactions=tuple(interactions), feedback=tuple(feedback))


def natural_update(base: Bundle, solved: list[tuple[str, str]], *, form: str) -> tuple[UpsertArticle, ...]:
    """Each taught article with its solved questions: in their own field, or written into its text."""
    by_article: dict[str, list[str]] = {}
    for text, gold in solved:
        by_article.setdefault(gold, []).append(text)
    changed = []
    for article in base.articles:
        if questions := by_article.get(article.id):
            update = (
                {"questions": tuple(questions)}
                if form == "questions"
                else {"body": "\n".join([article.body, *questions])}
            )
            changed.append(UpsertArticle(article=article.model_copy(update=update)))
    return tuple(changed)


if __name__ == "__main__":
    main()
