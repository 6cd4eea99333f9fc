"""Which class a question belongs to: its closeness to each class's profile and to single known-good cases.

A class is a label, or the reply itself where examples have no label. Its profile starts as the mean of its
examples and is then sharpened: ten small steps away from what other classes' examples have in common with
it. The score of a class is 0.8 · closeness to its profile + 0.2 · cosine to its nearest example, so that
a prediction is explained by its nearest cases and its nearest profile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array

from loop.records import Example
from loop.text.tfidf import Floats, Ints, embed, learn, normalise

PROFILE_SHARE = 0.8
"""Weight of the profile in the score; the rest goes to the nearest example."""
STEPS = 10
MOMENTUM = 0.8
SHARPNESS = 20.0
"""How steeply closeness turns into belief while profiles are sharpened."""
SHARPENED_MAX = 8_000_000
"""Numbers in all profiles (features × classes) up to which they are sharpened: 32 MB. Above, means are used."""

ClassKey: TypeAlias = tuple[str, str]
"""(`label`, the label) or (`answer`, the reply)."""


@dataclass(frozen=True)
class Prediction:
    """What the head makes of one question."""

    example: Example
    """The nearest example of the winning class."""
    worded: Example | None
    """The nearest example of the winning class that has a reply; None when none has."""
    score: float
    """Of the winning class; about 0 to 1, higher is closer."""
    margin: float
    """How far the runner-up is behind; 0 or more. The only class leads by its score."""
    twin: Example
    """The nearest example of any class."""
    likeness: float
    """Cosine to `twin`; 1 is the same words."""


def class_of(example: Example) -> ClassKey:
    """The class an example speaks for."""
    return ("answer", example.answer) if example.label is None else ("label", example.label)


class Head:
    """Examples, ready to be compared with questions. Equal scores go to the smaller class, then example id."""

    def __init__(self, examples: Sequence[Example]) -> None:
        """Index the examples; at least one. Their order does not matter."""
        self.examples = sorted(examples, key=lambda example: (class_of(example), example.id, example.question))
        keys = [class_of(example) for example in self.examples]
        learned = learn([normalise(example.question) for example in self.examples])
        self._space = learned.space
        self._has_reply = np.array([bool(example.answer) for example in self.examples])
        self._starts: Ints = np.array([n for n, key in enumerate(keys) if n == 0 or key != keys[n - 1]])
        self._columns: csr_array = learned.vectors.T.tocsr()
        self._profiles = _profiles(learned.vectors, self._columns, self._starts)

    def predict(self, questions: Sequence[str]) -> list[Prediction]:
        """One prediction per normalised question."""
        vectors = embed(questions, space=self._space)
        nearest: Floats = (vectors @ self._columns).toarray()
        product = vectors @ self._profiles
        profile: Floats = product if isinstance(product, np.ndarray) else product.toarray()
        score = PROFILE_SHARE * profile + (1 - PROFILE_SHARE) * np.maximum.reduceat(nearest, self._starts, axis=1)
        return [self._prediction(nearest[row], score[row]) for row in range(len(questions))]

    def _prediction(self, nearest: Floats, score: Floats) -> Prediction:
        best = int(score.argmax())
        start = int(self._starts[best])
        end = int(self._starts[best + 1]) if best + 1 < len(self._starts) else len(self.examples)
        twin = int(nearest.argmax())
        top = float(score[best])
        second = float(np.partition(score, -2)[-2]) if score.size > 1 else 0.0
        own = nearest[start:end]
        worded = np.where(self._has_reply[start:end], own, -1)
        place = int(worded.argmax())
        return Prediction(
            example=self.examples[start + int(own.argmax())],
            worded=self.examples[start + place] if worded[place] >= 0 else None,
            score=top,
            margin=max(top - second, 0.0),
            twin=self.examples[twin],
            likeness=min(float(nearest[twin]), 1.0),
        )


def _profiles(vectors: csr_array, columns: csr_array, starts: Ints) -> csr_array | Floats:
    """One column per class [features, classes]; `columns` is `vectors` turned over, the classes begin at `starts`."""
    sizes = np.diff(np.append(starts, vectors.shape[0]))
    owner = np.repeat(np.arange(starts.size), sizes)
    member = csr_array((np.ones(owner.size, dtype=np.float32), (np.arange(owner.size), owner)))
    sums = (columns @ member).tocsc()
    length = np.sqrt(np.asarray(sums.multiply(sums).sum(axis=0)).ravel())
    sums.data *= np.repeat(1 / np.maximum(length, 1e-12), np.diff(sums.indptr)).astype(np.float32)
    if starts.size < 2 or sums.shape[0] * starts.size > SHARPENED_MAX:
        return sums.tocsr()
    return _sharpen(sums.toarray(), vectors, columns, owner, sizes)


def _sharpen(profiles: Floats, vectors: csr_array, columns: csr_array, owner: Ints, sizes: Ints) -> Floats:
    """Ten momentum steps of softmax regression that start from the means; every class pulls equally hard.

    Measured on held-out questions of a 77-class support data set: from .601, .705, .767 with the means to
    .613, .726, .807 at 5, 10, 20 examples per class; no change at one.
    """
    pull = (1 / sizes[owner]).astype(np.float32)[:, None]
    speed = np.zeros_like(profiles)
    for _ in range(STEPS):
        belief = SHARPNESS * (vectors @ profiles)
        belief -= belief.max(axis=1, keepdims=True)
        np.exp(belief, out=belief)
        belief /= -belief.sum(axis=1, keepdims=True)
        belief[np.arange(owner.size), owner] += 1
        belief *= pull
        speed *= MOMENTUM
        speed += columns @ belief
        profiles = profiles + speed
    return profiles
