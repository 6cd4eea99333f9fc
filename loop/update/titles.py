"""Titles that lead to an article: words people ask with and the article does not say, added to its title.

Whole questions are not added anywhere: however lightly they count, they take questions from articles nobody has asked
for yet. A word must come from several questions that went astray, must hardly be asked for anything else, and all
titles together are rehearsed on the other articles' cases first.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from loop.change.acceptance import LINE_MAX
from loop.change.proposal import Idea
from loop.records import Article, Operation, Proposer, UpsertArticle, named_people
from loop.text.counting import count
from loop.text.search import Search
from loop.text.spelling import normalise
from loop.update.lessons import Lesson
from loop.update.rehearsal import rehearse
from loop.update.teaching import UpdateWork

ASTRAY = 3
"""Questions that must have gone astray before a title is changed."""
SHARED = 2
"""Of them, how many must have the word."""
WORDS = 3
"""Added to one title, at most."""
SHORTEST = 4
"""Letters of a word; shorter ones say little."""
COMMON = 0.02
"""Share of all questions that have a word and are about other articles, or of all articles that say it, from which it
leads everywhere."""
MOST = 20
"""Titles in one change."""
WORTH = 5
"""Log cases that must become right: fewer are not worth a look at the sealed cases and a person's time."""
_ROUNDS = 3


def title_idea(work: UpdateWork, found: Sequence[Lesson]) -> tuple[Idea | None, str]:
    """One change of several titles, and why there is none."""
    drafts = _drafts(work, found) if found else {}
    if not drafts:
        return None, ""
    for _ in range(_ROUNDS):
        changed: list[Operation] = [UpsertArticle(article=article) for article, _ in drafts.values()]
        trial = rehearse(work, changed)
        if trial is None or trial.fixed < WORTH:
            break
        if trial.is_harmless:
            behind = [one.said for _, some in drafts.values() for one in some]
            return (
                Idea(
                    operations=tuple(changed),
                    title=f"Lead to {count(len(drafts), 'article')} by words people ask with",
                    rationale=(
                        f"{len(behind)} questions went astray though people ask for {len(drafts)} articles in the same "
                        f"words, which these do not say. Their titles say them now. {trial.in_words()}"
                    ),
                    evidence=tuple(one.feedback_id for one in behind),
                    issue_ids=tuple(dict.fromkeys(one.issue_id for one in behind if one.issue_id)),
                    expected_fixes=work.survey.fixes(behind),
                    proposer=Proposer.KNOWLEDGE,
                ),
                "",
            )
        guilty = [key for key in drafts if any(answer.article_id == key for answer in trial.lost_elsewhere)]
        for key in guilty or list(drafts):
            del drafts[key]
        if not drafts:
            break
    return None, "Words added to titles helped too little, or cost other articles as much, when tried on log cases."


def _drafts(work: UpdateWork, found: Sequence[Lesson]) -> dict[str, tuple[Article, list[Lesson]]]:
    """By article id: the article with its new title, and the lessons that speak for it."""
    articles = {article.id: article for article in work.bundle.articles}
    first = Search(work.bundle.articles, weights=work.bundle.search).find([one.question for one in found], limit=1)
    astray: dict[str, list[Lesson]] = defaultdict(list)
    for one, hits in zip(found, first, strict=True):
        if not hits or hits[0].article.id != one.article_id:
            astray[one.article_id].append(one)
    spread = Counter((one.article_id, word) for one in found for word in set(one.question.split()))
    everywhere = Counter(word for one in found for word in set(one.question.split()))
    said = Counter(
        word for one in work.bundle.articles for word in set(normalise(f"{one.title}\n{one.body}").split()) if astray
    )
    drafts: dict[str, tuple[Article, list[Lesson]]] = {}
    for key, some in sorted(astray.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        if len(some) < ASTRAY or not _is_supported(some, work=work) or len(drafts) == MOST:
            continue
        article = articles[key]
        known = set(normalise(f"{article.title}\n{article.body}").split())
        own = Counter(word for one in some for word in set(one.question.split()) - known)
        words = [
            word
            for word, n in sorted(own.items(), key=lambda pair: (-pair[1], pair[0]))
            if n >= SHARED
            and len(word) >= SHORTEST
            and everywhere[word] - spread[key, word] <= COMMON * len(found)
            and said[word] <= COMMON * len(articles)
        ][:WORDS]
        title = f"{article.title} · {' '.join(words)}"
        if words and len(title) <= LINE_MAX:
            speaking = [one for one in some if set(words) & set(one.question.split())]
            drafts[key] = (article.model_copy(update={"title": title}), speaking)
    return drafts


def _is_supported(some: Sequence[Lesson], *, work: UpdateWork) -> bool:
    people = {one.said.author for one in some}
    return len(people) >= work.agent.limits.min_sources or bool(people & named_people(work.agent))
