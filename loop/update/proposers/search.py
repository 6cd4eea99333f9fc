"""Propose search weights: which words of a question lead to its article, learned once for all articles.

Drafted only when the trial on questions the weights had not seen is surely better, and neither on articles they had
learned about nor on the others worse. What it is worth then, the sealed cases say, as of every change.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from loop.change.proposal import Idea
from loop.change.sections import shorten
from loop.change.sections.search import LARGEST, TERMS_MAX, strongest, trial_in_words
from loop.records import Article, Proposer, SearchWeights, SetSearchWeights, WeightsTrial, named_people
from loop.stats.paired import midp_better
from loop.text.spelling import quote
from loop.text.term_weights import FittedWeights, Flip, Lessons, learn_weights
from loop.update.history import search_standing
from loop.update.lessons import Lesson, lessons
from loop.update.teaching import Correction, ProposerResult, UpdateWork

FEWEST = 100
"""Questions from which weights are learned: of fewer, the gain is within the spread of which they are."""
STEP = 1.05
"""Growth from one learning to the next: the same questions give the same weights, so nothing is fitted between."""
LEVEL = 0.05
"""How rare a trial this good must be if the weights do nothing."""
FLIPS_TOLD = 3


class SearchProposer:
    """One set of weights, when a trial says they help everywhere."""

    def propose(self, work: UpdateWork) -> ProposerResult:
        """At most one idea; else why there is none."""
        if not work.bundle.articles:
            return ProposerResult()
        found = lessons(work)
        if objection := _objection(found, work=work):
            return ProposerResult(looked_at=len(found), held_back=(objection,) if found else ())
        used = found[: _rounded(len(found))]
        if objection := search_standing(work, corrections=len(used)).objection:
            return ProposerResult(looked_at=len(found), held_back=(objection,))
        learned = _learned(
            work.bundle.articles,
            Lessons(tuple(one.question for one in used), tuple(one.article_id for one in used)),
        )
        if learned is None:
            return ProposerResult(looked_at=len(found), held_back=("Too few right articles are among the best found.",))
        if objection := _trial_objection(learned.trial):
            return ProposerResult(looked_at=len(found), held_back=(objection,))
        return ProposerResult(ideas=(_idea(learned, used, work=work),), looked_at=len(found))


def _objection(found: list[Lesson], *, work: UpdateWork) -> str:
    """Why nothing is learned yet; empty when something may be."""
    if len(found) < FEWEST:
        return f"{len(found)} questions say which article is right; the search learns from {FEWEST} on."
    people = {one.said.author for one in found}
    if len(people) < work.agent.limits.min_sources and not people & named_people(work.agent):
        return (
            f"{len(people)} people say which article is right; the search learns from {work.agent.limits.min_sources}."
        )
    return ""


def _rounded(n: int) -> int:
    """The last step of growth at or below `n`."""
    size = float(FEWEST)
    while size * STEP <= n:
        size *= STEP
    return int(size)


@lru_cache(maxsize=4)
def _learned(articles: tuple[Article, ...], taught: Lessons) -> FittedWeights | None:
    """A memo: until there is more to learn from, every turn would fit the same."""
    return learn_weights(articles, taught, most=TERMS_MAX, largest=LARGEST)


def _trial_objection(trial: WeightsTrial) -> str:
    luck = midp_better(trial.untaught_won, broken=trial.untaught_lost)
    if luck > LEVEL or trial.untaught_won <= trial.untaught_lost or trial.taught_won < trial.taught_lost:
        return f"Learned weights of words did not surely help. {trial_in_words(trial)}"
    return ""


def _idea(learned: FittedWeights, used: list[Lesson], *, work: UpdateWork) -> Idea:
    weights = SearchWeights(
        words={term.text: change for term, change in learned.weights.items() if not term.is_run},
        runs={term.text: change for term, change in learned.weights.items() if term.is_run},
        article_ids=tuple(sorted({one.article_id for one in used})),
        corrections=len(used),
        strength=learned.strength,
        trial=learned.trial,
    )
    up, down = strongest(weights)
    said = {one.question: one.said for one in used}
    titles = {article.id: article.title or article.id for article in work.bundle.articles}
    won = [one for one in learned.flips if one.is_won]
    lost = [one for one in learned.flips if not one.is_won]
    people = len({one.said.author for one in used})
    told = [
        f"{len(used)} questions whose right article {people} {'person' if people == 1 else 'people'} named or "
        "confirmed say which words lead to an article and which do not. The weights belong to words, for all articles "
        "alike.",
        f"Count more: {', '.join(up) or 'none'}. Count less: {', '.join(down) or 'none'}.",
        trial_in_words(learned.trial),
        *_flips_in_words("Newly found", won, titles=titles, questions=said),
        *_flips_in_words("Lost", lost, titles=titles, questions=said),
    ]
    return Idea(
        operations=(SetSearchWeights(weights=weights),),
        title=f"Let the search learn from {len(used)} questions: {len(weights.words)} words count anew",
        rationale="\n".join(told),
        evidence=tuple(one.said.feedback_id for one in used),
        issue_ids=tuple(dict.fromkeys(one.said.issue_id for one in used if one.said.issue_id)),
        expected_fixes=work.survey.fixes(said[one.question] for one in won),
        proposer=Proposer.SEARCH,
    )


def _flips_in_words(
    how: str, flips: list[Flip], *, titles: Mapping[str, str], questions: Mapping[str, Correction]
) -> Iterable[str]:
    for one in flips[:FLIPS_TOLD]:
        asked = questions[one.question].question
        before, after = (quote(shorten(titles[key])) for key in (one.before, one.after))
        yield f"{how}: {quote(asked, limit=120)} finds {after} instead of {before}."
