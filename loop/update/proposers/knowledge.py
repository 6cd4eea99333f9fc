"""Propose articles: missing ones, edits where one is out of date, titles that lead to one, splits and merges."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from loop.change.proposal import Idea
from loop.change.sections import shorten
from loop.records import Article, Proposer, UpsertArticle, derived_id
from loop.text.near import distinct_words, jaccard
from loop.text.sentences import Fact, find_facts
from loop.text.spelling import normalise
from loop.text.vectors import cosines, learn
from loop.update.lessons import SAME_TEXT, lessons
from loop.update.rehearsal import rehearse
from loop.update.restructuring import restructuring_ideas
from loop.update.teaching import Correction, ProposerResult, UpdateWork
from loop.update.titles import title_idea

APART = 0.85
"""Cosine distance from which two groups of questions are different topics (average link)."""
QUESTIONS_CLUSTERED = 400
"""Newest corrections of one turn; the cost grows with the square."""
QUESTION_USED = 1_000
"""Characters of one question that are compared."""
VARIANTS = 5
"""Further questions kept with the most central one."""
DISAGREEING = 3
"""Answers that must contradict a number, date or address of an article."""
SAME_SUBJECT = 0.3
"""Share of words an answer has in common with the article line it corrects."""
IDEAS = 2


class KnowledgeProposer:
    """Edits of stale articles, splits and merges, titles that lead to an article, and articles that are missing."""

    def propose(self, work: UpdateWork) -> ProposerResult:
        """At most IDEAS of each, best supported first; none that costs other cases when tried on the log."""
        worded = [one for one in work.survey.corrections if one.answer]
        taught = lessons(work) if work.bundle.articles else []
        titles, against_titles = title_idea(work, taught)
        missing = _missing(worded, work=work)
        new = [*islice(missing.ideas, IDEAS)]
        return ProposerResult(
            ideas=(
                *_stale_ideas(worded, work=work)[:IDEAS],
                *islice(restructuring_ideas(work, worded), IDEAS),
                *((titles,) if titles else ()),
                *new,
            ),
            looked_at=len({one.feedback_id for one in worded} | {one.said.feedback_id for one in taught}),
            held_back=tuple(filter(None, (against_titles, *missing.held_back))),
        )


def _missing(worded: Sequence[Correction], *, work: UpdateWork) -> ProposerResult:
    """Articles from what people answered when they took over, and where the agent had nothing to say."""
    knowledge = {one.id for one in work.issues if one.kind == "knowledge"}
    gaps = [one for one in worded if one.issue_id in knowledge or one.interaction.method == "handover"]
    said = [distinct_words(article.body) for article in work.bundle.articles] if gaps else []
    answers = [distinct_words(one.answer) for one in gaps]
    gaps = [
        one
        for one, words in zip(gaps, answers, strict=True)
        if all(jaccard(words, other) < SAME_TEXT for other in said)
    ]
    least = work.agent.limits.min_sources
    clusters = _clusters(gaps[-QUESTIONS_CLUSTERED:])
    drafts = [cluster for cluster in clusters if len({one.author for one in cluster}) >= least]
    drafts.sort(key=lambda cluster: (-len({one.author for one in cluster}), cluster[0].feedback_id))
    ideas: list[Idea] = []
    held_back = []
    if clusters and not drafts:
        held_back.append(
            f"{len(gaps)} questions that people had to answer themselves are about {len(clusters)} things; an article "
            f"needs {least} people who answered the same one."
        )
    for cluster in drafts[: 2 * IDEAS]:
        idea = _article_idea(cluster, _best_answer(cluster), work=work)
        trial = rehearse(work, idea.operations)
        if trial is not None and len(trial.lost_elsewhere) <= trial.won_elsewhere:
            ideas.append(idea)
        elif trial is not None:
            held_back.append(f"An article from takeovers would take questions from others. {trial.in_words()}")
    return ProposerResult(ideas=tuple(ideas), looked_at=len(gaps), held_back=tuple(held_back))


def _clusters(corrections: Sequence[Correction]) -> list[list[Correction]]:
    """Corrections whose questions are about the same thing; the most central question first."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(corrections) < 2:
        return [list(corrections)] if corrections else []
    vectors = learn([normalise(one.question[:QUESTION_USED]) for one in corrections]).vectors
    alike = cosines(vectors, vectors).astype(np.float64)
    apart = np.clip(1 - (alike + alike.T) / 2, 0, 1)
    np.fill_diagonal(apart, 0)
    numbers = fcluster(linkage(squareform(apart, checks=False), method="average"), t=APART, criterion="distance")
    grouped: dict[int, list[int]] = defaultdict(list)
    for place, number in enumerate(numbers):
        grouped[int(number)].append(place)
    return [
        [corrections[place] for place in sorted(places, key=lambda one: (-alike[one, places].sum(), one))]
        for places in grouped.values()
    ]


def _article_idea(cluster: Sequence[Correction], body: str, *, work: UpdateWork) -> Idea:
    """An article: the most central question leads, the answer most people stand behind is the body."""
    questions = tuple({normalise(one.question): one.question for one in cluster}.values())[: VARIANTS + 1]
    title = shorten(questions[0])
    article = Article(id=derived_id("k", title, body), title=title, body=body, questions=questions)
    people = len({one.author for one in cluster})
    return Idea(
        operations=(UpsertArticle(article=article),),
        rationale=(
            f"{people} people had to answer {len(cluster)} questions of this kind themselves. The article leads "
            f"with the most central question, keeps {len(questions) - 1} variants, and says what most of them "
            "said. Check that the variants belong together."
        ),
        evidence=tuple(one.feedback_id for one in cluster),
        issue_ids=tuple(dict.fromkeys(one.issue_id for one in cluster)),
        expected_fixes=work.survey.fixes(cluster),
        proposer=Proposer.KNOWLEDGE,
    )


def _best_answer(cluster: Sequence[Correction]) -> str:
    """The answer most others agree with, one vote per author; the newer one on a tie."""

    said = {one.feedback_id: distinct_words(one.answer) for one in cluster}

    def agreement(one: Correction) -> float:
        by_author: dict[str, float] = defaultdict(float)
        for other in cluster:
            alike = jaccard(said[one.feedback_id], said[other.feedback_id])
            by_author[other.author] = max(by_author[other.author], alike)
        return sum(by_author.values())

    return max(cluster, key=lambda one: (round(agreement(one), 6), one.at, one.feedback_id)).answer


def _stale_ideas(worded: Sequence[Correction], *, work: UpdateWork) -> list[Idea]:
    """For each article: a fact of one line that at least DISAGREEING people contradict in the same way."""
    articles = {article.id: article for article in work.bundle.articles}
    by_article: dict[str, list[Correction]] = defaultdict(list)
    for one in worded:
        used = next((i for i in (one.interaction.article_id, *one.interaction.uses) if i in articles), None)
        if used:
            by_article[used].append(one)
    ideas = []
    for article_id, corrections in sorted(by_article.items()):
        if found := _contradiction(articles[article_id], corrections):
            ideas.append(_stale_idea(articles[article_id], found, work=work))
    return sorted(ideas, key=lambda one: -len(one.evidence))


@dataclass(frozen=True)
class _Contradiction:
    """A fact of an article that people correct in the same way."""

    old: Fact
    """Where it stands in the body."""
    new: str
    """As most of them wrote it."""
    voters: list[Correction]


def _contradiction(article: Article, corrections: Sequence[Correction]) -> _Contradiction | None:
    """The best supported one. One fact of a line in, one out: anything else is for a person."""
    stated = find_facts(article.body)
    values = Counter(fact.value for fact in stated)
    votes: dict[tuple[Fact, str], list[tuple[Correction, str]]] = defaultdict(list)
    for one in corrections:
        said = {fact.value: one.answer[fact.start : fact.end] for fact in find_facts(one.answer)}
        new = [value for value in said if value not in values]
        words = distinct_words(one.answer)
        for line in re.finditer(r"[^\n]+", article.body):
            old = [fact for fact in stated if line.start() <= fact.start < line.end() and fact.value not in said]
            if len(new) == 1 and len(old) == 1 and jaccard(distinct_words(line[0]), words) >= SAME_SUBJECT:
                votes[old[0], new[0]].append((one, said[new[0]]))
    for (old_fact, _), found in sorted(votes.items(), key=lambda pair: -len(pair[1])):
        voters = [one for one, _ in found]
        if len({one.author for one in voters}) >= DISAGREEING and values[old_fact.value] == 1:
            return _Contradiction(old_fact, Counter(written for _, written in found).most_common(1)[0][0], voters)
    return None


def _stale_idea(article: Article, found: _Contradiction, *, work: UpdateWork) -> Idea:
    old = article.body[found.old.start : found.old.end]
    body = article.body[: found.old.start] + found.new + article.body[found.old.end :]
    people = len({one.author for one in found.voters})
    return Idea(
        operations=(UpsertArticle(article=article.model_copy(update={"body": body})),),
        title=f"Update the article: {article.title}",
        rationale=f"{people} people who corrected answers from this article wrote {found.new} where it says {old}.",
        evidence=tuple(one.feedback_id for one in found.voters),
        issue_ids=tuple(dict.fromkeys(one.issue_id for one in found.voters)),
        expected_fixes=work.survey.fixes(found.voters),
        proposer=Proposer.KNOWLEDGE,
    )
