"""How far raters can be believed when nobody knows the truth: Dawid–Skene, and the bound of an agreement rate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, logsumexp

from loop.errors import InvalidInput

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FULL_MODEL_CLASSES = 10
"""Above this many classes a confusion matrix per rater has more cells than votes; one accuracy per rater is fitted."""

_ADDED_VOTES = 1.0
"""Votes added to every rater's own record, spread as the average rater errs: nobody becomes infallible on few votes."""
_FLOOR = 1e-6


@dataclass(frozen=True)
class DawidSkene:
    """What the votes say about the items and about the raters."""

    posterior: Floats
    """items × classes: chance of each class being the true one; rows add up to 1."""
    others: Floats
    """One per vote: chance of that vote being right in the eyes of the *other* raters of its item."""
    accuracy: Floats
    """One per rater: expected share of right votes."""
    prior: Floats
    """One per class: share of items."""
    rounds: int
    is_converged: bool

    @property
    def labels(self) -> Ints:
        """Most likely class of each item; the lowest index on a tie."""
        likeliest: Ints = self.posterior.argmax(axis=1)
        return likeliest


@dataclass(frozen=True)
class Rate:
    """A share with its interval."""

    share: float
    low: float
    high: float
    """Jeffreys 90 % interval: each end is a one-sided 95 % bound."""
    n: float


def dawid_skene(
    labels: Ints, *, raters: Ints, items: Ints, classes: int, rounds: int = 100, tolerance: float = 1e-6
) -> DawidSkene:
    """Fit raters and items together by expectation maximisation (Dawid & Skene 1979), in the log domain.

    `labels`, `raters` and `items` have one entry per vote, indices from 0; a rater votes at most once per item.
    Starts from the shares of votes, so nothing is drawn by chance. Up to FULL_MODEL_CLASSES classes every rater
    has a confusion matrix; above that one accuracy, errors spread evenly. Every item needs a vote.
    Raises InvalidInput when the arrays differ in length, are empty, or an index is out of range.
    """
    _check(labels, raters=raters, items=items, classes=classes)
    n_items, n_raters = int(items.max()) + 1, int(raters.max()) + 1
    posterior = np.zeros((n_items, classes))
    np.add.at(posterior, (items, labels), 1.0)
    posterior /= posterior.sum(axis=1, keepdims=True)
    done = 0
    while done < rounds:
        done += 1
        prior = _shares(posterior.sum(axis=0) + 1.0)
        said = _log_likelihoods(posterior, labels=labels, raters=raters, items=items, n_raters=n_raters)
        scores = np.tile(np.log(prior), (n_items, 1))
        for column in range(classes):
            scores[:, column] += np.bincount(items, weights=said[:, column], minlength=n_items)
        fitted = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
        moved = float(np.abs(fitted - posterior).max())
        posterior = fitted
        if moved < tolerance:
            break
    votes = np.arange(labels.size)
    without = scores[items] - said
    others = np.exp(without[votes, labels] - logsumexp(without, axis=1))
    right = np.bincount(raters, weights=posterior[items, labels], minlength=n_raters)
    given = np.maximum(np.bincount(raters, minlength=n_raters), 1)
    return DawidSkene(posterior, others, right / given, prior, done, moved < tolerance)


def rate(successes: float, *, n: float) -> Rate:
    """Share of successes with its Jeffreys interval: Beta(s + ½, n − s + ½). Fractions of a success are allowed.

    Raises InvalidInput for n ≤ 0 or successes outside 0..n.
    """
    if n <= 0 or not -1e-9 <= successes <= n + 1e-9:
        raise InvalidInput("A rate needs 0 ≤ successes ≤ n and n > 0.", field="successes")
    good, bad = min(max(successes, 0.0), n) + 0.5, max(n - successes, 0.0) + 0.5
    return Rate(successes / n, float(betaincinv(good, bad, 0.05)), float(betaincinv(good, bad, 0.95)), n)


def _check(labels: Ints, *, raters: Ints, items: Ints, classes: int) -> None:
    if labels.size == 0 or not labels.size == raters.size == items.size:
        raise InvalidInput("Labels, raters and items need the same number of entries, at least one.", field="labels")
    if labels.min() < 0 or labels.max() >= classes or raters.min() < 0 or items.min() < 0:
        raise InvalidInput("An index is negative or not below the number of classes.", field="labels")
    if np.bincount(items).min() == 0:
        raise InvalidInput("Item indices must have no gaps: every item needs a vote.", field="items")


def _shares(counts: Floats) -> Floats:
    shares: Floats = counts / counts.sum(axis=-1, keepdims=True)
    return shares


def _log_likelihoods(posterior: Floats, *, labels: Ints, raters: Ints, items: Ints, n_raters: int) -> Floats:
    """votes × classes: log chance of the vote, were the class the true one."""
    classes = posterior.shape[1]
    weight = posterior[items]
    if classes > FULL_MODEL_CLASSES:
        votes = np.arange(labels.size)
        own = np.bincount(raters, weights=weight[votes, labels], minlength=n_raters)
        overall = own.sum() / labels.size
        accuracy = (own + _ADDED_VOTES * overall) / (np.bincount(raters, minlength=n_raters) + _ADDED_VOTES)
        accuracy = accuracy.clip(_FLOOR, 1 - _FLOOR)[raters]
        said = np.repeat(np.log((1 - accuracy) / (classes - 1))[:, None], classes, axis=1)
        said[votes, labels] = np.log(accuracy)
        return said
    counts = np.zeros((n_raters, classes, classes))
    for true in range(classes):
        cells = np.bincount(raters * classes + labels, weights=weight[:, true], minlength=n_raters * classes)
        counts[:, true, :] = cells.reshape(n_raters, classes)
    average = _shares(counts.sum(axis=0) + 1.0)
    confusion = _shares(counts + _ADDED_VOTES * average)
    said_full: Floats = np.log(confusion.clip(_FLOOR, 1.0))[raters, :, labels]
    return said_full
