"""Dawid–Skene finds the truth among bad raters, judges no vote by itself, and refuses what it cannot use."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from loop.errors import InvalidInput
from loop.stats.agreement import FULL_MODEL_CLASSES, dawid_skene, rate

Ints = NDArray[np.int64]


def crowd(classes: int, *, skill: list[float], items: int, per_item: int, seed: int) -> tuple[Ints, Ints, Ints, Ints]:
    """labels, raters, items of the votes, and the truth: each rater is right with their skill, else uniformly wrong."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(classes, size=items)
    raters = np.concatenate([draw.permutation(len(skill))[:per_item] for _ in range(items)])
    which = np.repeat(np.arange(items), per_item)
    is_right = draw.random(which.size) < np.array(skill)[raters]
    wrong = (truth[which] + draw.integers(1, classes, size=which.size)) % classes
    return np.where(is_right, truth[which], wrong), raters, which, truth


def majority(labels: Ints, items: Ints, classes: int) -> Ints:
    counts = np.zeros((items.max() + 1, classes))
    np.add.at(counts, (items, labels), 1)
    return counts.argmax(axis=1)


@pytest.mark.parametrize("classes", [2, 5, FULL_MODEL_CLASSES + 5])
def test_it_beats_the_majority_among_spammers_and_saboteurs(classes: int) -> None:
    skill = [0.9] * 10 + [1 / classes] * 6 + [0.1] * 4
    labels, raters, items, truth = crowd(classes, skill=skill, items=600, per_item=7, seed=3)
    found = dawid_skene(labels, raters=raters, items=items, classes=classes)
    by_model = (found.labels == truth).mean()
    assert found.is_converged
    assert by_model > 0.93
    assert by_model >= (majority(labels, items, classes) == truth).mean()
    assert found.accuracy[:10].min() > found.accuracy[10:].max()


def test_with_good_raters_it_costs_at_most_a_point() -> None:
    labels, raters, items, truth = crowd(4, skill=[0.85] * 20, items=600, per_item=5, seed=5)
    found = dawid_skene(labels, raters=raters, items=items, classes=4)
    assert (found.labels == truth).mean() >= (majority(labels, items, 4) == truth).mean() - 0.01


def test_no_vote_speaks_for_itself() -> None:
    """Ten raters who always agree, and one who votes alone on extra items: the lone votes earn only the prior."""
    items = np.concatenate([np.repeat(np.arange(40), 3), np.arange(40, 60)])
    raters = np.concatenate([np.tile(np.arange(3), 40), np.full(20, 3)])
    labels = np.concatenate([np.repeat(np.arange(40) % 2, 3), np.zeros(20, dtype=np.int64)])
    found = dawid_skene(labels, raters=raters, items=items, classes=2)
    assert found.others[120:] == pytest.approx(found.prior[0])
    assert found.others[:120].min() > 0.9


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_chances_add_up_and_renaming_the_classes_renames_the_result(seed: int) -> None:
    labels, raters, items, _ = crowd(3, skill=[0.8, 0.7, 0.6, 0.9], items=20, per_item=3, seed=seed)
    rename = np.array([2, 0, 1])
    found = dawid_skene(labels, raters=raters, items=items, classes=3)
    renamed = dawid_skene(rename[labels], raters=raters, items=items, classes=3)
    assert found.posterior.sum(axis=1) == pytest.approx(1)
    assert renamed.posterior[:, rename] == pytest.approx(found.posterior, abs=1e-6)
    assert ((found.others >= 0) & (found.others <= 1)).all()


def test_what_cannot_be_votes_is_refused() -> None:
    one = np.array([0])
    for labels, items in ((np.array([], dtype=np.int64), one), (np.array([2]), one), (one, np.array([1]))):
        with pytest.raises(InvalidInput):
            dawid_skene(labels, raters=one, items=items, classes=2)
    with pytest.raises(InvalidInput):
        rate(2, n=1)


@pytest.mark.parametrize("truth", [0.2, 0.5, 0.9])
def test_each_end_of_a_rate_misses_about_one_time_in_twenty(truth: float) -> None:
    draws = np.random.default_rng(1).binomial(40, truth, size=4_000)
    ends = {count: rate(count, n=40) for count in np.unique(draws)}
    above = np.mean([ends[count].low > truth for count in draws])
    below = np.mean([ends[count].high < truth for count in draws])
    assert 0.015 < above < 0.09
    assert 0.015 < below < 0.09


@settings(deadline=None)
@given(st.integers(1, 200), st.floats(0, 1))
def test_a_rate_lies_within_its_interval(n: int, share: float) -> None:
    found = rate(share * n, n=n)
    assert 0 <= found.low <= found.high <= 1
    assert found.low - 0.1 <= found.share <= found.high + 0.1
