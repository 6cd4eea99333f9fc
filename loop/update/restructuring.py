"""Split and merge: articles that answer several things, and articles that say the same.

Only where answers are graded by their text. Where the article itself is the right answer, every case names the old
article, and a new one could not be right however well it answers.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from loop.change.acceptance import LINE_MAX
from loop.change.proposal import Idea
from loop.change.sections import shorten
from loop.records import Article, Grading, Operation, Proposer, RetireArticle, UpsertArticle
from loop.text.near import distinct_words, jaccard
from loop.text.search import Search
from loop.text.spelling import normalise
from loop.update.rehearsal import rehearse
from loop.update.teaching import Correction, UpdateWork

SAME_PART = 0.5
"""Share of words an answer has in common with one part of an article, from which it is that part."""
SAME_ARTICLE = 0.8
"""The same between two articles, from which they say the same."""
_PARTS = re.compile(r"\n\s*\n")


def restructuring_ideas(work: UpdateWork, worded: Sequence[Correction]) -> Iterable[Idea]:
    """Articles to split and to merge, none that costs other cases when tried on the log."""
    if work.agent.grading is not Grading.TEXT or not work.bundle.articles:
        return
    for idea in (*_splits(work, worded), *_merges(work, worded)):
        trial = rehearse(work, idea.operations)
        if trial is not None and trial.is_harmless:
            yield idea.model_copy(update={"rationale": f"{idea.rationale} {trial.in_words()}"})


def _splits(work: UpdateWork, worded: Sequence[Correction]) -> Iterable[Idea]:
    """Articles of which people send single parts: each part becomes an article of its own."""
    articles = {article.id: article for article in work.bundle.articles}
    sent: dict[str, list[tuple[Correction, int]]] = defaultdict(list)
    for one in worded:
        article = articles.get(one.interaction.article_id or "")
        parts = _parts(article) if article else []
        words = distinct_words(one.answer)
        alike = [jaccard(words, distinct_words(part)) for part in parts]
        if article and len(parts) > 1 and max(alike) >= SAME_PART:
            sent[article.id].append((one, alike.index(max(alike))))
    for key, some in sorted(sent.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        people = {one.author for one, _ in some}
        if len(people) < work.agent.limits.min_sources or len({part for _, part in some}) < 2:
            continue
        said = [one for one, _ in some]
        yield _idea(
            work,
            said,
            operations=(*_split(articles[key], {part: one for one, part in some}), RetireArticle(article_id=key)),
            title=f"Split the article: {shorten(articles[key].title)}",
            rationale=(
                f"{len(people)} people who corrected answers from this article sent one part of it or another. Each "
                "part becomes an article that can be found and sent by itself."
            ),
        )


def _split(article: Article, asked: dict[int, Correction]) -> Iterable[UpsertArticle]:
    for place, part in enumerate(_parts(article)):
        question = asked[place].question if place in asked else part.partition("\n")[0]
        title = f"{article.title} · {shorten(question)}"[:LINE_MAX]
        yield UpsertArticle(article=Article(id=f"{article.id}-{place + 1}", title=title, body=part), before=article.id)


def _merges(work: UpdateWork, worded: Sequence[Correction]) -> Iterable[Idea]:
    """Articles that say what a longer one says, and that people replaced by it."""
    articles = {article.id: article for article in work.bundle.articles}
    used = {key for one in worded if (key := one.interaction.article_id) and key in articles}
    twins = _twins([articles[key] for key in sorted(used)], among=work.bundle.articles)
    for gone, kept in sorted(twins.items()):
        fuller = distinct_words(articles[kept].body)
        said = [
            one
            for one in worded
            if one.interaction.article_id == gone and jaccard(distinct_words(one.answer), fuller) >= SAME_PART
        ]
        if len({one.author for one in said}) < work.agent.limits.min_sources:
            continue
        both = articles[kept].model_copy(
            update={"questions": tuple(dict.fromkeys((*articles[kept].questions, *articles[gone].questions)))}
        )
        changed = (UpsertArticle(article=both),) if both != articles[kept] else ()
        yield _idea(
            work,
            said,
            operations=(*changed, RetireArticle(article_id=gone)),
            title=f"Merge into the article: {shorten(articles[kept].title)}",
            rationale=(
                f"“{shorten(articles[gone].title)}” says what this article says more fully, and {len(said)} answers "
                "from it were replaced by what stands here."
            ),
        )


def _twins(some: Sequence[Article], *, among: Sequence[Article]) -> dict[str, str]:
    """Of some articles those that say what a longer one says, each with the longer."""
    found: dict[str, str] = {}
    if not some:
        return found
    near = Search(among).find([normalise(f"{one.title} {one.body}") for one in some], limit=2)
    for article, hits in zip(some, near, strict=True):
        words = distinct_words(article.body)
        for other in (hit.article for hit in hits if hit.article.id != article.id):
            is_shorter = (len(article.body), article.id) < (len(other.body), other.id)
            if is_shorter and jaccard(words, distinct_words(other.body)) >= SAME_ARTICLE:
                found.setdefault(article.id, other.id)
    return {gone: kept for gone, kept in found.items() if kept not in found}


def _parts(article: Article) -> list[str]:
    return [part.strip() for part in _PARTS.split(article.body) if part.strip()]


def _idea(
    work: UpdateWork, said: Sequence[Correction], *, operations: tuple[Operation, ...], title: str, rationale: str
) -> Idea:
    return Idea(
        operations=operations,
        title=title,
        rationale=rationale,
        evidence=tuple(one.feedback_id for one in said),
        issue_ids=tuple(dict.fromkeys(one.issue_id for one in said if one.issue_id)),
        expected_fixes=work.survey.fixes(said),
        proposer=Proposer.KNOWLEDGE,
    )
