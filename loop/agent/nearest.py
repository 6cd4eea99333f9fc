"""Which examples a model is shown with a question: the ones asked most alike."""

from collections.abc import Sequence

import numpy as np

from loop.records import Example
from loop.text.tfidf import embed, learn, normalise


class Nearest:
    """Examples, ready to be looked up by likeness. Equal likeness goes to the smaller id."""

    def __init__(self, examples: Sequence[Example]) -> None:
        """Index the examples; at least one."""
        self.examples = sorted(examples, key=lambda example: example.id)
        learned = learn([normalise(example.question) for example in self.examples])
        self._space = learned.space
        self._columns = learned.vectors.T.tocsr()

    def find(self, questions: Sequence[str], *, limit: int) -> list[list[Example]]:
        """The examples most like each normalised question, most alike first, at most `limit`, none at zero."""
        likeness = (embed(questions, space=self._space) @ self._columns).toarray()
        order = np.argsort(-likeness, axis=1, kind="stable")[:, :limit]
        return [
            [self.examples[place] for place in places if row[place] > 0]
            for row, places in zip(likeness, order, strict=True)
        ]
