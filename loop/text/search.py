"""Retrieval: the articles that answer a question by BM25, and the examples asked most alike by cosine.

An article is searched by its title, its body and the questions it has solved, each apart with its own word
weights, and added: 1.2 · title + body + 0.2 · the closest solved question. A solved question counts for
itself and lightly. Every article that gains from one takes questions away from articles nobody has asked for
yet, however the two are combined (measured: the more weight, the more both effects), so this is where a small
weight buys most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from loop.records import Article, Example
from loop.text.spelling import normalise
from loop.text.vectors import Floats, count_features, learn

Ints = NDArray[np.int64]

TITLE_WEIGHT = 1.2
SOLVED_WEIGHT = 0.2
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


class Search:
    """Articles, ready to be searched. Equal scores go to the smaller article id."""

    def __init__(self, articles: Sequence[Article]) -> None:
        """Index the articles; at least one."""
        self.articles = sorted(articles, key=lambda article: article.id)
        self._titles = _Field([article.title for article in self.articles])
        self._bodies = _Field([article.body for article in self.articles])
        solved = [(place, question) for place, article in enumerate(self.articles) for question in article.questions]
        self._solved = _Field([question for _, question in solved]) if solved else None
        owners = np.array([place for place, _ in solved], dtype=np.int64)
        self._starts: Ints = np.flatnonzero(np.diff(owners, prepend=-1))
        self._owners: Ints = owners[self._starts]

    def find(self, questions: Sequence[str], *, limit: int) -> list[list[Hit]]:
        """The closest articles of each normalised question, closest first, at most `limit`, none at zero."""
        asked = count_features(questions)
        scores, reach = self._titles.scores(asked), self._titles.reach(asked)
        scores, reach = scores * TITLE_WEIGHT, reach * TITLE_WEIGHT
        scores += self._bodies.scores(asked)
        reach += self._bodies.reach(asked)
        if self._solved:
            single = self._solved.scores(asked)
            scores[:, self._owners] += SOLVED_WEIGHT * np.maximum.reduceat(single, self._starts, axis=1)
        scores /= np.maximum(reach, 1e-12)[:, None]
        order = np.argsort(-scores, axis=1, kind="stable")[:, :limit]
        return [
            [Hit(article=self.articles[n], score=min(float(row[n]), 1.0)) for n in places if row[n] > 0]
            for row, places in zip(scores, order, strict=True)
        ]


class Nearest:
    """Examples, ready to be looked up by cosine. Equal likeness goes to the smaller id."""

    def __init__(self, examples: Sequence[Example]) -> None:
        """Index the examples; at least one."""
        self.examples = sorted(examples, key=lambda example: example.id)
        learned = learn([normalise(example.question) for example in self.examples])
        self._vectoriser = learned.vectoriser
        self._columns = learned.vectors.T.tocsr()

    def find(self, questions: Sequence[str], *, limit: int) -> list[list[Example]]:
        """The examples most like each normalised question, most alike first, at most `limit`, none at zero."""
        likeness = (self._vectoriser.embed(questions) @ self._columns).toarray()
        order = np.argsort(-likeness, axis=1, kind="stable")[:, :limit]
        return [
            [self.examples[place] for place in places if row[place] > 0]
            for row, places in zip(likeness, order, strict=True)
        ]


class _Field:
    """One text per document, weighed by BM25 (Robertson & Zaragoza, The Probabilistic Relevance Framework, 2009)."""

    def __init__(self, documents: Sequence[str]) -> None:
        found = count_features([normalise(document) for document in documents])
        size = len(documents)
        self._known, column, spread = np.unique(found.indices, return_inverse=True, return_counts=True)
        self._idf: Floats = np.log1p((size - spread + 0.5) / (spread + 0.5)).astype(np.float32)
        self._unseen = float(np.log1p((size + 0.5) / 0.5))
        length = np.asarray(found.sum(axis=1)).ravel()
        discount = np.repeat(1 - LENGTH_SHARE + LENGTH_SHARE * length / max(float(length.mean()), 1.0), _sizes(found))
        value = found.data * (SATURATION + 1) / (found.data + SATURATION * discount)
        weight = (value * self._idf[column]).astype(np.float32)
        rows = csr_array((weight, column, found.indptr), shape=(size, max(self._known.size, 1)))
        self._columns = rows.T.tocsr()

    def scores(self, asked: csr_array) -> Floats:
        """BM25 of every counted question with every document, float32 [questions, documents]."""
        column, is_known = self._columns_of(asked)
        kept_before = np.concatenate(([0], np.cumsum(is_known)))
        ones = np.ones(int(kept_before[-1]), dtype=np.float32)
        has = csr_array(
            (ones, column[is_known], kept_before[asked.indptr]), shape=(asked.shape[0], self._columns.shape[0])
        )
        dense: Floats = (has @ self._columns).toarray()
        return dense

    def reach(self, asked: csr_array) -> Floats:
        """BM25 of a document of usual length that has each of a question's features once, float32 [questions]."""
        column, is_known = self._columns_of(asked)
        weight = np.full(column.size, self._unseen)
        weight[is_known] = self._idf[column[is_known]]
        rows = np.repeat(np.arange(asked.shape[0]), _sizes(asked))
        return np.bincount(rows, weights=weight, minlength=asked.shape[0]).astype(np.float32)

    def _columns_of(self, asked: csr_array) -> tuple[Ints, NDArray[np.bool_]]:
        column = np.searchsorted(self._known, asked.indices)
        is_known = np.zeros(column.size, dtype=bool)
        inside = column < self._known.size
        is_known[inside] = self._known[column[inside]] == asked.indices[inside]
        return column, is_known


def _sizes(counts: csr_array) -> Ints:
    """Distinct features of each text."""
    return np.diff(counts.indptr)
