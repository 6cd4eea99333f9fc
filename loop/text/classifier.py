"""Nearest-centroid classification over TF-IDF: the agent's head, and a label model with leave-one-out chances.

A class's profile is the direction of the sum of its cases' vectors (Rocchio: Manning, Raghavan, Schütze,
Introduction to Information Retrieval, 14.2). Two readers share it:

    Head         what the built-in agent answers by: sharpened profiles and the nearest single case. Whoever
                 predicts what the agent will do (`loop.update.selection`) uses its constants.
    LabelModel   what the firewall judges by. Leaving one case out of its class's sum is a subtraction, so how
                 likely every known answer looks to a model that has not seen it costs nothing extra; those
                 left-out scores set the temperature that turns closeness into a chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from loop.text.vectors import Floats, Vectoriser, learn

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = NDArray[np.int64]

PROFILE_SHARE = 0.8
"""Weight of the profile in a head's score; the rest goes to the nearest case."""
FLOOR = 0.12
"""Score below which no class is close enough to answer: 1 in 200 answerable questions with one example per class."""
STEPS = 10
MOMENTUM = 0.8
SHARPNESS = 20.0
"""How steeply closeness turns into belief while profiles are sharpened."""
SHARPENED_MAX = 8_000_000
"""Numbers in all profiles (features × classes) up to which they are sharpened: 32 MB. Above, means are used."""
MAX_ROWS = 20_000
"""Known answers a label model learns from; more are thinned evenly by label."""
USEFUL = 0.25
"""Share of what always saying the commonest label gets wrong, that a model must get right to be listened to."""
_MAX_CELLS = 30_000_000
"""Cells of a label model's profile table, 4 bytes each; the rarest features go first."""
_TEMPERATURES = np.geomspace(0.01, 0.3, 30)
_UNKNOWN = -1
DOUBTS: NDArray[np.float64] = np.geomspace(1e-5, 0.2, 60)
"""Chances at which is told how many wrong answers would look less likely."""
_DOUBTED_ROWS = 2_000


@dataclass(frozen=True)
class Closeness:
    """How close texts are to a head's classes and cases."""

    score: Floats
    """float32 [texts, classes]: PROFILE_SHARE · closeness to the profile + the rest · cosine to the nearest case."""
    nearest: Floats
    """float32 [texts, cases]: cosine to every single case."""


class Head:
    """Profiles and single cases of some classes, ready to be compared with texts."""

    def __init__(self, texts: Sequence[str], *, classes: Sequence[int]) -> None:
        """Index normalised texts; at least one. Their class numbers are 0, 1, 2 … without a gap, in ascending order."""
        learned = learn(texts)
        self._vectoriser = learned.vectoriser
        self._columns: csr_array = learned.vectors.T.tocsr()
        owner: Ints = np.asarray(classes, dtype=np.int64)
        self.starts: Ints = np.searchsorted(owner, np.arange(owner[-1] + 1))
        """First case of each class."""
        self._profiles = profiles(learned.vectors, owner)

    def compare(self, texts: Sequence[str]) -> Closeness:
        """Closeness of normalised texts."""
        vectors = self._vectoriser.embed(texts)
        nearest: Floats = (vectors @ self._columns).toarray()
        product = vectors @ self._profiles
        profile: Floats = product if isinstance(product, np.ndarray) else product.toarray()
        best = np.maximum.reduceat(nearest, self.starts, axis=1)
        score = PROFILE_SHARE * profile + (1 - PROFILE_SHARE) * best
        return Closeness(score=np.asarray(score, dtype=np.float32), nearest=nearest)


def profiles(vectors: csr_array, classes: Ints) -> csr_array | Floats:
    """The head's profiles, float32 [features, classes]: means of unit length, sharpened where they are few enough."""
    columns = vectors.T.tocsr()
    sums = sum_by_class(vectors, classes, count=int(classes.max()) + 1).tocsc()
    length = np.sqrt(np.asarray(sums.multiply(sums).sum(axis=0)).ravel())
    sums.data *= np.repeat(1 / np.maximum(length, 1e-12), np.diff(sums.indptr)).astype(np.float32)
    if sums.shape[1] < 2 or sums.shape[0] * sums.shape[1] > SHARPENED_MAX:
        return sums.tocsr()
    return _sharpened(sums.toarray(), vectors, columns, classes)


def sum_by_class(vectors: csr_array, classes: Ints, *, count: int) -> csr_array:
    """Sum of the vectors of each class, [features, count]."""
    from scipy.sparse import csr_array

    row = np.arange(classes.size)
    member = csr_array((np.ones(classes.size, dtype=np.float32), (row, classes)), shape=(classes.size, count))
    return (vectors.T.tocsr() @ member).tocsr()


def _sharpened(means: Floats, vectors: csr_array, columns: csr_array, classes: Ints) -> Floats:
    """Ten momentum steps of softmax regression that start from the means; every class pulls equally hard.

    Measured on held-out questions of a 77-class support data set: from .601, .705, .767 with the means to
    .613, .726, .807 at 5, 10, 20 examples per class; no change at one.
    """
    found = means
    pull = (1 / np.bincount(classes)[classes]).astype(np.float32)[:, None]
    speed = np.zeros_like(found)
    for _ in range(STEPS):
        belief = SHARPNESS * (vectors @ found)
        belief -= belief.max(axis=1, keepdims=True)
        np.exp(belief, out=belief)
        belief /= -belief.sum(axis=1, keepdims=True)
        belief[np.arange(classes.size), classes] += 1
        belief *= pull
        speed *= MOMENTUM
        speed += columns @ belief
        found = found + speed
    return found


@dataclass(frozen=True)
class Predictions:
    """What a model says about texts, one entry each."""

    top: Ints
    """Index of the likeliest label."""
    top_chance: Floats
    given: Ints
    """Index of the label somebody proposed; −1 when the model has never seen it."""
    given_chance: Floats
    """Chance of the proposed label; NaN when never seen."""


@dataclass(frozen=True)
class LabelModel:
    """A fitted nearest-centroid model and its leave-one-out results on what it was fitted on."""

    labels: tuple[str, ...]
    counts: Ints
    """Known answers by label."""
    rows: Ints
    """Which of the handed-in texts it learned from."""
    left_out: Predictions
    """For `rows`: the known label against a model without it."""
    accuracy: float
    """Share of `rows` got right, left out."""
    vectoriser: Vectoriser
    profiles: Floats
    """features × labels, each of length 1."""
    temperature: float
    mistaken: NDArray[np.float64]
    """Of wrong labels drawn as labels are given, the share whose chance lies below each of DOUBTS, left out."""

    @property
    def is_useful(self) -> bool:
        """Whether the words of a question say enough: a quarter of the way from the commonest label to perfect."""
        commonest = float(self.counts.max() / self.counts.sum())
        return self.accuracy >= commonest + USEFUL * (1 - commonest)

    def predict(self, texts: Sequence[str], *, given: Sequence[str | None]) -> Predictions:
        """For normalised texts and the label proposed for each."""
        index = {label: number for number, label in enumerate(self.labels)}
        proposed = np.array([_UNKNOWN if label is None else index.get(label, _UNKNOWN) for label in given], np.int64)
        parts = [
            _predictions(block @ self.profiles, proposed[start : start + block.shape[0]], temperature=self.temperature)
            for start, block in self.vectoriser.blocks(texts)
        ]
        return Predictions(
            np.concatenate([part.top for part in parts] or [np.zeros(0, np.int64)]),
            np.concatenate([part.top_chance for part in parts] or [np.zeros(0, np.float32)]),
            proposed,
            np.concatenate([part.given_chance for part in parts] or [np.zeros(0, np.float32)]),
        )


def fit(texts: Sequence[str], *, labels: Sequence[str], seed: int, max_rows: int = MAX_ROWS) -> LabelModel | None:
    """Learn from normalised texts with known labels; None with fewer than two labels. Linear in the texts."""
    names = tuple(sorted(set(labels)))
    if len(names) < 2:
        return None
    index = {label: number for number, label in enumerate(names)}
    rows = _thinned(np.array([index[label] for label in labels], dtype=np.int64), seed=seed, max_rows=max_rows)
    taught = np.array([index[labels[row]] for row in rows], dtype=np.int64)
    chosen = [texts[row] for row in rows]
    learned = learn(chosen, max_features=max(_MAX_CELLS // len(names), 1_000))
    matrix = learned.vectors
    line = np.arange(rows.size)
    sums = np.asarray(sum_by_class(matrix, taught, count=len(names)).toarray(), dtype=np.float32)
    squares = (sums.astype(np.float64) ** 2).sum(axis=0)
    centroids = sums / np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)
    scores = np.asarray(matrix @ centroids, dtype=np.float64)
    # Leaving x out of its own label's sum s: x·(s − x) / |s − x|, with x·s = score · |s|.
    own = scores[line, taught] * np.sqrt(squares[taught])
    size = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
    scores[line, taught] = (own - size) / np.sqrt(np.maximum(squares[taught] - 2 * own + size, 1e-12))
    temperature = _calibrated(scores, taught)
    left_out = _predictions(scores, taught, temperature=temperature)
    return LabelModel(
        labels=names,
        counts=np.bincount(taught, minlength=len(names)),
        rows=rows,
        left_out=left_out,
        accuracy=float((left_out.top == taught).mean()),
        vectoriser=learned.vectoriser,
        profiles=centroids,
        temperature=temperature,
        mistaken=_mistaken(scores, taught, temperature=temperature),
    )


def _mistaken(scores: NDArray[np.float64], taught: Ints, *, temperature: float) -> NDArray[np.float64]:
    """What a slip would look like: every other label of a case weighs as often as it is given.

    The likeliest label never counts as doubted, because whoever gives it is not contradicted.
    """
    some = slice(None, None, max(1, taught.size // _DOUBTED_ROWS))
    chances, known = _chances(scores[some], temperature), taught[some]
    line = np.arange(known.size)
    weight = np.tile(np.bincount(taught, minlength=scores.shape[1]) / taught.size, (known.size, 1))
    weight[line, known] = 0.0
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-12) * known.size
    chances[line, chances.argmax(axis=1)] = 1.0
    place = np.searchsorted(DOUBTS, chances.ravel(), side="right")
    found: NDArray[np.float64] = np.cumsum(np.bincount(place, weights=weight.ravel(), minlength=DOUBTS.size + 1))
    return found[: DOUBTS.size]


def _chances(scores: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    scaled = np.asarray(scores, dtype=np.float64) / temperature
    chances: NDArray[np.float64] = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    return chances


def _predictions(scores: NDArray[np.floating], proposed: Ints, *, temperature: float) -> Predictions:
    scaled = scores / temperature
    chances = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    line = np.arange(chances.shape[0])
    top = chances.argmax(axis=1)
    given = np.where(proposed >= 0, chances[line, np.maximum(proposed, 0)], np.nan)
    return Predictions(top.astype(np.int64), chances[line, top].astype(np.float32), proposed, given.astype(np.float32))


def _calibrated(left_out: NDArray[np.float64], taught: Ints) -> float:
    """Temperature scaling by leave-one-out likelihood (Guo et al. 2017, arXiv:1706.04599)."""
    some = slice(None, None, max(1, taught.size // 2_000))
    scores, known = left_out[some], taught[some]
    line = np.arange(known.size)

    def loss(temperature: float) -> float:
        scaled = scores / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(axis=1)) - scaled[line, known]).mean())

    return float(min(_TEMPERATURES, key=loss))


def _thinned(taught: Ints, *, seed: int, max_rows: int) -> Ints:
    """At most `max_rows` rows, taken in turn from each label, in an order drawn from the seed."""
    if taught.size <= max_rows:
        return np.arange(taught.size)
    shuffled = np.random.default_rng(seed).permutation(taught.size)
    order = shuffled[np.argsort(taught[shuffled], kind="stable")]
    sorted_labels = taught[order]
    turn = np.arange(order.size) - np.searchsorted(sorted_labels, sorted_labels)
    rows: Ints = np.sort(order[np.argsort(turn, kind="stable")][:max_rows])
    return rows
