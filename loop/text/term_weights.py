"""Learning to rank with shared term weights: which words of a question lead to its article, from corrections.

    score(question, article) = Σ over features f of the question: (1 + δ_f) · (BM25_whole + ½ BM25_title)(f, article)

A scale s and θ = s·δ minimise the mean softmax loss of the right article among the search's best, plus λ‖θ‖²
(listwise softmax: Cao et al. 2007; a log-linear model, convex, so the same corrections always give the same weights).
No parameter belongs to an article, so nothing favours those that were asked for. λ is the one that helps most surely
in a cross-validation that keeps all questions about an article together: what counts is what is learned for articles
nobody has corrected yet. Only features that would lower the loss most may get a weight at all: a thousand of them,
found by its slope before anything is learned, gained as much on help articles as all twelve thousand, and can be
looked through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from loop.records import Article, WeightsTrial, digest
from loop.text.search import Index
from loop.text.vectors import Floats, Term, spell_features

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]

SHORTLIST = 50
"""Best articles of the search that compete for a question while learning: re-ranking the whole catalogue with the
weights so learned gives the same first article."""
STRENGTHS = (0.3, 0.2, 0.1)
"""λ, from the stiffest. Softer ones find more and lose more, and are harder to prove: of 8 draws of 340 sealed
cases, .2 was proved in 5 and .06 in 2; .003 overfits."""
FOLDS = 5
STEPS = 40
"""Steps of L-BFGS, at most."""
_ENOUGH = 1e-6
"""Relative gain of a step below which fitting ends."""
_BLOCK = 256
"""Questions scored at a time."""
_DIGITS = 3
_START = 0.05
"""Scale from which fitting starts: about where it ends on help articles."""


class Flip(NamedTuple):
    """A question that finds another article with weights that were learned without its article."""

    question: str
    before: str
    """Article id."""
    after: str
    """Article id."""
    is_won: bool
    """Whether the right one came; else it went."""


@dataclass(frozen=True)
class Lessons:
    """Questions and the articles that answer them."""

    questions: tuple[str, ...]
    """Normalised; no two the same."""
    article_ids: tuple[str, ...]
    """The right one of each."""


@dataclass(frozen=True)
class FittedWeights:
    """Weights, and what a trial on questions they had not seen says of them."""

    weights: dict[Term, float]
    """What is added to 1."""
    strength: float
    trial: WeightsTrial
    flips: tuple[Flip, ...]
    """Of the questions asked of weights that knew nothing about their article."""


def learn_weights(articles: Sequence[Article], lessons: Lessons, *, most: int, largest: float) -> FittedWeights | None:
    """Weights of at most `most` terms, none above `largest`; None when hardly any right article is among the best.

    The trial asks every question twice of weights that were learned without it: without all questions about its
    article, and without a fifth of the questions, where others about its article remain.
    """
    index = Index.of(articles)
    table = _table(index, lessons)
    if table.right.size < FOLDS or table.features.size < 1:
        return None
    by_article = _folds([index.articles[int(one)].id for one in table.article])
    tried = {strength: np.zeros(table.right.size, dtype=np.int64) for strength in STRENGTHS}
    for fold in range(FOLDS):
        fitting = _Fitting(table, by_article != fold, most=most, largest=largest)
        for strength in STRENGTHS:
            found = table.found(fitting.changes(strength))
            tried[strength][by_article == fold] = found[by_article == fold]
    strength = max(STRENGTHS, key=lambda one: (_sureness(table, tried[one]), one))
    by_question = _folds([lessons.questions[int(n)] for n in table.lesson])
    taught = np.full(table.right.size, -1, dtype=np.int64)
    for fold in range(FOLDS):
        rest = by_question != fold
        found = table.found(_Fitting(table, rest, most=most, largest=largest).changes(strength))
        is_taught = ~rest & np.isin(table.article, table.article[rest])
        taught[is_taught] = found[is_taught]
    everything = np.ones(table.right.size, dtype=bool)
    changes = _Fitting(table, everything, most=most, largest=largest).changes(strength)
    return FittedWeights(
        weights=_spelled(index, table, changes, questions=lessons.questions),
        strength=strength,
        trial=_trial(table, untaught=tried[strength], taught=taught),
        flips=tuple(_flips(index, table, tried[strength], questions=lessons.questions)),
    )


@dataclass(frozen=True)
class _Table:
    """Questions whose right article is among the search's best, against these best."""

    lesson: Ints
    """Which lesson each is."""
    article: Ints
    """Place of the right article in the index."""
    best: Ints
    """Places of the search's best [questions, shortlist], the right one among them."""
    right: Ints
    """Where in `best` the right one stands."""
    base: Floats
    """Score of each without weights [questions, shortlist]."""
    features: Ints
    """The features of the index that any of the questions has."""
    adds: csr_array
    """What each feature adds to each pair, float32 [questions · shortlist, features]."""

    def found(self, changes: Floats) -> Ints:
        """Where in `best` the first article of each question stands with these changes of the weights."""
        first: Ints = np.argmax(self.base + (self.adds @ changes).reshape(self.base.shape), axis=1)
        return first

    def is_right(self, found: Ints) -> NDArray[np.bool_]:
        """Whether the article found is the right one."""
        right: NDArray[np.bool_] = found == self.right
        return right


def _table(index: Index, lessons: Lessons) -> _Table:
    places = {article.id: place for place, article in enumerate(index.articles)}
    known = [n for n, one in enumerate(lessons.article_ids) if one in places]
    size = min(SHORTLIST, len(index.articles))
    kept: list[Ints] = []
    best: list[Ints] = []
    base: list[Floats] = []
    has: list[csr_array] = []
    for start in range(0, len(known), _BLOCK):
        some = np.array(known[start : start + _BLOCK], dtype=np.int64)
        asked = index.read([lessons.questions[n] for n in some])
        scores = index.scores(asked)
        top = np.sort(np.argpartition(-scores, size - 1, axis=1)[:, :size], axis=1)
        wanted = np.array([places[lessons.article_ids[n]] for n in some], dtype=np.int64)
        is_there = (top == wanted[:, None]).any(axis=1)
        kept.append(some[is_there])
        best.append(top[is_there])
        base.append(np.take_along_axis(scores, top, axis=1)[is_there])
        has += [asked.has[[row]] for row in np.flatnonzero(is_there)]
    lesson = np.concatenate([*kept, np.zeros(0, dtype=np.int64)])
    article = np.array([places[lessons.article_ids[n]] for n in lesson], dtype=np.int64)
    listed = np.concatenate([*best, np.zeros((0, size), dtype=np.int64)])
    features, adds = _adds(index, has, listed)
    return _Table(
        lesson=lesson,
        article=article,
        best=listed,
        right=np.argmax(listed == article[:, None], axis=1) if lesson.size else lesson,
        base=np.concatenate([*base, np.zeros((0, size), dtype=np.float32)]),
        features=features,
        adds=adds,
    )


def _adds(index: Index, has: Sequence[csr_array], listed: Ints) -> tuple[Ints, csr_array]:
    """The features of all questions, and what each adds to each pair of a question with one of its best articles."""
    from scipy.sparse import csr_array

    features = np.unique(np.concatenate([*(one.indices for one in has), np.zeros(0, dtype=np.int64)])).astype(np.int64)
    rows = index.columns[features].T.tocsr()
    is_asked = np.zeros(features.size, dtype=bool)
    values: list[Floats] = []
    columns: list[NDArray[np.int32]] = []
    sizes = [0]
    for one, articles in zip(has, listed, strict=True):
        own = np.searchsorted(features, one.indices)
        is_asked[own] = True
        for article in articles:
            span = slice(rows.indptr[article], rows.indptr[article + 1])
            is_shared = is_asked[rows.indices[span]]
            columns.append(rows.indices[span][is_shared].astype(np.int32))
            values.append(rows.data[span][is_shared])
            sizes.append(columns[-1].size)
        is_asked[own] = False
    bounds = np.cumsum(sizes).astype(np.int32 if sum(sizes) < 2**31 else np.int64)
    data = np.concatenate([*values, np.zeros(0, dtype=np.float32)]).astype(np.float32)
    indices = np.concatenate([*columns, np.zeros(0, dtype=np.int32)])
    return features, csr_array((data, indices, bounds), shape=(listed.size, max(features.size, 1)))


class _Fitting:
    """Weights fitted to a part of the questions, for one strength after the other."""

    def __init__(self, table: _Table, part: NDArray[np.bool_], *, most: int, largest: float) -> None:
        """`part`: which questions to learn from. The `most` features with the steepest loss may get a weight."""
        from scipy.sparse import csr_array

        self._largest = largest
        self._features = table.adds.shape[1]
        chosen = np.flatnonzero(part)
        self._shape = (chosen.size, table.base.shape[1])
        pairs = (chosen[:, None] * self._shape[1] + np.arange(self._shape[1])).ravel()
        self._base = table.base[chosen].ravel()
        self._right = np.arange(chosen.size) * self._shape[1] + table.right[chosen]
        every = table.adds[pairs]
        self._point = self._solve(csr_array((pairs.size, 0), dtype=np.float32), np.array([_START]), strength=0.0)
        slope = every.T @ self._misses(np.float32(self._point[0]) * self._base)[1]
        self._only = np.sort(np.argsort(-np.abs(slope), kind="stable")[:most])
        self._adds = csr_array(every[:, self._only])
        self._point = np.concatenate((self._point, np.zeros(self._only.size)))

    def changes(self, strength: float) -> Floats:
        """δ of every feature of the table, rounded and within bounds; starts from the last strength asked for."""
        self._point = self._solve(self._adds, self._point, strength=strength)
        found = np.zeros(self._features, dtype=np.float32)
        if self._point[0] > 0:
            found[self._only] = np.round(np.clip(self._point[1:] / self._point[0], -1, self._largest), _DIGITS)
        return found

    def _solve(self, adds: csr_array, start: Doubles, *, strength: float) -> Doubles:
        """Scale and θ, from a start."""
        from scipy.optimize import minimize

        back = adds.T.tocsr()

        def loss(point: Doubles) -> tuple[float, Doubles]:
            theta = point[1:].astype(np.float32)
            told, miss = self._misses(np.float32(point[0]) * self._base + adds @ theta)
            slope = (back @ miss).astype(np.float64) + 2 * strength * point[1:]
            return told + strength * float(point[1:] @ point[1:]), np.concatenate(([float(miss @ self._base)], slope))

        options: Any = {"maxiter": STEPS, "ftol": _ENOUGH}
        return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x, dtype=np.float64)

    def _misses(self, scores: Floats) -> tuple[float, Floats]:
        """The mean loss of some scores, and its slope by each of them."""
        table = scores.reshape(self._shape)
        table = table - table.max(axis=1, keepdims=True)
        told = float(table.ravel()[self._right].mean(dtype=np.float64))
        np.exp(table, out=table)
        total = table.sum(axis=1, keepdims=True)
        miss: Floats = (table / total).ravel()
        miss[self._right] -= 1
        return float(np.log(total).mean(dtype=np.float64)) - told, miss / np.float32(self._shape[0])


def _folds(keys: Sequence[str]) -> Ints:
    """A fold for each, the same for equal keys: keys in the order of their hashes, dealt out in turn."""
    order = {key: place % FOLDS for place, key in enumerate(sorted(set(keys), key=digest))}
    return np.array([order[key] for key in keys], dtype=np.int64)


def _sureness(table: _Table, found: Ints) -> float:
    """McNemar's z: net finds over their standard error. The surest help is not the largest."""
    before, after = table.is_right(np.argmax(table.base, axis=1)), table.is_right(found)
    won, lost = int((after & ~before).sum()), int((before & ~after).sum())
    return float((won - lost) / max(won + lost, 1) ** 0.5)


def _trial(table: _Table, *, untaught: Ints, taught: Ints) -> WeightsTrial:
    before = table.is_right(np.argmax(table.base, axis=1))
    new, others = table.is_right(untaught), table.is_right(taught)
    asked = taught >= 0
    return WeightsTrial(
        untaught_won=int((new & ~before).sum()),
        untaught_lost=int((before & ~new).sum()),
        taught_won=int((asked & others & ~before).sum()),
        taught_lost=int((asked & before & ~others).sum()),
    )


def _flips(index: Index, table: _Table, found: Ints, *, questions: Sequence[str]) -> Iterable[Flip]:
    first = np.argmax(table.base, axis=1)
    was, now = table.is_right(first), table.is_right(found)
    for place in np.flatnonzero(was != now):
        before, after = (index.articles[int(table.best[place, one[place]])].id for one in (first, found))
        yield Flip(questions[int(table.lesson[place])], before=before, after=after, is_won=bool(now[place]))


def _spelled(index: Index, table: _Table, changes: Floats, *, questions: Sequence[str]) -> dict[Term, float]:
    learned = np.flatnonzero(changes)
    buckets = index.buckets[table.features[learned]]
    names = spell_features([questions[int(n)] for n in table.lesson], buckets=buckets)
    return {
        names[int(bucket)]: round(float(changes[place]), _DIGITS)
        for place, bucket in zip(learned, buckets, strict=True)
        if int(bucket) in names
    }
