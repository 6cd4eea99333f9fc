"""A label from the words of a question, with an honest chance: the nearest label profile, each answer left out in turn.

A label's profile is the sum of the vectors of its questions. Leaving one question out is a subtraction, so how
likely every known answer looks to a model that has not seen it costs nothing extra; it calibrates the chances.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from loop.text.vectors import Vectoriser

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

MAX_ROWS = 20_000
"""Known answers a model learns from; more are thinned evenly by label."""
USEFUL = 0.25
"""Share of what always saying the commonest label gets wrong, that a model must get right to be listened to."""
_MAX_CELLS = 30_000_000
"""Cells of the profile table, 4 bytes each; the rarest features go first."""
_TEMPERATURES = np.geomspace(0.01, 0.3, 30)
_UNKNOWN = -1


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
    """A fitted model and how it did on what it was fitted on, each answer left out in turn."""

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

    @property
    def is_useful(self) -> bool:
        """Whether the words of a question say enough: a quarter of the way from the commonest label to perfect."""
        commonest = float(self.counts.max() / self.counts.sum())
        return self.accuracy >= commonest + USEFUL * (1 - commonest)

    def predict(self, texts: Sequence[str], *, given: Sequence[str | None]) -> Predictions:
        """For spelled texts and the label proposed for each."""
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
    """Learn from spelled texts with known labels; None with fewer than two labels. Linear in the texts."""
    names = tuple(sorted(set(labels)))
    if len(names) < 2:
        return None
    index = {label: number for number, label in enumerate(names)}
    rows = _thinned(np.array([index[label] for label in labels], dtype=np.int64), seed=seed, max_rows=max_rows)
    taught = np.array([index[labels[row]] for row in rows], dtype=np.int64)
    chosen = [texts[row] for row in rows]
    vectoriser = Vectoriser.fit(chosen, max_features=max(_MAX_CELLS // len(names), 1_000))
    matrix = vstack([block for _, block in vectoriser.blocks(chosen)], format="csr")
    line = np.arange(rows.size)
    members = csr_array((np.ones(rows.size, np.float32), (line, taught)), shape=(rows.size, len(names)))
    sums = np.asarray((matrix.T @ members).toarray(), dtype=np.float32)
    squares = (sums.astype(np.float64) ** 2).sum(axis=0)
    profiles = sums / np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)
    scores = np.asarray(matrix @ profiles, dtype=np.float64)
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
        vectoriser=vectoriser,
        profiles=profiles,
        temperature=temperature,
    )


def _predictions(scores: NDArray[np.floating], proposed: Ints, *, temperature: float) -> Predictions:
    scaled = scores / temperature
    chances = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    line = np.arange(chances.shape[0])
    top = chances.argmax(axis=1)
    given = np.where(proposed >= 0, chances[line, np.maximum(proposed, 0)], np.nan)
    return Predictions(top.astype(np.int64), chances[line, top].astype(np.float32), proposed, given.astype(np.float32))


def _calibrated(left_out: NDArray[np.float64], taught: Ints) -> float:
    """The temperature under which the left-out answers were likeliest."""
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
