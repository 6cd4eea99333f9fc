"""Which class a question belongs to: its likeness to each class's profile and to single known-good cases.

A class is a label, or the reply itself where examples have no label. The score of a class is
0.7 · cosine to its profile (the mean of its examples) + 0.3 · cosine to its nearest example.
Nothing is trained: the answer is explained by the nearest cases and the nearest profile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from loop.agent.text import Floats, Ints, Space, embed, learn, normalise
from loop.records import Example

PROFILE_SHARE = 0.7
"""Weight of the class profile in the score; the rest goes to the nearest example."""

ClassKey: TypeAlias = tuple[str, str]
"""(`label`, the label) or (`answer`, the reply)."""


@dataclass(frozen=True)
class Prediction:
    """What the head makes of one question."""

    example: Example
    """The nearest example of the winning class."""
    score: float
    """Of the winning class; 0 to 1, higher is closer."""
    margin: float
    """How far the runner-up is behind; 0 to 1."""
    twin: Example
    """The nearest example of any class."""
    likeness: float
    """Cosine to `twin`; 1 is the same words."""


def class_of(example: Example) -> ClassKey:
    """The class an example speaks for."""
    return ("answer", example.answer) if example.label is None else ("label", example.label)


class Head:
    """Examples, ready to be compared with questions. Equal scores go to the smaller example id."""

    def __init__(self, examples: Sequence[Example]) -> None:
        """Index the examples; at least one. Their order does not matter."""
        self.examples = sorted(examples, key=lambda example: (class_of(example), example.id))
        keys = [class_of(example) for example in self.examples]
        learned = learn([normalise(example.question) for example in self.examples])
        self._space: Space = learned.space
        self._starts: Ints = np.array([n for n, key in enumerate(keys) if n == 0 or key != keys[n - 1]])
        self._columns: csr_array = learned.vectors.T.tocsr()
        self._profiles: csr_array = _profiles(learned.vectors, self._starts).T.tocsr()

    def predict(self, questions: Sequence[str]) -> list[Prediction]:
        """One prediction per normalised question."""
        vectors = embed(questions, space=self._space)
        nearest = _dense(vectors @ self._columns)
        profile = _dense(vectors @ self._profiles)
        score = PROFILE_SHARE * profile + (1 - PROFILE_SHARE) * np.maximum.reduceat(nearest, self._starts, axis=1)
        return [self._prediction(nearest[row], score[row]) for row in range(len(questions))]

    def _prediction(self, nearest: Floats, score: Floats) -> Prediction:
        best = int(score.argmax())
        start = int(self._starts[best])
        end = int(self._starts[best + 1]) if best + 1 < len(self._starts) else len(self.examples)
        twin = int(nearest.argmax())
        top = float(score[best])
        second = float(np.partition(score, -2)[-2]) if score.size > 1 else 0.0
        return Prediction(
            example=self.examples[start + int(nearest[start:end].argmax())],
            score=min(top, 1.0),
            margin=min(top - second, 1.0),
            twin=self.examples[twin],
            likeness=min(float(nearest[twin]), 1.0),
        )


def _profiles(vectors: csr_array, starts: Ints) -> csr_array:
    """The mean direction of each class, rows of unit length."""
    owner = np.searchsorted(starts, np.arange(vectors.shape[0]), side="right") - 1
    member = csr_array(
        (np.ones(owner.size, dtype=np.float32), (owner, np.arange(owner.size))), shape=(starts.size, owner.size)
    )
    sums = (member @ vectors).tocsr()
    length = np.sqrt(np.asarray(sums.multiply(sums).sum(axis=1)).ravel())
    scale = np.repeat(1 / np.maximum(length, 1e-12), np.diff(sums.indptr))
    return csr_array(((sums.data * scale).astype(np.float32), sums.indices, sums.indptr), shape=sums.shape)


def _dense(product: csr_array) -> NDArray[np.float32]:
    return product.toarray()
