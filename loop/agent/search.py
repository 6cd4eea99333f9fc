"""Find the article that answers a question: TF-IDF over what the article says and over questions it solved.

Title and body are one document, each solved question is a document of its own, and an article is as close
as its closest document. Appending solved questions to the body instead would stretch it, and make the
article worse for every question nobody has asked yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loop.agent.text import Ints, embed, learn, normalise
from loop.records import Article


@dataclass(frozen=True)
class Hit:
    """An article with its closeness."""

    article: Article
    score: float
    """Cosine of its closest document; 0 to 1, higher is closer."""


class Search:
    """Articles, ready to be searched. Equal scores go to the smaller article id."""

    def __init__(self, articles: Sequence[Article], *, solved: Mapping[str, Sequence[str]] | None = None) -> None:
        """Index the articles; at least one. `solved`: further solved questions by article id."""
        self.articles = sorted(articles, key=lambda article: article.id)
        documents: list[str] = []
        starts: list[int] = []
        for article in self.articles:
            starts.append(len(documents))
            documents.append(f"{article.title} {article.body}")
            documents += [*article.questions, *(solved or {}).get(article.id, ())]
        learned = learn([normalise(document) for document in documents])
        self._space = learned.space
        self._columns = learned.vectors.T.tocsr()
        self._starts: Ints = np.array(starts)

    def find(self, questions: Sequence[str], *, limit: int) -> list[list[Hit]]:
        """The closest articles of each normalised question, closest first, at most `limit`, none at zero."""
        nearest = (embed(questions, space=self._space) @ self._columns).toarray()
        scores = np.maximum.reduceat(nearest, self._starts, axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :limit]
        return [
            [Hit(article=self.articles[place], score=min(float(row[place]), 1.0)) for place in places if row[place] > 0]
            for row, places in zip(scores, order, strict=True)
        ]
