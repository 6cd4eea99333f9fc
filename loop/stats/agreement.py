"""How far raters can be believed when nobody knows the truth: Dawid–Skene, and the bound of an agreement rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.errors import InvalidInput

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FULL_MODEL_CLASSES = 10
"""Above this many classes a confusion matrix per rater has more cells than votes; one accuracy per rater is fitted."""

_ADDED_VOTES = 2.0
"""Votes added to every rater's own record, spread as the average rater errs: nobody becomes infallible on few votes."""
_FLOOR = 1e-6
_ROUNDS = 100
_SETTLED = 1e-6
"""Largest move of a chance in one round from which the fit counts as converged."""
_Z = 1.645
"""Standard errors a gain must be above 0: one-sided 95 %."""


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


def dawid_skene(labels: Ints, *, raters: Ints, items: Ints, classes: int) -> DawidSkene:
    """Fit raters and items together by expectation maximisation (Dawid & Skene 1979), in the log domain.

    `labels`, `raters` and `items` have one entry per vote, indices from 0; a rater votes at most once per item.
    Starts from the shares of votes, so nothing is drawn by chance. Up to FULL_MODEL_CLASSES classes every rater
    has a confusion matrix; above that one accuracy, errors spread evenly. Every item needs a vote.
    Raises InvalidInput when the arrays differ in length, are empty, or an index is out of range.
    """
    from scipy.special import logsumexp

    _check(labels, raters=raters, items=items, classes=classes)
    n_items, n_raters = int(items.max()) + 1, int(raters.max()) + 1
    posterior = np.zeros((n_items, classes))
    np.add.at(posterior, (items, labels), 1.0)
    posterior /= posterior.sum(axis=1, keepdims=True)
    for _ in range(_ROUNDS):
        prior = _shares(posterior.sum(axis=0) + 1.0)
        said = _log_likelihoods(posterior, labels=labels, raters=raters, items=items, n_raters=n_raters)
        scores = np.tile(np.log(prior), (n_items, 1))
        for column in range(classes):
            scores[:, column] += np.bincount(items, weights=said[:, column], minlength=n_items)
        fitted = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
        moved = float(np.abs(fitted - posterior).max())
        posterior = fitted
        if moved < _SETTLED:
            break
    votes = np.arange(labels.size)
    without = scores[items] - said
    others = np.exp(without[votes, labels] - logsumexp(without, axis=1))
    right = np.bincount(raters, weights=posterior[items, labels], minlength=n_raters)
    given = np.maximum(np.bincount(raters, minlength=n_raters), 1)
    return DawidSkene(posterior, others, right / given, prior, moved < _SETTLED)


@dataclass(frozen=True)
class RaterModel:
    """Raters as fitted: what each says when a class is the true one, ready to judge panels one by one."""

    classes: tuple[str, ...]
    prior: tuple[float, ...]
    """Log share of items, by class."""
    raters: Mapping[str, tuple[tuple[float, ...], ...]]
    """By rater: chance of each vote (inner) under each true class (outer); above FULL_MODEL_CLASSES one accuracy."""
    average: tuple[tuple[float, ...], ...]
    """The same of a rater nobody has met."""

    @property
    def body(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "classes": list(self.classes),
            "prior": list(self.prior),
            "raters": {name: [list(row) for row in table] for name, table in self.raters.items()},
            "average": [list(row) for row in self.average],
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> "RaterModel":
        """The inverse of `body`."""
        return cls(
            tuple(body["classes"]),
            tuple(body["prior"]),
            {name: tuple(map(tuple, table)) for name, table in body["raters"].items()},
            tuple(map(tuple, body["average"])),
        )

    @property
    def alike(self) -> "RaterModel":
        """The same with everybody as good as the average: a plain majority, and how far it can be believed."""
        return replace(self, raters={})

    def consensus(self, votes: Sequence[str], *, raters: Sequence[str]) -> dict[str, float]:
        """Chance of each class being right, given one vote per rater; empty when a vote is for a class never met."""
        from scipy.special import logsumexp

        index = {name: place for place, name in enumerate(self.classes)}
        if not votes or any(vote not in index for vote in votes):
            return {}
        said = [self._said(index[vote], rater) for vote, rater in zip(votes, raters, strict=True)]
        scores = np.array(self.prior) + np.sum(said, axis=0)
        return dict(zip(self.classes, np.exp(scores - logsumexp(scores)).tolist(), strict=True))

    def others(self, votes: Sequence[str], *, raters: Sequence[str]) -> list[float]:
        """Chance of each vote of one item being right in the eyes of its other raters (leave-one-out).

        NaN for a vote for a class that nobody gave when the raters were fitted; such votes tell nothing of others.
        """
        from scipy.special import logsumexp

        index = {name: place for place, name in enumerate(self.classes)}
        places = [index.get(vote) for vote in votes]
        said = [
            np.zeros(len(self.classes)) if place is None else self._said(place, rater)
            for place, rater in zip(places, raters, strict=True)
        ]
        scores = np.array(self.prior) + np.sum(said, axis=0)
        found = []
        for place, own in zip(places, said, strict=True):
            without = scores - own
            found.append(float("nan") if place is None else float(np.exp(without[place] - logsumexp(without))))
        return found

    def foretold(self, votes: Sequence[str], *, raters: Sequence[str]) -> float:
        """Log chance of the votes of one item, each foretold from its fellow votes; votes never met tell nothing."""
        from scipy.special import logsumexp

        index = {name: place for place, name in enumerate(self.classes)}
        said = np.array(
            [self._said(index[vote], rater) for vote, rater in zip(votes, raters, strict=True) if vote in index]
        )
        if not said.size:
            return 0.0
        scores = np.array(self.prior) + said.sum(axis=0)
        return float((logsumexp(scores) - logsumexp(scores - said, axis=1)).sum())

    def _said(self, vote: int, rater: str) -> Floats:
        """Log chance of the vote under each true class."""
        table = self.raters.get(rater, self.average)
        if len(self.classes) <= FULL_MODEL_CLASSES:
            logs: Floats = np.log(np.array([row[vote] for row in table]))
            return logs
        accuracy = table[0][0]
        said = np.full(len(self.classes), np.log((1 - accuracy) / (len(self.classes) - 1)))
        said[vote] = np.log(accuracy)
        return said


def fit_raters(votes: Sequence[str], *, raters: Sequence[str], items: Sequence[str]) -> RaterModel:
    """Fit raters by `dawid_skene` and keep what is needed to judge a panel by itself.

    One entry per vote. Above FULL_MODEL_CLASSES classes a rater is one accuracy, errors spread evenly.
    Raises InvalidInput when nothing is handed in.
    """
    names, labels = np.unique(np.array(votes), return_inverse=True)
    people, who = np.unique(np.array(raters), return_inverse=True)
    _, which = np.unique(np.array(items), return_inverse=True)
    fitted = dawid_skene(labels, raters=who, items=which, classes=names.size)
    if names.size > FULL_MODEL_CLASSES:
        accuracy, overall = _accuracies(fitted.posterior, labels=labels, raters=who, items=which, n_raters=people.size)
        tables, average = accuracy[:, None, None], np.array([[overall]])
    else:
        tables, average = _confusions(fitted.posterior, labels=labels, raters=who, items=which, n_raters=people.size)
    return RaterModel(
        classes=tuple(str(name) for name in names),
        prior=tuple(np.log(fitted.prior).tolist()),
        raters={str(name): tuple(map(tuple, tables[place].tolist())) for place, name in enumerate(people)},
        average=tuple(map(tuple, average.tolist())),
    )


@dataclass(frozen=True)
class Panel:
    """The votes on one item, one per rater."""

    votes: tuple[str, ...]
    raters: tuple[str, ...]


def fit_panels(panels: Sequence[Panel]) -> RaterModel:
    """Fit raters to panels by `fit_raters`; everybody as the average where telling them apart foretells nothing.

    Told apart only when that is surely better at foretelling votes: fitted on every other panel, the log chance of
    each vote of the rest given its fellow votes, against the same with raters alike (2-fold cross-fitting). One-sided
    z over panels at 5 %.
    """
    model = _fit(panels)
    gains = [*_gains(panels[0::2], panels[1::2]), *_gains(panels[1::2], panels[0::2])]
    if len(gains) < 2:
        return model.alike
    spread = float(np.std(gains, ddof=1)) / len(gains) ** 0.5
    return model if float(np.mean(gains)) > _Z * spread else model.alike


def _fit(panels: Sequence[Panel]) -> RaterModel:
    return fit_raters(
        [vote for panel in panels for vote in panel.votes],
        raters=[rater for panel in panels for rater in panel.raters],
        items=[f"{place:09}" for place, panel in enumerate(panels) for _ in panel.votes],
    )


def _gains(taught: Sequence[Panel], others: Sequence[Panel]) -> list[float]:
    """Per panel of the others: how much likelier its votes are when raters are told apart."""
    if len({vote for panel in taught for vote in panel.votes}) < 2:
        return []
    apart = _fit(taught)
    alike = apart.alike
    return [
        apart.foretold(one.votes, raters=one.raters) - alike.foretold(one.votes, raters=one.raters) for one in others
    ]


def rate(successes: float, *, n: float) -> Rate:
    """Share of successes with its Jeffreys interval: Beta(s + ½, n − s + ½). Fractions of a success are allowed.

    Raises InvalidInput for n ≤ 0 or successes outside 0..n.
    """
    from scipy.special import betaincinv

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
    if classes > FULL_MODEL_CLASSES:
        accuracy, _ = _accuracies(posterior, labels=labels, raters=raters, items=items, n_raters=n_raters)
        mine = accuracy[raters]
        said = np.repeat(np.log((1 - mine) / (classes - 1))[:, None], classes, axis=1)
        said[np.arange(labels.size), labels] = np.log(mine)
        return said
    tables, _ = _confusions(posterior, labels=labels, raters=raters, items=items, n_raters=n_raters)
    said_full: Floats = np.log(tables)[raters, :, labels]
    return said_full


def _accuracies(posterior: Floats, *, labels: Ints, raters: Ints, items: Ints, n_raters: int) -> tuple[Floats, float]:
    """Share of right votes of each rater, and of the average one."""
    own = np.bincount(raters, weights=posterior[items, labels], minlength=n_raters)
    overall = float(own.sum() / labels.size)
    accuracy = (own + _ADDED_VOTES * overall) / (np.bincount(raters, minlength=n_raters) + _ADDED_VOTES)
    return accuracy.clip(_FLOOR, 1 - _FLOOR), min(max(overall, _FLOOR), 1 - _FLOOR)


def _confusions(posterior: Floats, *, labels: Ints, raters: Ints, items: Ints, n_raters: int) -> tuple[Floats, Floats]:
    """raters × true classes × votes: chances; and the same of the average rater."""
    classes = posterior.shape[1]
    weight = posterior[items]
    counts = np.zeros((n_raters, classes, classes))
    for true in range(classes):
        cells = np.bincount(raters * classes + labels, weights=weight[:, true], minlength=n_raters * classes)
        counts[:, true, :] = cells.reshape(n_raters, classes)
    average = _shares(counts.sum(axis=0) + 1.0)
    confusion = _shares(counts + _ADDED_VOTES * average)
    return confusion.clip(_FLOOR, 1.0), average.clip(_FLOOR, 1.0)
