"""Find the article that answers a question: BM25 over titles, bodies and the questions articles have solved.

The three are searched apart, each with its own word weights, and added: 1.2 · title + body + 0.2 · the
closest solved question. A solved question counts for itself and lightly. Every article that gains from
one takes questions away from articles nobody has asked for yet, however the two are combined (measured:
the more weight, the more both effects), so this is where a small weight buys most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from loop.records import Article
from loop.text.tfidf import Counts, Floats, Ints, Keys, count_features, normalise

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
        found = count_features(questions)
        scores, reach = self._titles.scores(found, len(questions)), self._titles.reach(found, len(questions))
        scores, reach = scores * TITLE_WEIGHT, reach * TITLE_WEIGHT
        scores += self._bodies.scores(found, len(questions))
        reach += self._bodies.reach(found, len(questions))
        if self._solved:
            single = self._solved.scores(found, len(questions))
            scores[:, self._owners] += SOLVED_WEIGHT * np.maximum.reduceat(single, self._starts, axis=1)
        scores /= np.maximum(reach, 1e-12)[:, None]
        order = np.argsort(-scores, axis=1, kind="stable")[:, :limit]
        return [
            [Hit(article=self.articles[n], score=min(float(row[n]), 1.0)) for n in places if row[n] > 0]
            for row, places in zip(scores, order, strict=True)
        ]


class _Field:
    """One text per document, weighed by BM25 (Robertson & Zaragoza, The Probabilistic Relevance Framework, 2009)."""

    def __init__(self, documents: Sequence[str]) -> None:
        found = count_features([normalise(document) for document in documents])
        size = len(documents)
        self._keys: Keys
        self._keys, column, spread = np.unique(found.keys, return_inverse=True, return_counts=True)
        self._idf: Floats = np.log1p((size - spread + 0.5) / (spread + 0.5)).astype(np.float32)
        self._unseen = float(np.log1p((size + 0.5) / 0.5))
        length = np.bincount(found.rows, weights=found.counts, minlength=size)
        discount = 1 - LENGTH_SHARE + LENGTH_SHARE * length / max(float(length.mean()), 1.0)
        value = found.counts * (SATURATION + 1) / (found.counts + SATURATION * discount[found.rows])
        weight = (value * self._idf[column]).astype(np.float32)
        self._columns = csr_array((weight, (column, found.rows)), shape=(max(self._keys.size, 1), size))

    def scores(self, found: Counts, size: int) -> Floats:
        """BM25 of every question with every document, float32 [size, documents]."""
        column, is_known = self._places(found)
        places = (found.rows[is_known], column[is_known])
        asked = csr_array((np.ones(places[0].size, dtype=np.float32), places), shape=(size, self._columns.shape[0]))
        dense: Floats = (asked @ self._columns).toarray()
        return dense

    def reach(self, found: Counts, size: int) -> Floats:
        """BM25 of a document of usual length that has each of a question's features once, float32 [size]."""
        column, is_known = self._places(found)
        weight = np.full(column.size, self._unseen)
        weight[is_known] = self._idf[column[is_known]]
        return np.bincount(found.rows, weights=weight, minlength=size).astype(np.float32)

    def _places(self, found: Counts) -> tuple[Ints, np.ndarray]:
        column = np.searchsorted(self._keys, found.keys)
        is_known = np.zeros(column.size, dtype=bool)
        inside = column < self._keys.size
        is_known[inside] = self._keys[column[inside]] == found.keys[inside]
        return column, is_known
