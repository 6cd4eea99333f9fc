"""Retrieval: the articles that answer a question by BM25, and the examples asked most alike by cosine.

An article is searched as one text, title and body together, and half as much by its title alone; every word of the
question counts as much as it was learned to (`loop.records.SearchWeights`), which is 1 before anything was. Learned
weights belong to words and never to an article. Questions an article has solved are not searched: every article that
gains from one takes questions away from articles nobody has asked for yet, at any weight (measured: −1.9 points on
those at a weight of .05, −7.7 at .2), so they count only where the same words are asked again (`loop.agent`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from loop.records import Article, Example, SearchWeights
from loop.text.spelling import normalise
from loop.text.vectors import Floats, Term, buckets_of, count_features, learn

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = NDArray[np.int64]

TITLE_WEIGHT = 0.5
"""What a title counts beside the whole text. On help articles of a government: 49 % of 1,690 questions found their
article, 47 % when title (1.2) and body were searched apart."""
SATURATION = 1.2
"""BM25's k1: how soon a repeated word stops counting."""
LENGTH_SHARE = 0.75
"""BM25's b: how much a long text is discounted."""


@dataclass(frozen=True)
class Hit:
    """An article with its closeness."""

    article: Article
    score: float
    """How much of the question's weight the article covers; 0 to 1, higher is closer."""


@dataclass(frozen=True)
class Alike:
    """An example with its likeness."""

    example: Example
    likeness: float
    """Cosine, 0 to 1; 1 is the same words."""


@dataclass(frozen=True)
class QuestionMatrix:
    """Questions as the index reads them."""

    has: csr_array
    """1 where a question has a feature that some article has: float32 [questions, features]."""
    reach: Floats
    """Score of an article of usual length that has each of a question's features once, float32 [questions]."""


@dataclass(frozen=True)
class Index:
    """Articles by feature, ready to be scored. Equal scores go to the smaller article id."""

    articles: tuple[Article, ...]
    """In the order of their ids."""
    buckets: Ints
    """The hash bucket of each feature, ascending."""
    columns: csr_array
    """What a feature adds to the score of an article: float32 [features, articles]."""
    usual: Floats
    """What it adds to an article of usual length that has it once, float32 [features]."""
    unseen: float
    """The same for a feature that no article has."""

    @staticmethod
    def of(articles: Sequence[Article], *, weights: SearchWeights | None = None) -> Index:
        """Index the articles; at least one. `weights`: of words, learned; None: all 1."""
        ordered = tuple(sorted(articles, key=lambda article: article.id))
        whole = count_features([normalise(f"{article.title}\n{article.body}") for article in ordered])
        title = count_features([normalise(article.title) for article in ordered])
        buckets = np.union1d(whole.indices, title.indices).astype(np.int64)
        of_whole, of_title = _field(whole, buckets=buckets), _field(title, buckets=buckets)
        columns = (of_whole.columns + TITLE_WEIGHT * of_title.columns).tocsr()
        usual = of_whole.usual + TITLE_WEIGHT * of_title.usual
        if weights is not None and not weights.is_empty:
            factor = _factors(weights, buckets=buckets)
            usual = usual * factor
            columns = columns.multiply(factor[:, None]).tocsr().astype(np.float32)
        unseen = of_whole.unseen + TITLE_WEIGHT * of_title.unseen
        return Index(ordered, buckets, columns, usual.astype(np.float32), unseen)

    def read(self, questions: Sequence[str]) -> QuestionMatrix:
        """Normalised questions."""
        from scipy.sparse import csr_array

        found = count_features(questions)
        column = np.searchsorted(self.buckets, found.indices)
        is_known = np.zeros(column.size, dtype=bool)
        inside = column < self.buckets.size
        is_known[inside] = self.buckets[column[inside]] == found.indices[inside]
        usual = np.full(column.size, self.unseen)
        usual[is_known] = self.usual[column[is_known]]
        rows = np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
        reach = np.bincount(rows, weights=usual, minlength=found.shape[0]).astype(np.float32)
        kept_before = np.concatenate(([0], np.cumsum(is_known)))
        ones = np.ones(int(kept_before[-1]), dtype=np.float32)
        shape = (found.shape[0], max(self.buckets.size, 1))
        return QuestionMatrix(csr_array((ones, column[is_known], kept_before[found.indptr]), shape=shape), reach)

    def scores(self, asked: QuestionMatrix) -> Floats:
        """BM25 of every question with every article, float32 [questions, articles]."""
        if not self.buckets.size:
            return np.zeros((asked.has.shape[0], len(self.articles)), dtype=np.float32)
        dense: Floats = (asked.has @ self.columns).toarray()
        return dense


class Search:
    """Articles, ready to be searched."""

    def __init__(self, articles: Sequence[Article], *, weights: SearchWeights | None = None) -> None:
        """Index the articles; at least one. `weights`: of words, learned; None: all 1."""
        self._index = Index.of(articles, weights=weights)

    def find(self, questions: Sequence[str], *, limit: int) -> list[list[Hit]]:
        """The closest articles of each normalised question, closest first, at most `limit`, none at zero."""
        asked = self._index.read(questions)
        scores = self._index.scores(asked)
        scores /= np.maximum(asked.reach, 1e-12)[:, None]
        return [
            [
                Hit(article=self._index.articles[n], score=min(float(row[n]), 1.0))
                for n in _best(row, limit)
                if row[n] > 0
            ]
            for row in scores
        ]


class Nearest:
    """Examples, ready to be looked up by cosine. Equal likeness goes to the smaller id."""

    def __init__(self, examples: Sequence[Example]) -> None:
        """Index the examples; at least one."""
        self.examples = sorted(examples, key=lambda example: example.id)
        learned = learn([normalise(example.question) for example in self.examples])
        self._vectoriser = learned.vectoriser
        self._columns = learned.vectors.T.tocsr()

    def closest(self, questions: Sequence[str]) -> list[Alike]:
        """The example most like each normalised question."""
        likeness = self._likeness(questions)
        best = likeness.argmax(axis=1)
        return [Alike(self.examples[place], float(row[place])) for row, place in zip(likeness, best, strict=True)]

    def find(self, questions: Sequence[str], *, limit: int) -> list[list[Example]]:
        """The examples most like each normalised question, most alike first, at most `limit`, none at zero."""
        return [
            [self.examples[place] for place in _best(row, limit) if row[place] > 0] for row in self._likeness(questions)
        ]

    def _likeness(self, questions: Sequence[str]) -> Floats:
        found: Floats = (self._vectoriser.embed(questions) @ self._columns).toarray()
        return found


def _best(row: Floats, limit: int) -> Ints:
    """Places of the highest numbers, highest first, the earlier first where equal; as many as `limit`."""
    if limit >= row.size:
        return np.argsort(-row, kind="stable")
    least = row[np.argpartition(-row, limit - 1)[limit - 1]] if limit > 0 else np.inf
    places = np.flatnonzero(row >= least)
    return places[np.argsort(-row[places], kind="stable")][:limit]


def _factors(weights: SearchWeights, *, buckets: Ints) -> Floats:
    """What each feature's weight of 1 was learned to be; features no article has are left out."""
    told = [(Term(text, is_run=False), change) for text, change in weights.words.items()]
    told += [(Term(text, is_run=True), change) for text, change in weights.runs.items()]
    factor = np.ones(buckets.size, dtype=np.float32)
    wanted = buckets_of([term for term, _ in told])
    place = np.minimum(np.searchsorted(buckets, wanted), max(buckets.size - 1, 0))
    for n, (_, change) in enumerate(told):
        if buckets.size and buckets[place[n]] == wanted[n]:
            factor[place[n]] = max(1 + change, 0.0)
    return factor


@dataclass(frozen=True)
class _Field:
    """One text per document, weighed by BM25 (Robertson & Zaragoza, The Probabilistic Relevance Framework, 2009)."""

    columns: csr_array
    """float32 [features, documents]."""
    usual: NDArray[np.float64]
    """Inverse document frequency by feature, which is the score of a document of mean length that has it once."""
    unseen: float


def _field(counts: csr_array, *, buckets: Ints) -> _Field:
    """`counts`: of each document's buckets, [documents, BUCKETS]. `buckets`: those that are features, ascending."""
    from scipy.sparse import csr_array

    size = counts.shape[0]
    column = np.searchsorted(buckets, counts.indices)
    spread = np.bincount(column, minlength=buckets.size)
    usual = np.log1p((size - spread + 0.5) / (spread + 0.5))
    length = np.asarray(counts.sum(axis=1)).ravel()
    discount = 1 - LENGTH_SHARE + LENGTH_SHARE * length / max(float(length.mean()), 1.0)
    value = counts.data * (SATURATION + 1) / (counts.data + SATURATION * np.repeat(discount, np.diff(counts.indptr)))
    weighed = (value * usual[column]).astype(np.float32)
    columns = csr_array((weighed, column, counts.indptr), shape=(size, buckets.size)).T.tocsr()
    return _Field(columns, usual, unseen=float(np.log1p((size + 0.5) / 0.5)))
