"""Which article answers a question: what corrections and confirmed answers say, for a search that learns from them.

A theme that too few people support teaches no answer, but it may say where a question leads: weights of words are
shared by all articles, so nothing that one person says is ever said by the agent. A person nobody vouches for gives at
most a quarter of the lessons.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from loop.records import TEACHING_STATES, Article, named_people
from loop.text.near import distinct_words, jaccard
from loop.text.search import Search
from loop.text.spelling import normalise
from loop.update.teaching import Correction, UpdateWork, agrees, correction_of, may_be_taught

SAME_TEXT = 0.5
"""Share of words an answer has in common with an article from which it is that article's answer."""
AUTHOR_SHARE = 0.25
"""Largest share of the lessons from one author nobody vouches for, when there are at least four authors."""
FEW_AUTHORS = 4


@dataclass(frozen=True)
class Lesson:
    """One question and the article that answers it."""

    question: str
    """Normalised."""
    article_id: str
    said: Correction


def lessons(work: UpdateWork) -> list[Lesson]:
    """One for each question nobody disputes, oldest first; none of what examines the agent."""
    found = _with_article(_spoken(work), work=work)
    asked: dict[str, list[Lesson]] = defaultdict(list)
    for one in found:
        if one.question:
            asked[one.question].append(one)
    agreed: list[Lesson] = []
    for group in asked.values():
        votes = Counter(article for article, _ in {(one.article_id, one.said.author) for one in group})
        (best, most), *others = votes.most_common()
        if not others or others[0][1] < most:
            agreed.append(next(one for one in group if one.article_id == best))
    return _fair_shares(sorted(agreed, key=lambda one: (one.said.at, one.said.feedback_id)), work=work)


def _spoken(work: UpdateWork) -> list[Correction]:
    """Undisputed corrections, however many people support them, and confirmed answers."""
    issue_of: dict[str, str] = {}
    for issue in work.issues:
        if issue.kind != "complaint" and not issue.conflict and issue.sides:
            issue_of |= dict.fromkeys(issue.sides[0].feedback_ids, issue.id)
    spoken = []
    for key, item in work.items.items():
        interaction = work.interactions.get(item.feedback.interaction_id)
        if interaction is None or item.state not in TEACHING_STATES or not item.feedback.teaches:
            continue
        if key in issue_of or agrees(item.feedback, interaction):
            one = correction_of(item.feedback, interaction, issue_id=issue_of.get(key, ""), topic="")
            spoken += [one] if may_be_taught(one, work=work) else []
    return spoken


def _with_article(spoken: Iterable[Correction], *, work: UpdateWork) -> list[Lesson]:
    """Those that name an article, confirm an answer from one, or say what one says."""
    known = {article.id: article for article in work.bundle.articles}
    found: list[Lesson] = []
    worded: list[Correction] = []
    for one in spoken:
        used = one.interaction.article_id or ""
        if one.label in known:
            found.append(Lesson(normalise(one.question), one.label or "", one))
        elif not one.issue_id and used in known:
            found.append(Lesson(normalise(one.question), used, one))
        elif one.answer:
            worded.append(one)
    return found + _saying_the_same(worded, articles=work.bundle.articles)


def _saying_the_same(worded: Sequence[Correction], *, articles: Sequence[Article]) -> list[Lesson]:
    """Answers in words that are an article's own words."""
    if not worded or not articles:
        return []
    hits = Search(articles).find([normalise(one.answer) for one in worded], limit=1)
    return [
        Lesson(normalise(one.question), hit[0].article.id, one)
        for one, hit in zip(worded, hits, strict=True)
        if hit and jaccard(distinct_words(one.answer), distinct_words(hit[0].article.body)) >= SAME_TEXT
    ]


def _fair_shares(found: Sequence[Lesson], *, work: UpdateWork) -> list[Lesson]:
    """At most a quarter from anybody nobody vouches for, the newest; with few authors all of it."""
    counts = Counter(one.said.author for one in found)
    if len(counts) < FEW_AUTHORS:
        return list(found)
    named = named_people(work.agent)
    room = {author: ceil(AUTHOR_SHARE * len(found)) for author in counts if author not in named}
    kept = []
    for one in reversed(found):
        left = room.get(one.said.author)
        if left == 0:
            continue
        if left is not None:
            room[one.said.author] = left - 1
        kept.append(one)
    return kept[::-1]
